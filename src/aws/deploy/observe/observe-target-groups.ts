import type * as Elb from '@aws-sdk/client-elastic-load-balancing-v2'
import type { ResourceKey } from '../../stack/model.ts'
import type { Draft } from './draft.ts'
import { fromTargetGroup } from './from-elbv2.ts'
import { identityOf } from './identity.ts'
import { rememberedAttributes } from './memory-tags.ts'
import { tagsOfCandidates, toRecord, type Observation } from './observation.ts'
import { mapLimited } from './pages.ts'
import { PARALLEL_READS } from './tag-snapshot.ts'

/** Target groups of ours; attributes only where some are wished or were written by us. */
export async function observeTargetGroups(
  observation: Observation,
  shapes: readonly Elb.TargetGroup[],
  draft: Draft,
): Promise<void> {
  const { api, cache, scope, wishes } = observation
  const rows = shapes.map((shape) => ({ arn: shape.TargetGroupArn ?? '', name: shape.TargetGroupName ?? '', shape }))
  const tags = await tagsOfCandidates(observation, rows, wishes.targetGroups, (name) => name.startsWith('k8s-'))
  await mapLimited(rows, PARALLEL_READS, async ({ arn, name, shape }) => {
    const its = tags.get(arn)
    if (its === undefined) return
    const identity = identityOf(scope, its)
    if (identity === null) {
      draft.foreign.push({ resource: wishes.targetGroups.get(name) as ResourceKey, name, identifier: arn })
      return
    }
    const { stack, id, isOwned } = identity
    const isRead = wishes.hasAttributes(stack, `TargetGroup/${id}`) || rememberedAttributes(its).size > 0
    const attributes = isRead
      ? await cache.get('attributes', arn, async () =>
          toRecord((await api.call('elbv2:DescribeTargetGroupAttributes', { TargetGroupArn: arn })).Attributes),
        )
      : {}
    draft.stack(stack).targetGroups.push({
      identifier: arn,
      spec: fromTargetGroup(id, shape, attributes),
      allTags: its,
      isOwned,
    })
    const users = [...new Set(shape.LoadBalancerArns ?? [])]
    if (users.length > 0) draft.attachments.set(arn, users)
  })
}
