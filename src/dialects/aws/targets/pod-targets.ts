/** Addresses of pods as targets, from EndpointSlices. */
import { BlockList, isIP } from 'node:net'
import { READINESS_GATE_PREFIX } from '../../../aws/stack/readiness-gate.ts'
import type { ResolvedTargets, Target } from '../../../aws/stack/target.ts'
import { originOf } from '../../../kube/meta.ts'
import type { Node, Pod, Service, ServicePort, SliceEndpoint } from '../../../kube/objects.ts'
import { readinessOf } from './nodes.ts'
import { compareTargets, type TargetView } from './target-view.ts'

interface Found {
  readonly address: string
  readonly port: number
  readonly endpoint: SliceEndpoint
}

/**
 * Ready endpoints, and those whose containers are ready on a node that is. With none of them at all, those whose
 * containers are ready on a node of unknown state (fail open): nodes that cannot report must not empty a target group.
 */
export function podTargets(
  service: Service,
  port: ServicePort,
  family: 'ipv4' | 'ipv6',
  view: TargetView,
): ResolvedTargets {
  const sure: Found[] = []
  const unsure: Found[] = []
  let isBare = false
  const { namespace } = service.meta
  for (const slice of view.snapshot.slicesOf(namespace, service.meta.name)) {
    if (slice.addressType !== (family === 'ipv4' ? 'IPv4' : 'IPv6')) continue
    const target = slice.ports.find((found) => found.protocol === port.protocol && found.name === port.name)
    if (target === undefined) continue
    for (const endpoint of slice.endpoints) {
      const address = endpoint.addresses[0]
      if (endpoint.isTerminating || address === undefined) continue
      if (endpoint.podName === '') {
        isBare = true
        continue
      }
      const found = { address, port: target.port, endpoint }
      if (endpoint.isReady) sure.push(found)
      else {
        const pod = view.snapshot.pod(namespace, endpoint.podName)
        if (pod === undefined || !areContainersReady(pod)) continue
        const readiness = nodeReadiness(view.snapshot.nodes, endpoint.nodeName)
        if (readiness === 'True') sure.push(found)
        else if (readiness === 'Unknown') unsure.push(found)
      }
    }
  }
  if (isBare) reportBare(service, view)
  return toTargets(namespace, sure.length > 0 ? sure : unsure, sure.length === 0 && unsure.length > 0, view)
}

function toTargets(
  namespace: string,
  found: readonly Found[],
  isFailOpen: boolean,
  { inventory }: TargetView,
): ResolvedTargets {
  const targets: Target[] = []
  const pods: Record<string, string> = {}
  const nodes: Record<string, string> = {}
  for (const { address, port, endpoint } of found) {
    const key = `${address}:${port}`
    if (key in pods) continue
    pods[key] = `${namespace}/${endpoint.podName}`
    if (endpoint.nodeName !== '') nodes[key] = endpoint.nodeName
    const isOutside = isOutsideVpc(inventory.vpcCidrs, address)
    targets.push(isOutside ? { id: address, port, availabilityZone: 'all' } : { id: address, port })
  }
  return { targets: targets.sort(compareTargets), pods, nodes, isFailOpen }
}

/** Containers are ready and every condition that is asked for is true, but for those that wait for us: else no such pod would ever be ready. */
function areContainersReady({ conditions = {}, readinessGates = [] }: Pod): boolean {
  if (conditions['ContainersReady'] !== 'True') return false
  return readinessGates.every((gate) => gate.startsWith(READINESS_GATE_PREFIX) || conditions[gate] === 'True')
}

const readiness = new WeakMap<readonly Node[], ReadonlyMap<string, string>>()

/** Without any Node object nodes count as ready: nobody watches them. */
function nodeReadiness(nodes: readonly Node[], name: string): string {
  if (nodes.length === 0) return 'True'
  let byName = readiness.get(nodes)
  if (byName === undefined) {
    byName = new Map(nodes.map((node) => [node.meta.name, readinessOf(node)]))
    readiness.set(nodes, byName)
  }
  return byName.get(name) ?? 'False'
}

function reportBare(service: Service, { report }: TargetView): void {
  const message =
    `Cannot register every endpoint of Service ${service.meta.name}: addresses that belong to no pod are left out; ` +
    'let a selector choose pods, or register other addresses in a target group of your own'
  report('AWS_TARGET_WITHOUT_POD', message, originOf(service))
}

interface Ranges {
  readonly list: BlockList
  readonly families: ReadonlySet<number>
}

const ranges = new WeakMap<readonly string[], Ranges>()

/** False while the VPC's ranges of that family are not known. */
function isOutsideVpc(cidrs: readonly string[], address: string): boolean {
  let known = ranges.get(cidrs)
  if (known === undefined) {
    known = toRanges(cidrs)
    ranges.set(cidrs, known)
  }
  const family = isIP(address)
  if (!known.families.has(family)) return false
  return !known.list.check(address, family === 4 ? 'ipv4' : 'ipv6')
}

function toRanges(cidrs: readonly string[]): Ranges {
  const list = new BlockList()
  const families = new Set<number>()
  for (const cidr of cidrs) {
    const [address = '', length = ''] = cidr.split('/')
    const family = isIP(address)
    if (family === 0 || !/^\d{1,3}$/.test(length) || Number(length) > (family === 4 ? 32 : 128)) continue
    list.addSubnet(address, Number(length), family === 4 ? 'ipv4' : 'ipv6')
    families.add(family)
  }
  return { list, families }
}
