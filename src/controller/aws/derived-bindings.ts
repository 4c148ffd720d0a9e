/**
 * TargetGroupBindings that the AWS Load Balancer Controller made for target groups of its own. Nobody needs them after a move,
 * and its finalizer on them holds their namespaces for good. What they registered stays: we look after those target groups.
 */
import { mapLimited } from '../../aws/deploy/observe/pages.ts'
import type { StackId } from '../../aws/stack/model.ts'
import { stackOfDerived } from '../../dialects/aws/targets/binding-targets.ts'
import type { TargetGroupBinding } from '../../kube/objects.ts'
import { ApiError, type ApiTransport } from '../../sources/cluster/api-transport.ts'
import { objectPath } from '../../sources/cluster/resource.ts'
import type { AwsEvents } from './aws-events.ts'
import { BINDING_FINALIZER, type MemberObject, type MemberObjects } from './member-objects.ts'

export interface DerivedBindingsOptions {
  readonly transport: Pick<ApiTransport, 'json'>
  readonly members: Pick<MemberObjects, 'get'>
  readonly events: Pick<AwsEvents, 'failed'>
}

const PARALLEL = 8

/**
 * Takes away those of stacks that are ours now.
 *
 * @returns false when one could not be taken away: it is to be tried again
 */
export async function clearDerivedBindings(
  bindings: readonly TargetGroupBinding[],
  adopted: ReadonlySet<StackId>,
  { transport, members, events }: DerivedBindingsOptions,
  signal: AbortSignal,
): Promise<boolean> {
  const results = await mapLimited(bindings, PARALLEL, async (binding) => {
    const stack = stackOfDerived(binding)
    const object = `TargetGroupBinding ${binding.meta.namespace}/${binding.meta.name}`
    const member = members.get(object)
    if (stack === null || !adopted.has(stack) || member === undefined || signal.aborted) return true
    try {
      await clear(transport, member, signal)
      return true
    } catch (error) {
      // Gone already.
      if (error instanceof ApiError && error.status === 404) return true
      const cause = error instanceof Error ? error.message : String(error)
      events.failed([object], 'FailedCleanup', `Failed cleanup of what the controller before made due to ${cause}`)
      return false
    }
  })
  return results.every(Boolean)
}

/**
 * The finalizer goes first, and the object only as it is then: a controller that still runs would put it back, and would take
 * out all targets if it saw the object being deleted.
 */
async function clear(transport: Pick<ApiTransport, 'json'>, member: MemberObject, signal: AbortSignal): Promise<void> {
  const path = objectPath(member.resource, member.namespace, member.name)
  let { resourceVersion } = member
  if (member.finalizers.includes(BINDING_FINALIZER)) {
    const others = member.finalizers.filter((finalizer) => finalizer !== BINDING_FINALIZER)
    const patched = await transport.json<{ readonly metadata?: { readonly resourceVersion?: string } }>({
      method: 'PATCH',
      path,
      contentType: 'application/merge-patch+json',
      body: { metadata: { resourceVersion, finalizers: others.length === 0 ? null : others } },
      signal,
    })
    resourceVersion = patched.metadata?.resourceVersion ?? resourceVersion
  }
  if (member.isDeleting) return
  const preconditions = { uid: member.uid, resourceVersion }
  await transport.json({
    method: 'DELETE',
    path,
    body: { kind: 'DeleteOptions', apiVersion: 'v1', preconditions },
    signal,
  })
}
