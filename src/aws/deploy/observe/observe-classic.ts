import type { StackId } from '../../stack/model.ts'
import { identifierKey } from '../operation.ts'
import type { Draft } from './draft.ts'
import { fromClassic } from './from-classic.ts'
import { identityOf, inTreeStackOf } from './identity.ts'
import { toTagRecord } from './tag-record.ts'
import type { Observation } from './observation.ts'
import { inChunks, mapLimited, readPages } from './pages.ts'
import { PARALLEL_READS, type TagRecord } from './tag-snapshot.ts'

/** Names per DescribeTags. */
const TAG_BATCH = 20

/** Classic Load Balancers: ours, and those of the in-tree controller that a Service of ours wants. Few calls where there are none. */
export async function observeClassic(observation: Observation, draft: Draft): Promise<void> {
  const { api, cache, scope, snapshot, wishes } = observation
  const hasAny = [...snapshot.tags.keys()].some((arn) => /:loadbalancer\/[^/]+$/.test(arn))
  const hadNone = cache.peek('classic load balancers', 'account') === 'none'
  // Not by the index alone: one that was made a moment ago may not be in it when its Service goes.
  if (!hasAny && hadNone && wishes.classic.size === 0 && snapshot.hasIndex) return
  const shapes = await readPages(api, 'elb:DescribeLoadBalancers', {}, (output) => output.LoadBalancerDescriptions)
  const tags = await tagsByName(
    observation,
    shapes.map((shape) => shape.LoadBalancerName ?? ''),
  )
  let hasOwn = false
  await mapLimited(shapes, PARALLEL_READS, async (shape) => {
    const name = shape.LoadBalancerName ?? ''
    const its = tags.get(name) ?? {}
    const wished = wishes.classic.get(name)
    const identity = identityOf(scope, its)
    const inTree = inTreeStackOf(scope, its)
    const stack: StackId | null = identity?.stack ?? (wished?.stack === inTree ? inTree : null)
    if (stack === null) {
      if (wished !== undefined) {
        draft.foreign.push({ resource: `ClassicLoadBalancer/${wished.id}`, name, identifier: name })
      }
      return
    }
    hasOwn = true
    const id = identity?.id ?? wished?.id ?? name
    const attributes = await cache.get('attributes', name, async () => {
      const answer = await api.call('elb:DescribeLoadBalancerAttributes', { LoadBalancerName: name })
      return answer.LoadBalancerAttributes ?? {}
    })
    draft.stack(stack).classicLoadBalancers.push({
      identifier: name,
      spec: fromClassic(id, shape, attributes, wished?.sendsProxyProtocol ?? false),
      allTags: its,
      isOwned: identity?.isOwned ?? false,
    })
    draft.classicPolicies.set(name, shape.Policies?.OtherPolicies ?? [])
    if (shape.DNSName !== undefined)
      draft.noteDnsName(identifierKey(stack, `ClassicLoadBalancer/${id}`), shape.DNSName, 0)
  })
  cache.put('classic load balancers', 'account', hasOwn || wishes.classic.size > 0 ? 'some' : 'none')
}

/** Names are few, so that the index, which knows them by ARN only, is not worth a second look. */
async function tagsByName(
  { api, cache }: Observation,
  names: readonly string[],
): Promise<ReadonlyMap<string, TagRecord>> {
  const found = new Map<string, TagRecord>()
  const unknown: string[] = []
  for (const name of names) {
    const known = cache.peek('classic tags', name) as TagRecord | undefined
    if (known === undefined) unknown.push(name)
    else found.set(name, known)
  }
  await mapLimited(inChunks(unknown, TAG_BATCH), PARALLEL_READS, async (batch) => {
    const { TagDescriptions: rows = [] } = await api.call('elb:DescribeTags', { LoadBalancerNames: batch })
    for (const { LoadBalancerName: name = '', Tags: tags } of rows) {
      found.set(name, toTagRecord(tags))
      cache.put('classic tags', name, toTagRecord(tags))
    }
  })
  return found
}
