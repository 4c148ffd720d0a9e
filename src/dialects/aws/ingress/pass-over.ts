/**
 * One member's wish that no subnet of the VPC fulfils must not hold back a group that others share: it is passed over, with a
 * finding, and the others live on.
 */
import type { Reading } from '../annotation-reader.ts'
import { albName } from '../names.ts'
import { chooseSubnets } from '../subnets.ts'
import { type GroupContext, refuseUnfound } from './group-context.ts'
import type { LoadedMember } from './load-groups.ts'

type Scheme = 'internal' | 'internet-facing'

/** @param obstacleOf `<state>; <what would be accepted>`, or `null` for what can be had */
export function passOver<T extends string>(
  context: GroupContext,
  member: LoadedMember,
  reading: Reading<T>,
  obstacleOf: (value: T) => string | null,
): Reading<T> {
  if (reading.kind !== 'value' || context.group.members.length === 1) return reading
  const obstacle = obstacleOf(reading.value)
  if (obstacle === null) return reading
  const message = `Cannot use ${reading.name} ${reading.value} of ${member.name}: ${obstacle}`
  context.report('AWS_SUBNETS', message, reading.origin)
  // Whoever wants to be internal must not be reached from the internet instead.
  if (reading.value === 'internal')
    refuseUnfound(context, member, 'its load balancer cannot be internal', reading.origin)
  return { kind: 'unusable', origin: reading.origin, name: reading.name }
}

/** A scheme for which there are no subnets is passed over where the group has a load balancer of the other one. */
export function obstacleToScheme(context: GroupContext, scheme: Scheme): string | null {
  const { group, options } = context
  const other = albName(options.clusterName, group, scheme === 'internal' ? 'internet-facing' : 'internal')
  if (!Object.hasOwn(options.inventory.loadBalancerSubnets, other)) return null
  return obstacleToPlace(context, scheme, false)
}

/** Nothing is known against it where somebody names subnets, or where none is known. */
export function obstacleToPlace(
  { group, options, reader }: GroupContext,
  scheme: Scheme,
  needsIpv6: boolean,
): string | null {
  const isNamed = group.members.some(
    ({ ingress, params }) =>
      params?.spec.subnets !== undefined || Object.hasOwn(ingress.meta.annotations, reader.fullName('subnets')),
  )
  if (isNamed || (options.inventory.unread ?? []).length > 0) return null
  const name = albName(options.clusterName, group, scheme)
  const choice = chooseSubnets({ type: 'application', scheme, needsIpv6, name }, options.clusterName, options.inventory)
  return choice.ok ? null : choice.problem
}
