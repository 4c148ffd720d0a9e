/** The kinds that are read from a cluster, by the names of the API (`GET /apis/GROUP/VERSION/namespaces/NS/RESOURCE`). */

export interface Resource {
  readonly kind: string
  readonly apiVersion: string
  readonly resource: string
  readonly isNamespaced: boolean
  /** A custom resource: a cluster that does not define it has none. */
  readonly isCustom?: boolean
}

const NETWORKING = 'networking.k8s.io/v1'

export const INGRESSES: Resource = {
  kind: 'Ingress',
  apiVersion: NETWORKING,
  resource: 'ingresses',
  isNamespaced: true,
}
export const INGRESS_CLASSES: Resource = {
  kind: 'IngressClass',
  apiVersion: NETWORKING,
  resource: 'ingressclasses',
  isNamespaced: false,
}
export const SERVICES: Resource = { kind: 'Service', apiVersion: 'v1', resource: 'services', isNamespaced: true }
export const ENDPOINT_SLICES: Resource = {
  kind: 'EndpointSlice',
  apiVersion: 'discovery.k8s.io/v1',
  resource: 'endpointslices',
  isNamespaced: true,
}
export const SECRETS: Resource = { kind: 'Secret', apiVersion: 'v1', resource: 'secrets', isNamespaced: true }
export const CONFIG_MAPS: Resource = { kind: 'ConfigMap', apiVersion: 'v1', resource: 'configmaps', isNamespaced: true }
export const NAMESPACES: Resource = { kind: 'Namespace', apiVersion: 'v1', resource: 'namespaces', isNamespaced: false }
export const NODES: Resource = { kind: 'Node', apiVersion: 'v1', resource: 'nodes', isNamespaced: false }

const AWS = 'elbv2.k8s.aws/v1beta1'
export const INGRESS_CLASS_PARAMS: Resource = {
  kind: 'IngressClassParams',
  apiVersion: AWS,
  resource: 'ingressclassparams',
  isNamespaced: false,
  isCustom: true,
}
export const TARGET_GROUP_BINDINGS: Resource = {
  kind: 'TargetGroupBinding',
  apiVersion: AWS,
  resource: 'targetgroupbindings',
  isNamespaced: true,
  isCustom: true,
}

export const IP_ADDRESS_POOLS: Resource = metal('IPAddressPool', 'ipaddresspools')
export const L2_ADVERTISEMENTS: Resource = metal('L2Advertisement', 'l2advertisements')
export const BGP_ADVERTISEMENTS: Resource = metal('BGPAdvertisement', 'bgpadvertisements')
export const BGP_PEERS: Resource = metal('BGPPeer', 'bgppeers', 'v1beta2')
export const BFD_PROFILES: Resource = metal('BFDProfile', 'bfdprofiles')
export const COMMUNITIES: Resource = metal('Community', 'communities')
export const CONFIGURATION_STATES: Resource = metal('ConfigurationState', 'configurationstates')

export const PODS: Resource = { kind: 'Pod', apiVersion: 'v1', resource: 'pods', isNamespaced: true }
/** Deployments and DaemonSets may be controllers, whose arguments count. */
export const DEPLOYMENTS: Resource = workload('Deployment', 'deployments')
export const DAEMON_SETS: Resource = workload('DaemonSet', 'daemonsets')
export const STATEFUL_SETS: Resource = workload('StatefulSet', 'statefulsets')
export const REPLICA_SETS: Resource = workload('ReplicaSet', 'replicasets')

function workload(kind: string, resource: string): Resource {
  return { kind, apiVersion: 'apps/v1', resource, isNamespaced: true }
}

function metal(kind: string, resource: string, version = 'v1beta1'): Resource {
  return { kind, apiVersion: `metallb.io/${version}`, resource, isNamespaced: true, isCustom: true }
}

/** @param namespace empty = all namespaces */
export function collectionPath({ apiVersion, resource, isNamespaced }: Resource, namespace: string): string {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
  return isNamespaced && namespace !== '' ? `${root}/namespaces/${namespace}/${resource}` : `${root}/${resource}`
}

export function objectPath(resource: Resource, namespace: string, name: string): string {
  return `${collectionPath(resource, namespace)}/${name}`
}
