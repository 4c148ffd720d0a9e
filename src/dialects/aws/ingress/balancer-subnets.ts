/** Subnets of a group's load balancers: what members ask for, else what they have or what is found. */
import type { InventorySubnet } from '../../../aws/stack/inventory.ts'
import { compareText, type Origin } from '../../../base/finding.ts'
import { originOf } from '../../../kube/meta.ts'
import { fieldReading, type Reading } from '../annotation-reader.ts'
import { chooseSubnets, type SubnetRequest } from '../subnets.ts'
import { decide } from './decide.ts'
import type { GroupContext } from './group-context.ts'
import type { LoadedMember } from './load-groups.ts'

/** What somebody wrote; empty where nobody did, or nothing that can be used. */
export interface SubnetWish {
  readonly named?: readonly string[]
  readonly tags?: Readonly<Record<string, readonly string[]>>
  readonly origin?: Origin
}

/**
 * A member that names subnets that cannot be used is passed over. `null` where that was the only member: a load balancer in
 * other subnets than those wished for would be none that anybody wants, unless it exists and keeps what it has.
 */
export function readSubnetWish(
  context: GroupContext,
  annotation: 'subnets' | 'frontend-nlb-subnets',
  request: Omit<SubnetRequest, 'named' | 'tags'>,
): SubnetWish | null {
  const { group, report } = context
  const { decision, unusable } = decide(
    group.members,
    'the subnets',
    (member) => wishOf(member, context, annotation, request),
    report,
    ({ named, tags }) => JSON.stringify(tags ?? named?.toSorted(compareText)),
  )
  if (decision !== null) return { ...decision.value, origin: decision.reading.origin }
  const exists = Object.hasOwn(context.options.inventory.loadBalancerSubnets, request.name)
  return unusable.length === group.members.length && !exists ? null : {}
}

function wishOf(
  { ingress, params }: LoadedMember,
  { reader, report, options, unread }: GroupContext,
  annotation: 'subnets' | 'frontend-nlb-subnets',
  request: Omit<SubnetRequest, 'named' | 'tags'>,
): Reading<Pick<SubnetWish, 'named' | 'tags'>> {
  const ofClass = annotation === 'subnets' ? params?.spec.subnets : undefined
  if (params !== null && ofClass?.tags !== undefined)
    return fieldReading(params, { tags: ofClass.tags }, 'spec', 'subnets', 'tags')
  const named: Reading<readonly string[]> =
    params !== null && ofClass?.ids !== undefined
      ? fieldReading(params, ofClass.ids, 'spec', 'subnets', 'ids')
      : reader.list([ingress], annotation)
  if (named.kind !== 'value') return named
  if (unread.needs('subnets', named.origin)) return { kind: 'absent' }
  const choice = chooseSubnets({ ...request, named: named.value }, options.clusterName, options.inventory)
  if (choice.ok) return { ...named, value: { named: named.value } }
  report('AWS_SUBNETS', `Cannot use the subnets of ${named.name}: ${choice.problem}`, named.origin)
  return { kind: 'unusable', origin: named.origin, name: named.name }
}

/** `null`, with a finding at every member, where the load balancer cannot be placed. */
export function placeBalancer(
  context: GroupContext,
  wish: SubnetWish,
  request: Omit<SubnetRequest, 'named' | 'tags'>,
): readonly InventorySubnet[] | null {
  const { group, options, report } = context
  const { named, tags } = wish
  const choice = chooseSubnets(
    { ...request, ...(named === undefined ? {} : { named }), ...(tags === undefined ? {} : { tags }) },
    options.clusterName,
    options.inventory,
  )
  const origins = wish.origin === undefined ? group.members.map(({ ingress }) => originOf(ingress)) : [wish.origin]
  const [origin] = origins
  if (origin !== undefined && context.unread.needs('subnets', origin)) return null
  if (!choice.ok && origin !== undefined && context.unread.needs('route tables', origin)) return null
  if (!choice.ok) {
    const message = `Cannot place the ${request.scheme} load balancer ${request.name}: ${choice.problem}`
    for (const origin of origins) report('AWS_SUBNETS', message, origin)
    return null
  }
  if (!choice.isKnown && choice.subnets.length === 0) {
    const message = `Subnets of the ${request.scheme} load balancer ${request.name} are not known: no subnet of the VPC is; give an inventory, or name subnets in an annotation`
    for (const origin of origins.slice(0, 1)) report('AWS_SUBNETS', message, origin, 'info')
  }
  return choice.subnets
}
