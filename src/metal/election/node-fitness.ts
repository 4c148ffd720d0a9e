/** Whether a node takes part at all, whatever the Service. */
import type { MetalNode, Reason } from '../announcement.ts'
import type { ElectionOptions } from './election-model.ts'

const EXCLUDE_LABEL = 'node.kubernetes.io/exclude-from-external-load-balancers'
/** Set by people and cloud controllers on nodes that are off or about to be. */
const GOING_TAINTS: ReadonlySet<string> = new Set([
  'node.kubernetes.io/out-of-service',
  'node.cloudprovider.kubernetes.io/shutdown',
  'ToBeDeletedByClusterAutoscaler',
])

/** Why a node announces nothing; empty = it may. Source: MetalLB's `ShouldAnnounce`, and taints of nodes that are going. */
export function unfitReason(node: MetalNode, options: ElectionOptions): Reason {
  if (node.isNetworkUnavailable) return 'nodeNetworkUnavailable'
  if (!options.ignoresExcludeLabel && Object.hasOwn(node.labels, EXCLUDE_LABEL)) return 'nodeLabeledExcludeBalancers'
  if (node.taints.some((key) => GOING_TAINTS.has(key))) return 'nodeGoing'
  return ''
}

/** Why a node announces nothing while another can: these facts may be wrong on all nodes at once. Empty = nothing. */
export function avoidedReason(node: MetalNode, options: ElectionOptions): Reason {
  if (!node.isReady) return 'nodeNotReady'
  if (options.handsOverOnCordon && node.isUnschedulable) return 'nodeCordoned'
  return ''
}
