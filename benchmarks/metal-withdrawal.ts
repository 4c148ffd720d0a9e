/**
 * An endpoint goes, and with it a route: what the speaker takes from the watch's event to the bytes of the UPDATE, part by part, with
 * so many Services of bare metal and their slices. The pause of 2 ms in which changes are collected is not in it.
 * Usage: node benchmarks/metal-withdrawal.ts [SERVICES...], default 5000 20000
 */
import { createSnapshot } from '../src/kube/snapshot.ts'
import { decideAnnouncements } from '../src/metal/election/decide-announcements.ts'
import { ElectionMemory } from '../src/metal/election/election-memory.ts'
import { DEFAULT_ELECTION } from '../src/metal/election/election-model.ts'
import { member } from '../src/metal/election/testing/objects.ts'
import { RoutesOut, type RouteContext } from '../src/metal/bgp/routes-out.ts'
import { readSpeakerInputs, type SpeakerInputs } from '../src/controller/metal/speaker/speaker-inputs.ts'
import { DecodedStore } from '../src/sources/cluster/decoded-store.ts'
import type { RawObject } from '../src/sources/cluster/reflector.ts'
import {
  BGP_ADVERTISEMENTS,
  BGP_PEERS,
  ENDPOINT_SLICES,
  IP_ADDRESS_POOLS,
  L2_ADVERTISEMENTS,
  NODES,
  SERVICES,
} from '../src/sources/cluster/resource.ts'
import { formatSpread, threadCpuMs } from './call-times.ts'

const CALLS = 40
const NODES_COUNT = 50
const PARTS = ['decode', 'snapshot', 'inputs', 'decision', 'messages', 'all'] as const
const OPTIONS = { nodeName: 'node-0', loadBalancerClass: '', namespace: 'metallb-system' }
const CONTEXT: RouteContext = {
  path: { myAsn: 64_512, isInternal: false, hasAs4: true },
  nextHops: { 4: Uint8Array.of(192, 0, 2, 1), 6: null },
}

function raw(kind: string, namespace: string, name: string, more: object): RawObject {
  return { kind, metadata: { name, namespace, uid: `${kind}-${name}`, resourceVersion: '1' }, ...more } as RawObject
}

function bornAt(n: number): string {
  return new Date(Date.UTC(2026, 0, 1) + n * 1000).toISOString().replace('.000', '')
}

function slice(n: number, isReady: boolean, version: number): RawObject {
  const name = `s${n}-abcde`
  const labels = { 'kubernetes.io/service-name': `s${n}` }
  const metadata = {
    name,
    namespace: 'shop',
    uid: `slice-${n}`,
    resourceVersion: String(version),
    labels,
    creationTimestamp: bornAt(n),
  }
  const endpoints = [{ addresses: ['10.244.0.1'], nodeName: `node-${n % NODES_COUNT}`, conditions: { ready: isReady } }]
  return { metadata, addressType: 'IPv4', ports: [{ port: 80 }], endpoints } as unknown as RawObject
}

function fill(services: number): ReadonlyMap<string, DecodedStore> {
  const kinds = [SERVICES, ENDPOINT_SLICES, NODES, IP_ADDRESS_POOLS, L2_ADVERTISEMENTS, BGP_ADVERTISEMENTS, BGP_PEERS]
  const stores = new Map(kinds.map((resource) => [resource.kind, new DecodedStore(resource)]))
  const put = (kind: string, object: RawObject): void => {
    const { namespace = '', name } = object.metadata
    stores.get(kind)?.set(`${namespace}/${name}`, object)
  }
  for (let n = 0; n < services; n++) {
    const ingress = [{ ip: `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}` }]
    const spec = { type: 'LoadBalancer', ports: [{ port: 80 }], clusterIP: `10.96.${n >> 8}.${n & 255}` }
    const service = raw('Service', 'shop', `s${n}`, { spec, status: { loadBalancer: { ingress } } })
    put('Service', { ...service, metadata: { ...service.metadata, creationTimestamp: bornAt(n) } } as RawObject)
    put('EndpointSlice', slice(n, true, 1))
  }
  for (let n = 0; n < NODES_COUNT; n++) {
    const addresses = [{ type: 'InternalIP', address: `192.0.2.${n}` }]
    put('Node', raw('Node', '', `node-${n}`, { spec: {}, status: { addresses } }))
  }
  const system = 'metallb-system'
  put('IPAddressPool', raw('IPAddressPool', system, 'pool', { spec: { addresses: ['10.0.0.0/8'] } }))
  put('L2Advertisement', raw('L2Advertisement', system, 'l2', { spec: {} }))
  put('BGPAdvertisement', raw('BGPAdvertisement', system, 'bgp', { spec: {} }))
  const peer = { myASN: 64_512, peerASN: 64_513, peerAddress: '192.0.2.254' }
  put('BGPPeer', raw('BGPPeer', system, 'router', { spec: peer }))
  return stores
}

const sizes = process.argv.slice(2).map(Number)
process.stdout.write('| Services | part | processor time, p50 / p99 / worst | clock |\n| --- | --- | --- | --- |\n')
for (const size of sizes.length > 0 ? sizes : [5000, 20_000]) {
  const stores = fill(size)
  const memory = new ElectionMemory()
  const routes = new RoutesOut()
  const members = Array.from({ length: NODES_COUNT }, (_, n) => member(`node-${n}`))
  const cpu = PARTS.map(() => new Float64Array(CALLS))
  const wall = PARTS.map(() => new Float64Array(CALLS))
  let before: SpeakerInputs | null = null
  let sent = 0

  const change = (n: number, isReady: boolean, at: number): void => {
    const beganAll = [threadCpuMs(), performance.now()] as const
    const time = <T>(part: (typeof PARTS)[number], run: () => T): T => {
      const [cpuBegan, wallBegan] = [threadCpuMs(), performance.now()]
      const result = run()
      if (at >= 0) {
        cpu[PARTS.indexOf(part)]![at] = threadCpuMs() - cpuBegan
        wall[PARTS.indexOf(part)]![at] = performance.now() - wallBegan
      }
      return result
    }
    time('decode', () => stores.get('EndpointSlice')?.set(`shop/s${n}-abcde`, slice(n, isReady, at + 2)))
    const snapshot = time('snapshot', () => createSnapshot([...stores.values()].flatMap((store) => store.objects())))
    const inputs = time('inputs', () => readSpeakerInputs(snapshot, OPTIONS, false, before))
    before = inputs
    const { bgp } = time('decision', () =>
      decideAnnouncements({ ...inputs, nodeName: OPTIONS.nodeName, members, options: DEFAULT_ELECTION }, memory),
    )
    sent = time('messages', () => {
      routes.setWanted(bgp)
      return routes.takeMessages(CONTEXT).length
    })
    if (at >= 0) {
      cpu[PARTS.length - 1]![at] = threadCpuMs() - beganAll[0]
      wall[PARTS.length - 1]![at] = performance.now() - beganAll[1]
    }
  }

  change(0, true, -1)
  for (let at = 0; at < CALLS; at++) {
    change(at, false, at)
    if (sent !== 1) throw new Error(`${sent} messages in place of one`)
    change(at, true, -1)
  }
  for (const [index, part] of PARTS.entries()) {
    process.stdout.write(`| ${size} | ${part} | ${formatSpread(cpu[index]!)} | ${formatSpread(wall[index]!)} |\n`)
  }
}
