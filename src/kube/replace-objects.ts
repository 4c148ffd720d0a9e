/** A Snapshot in which a few objects were replaced by newer forms of themselves: costs what changed, not what there is. */
import type { AnyObject } from './objects.ts'
import type { Snapshot } from './snapshot.ts'

export interface Replacement {
  readonly before: AnyObject
  readonly after: AnyObject
}

/** More than this is a new Snapshot's work. */
const MOST_REPLACED = 64

/**
 * @param before in any order; entries that stay are the same objects
 * @returns `null` when objects came, went, moved or would be found under another name, or many changed
 */
export function findReplacements(
  before: readonly AnyObject[],
  after: readonly AnyObject[],
): readonly Replacement[] | null {
  if (before.length !== after.length) return null
  const replacements: Replacement[] = []
  for (let at = 0; at < before.length; at++) {
    const old = before[at]!
    const fresh = after[at]!
    if (old === fresh) continue
    if (!hasSamePlace(old, fresh) || replacements.length === MOST_REPLACED) return null
    replacements.push({ before: old, after: fresh })
  }
  return replacements
}

/** @param base made of objects that these replace. It stays as it is */
export function replaceObjects(base: Snapshot, replacements: readonly Replacement[]): Snapshot {
  const fresh = new Map<AnyObject, AnyObject>(replacements.map(({ before, after }) => [before, after]))
  const current = <T extends AnyObject>(object: T): T => (fresh.get(object) as T | undefined) ?? object
  const found = <T extends AnyObject>(object: T | undefined): T | undefined =>
    object === undefined ? undefined : current(object)
  const list = <T extends AnyObject>(objects: readonly T[], ...kinds: readonly string[]): readonly T[] =>
    replacements.some(({ before }) => kinds.includes(before.kind)) ? objects.map(current) : objects
  return {
    ingresses: list(base.ingresses, 'Ingress'),
    ingressClasses: list(base.ingressClasses, 'IngressClass'),
    services: list(base.services, 'Service'),
    endpointSlices: list(base.endpointSlices, 'EndpointSlice', 'Endpoints'),
    secrets: list(base.secrets, 'Secret'),
    configMaps: list(base.configMaps, 'ConfigMap'),
    namespaces: list(base.namespaces, 'Namespace'),
    pods: list(base.pods, 'Pod'),
    workloads: list(base.workloads, 'Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet'),
    nodes: list(base.nodes, 'Node'),
    ingressClassParams: list(base.ingressClassParams, 'IngressClassParams'),
    targetGroupBindings: list(base.targetGroupBindings, 'TargetGroupBinding'),
    metal: {
      pools: list(base.metal.pools, 'IPAddressPool'),
      l2Advertisements: list(base.metal.l2Advertisements, 'L2Advertisement'),
      bgpAdvertisements: list(base.metal.bgpAdvertisements, 'BGPAdvertisement'),
      peers: list(base.metal.peers, 'BGPPeer'),
      bfdProfiles: list(base.metal.bfdProfiles, 'BFDProfile'),
      communities: list(base.metal.communities, 'Community'),
    },
    service: (namespace, name) => found(base.service(namespace, name)),
    secret: (namespace, name) => found(base.secret(namespace, name)),
    configMap: (namespace, name) => found(base.configMap(namespace, name)),
    ingressClass: (name) => found(base.ingressClass(name)),
    slicesOf: (namespace, serviceName) => base.slicesOf(namespace, serviceName).map(current),
    podsIn: (namespace) => list(base.podsIn(namespace), 'Pod'),
    pod: (namespace, name) => found(base.pod(namespace, name)),
    workloadsIn: (namespace) =>
      list(base.workloadsIn(namespace), 'Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet'),
  }
}

/** In the same place of every list and index of a Snapshot. */
function hasSamePlace(a: AnyObject, b: AnyObject): boolean {
  return (
    a.kind === b.kind &&
    a.meta.name === b.meta.name &&
    a.meta.namespace === b.meta.namespace &&
    a.meta.creationTimestamp === b.meta.creationTimestamp &&
    a.order === b.order &&
    ('serviceName' in a ? 'serviceName' in b && a.serviceName === b.serviceName : !('serviceName' in b))
  )
}
