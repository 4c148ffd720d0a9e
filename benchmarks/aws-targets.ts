/**
 * How long it takes to learn who the targets of a target group are after one of its endpoints changed, with many Services in
 * the cluster: `node benchmarks/aws-targets.ts [services] [endpoints] [nodes]`.
 */
import { EMPTY_INVENTORY } from '../src/aws/stack/inventory.ts'
import { resolveTargets, type TargetFacts } from '../src/dialects/aws/targets/resolve-targets.ts'
import { createFindingLog } from '../src/dialects/report.ts'
import type { AnyObject, EndpointSlice, Node, Service } from '../src/kube/objects.ts'
import { SnapshotKeeper } from '../src/kube/snapshot-keeper.ts'
import { createSnapshot } from '../src/kube/snapshot.ts'

const [services = 1000, endpoints = 50, nodes = 200] = process.argv.slice(2).map(Number)
const ROUNDS = 500

function metaOf(name: string, namespace: string): AnyObject['meta'] {
  return { name, namespace, uid: name, resourceVersion: '1', creationTimestamp: '', labels: {}, annotations: {} }
}

function serviceAt(at: number): Service {
  const port = { name: 'http', port: 80, targetPort: 8080, nodePort: 30_000 + at, protocol: 'TCP' as const }
  const spec = { type: 'NodePort' as const, clusterIp: '', externalName: '', selector: {}, ports: [port] }
  return { kind: 'Service', meta: metaOf(`s${at}`, 'shop'), order: at, spec }
}

function sliceAt(at: number, round: number): EndpointSlice {
  return {
    kind: 'EndpointSlice',
    meta: metaOf(`s${at}-1`, 'shop'),
    order: services + at,
    serviceName: `s${at}`,
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
    endpoints: Array.from({ length: endpoints }, (_, index) => ({
      addresses: [`10.${at >> 8}.${at & 255}.${(index + round) % 250}`],
      isReady: index % 10 !== 0,
      isServing: true,
      isTerminating: false,
      podName: `p${at}-${index}`,
      nodeName: `n${index % nodes}`,
      zone: '',
      hintZones: [],
    })),
  }
}

function nodeAt(at: number): Node {
  return {
    kind: 'Node',
    meta: metaOf(`n${at}`, ''),
    order: at,
    providerId: `aws:///ap-northeast-1a/i-0${at}`,
    isUnschedulable: false,
    taints: [],
    internalIPs: [],
    externalIPs: [],
    podCidrs: [],
    conditions: { Ready: 'True' },
  }
}

function podAt(service: number, index: number): AnyObject {
  const conditions = { ContainersReady: 'True', Ready: 'False' }
  const template = { labels: {}, containers: [] }
  return { kind: 'Pod', meta: metaOf(`p${service}-${index}`, 'shop'), order: 0, template, nodeName: 'n1', conditions }
}

const objects: AnyObject[] = [
  ...Array.from({ length: services }, (_, at) => serviceAt(at)),
  ...Array.from({ length: services }, (_, at) => sliceAt(at, 0)),
  ...Array.from({ length: nodes }, (_, at) => nodeAt(at)),
  ...Array.from({ length: services * endpoints }, (_, at) => podAt(Math.floor(at / endpoints), at % endpoints)),
]
const inventory = { ...EMPTY_INVENTORY, vpcCidrs: ['10.0.0.0/8'] }
const groupOf = (at: number, targetType: 'ip' | 'instance'): TargetFacts => ({
  targetType,
  protocol: 'HTTP',
  ipAddressType: 'ipv4',
  targets: { kind: 'service', namespace: 'shop', name: `s${at}`, port: '80', nodeLabels: {} },
})

const keeper = new SnapshotKeeper()
keeper.update(objects)
createSnapshot(objects).pod('shop', 'p0-0')
for (const targetType of ['ip', 'instance'] as const) {
  const times: number[] = []
  const whole: number[] = []
  for (let round = 1; round <= ROUNDS; round++) {
    const at = round % services
    objects[services + at] = sliceAt(at, round)
    const beganMs = performance.now()
    const { snapshot } = keeper.update([...objects])
    const resolvedFromMs = performance.now()
    resolveTargets(groupOf(at, targetType), { snapshot, inventory, report: createFindingLog().report })
    times.push(performance.now() - resolvedFromMs)
    whole.push(performance.now() - beganMs)
  }
  const at = (list: number[], share: number): string =>
    `${(list.toSorted((a, b) => a - b)[Math.floor(list.length * share)] ?? 0).toFixed(3)} ms`
  const line = `${targetType}: resolve p50 ${at(times, 0.5)} p99 ${at(times, 0.99)}; with the snapshot p50 ${at(whole, 0.5)}`
  process.stdout.write(`${services} services x ${endpoints} endpoints, ${nodes} nodes, ${line}\n`)
}
