/**
 * TargetGroupBindings that are deleted: what they registered is taken out before they may go. A finalizer holds them until
 * then, so that a crash in between leaves no targets behind.
 */
import { mapLimited } from '../../aws/deploy/observe/pages.ts'
import type { TargetLane } from '../../aws/deploy/targets/target-lane.ts'
import type { TargetPool } from '../../aws/deploy/targets/target-store.ts'
import type { Inventory } from '../../aws/stack/inventory.ts'
import { bindingPool, isDerived } from '../../dialects/aws/targets/binding-targets.ts'
import type { TargetGroupBinding } from '../../kube/objects.ts'
import type { ApiTransport } from '../../sources/cluster/api-transport.ts'
import type { AwsEvents } from './aws-events.ts'
import { BINDING_FINALIZER, type MemberObject, type MemberObjects } from './member-objects.ts'
import { writeFinalizers } from './member-writer.ts'

export interface TargetBindingsOptions {
  readonly transport: ApiTransport
  readonly members: MemberObjects
  readonly events: AwsEvents
  readonly lane: Pick<TargetLane, 'empty'>
}

const PARALLEL = 8

/**
 * Holds bindings that live and lets go of those that are deleted.
 *
 * @returns false when one could not be held or let go: it is to be tried again
 */
export async function settleBindings(
  bindings: readonly TargetGroupBinding[],
  inventory: Inventory,
  options: TargetBindingsOptions,
  signal: AbortSignal,
): Promise<boolean> {
  const { members, events, transport, lane } = options
  const own = bindings.filter((binding) => !isDerived(binding))
  const living = own.filter(({ meta }) => meta.deletionTimestamp === undefined)
  const used = new Set(living.map((binding) => bindingPool(binding, inventory)?.arn))

  const hold = async (object: string, member: MemberObject): Promise<boolean> => {
    try {
      await writeFinalizers(transport, member, [BINDING_FINALIZER], signal)
      return true
    } catch (error) {
      events.failed([object], 'FailedAddFinalizer', `Failed add finalizer due to ${textOf(error)}`)
      return false
    }
  }
  const release = async (object: string, member: MemberObject, pool: TargetPool | null): Promise<boolean> => {
    // What another binding shares or has taken over is its business.
    if (pool?.kind === 'targetGroup' && (!used.has(pool.arn) || pool.isMultiCluster)) {
      const code = await lane.empty(pool)
      // Nothing is left in a target group that is gone.
      if (code !== '' && !code.endsWith('NotFound')) {
        events.failed([object], 'FailedCleanup', `Failed cleanup due to ${code}: its targets are still registered`)
        return false
      }
    }
    try {
      await writeFinalizers(transport, member, [], signal)
      return true
    } catch (error) {
      events.failed([object], 'FailedRemoveFinalizer', `Failed remove finalizer due to ${textOf(error)}`)
      return false
    }
  }

  const results = await mapLimited(own, PARALLEL, async (binding) => {
    const object = `TargetGroupBinding ${binding.meta.namespace}/${binding.meta.name}`
    const member = members.get(object)
    if (member === undefined || signal.aborted) return true
    const isHeld = member.finalizers.includes(BINDING_FINALIZER)
    if (!member.isDeleting) return isHeld || hold(object, member)
    return !isHeld || release(object, member, bindingPool(binding, inventory))
  })
  return results.every(Boolean)
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
