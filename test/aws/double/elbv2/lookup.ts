/** What one elbv2 resource says about another. */
import type * as Elb from '@aws-sdk/client-elastic-load-balancing-v2'
import {
  find,
  type ListenerThing,
  type LoadBalancerThing,
  type RuleThing,
  type TargetGroupThing,
  type World,
} from '../world.ts'

export function loadBalancerOf(world: World, arn: string | undefined): LoadBalancerThing {
  return find(world.loadBalancers, arn, 'LoadBalancerNotFound', 'Load balancer')
}

export function listenerOf(world: World, arn: string | undefined): ListenerThing {
  return find(world.listeners, arn, 'ListenerNotFound', 'Listener')
}

export function ruleOf(world: World, arn: string | undefined): RuleThing {
  return find(world.rules, arn, 'RuleNotFound', 'Rule')
}

export function targetGroupOf(world: World, arn: string | undefined): TargetGroupThing {
  return find(world.targetGroups, arn, 'TargetGroupNotFound', 'Target group')
}

export function listenersOf(world: World, loadBalancerArn: string): ListenerThing[] {
  return [...world.listeners.values()].filter((one) => one.shape.LoadBalancerArn === loadBalancerArn)
}

/** Without the default one. */
export function rulesOf(world: World, listenerArn: string): RuleThing[] {
  return [...world.rules.values()].filter((one) => one.listenerArn === listenerArn)
}

export function groupsOfActions(actions: readonly Elb.Action[] | undefined): string[] {
  return (actions ?? []).flatMap((action) => [
    ...(action.TargetGroupArn === undefined ? [] : [action.TargetGroupArn]),
    ...(action.ForwardConfig?.TargetGroups ?? []).map((one) => one.TargetGroupArn ?? ''),
  ])
}

/** Target groups in use, by load balancer; `except` = a listener or rule that is about to change. */
export function groupsOfLoadBalancer(world: World, loadBalancerArn: string, except?: string): Set<string> {
  const used = new Set<string>()
  for (const listener of listenersOf(world, loadBalancerArn)) {
    const { ListenerArn: arn, DefaultActions: actions } = listener.shape
    if (arn !== except) for (const group of groupsOfActions(actions)) used.add(group)
    for (const rule of rulesOf(world, arn)) {
      if (rule.shape.RuleArn !== except) for (const group of groupsOfActions(rule.shape.Actions)) used.add(group)
    }
  }
  return used
}

/** ARNs of the load balancers whose listeners or rules forward to it. */
export function usersOfGroup(world: World, groupArn: string): string[] {
  const users = new Set<string | undefined>()
  for (const { shape } of world.listeners.values()) {
    if (groupsOfActions(shape.DefaultActions).includes(groupArn)) users.add(shape.LoadBalancerArn)
  }
  for (const { shape, listenerArn } of world.rules.values()) {
    if (!groupsOfActions(shape.Actions).includes(groupArn)) continue
    users.add(world.listeners.get(listenerArn)?.shape.LoadBalancerArn)
  }
  return [...world.loadBalancers.keys()].filter((arn) => users.has(arn))
}

/** `loadbalancer/app/name/id` of `…:loadbalancer/app/name/id`, without the first word. */
export function pathOf(arn: string): string {
  return arn.slice(arn.indexOf('/') + 1)
}

export function toText(value: number | undefined): string {
  return value === undefined ? '' : String(value)
}
