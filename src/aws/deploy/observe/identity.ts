/** Whose a resource is, as its tags say, and the tags that say so. */
import { createHash } from 'node:crypto'
import type { StackId } from '../../stack/model.ts'
import {
  CLUSTER_TAG,
  CLUSTER_UID_TAG,
  IN_TREE_CLUSTER_PREFIX,
  IN_TREE_SERVICE_TAG,
  INGRESS_RESOURCE_TAG,
  INGRESS_STACK_TAG,
  SERVICE_RESOURCE_TAG,
  SERVICE_STACK_TAG,
  SHARED_RESOURCE_TAG,
} from '../../stack/tag-keys.ts'

export interface ClusterIdentity {
  readonly clusterName: string
  /** UID of the namespace kube-system. */
  readonly clusterUid: string
}

export interface ResourceIdentity {
  readonly stack: StackId
  readonly id: string
  readonly isOwned: boolean
}

type TagRecord = Readonly<Record<string, string>>

/** The most that AWS takes as the value of a tag. */
const MAX_VALUE = 256

/** A name as the value of a tag; one that is too long is cut and told apart by a hash. */
export function toTagValue(name: string): string {
  if (name.length <= MAX_VALUE) return name
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 32)
  return `${name.slice(0, MAX_VALUE - hash.length - 1)}-${hash}`
}

/** A stack's id as it is read back from tags. */
export function toObservedStack(stack: StackId): StackId {
  const split = stack.indexOf(':')
  return split < 0 ? stack : (`${stack.slice(0, split + 1)}${toTagValue(stack.slice(split + 1))}` as StackId)
}

/** Tags that everything of ours carries from its creation on. */
export function ownershipTags(cluster: ClusterIdentity, stack: StackId, id: string): Record<string, string> {
  const tags = { [CLUSTER_TAG]: cluster.clusterName, [CLUSTER_UID_TAG]: cluster.clusterUid }
  const value = toTagValue(id)
  if (stack === 'shared') return { ...tags, [SHARED_RESOURCE_TAG]: value }
  const [kind, name] = [stack.slice(0, stack.indexOf(':')), toTagValue(stack.slice(stack.indexOf(':') + 1))]
  return kind === 'service'
    ? { ...tags, [SERVICE_STACK_TAG]: name, [SERVICE_RESOURCE_TAG]: value }
    : { ...tags, [INGRESS_STACK_TAG]: name, [INGRESS_RESOURCE_TAG]: value }
}

/** `null` for what is not of a cluster of our name, or does not say of which stack it is. */
export function identityOf(cluster: ClusterIdentity, tags: TagRecord): ResourceIdentity | null {
  if (tags[CLUSTER_TAG] !== cluster.clusterName) return null
  const isOwned = cluster.clusterUid !== '' && tags[CLUSTER_UID_TAG] === cluster.clusterUid
  const of = (stack: StackId, id: string | undefined) => (id === undefined ? null : { stack, id, isOwned })
  const ingress = tags[INGRESS_STACK_TAG]
  if (ingress !== undefined) return of(`ingress:${ingress}`, tags[INGRESS_RESOURCE_TAG])
  const service = tags[SERVICE_STACK_TAG]
  if (service !== undefined) return of(`service:${service}`, tags[SERVICE_RESOURCE_TAG])
  return of('shared', tags[SHARED_RESOURCE_TAG])
}

/** A Classic Load Balancer of the in-tree controller, of a cluster of our name; it is not owned until it is adopted. */
export function inTreeStackOf(cluster: ClusterIdentity, tags: TagRecord): StackId | null {
  const service = tags[IN_TREE_SERVICE_TAG]
  if (service === undefined || tags[`${IN_TREE_CLUSTER_PREFIX}${cluster.clusterName}`] !== 'owned') return null
  return `service:${service}`
}
