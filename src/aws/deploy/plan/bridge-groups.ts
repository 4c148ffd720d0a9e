/**
 * While the successor of a target group has no healthy targets, what forwards to it goes on forwarding to the old one. AWS
 * checks no targets of a target group that no listener uses: the successor stands beside the old one with weight 0, and a
 * later pass, which sees it healthy, lets go of the old one.
 *
 * Left out: actions that would have more than five target groups, and listeners that cannot have the old one, which switch
 * at once as before.
 */
import type { AwsStack, Listener, TargetGroup } from '../../stack/model.ts'
import type { RuleAction } from '../../stack/rule.ts'
import type { GroupHealth, Observed, ObservedResource, ObservedStack } from '../observed.ts'
import { toTagValue } from '../observe/identity.ts'
import type { BridgedGroup } from '../operation.ts'
import type { StackMatch } from './match.ts'
import type { PlanOptions } from './plan-options.ts'

/** Target groups of one action; AWS's limit. */
const GROUPS_PER_ACTION = 5

interface Bridged {
  /** With the old target groups in its actions. */
  readonly desired: AwsStack
  readonly bridges: readonly BridgedGroup[]
}

interface Bridge {
  readonly group: TargetGroup
  readonly old: ObservedResource<TargetGroup>
  isUsed: boolean
}

/** @param present what may be touched */
export function bridgeGroups(
  desired: AwsStack,
  present: ObservedStack,
  match: StackMatch,
  observed: Observed,
  options: Pick<PlanOptions, 'impatientFor'>,
): Bridged {
  const successors = [
    ...match.targetGroups.missing.map(({ desired: group }) => ({ group, identifier: null })),
    ...match.targetGroups.pairs.map((pair) => ({ group: pair.desired, identifier: pair.observed.identifier })),
  ]
  const serving = servingGroups(present)
  const bridges = new Map<string, Bridge>()
  for (const { group, identifier } of successors) {
    const candidates = present.targetGroups.filter(
      (one) =>
        one.spec.id === toTagValue(group.id) &&
        one.identifier !== identifier &&
        serving.has(one.identifier) &&
        healthyOf(observed, one.identifier) > 0,
    )
    const [old] = candidates.sort((a, b) => healthyOf(observed, b.identifier) - healthyOf(observed, a.identifier))
    if (old === undefined) continue
    const isGivenUp = identifier !== null && options.impatientFor?.has(identifier) === true
    const health = identifier === null ? undefined : observed.targetHealth?.get(identifier)
    if (isGivenUp || isWarm(health, healthyOf(observed, old.identifier))) continue
    bridges.set(`TargetGroup/${group.id}`, { group, old, isUsed: false })
  }
  if (bridges.size === 0) return { desired, bridges: [] }
  const listeners = new Map(desired.listeners.map((one) => [`Listener/${one.id}`, one]))
  const bridge = (actions: readonly RuleAction[], listener: Listener | undefined): readonly RuleAction[] =>
    listener === undefined
      ? actions
      : actions.map((one) => bridgeAction(one, listener, desired, match, observed, bridges))
  const stack: AwsStack = {
    ...desired,
    listeners: desired.listeners.map((one) => ({ ...one, defaultActions: bridge(one.defaultActions, one) })),
    rules: desired.rules.map((one) => ({
      ...one,
      actions: bridge(one.actions, typeof one.listener === 'string' ? undefined : listeners.get(one.listener.ref)),
    })),
  }
  const used = [...bridges.values()].filter(({ isUsed }) => isUsed)
  return {
    desired: stack,
    bridges: used.map(({ group, old }) => ({ stack: desired.id, id: group.id, arn: old.identifier, spec: old.spec })),
  }
}

function bridgeAction(
  action: RuleAction,
  listener: Listener,
  desired: AwsStack,
  match: StackMatch,
  observed: Observed,
  bridges: ReadonlyMap<string, Bridge>,
): RuleAction {
  if (action.type !== 'forward') return action
  const used: Bridge[] = []
  const targetGroups = action.targetGroups.flatMap((one): (typeof one)[] => {
    const { targetGroup, weight } = one
    if (typeof targetGroup === 'string' || targetGroup.stack !== undefined || weight === 0) return [one]
    const bridge = bridges.get(targetGroup.ref)
    if (bridge === undefined || !canServe(bridge, listener, desired, match, observed)) return [one]
    used.push(bridge)
    return [
      { targetGroup: bridge.old.identifier, weight },
      { targetGroup, weight: 0 },
    ]
  })
  if (used.length === 0 || targetGroups.length > GROUPS_PER_ACTION) return action
  for (const one of used) one.isUsed = true
  return { ...action, targetGroups }
}

/** The old target group serves this load balancer alone, and the listener can have it. */
function canServe(
  { group, old }: Bridge,
  listener: Listener,
  desired: AwsStack,
  match: StackMatch,
  observed: Observed,
): boolean {
  if (typeof listener.loadBalancer === 'string') return false
  const id = listener.loadBalancer.ref.slice('LoadBalancer/'.length)
  const arn = match.loadBalancers.pairs.find((pair) => pair.desired.id === id)?.observed.identifier
  const users = observed.attachments?.get(old.identifier) ?? []
  if (arn === undefined || users.length === 0 || users.some((user) => user !== arn)) return false
  const balancer = desired.loadBalancers.find((one) => one.id === id)
  if (old.spec.ipAddressType === 'ipv6' && balancer?.ipAddressType === 'ipv4') return false
  if (balancer?.type === 'network') return old.spec.protocol === group.protocol
  return old.spec.protocolVersion !== 'GRPC' || listener.protocol === 'HTTPS'
}

/** Target groups that get requests from what is ours. */
function servingGroups({ listeners, rules }: ObservedStack): ReadonlySet<string> {
  const actions = [...listeners.map(({ spec }) => spec.defaultActions), ...rules.map(({ spec }) => spec.actions)].flat()
  const arns = actions.flatMap((action) => (action.type === 'forward' ? action.targetGroups : []))
  return new Set(
    arns.flatMap(({ targetGroup, weight }) => (typeof targetGroup === 'string' && weight > 0 ? [targetGroup] : [])),
  )
}

/** What is not known may well be healthy. */
function healthyOf({ targetHealth }: Observed, arn: string): number {
  return targetHealth?.get(arn)?.healthy ?? 1
}

/** As many as the old one has, or all that there are. */
function isWarm(health: GroupHealth | undefined, healthyBefore: number): boolean {
  return health !== undefined && health.healthy > 0 && health.healthy >= Math.min(healthyBefore, health.registered)
}
