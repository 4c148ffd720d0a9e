/**
 * What exists in AWS with our cluster's tags, in the words of the stack model. Lists come from few calls for the whole
 * account; what each load balancer holds from two or three calls of its own; what seldom changes from the cache.
 */
import type { AwsApi } from '../aws-api.ts'
import type { Observed } from '../observed.ts'
import { createDraft } from './draft.ts'
import { observeCertificates } from './observe-certificates.ts'
import { observeClassic } from './observe-classic.ts'
import type { Observation, ObserveScope } from './observation.ts'
import { createObserveCache, type ObserveCache } from './observe-cache.ts'
import { observeHealth } from './observe-health.ts'
import { observeLoadBalancers } from './observe-load-balancers.ts'
import { observeSecurityGroups } from './observe-security-groups.ts'
import { observeTargetGroups } from './observe-target-groups.ts'
import { readPages } from './pages.ts'
import { describeTags, readTagSnapshot, type TagRecord } from './tag-snapshot.ts'
import { wishesOf } from './wishes.ts'

/**
 * @param cache one for all passes, which hears of writes (`noteWrites`); absent = everything is read
 * @throws {AwsError} when something that has to be known cannot be read
 */
export async function observe(
  api: AwsApi,
  scope: ObserveScope,
  cache: ObserveCache = createObserveCache(),
): Promise<Observed> {
  cache.nextPass()
  const [snapshot, balancers, groups] = await Promise.all([
    readTagSnapshot(api, scope.clusterName),
    readPages(api, 'elbv2:DescribeLoadBalancers', {}, (output) => output.LoadBalancers),
    readPages(api, 'elbv2:DescribeTargetGroups', {}, (output) => output.TargetGroups),
  ])
  const observation: Observation = {
    api,
    cache,
    scope,
    wishes: wishesOf(scope.desired),
    snapshot,
    async tagsOf(arns) {
      const known = new Map<string, TagRecord>()
      const unknown: string[] = []
      for (const arn of arns) {
        const tags = snapshot.tags.get(arn)
        if (tags === undefined || cache.hasFreshTags(arn)) unknown.push(arn)
        else known.set(arn, tags)
      }
      for (const [arn, tags] of await describeTags(api, cache, unknown)) known.set(arn, tags)
      return known
    },
  }
  const draft = createDraft()
  await Promise.all([
    observeLoadBalancers(observation, balancers, draft),
    observeTargetGroups(observation, groups, draft),
    observeSecurityGroups(observation, draft),
    observeCertificates(observation, draft),
    observeClassic(observation, draft),
  ])
  const observed = draft.finish()
  const targetHealth = await observeHealth(api, scope.desired, observed)
  return targetHealth.size === 0 ? observed : { ...observed, targetHealth }
}
