/** Features that IAM may deny or that an account may not have: what cannot be read is marked so, and left alone. */
import { AwsError } from '../aws-api.ts'
import type { StackId } from '../../stack/model.ts'
import type { Draft } from './draft.ts'
import { SHIELD_TAG } from './memory-tags.ts'
import type { Observation } from './observation.ts'
import { isDenied, type TagRecord } from './tag-snapshot.ts'

export interface Place {
  readonly arn: string
  readonly stack: StackId
  readonly id: string
  readonly isOwned: boolean
}

/** Capacity units, 0 for none; `null` = not readable. */
export async function readCapacity({ api, cache }: Observation, arn: string): Promise<number | null> {
  return cache.get('capacity', arn, () =>
    orNull(async () => {
      const answer = await api.call('elbv2:DescribeCapacityReservation', { LoadBalancerArn: arn })
      return answer.MinimumLoadBalancerCapacity?.CapacityUnits ?? 0
    }),
  )
}

export async function readWebAcl(observation: Observation, place: Place, draft: Draft): Promise<void> {
  const { api, cache, wishes } = observation
  const { arn, stack, id, isOwned } = place
  if (!wishes.wants('webAcl', stack, id)) return
  const acl = await cache.get('webAcl', arn, () =>
    orNull(async () => (await api.call('wafv2:GetWebACLForResource', { ResourceArn: arn })).WebACL?.ARN ?? ''),
  )
  if (acl === null) {
    draft.markUnread(stack, `WebAcl/${id}`)
    return
  }
  const spec = { id, origins: [], generation: 'v2', loadBalancer: arn, arn: acl } as const
  draft.stack(stack).webAcls.push({ identifier: arn, spec, allTags: {}, isOwned })
}

export async function readShield(
  observation: Observation,
  place: Place & { readonly tags: TagRecord },
  draft: Draft,
): Promise<void> {
  const { api, cache, wishes } = observation
  const { arn, stack, id, isOwned, tags } = place
  if (!wishes.wants('shield', stack, id) && tags[SHIELD_TAG] === undefined) return
  const found = await cache.get('shield', arn, () =>
    orNull(async () => {
      const state = await cache.get('shield', 'subscription', async () => {
        return (await api.call('shield:GetSubscriptionState', {})).SubscriptionState ?? 'INACTIVE'
      })
      if (state !== 'ACTIVE') return null
      try {
        const { Protection: one } = await api.call('shield:DescribeProtection', { ResourceArn: arn })
        return one?.Id ?? ''
      } catch (error) {
        if (error instanceof AwsError && error.code === 'ResourceNotFound') return ''
        throw error
      }
    }),
  )
  if (found === null) {
    draft.markUnread(stack, `Shield/${id}`)
    return
  }
  // A protection that somebody else made is on as wished, and not ours to end.
  const isOurs = isOwned && tags[SHIELD_TAG] !== undefined
  const spec = { id, origins: [], loadBalancer: arn, isOn: found !== '' }
  draft.stack(stack).shields.push({ identifier: found, spec, allTags: tags, isOwned: found === '' ? isOwned : isOurs })
}

/** `null` for what is denied, and for what the place (an emulator, a young region) does not know. */
async function orNull<T>(read: () => Promise<T>): Promise<T | null> {
  try {
    return await read()
  } catch (error) {
    if (isDenied(error)) return null
    if (
      error instanceof AwsError &&
      /^(?:UnknownOperation|InvalidAction|NotImplemented|Unimplemented)/.test(error.code)
    )
      return null
    throw error
  }
}
