/**
 * An immutable, indexed view of Kubernetes objects. Built by a source, read by dialects.
 * Lists are in a fixed order: oldest first, then namespace/name, then position in the source.
 */
import { compareText } from '../base/finding.ts'
import type { KubeObject } from './meta.ts'
import type {
  BFDProfile,
  BGPAdvertisement,
  BGPPeer,
  Community,
  IPAddressPool,
  L2Advertisement,
} from './metal-objects.ts'
import type {
  AnyObject,
  ConfigMap,
  EndpointSlice,
  Ingress,
  IngressClass,
  IngressClassParams,
  KubeSecret,
  Namespace,
  Node,
  Pod,
  Service,
  TargetGroupBinding,
  Workload,
} from './objects.ts'

/** MetalLB's kinds. */
export interface MetalObjects {
  readonly pools: readonly IPAddressPool[]
  readonly l2Advertisements: readonly L2Advertisement[]
  readonly bgpAdvertisements: readonly BGPAdvertisement[]
  readonly peers: readonly BGPPeer[]
  readonly bfdProfiles: readonly BFDProfile[]
  readonly communities: readonly Community[]
}

export const NO_METAL_OBJECTS: MetalObjects = {
  pools: [],
  l2Advertisements: [],
  bgpAdvertisements: [],
  peers: [],
  bfdProfiles: [],
  communities: [],
}

export interface Snapshot {
  readonly ingresses: readonly Ingress[]
  readonly ingressClasses: readonly IngressClass[]
  readonly services: readonly Service[]
  readonly endpointSlices: readonly EndpointSlice[]
  readonly secrets: readonly KubeSecret[]
  readonly configMaps: readonly ConfigMap[]
  readonly namespaces: readonly Namespace[]
  readonly pods: readonly Pod[]
  readonly workloads: readonly Workload[]
  readonly nodes: readonly Node[]
  readonly ingressClassParams: readonly IngressClassParams[]
  readonly targetGroupBindings: readonly TargetGroupBinding[]
  readonly metal: MetalObjects
  service(namespace: string, name: string): Service | undefined
  secret(namespace: string, name: string): KubeSecret | undefined
  configMap(namespace: string, name: string): ConfigMap | undefined
  ingressClass(name: string): IngressClass | undefined
  /** Slices (or Endpoints, when no slice exists) of a Service. */
  slicesOf(namespace: string, serviceName: string): readonly EndpointSlice[]
  /** Pods and workloads of a namespace, for selectors. */
  podsIn(namespace: string): readonly Pod[]
  pod(namespace: string, name: string): Pod | undefined
  workloadsIn(namespace: string): readonly Workload[]
}

/** Oldest first; objects without a timestamp keep source order after those that have one. */
export function compareAge(a: KubeObject, b: KubeObject): number {
  const left = a.meta.creationTimestamp
  const right = b.meta.creationTimestamp
  if (left !== right) return left === '' ? 1 : right === '' ? -1 : compareText(left, right)
  if (left === '' && a.order !== b.order) return a.order - b.order
  // ingress-nginx breaks ties by namespace/name in descending order.
  return compareText(`${b.meta.namespace}/${b.meta.name}`, `${a.meta.namespace}/${a.meta.name}`)
}

/** Indexes objects. A later object with the same kind, namespace and name replaces an earlier one. */
export function createSnapshot(objects: readonly AnyObject[]): Snapshot {
  const unique = new Map<string, AnyObject>()
  for (const object of objects) unique.set(`${object.kind}/${object.meta.namespace}/${object.meta.name}`, object)
  const sorted = [...unique.values()].sort(compareAge)
  const of = <T extends AnyObject>(...kinds: readonly T['kind'][]): T[] =>
    sorted.filter((object): object is T => (kinds as readonly string[]).includes(object.kind))

  const ingresses = of<Ingress>('Ingress')
  const ingressClasses = of<IngressClass>('IngressClass')
  const services = of<Service>('Service')
  const endpointSlices = of<EndpointSlice>('EndpointSlice', 'Endpoints')
  const secrets = of<KubeSecret>('Secret')
  const configMaps = of<ConfigMap>('ConfigMap')
  const namespaces = of<Namespace>('Namespace')
  const pods = of<Pod>('Pod')
  const workloads = of<Workload>('Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet')

  const find = <T extends KubeObject>(index: Map<string, T[]>, key: string): T | undefined => index.get(key)?.[0]
  const serviceIndex = indexBy(services, fullName)
  const secretIndex = indexBy(secrets, fullName)
  const configMapIndex = indexBy(configMaps, fullName)
  const classIndex = indexBy(ingressClasses, (object) => object.meta.name)
  const sliceIndex = indexBy(endpointSlices, (slice) => `${slice.meta.namespace}/${slice.serviceName}`)
  const podIndex = indexBy(pods, (pod) => pod.meta.namespace)
  // Made when first asked for: only load balancers of AWS look pods up by name.
  let podNames: Map<string, Pod[]> | null = null
  const workloadIndex = indexBy(workloads, (workload) => workload.meta.namespace)

  return {
    ingresses,
    ingressClasses,
    services,
    endpointSlices,
    secrets,
    configMaps,
    namespaces,
    pods,
    workloads,
    nodes: of<Node>('Node'),
    ingressClassParams: of<IngressClassParams>('IngressClassParams'),
    targetGroupBindings: of<TargetGroupBinding>('TargetGroupBinding'),
    metal: {
      pools: of<IPAddressPool>('IPAddressPool'),
      l2Advertisements: of<L2Advertisement>('L2Advertisement'),
      bgpAdvertisements: of<BGPAdvertisement>('BGPAdvertisement'),
      peers: of<BGPPeer>('BGPPeer'),
      bfdProfiles: of<BFDProfile>('BFDProfile'),
      communities: of<Community>('Community'),
    },
    service: (namespace, name) => find(serviceIndex, `${namespace}/${name}`),
    secret: (namespace, name) => find(secretIndex, `${namespace}/${name}`),
    configMap: (namespace, name) => find(configMapIndex, `${namespace}/${name}`),
    ingressClass: (name) => find(classIndex, name),
    slicesOf(namespace, serviceName) {
      const all = sliceIndex.get(`${namespace}/${serviceName}`) ?? []
      const slices = all.filter((slice) => slice.kind === 'EndpointSlice')
      return slices.length > 0 ? slices : all
    },
    podsIn: (namespace) => podIndex.get(namespace) ?? [],
    pod: (namespace, name) => find((podNames ??= indexBy(pods, fullName)), `${namespace}/${name}`),
    workloadsIn: (namespace) => workloadIndex.get(namespace) ?? [],
  }
}

function fullName(object: KubeObject): string {
  return `${object.meta.namespace}/${object.meta.name}`
}

function indexBy<T>(objects: readonly T[], key: (object: T) => string): Map<string, T[]> {
  const index = new Map<string, T[]>()
  for (const object of objects) {
    const name = key(object)
    const list = index.get(name)
    if (list === undefined) index.set(name, [object])
    else list.push(object)
  }
  return index
}
