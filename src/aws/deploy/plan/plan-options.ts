import type { StackId } from '../../stack/model.ts'
import type { ClusterIdentity } from '../observe/identity.ts'

export interface PlanOptions extends ClusterIdentity {
  /** Where security groups and target groups are made; absent = not known, as in a plan without an account. */
  readonly vpcId?: string
  /** Stacks that cannot be built now: what exists stays as it is. */
  readonly keeps?: ReadonlySet<StackId>
  /** Keys of tags that are neither written nor removed. */
  readonly externalManagedTags?: readonly string[]
  /** Takes over what has our cluster's name but not its UID: in all stacks, or in these. Default none. */
  readonly adopts?: boolean | ReadonlySet<StackId>
  /** Share of all load balancers, or of the rules of a listener with many, that may go at once; default 0.5. */
  readonly maxDeleteShare?: number
  /** So few load balancers may go whatever their share; default 2. */
  readonly freeDeletes?: number
  /** Deletes that somebody has asked for: all, or those of these stacks. They pass the guard. */
  readonly confirmedDeletes?: boolean | ReadonlySet<StackId>
  /** ARNs of target groups that take over from others whether their targets are healthy or not. Default none. */
  readonly impatientFor?: ReadonlySet<string>
  /** Absent = AWS's defaults. */
  readonly quotas?: { readonly rules?: number; readonly rulesPerSecurityGroup?: number }
  /** False for emulators that refuse to swap priorities: rules are then parked. Default true, as AWS. */
  readonly swapsPriorities?: boolean
}

/** True when a choice for all or some stacks holds for this one. */
export function holdsFor(choice: boolean | ReadonlySet<StackId> | undefined, stack: StackId): boolean {
  return typeof choice === 'boolean' ? choice : (choice?.has(stack) ?? false)
}
