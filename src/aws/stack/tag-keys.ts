/** Keys and fixed values of the tags that say whose a resource is. Older keys are those of the AWS controllers, for adoption. */

/** Name of the cluster, on everything that is ours. */
export const CLUSTER_TAG = 'elbv2.k8s.aws/cluster'
/** UID of the cluster's kube-system namespace: the second proof of ownership, since two clusters may share a name. */
export const CLUSTER_UID_TAG = 'genkan.dev/cluster-uid'
/** On a security group that is not wanted any more and cannot be deleted yet: since when, as seconds since 1970. */
export const ORPHAN_TAG = 'genkan.dev/orphaned-at'
/** Resource of the cluster as a whole, such as `backend-sg`. */
export const SHARED_RESOURCE_TAG = 'elbv2.k8s.aws/resource'
export const BACKEND_SECURITY_GROUP_RESOURCE = 'backend-sg'

export const INGRESS_STACK_TAG = 'ingress.k8s.aws/stack'
export const INGRESS_RESOURCE_TAG = 'ingress.k8s.aws/resource'
export const SERVICE_STACK_TAG = 'service.k8s.aws/stack'
export const SERVICE_RESOURCE_TAG = 'service.k8s.aws/resource'

/** Description of rules on node and pod security groups that are ours; others stay as they are. */
export const BACKEND_RULE_DESCRIPTION = 'elbv2.k8s.aws/targetGroupBinding=shared'

/** In-tree: `namespace/name` of a Classic Load Balancer's Service, and `kubernetes.io/cluster/NAME` = `owned`. */
export const IN_TREE_SERVICE_TAG = 'kubernetes.io/service-name'
export const IN_TREE_CLUSTER_PREFIX = 'kubernetes.io/cluster/'

/** Keys that no user's tag may set: whose a resource is depends on them. */
const OWNED_PREFIXES = ['elbv2.k8s.aws/', 'ingress.k8s.aws/', 'service.k8s.aws/', 'genkan.dev/'] as const

/** True for keys that say whose a resource is, which only we write. */
export function isOwnershipTag(key: string): boolean {
  return OWNED_PREFIXES.some((prefix) => key.startsWith(prefix))
}

/**
 * Keys of the controllers before ours: they are neither removed nor complained about where they stand on a resource.
 * `aws:` is AWS's own.
 */
export function isForeignTag(key: string): boolean {
  return key.startsWith('aws:') || key.startsWith(IN_TREE_CLUSTER_PREFIX) || FOREIGN_TAGS.has(key)
}

const FOREIGN_TAGS: ReadonlySet<string> = new Set([
  'kubernetes.io/cluster-name',
  'kubernetes.io/namespace',
  'kubernetes.io/ingress-name',
  'kubernetes.io/service-name',
  'kubernetes.io/service-port',
  'ingress.k8s.aws/cluster',
])
