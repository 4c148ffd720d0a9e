/** How much of each AWS quota a plan uses. */
import type { AwsStack, LoadBalancer } from '../stack/model.ts'
import { DEFAULT_QUOTAS, type QuotaName } from '../stack/quotas.ts'

export interface QuotaUse {
  /** As DescribeAccountLimits names it. */
  readonly name: string
  /** Name of the load balancer or security group; empty = the region as a whole. */
  readonly of: string
  readonly used: number
  readonly limit: number
  readonly isExceeded: boolean
}

/**
 * Every quota that something counts towards.
 *
 * @param limits of the account, where they differ from AWS's defaults
 * @param targetsOf how many targets a target group has, by stack and id
 */
export function quotaUses(
  stacks: readonly AwsStack[],
  limits: Readonly<Record<string, number>>,
  targetsOf: (stack: AwsStack, targetGroup: string) => number,
): readonly QuotaUse[] {
  const uses: QuotaUse[] = []
  const add = (name: QuotaName, of: string, used: number): void => {
    const limit = limits[name] ?? DEFAULT_QUOTAS[name]
    if (used > 0) uses.push({ name, of, used, limit, isExceeded: used > limit })
  }
  const balancers = stacks.flatMap(({ loadBalancers }) => loadBalancers)
  add('application-load-balancers', '', balancers.filter(({ type }) => type === 'application').length)
  add('network-load-balancers', '', balancers.filter(({ type }) => type === 'network').length)
  add(
    'classic-load-balancers',
    '',
    sum(stacks, ({ classicLoadBalancers }) => classicLoadBalancers.length),
  )
  add(
    'target-groups',
    '',
    sum(stacks, ({ targetGroups }) => targetGroups.length),
  )
  for (const stack of stacks) {
    for (const balancer of stack.loadBalancers) addBalancer(stack, balancer, add, targetsOf)
    for (const { name, ingress } of stack.securityGroups) add('rules-per-security-group', name, ingress.length)
  }
  return uses
}

function addBalancer(
  stack: AwsStack,
  balancer: LoadBalancer,
  add: (name: QuotaName, of: string, used: number) => void,
  targetsOf: (stack: AwsStack, targetGroup: string) => number,
): void {
  const { name, type, id } = balancer
  const kind = type === 'application' ? 'application-load-balancer' : 'network-load-balancer'
  const listeners = stack.listeners.filter(
    ({ loadBalancer }) => typeof loadBalancer !== 'string' && loadBalancer.ref === `LoadBalancer/${id}`,
  )
  const listenerIds = new Set(listeners.map((listener) => `Listener/${listener.id}`))
  const rules = stack.rules.filter(({ listener }) => typeof listener !== 'string' && listenerIds.has(listener.ref))
  const actions = [
    ...rules.flatMap((rule) => rule.actions),
    ...listeners.flatMap(({ defaultActions }) => defaultActions),
  ]
  const groups = new Set(
    actions.flatMap((action) =>
      action.type === 'forward'
        ? action.targetGroups.map(({ targetGroup }) =>
            typeof targetGroup === 'string' ? targetGroup : targetGroup.ref,
          )
        : [],
    ),
  )
  add(`listeners-per-${kind}`, name, listeners.length)
  // The default certificate of a listener does not count.
  add(
    `certificates-per-${kind}`,
    name,
    sum(listeners, ({ certificates }) => Math.max(0, certificates.length - 1)),
  )
  add(
    `targets-per-${kind}`,
    name,
    sum([...groups], (group) => targetsOf(stack, group.replace(/^TargetGroup\//, ''))),
  )
  if (type !== 'application') return
  add('rules-per-application-load-balancer', name, rules.length)
  add('target-groups-per-application-load-balancer', name, groups.size)
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0)
}
