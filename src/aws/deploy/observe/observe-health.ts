import { AwsError, type AwsApi } from '../aws-api.ts'
import type { AwsStack } from '../../stack/model.ts'
import type { GroupHealth, Observed } from '../observed.ts'
import { matchStack } from '../plan/match.ts'
import { toObservedStack, toTagValue } from './identity.ts'
import { mapLimited } from './pages.ts'
import { PARALLEL_READS } from './tag-snapshot.ts'

/** Health of target groups that are being replaced, and of their successors; nothing is asked where none is. */
export async function observeHealth(
  api: AwsApi,
  desired: readonly AwsStack[],
  observed: Observed,
): Promise<ReadonlyMap<string, GroupHealth>> {
  const arns = desired.flatMap((stack) => {
    const present = observed.stacks.get(toObservedStack(stack.id))
    if (present === undefined || present.targetGroups.length === 0) return []
    const { missing, pairs } = matchStack(stack, present, observed).targetGroups
    const its = new Map<string, string[]>()
    for (const { spec, identifier } of present.targetGroups) its.set(spec.id, [...(its.get(spec.id) ?? []), identifier])
    return [
      ...missing.flatMap(({ desired: { id } }) => its.get(toTagValue(id)) ?? []),
      ...pairs.flatMap(({ desired: { id } }) => {
        const all = its.get(toTagValue(id)) ?? []
        return all.length > 1 ? all : []
      }),
    ]
  })
  const health = new Map<string, GroupHealth>()
  await mapLimited([...new Set(arns)], PARALLEL_READS, async (arn) => {
    const one = await readHealth(api, arn)
    if (one !== null) health.set(arn, one)
  })
  return health
}

/** `null` = it could not be read: whoever may not ask is no worse off than before. */
async function readHealth(api: AwsApi, arn: string): Promise<GroupHealth | null> {
  try {
    const { TargetHealthDescriptions: all = [] } = await api.call('elbv2:DescribeTargetHealth', { TargetGroupArn: arn })
    const states = all.map(({ TargetHealth: its }) => its?.State ?? '').filter((state) => state !== 'draining')
    // Where no health is checked, all are as good as healthy.
    const healthy = states.filter((state) => state === 'healthy' || state === 'unavailable')
    return { registered: states.length, healthy: healthy.length }
  } catch (error) {
    if (!(error instanceof AwsError)) throw error
    return null
  }
}
