import type * as Elb from '@aws-sdk/client-elastic-load-balancing-v2'
import { page } from '../paging.ts'
import { refuse } from '../refusal.ts'
import { addTags } from '../tag-limits.ts'
import { freshId, isVisible, type Handlers, type World } from '../world.ts'
import { toActions } from './actions.ts'
import { toConditions } from './conditions.ts'
import { listenerOf, listenersOf, pathOf, ruleOf, rulesOf } from './lookup.ts'

type Actions =
  | 'elbv2:DescribeRules'
  | 'elbv2:CreateRule'
  | 'elbv2:ModifyRule'
  | 'elbv2:DeleteRule'
  | 'elbv2:SetRulePriorities'

export function ruleHandlers(world: World): Handlers<Actions> {
  return {
    'elbv2:DescribeRules': (input) => {
      if ((input.RuleArns ?? []).length > 20) refuse('ValidationError', 'At most 20 rules can be named')
      if (input.RuleArns !== undefined) return { Rules: input.RuleArns.map((arn) => ruleOf(world, arn).shape) }
      const { shape } = listenerOf(world, input.ListenerArn)
      const sorted = rulesOf(world, shape.ListenerArn)
        .filter(isVisible)
        .map((rule): Elb.Rule => rule.shape)
        .sort((a, b) => Number(a.Priority) - Number(b.Priority))
      const last: Elb.Rule = {
        RuleArn: `${shape.ListenerArn.replace(':listener/', ':listener-rule/')}/0000000000000000`,
        Priority: 'default',
        Conditions: [],
        Actions: shape.DefaultActions,
        IsDefault: true,
      }
      const { items, next } = page([...sorted, last], input.Marker, Math.min(input.PageSize ?? 400, world.pageSize))
      return { Rules: items, ...(next === undefined ? {} : { NextMarker: next }) }
    },
    'elbv2:CreateRule': (input) => {
      const { shape: listener } = listenerOf(world, input.ListenerArn)
      if (!/^HTTPS?$/.test(listener.Protocol ?? ''))
        refuse('UnsupportedProtocol', 'Only Application Load Balancers have rules')
      const priority = checkPriority(input.Priority)
      const conditions = toConditions(input.Conditions)
      const actions = toActions(world, listener, input.Actions)
      const transforms = toTransforms(input.Transforms)
      const tags = new Map<string, string>()
      addTags(tags, input.Tags)
      if (rulesOf(world, listener.ListenerArn).some((rule) => rule.shape.Priority === priority)) {
        refuse('PriorityInUse', `Priority '${priority}' is currently in use`)
      }
      const count = listenersOf(world, listener.LoadBalancerArn).reduce(
        (sum, one) => sum + rulesOf(world, one.shape.ListenerArn).length,
        0,
      )
      if (count >= world.quotas.rules)
        refuse('TooManyRules', 'The maximum number of rules on load balancer has been reached')
      const path = pathOf(listener.ListenerArn)
      const RuleArn = `arn:aws:elasticloadbalancing:${world.region}:${world.account}:listener-rule/${path}/${freshId(world).slice(1)}`
      const shape = {
        RuleArn,
        Priority: priority,
        Conditions: conditions,
        Actions: actions,
        IsDefault: false,
        ...transforms,
      }
      world.rules.set(RuleArn, { hiddenReads: world.hiddenReads, tags, shape, listenerArn: listener.ListenerArn })
      return { Rules: [shape] }
    },
    'elbv2:ModifyRule': (input) => {
      const rule = ruleOf(world, input.RuleArn)
      const { shape: listener } = listenerOf(world, rule.listenerArn)
      if (input.Transforms !== undefined && input.ResetTransforms === true) {
        refuse('ValidationError', 'Transforms and ResetTransforms exclude each other')
      }
      const conditions = input.Conditions === undefined ? undefined : toConditions(input.Conditions)
      const actions =
        input.Actions === undefined ? undefined : toActions(world, listener, input.Actions, rule.shape.RuleArn)
      if (conditions !== undefined) rule.shape.Conditions = conditions
      if (actions !== undefined) rule.shape.Actions = actions
      // Without Transforms they stay.
      if (input.Transforms !== undefined) Object.assign(rule.shape, toTransforms(input.Transforms))
      if (input.ResetTransforms === true) delete rule.shape.Transforms
      return { Rules: [rule.shape] }
    },
    'elbv2:DeleteRule': (input) => {
      if (/\/0{16}$/.test(input.RuleArn ?? '')) refuse('OperationNotPermitted', 'A default rule cannot be deleted')
      world.rules.delete(ruleOf(world, input.RuleArn).shape.RuleArn)
      return {}
    },
    'elbv2:SetRulePriorities': (input) => {
      const moves = (input.RulePriorities ?? []).map(({ RuleArn, Priority }) => ({
        rule: ruleOf(world, RuleArn),
        priority: checkPriority(Priority),
      }))
      const listener = moves[0]?.rule.listenerArn ?? refuse('ValidationError', 'No priorities given')
      if (moves.some((move) => move.rule.listenerArn !== listener))
        refuse('ValidationError', 'Rules of several listeners')
      const moved = new Set(moves.map((move) => move.rule))
      const stay = rulesOf(world, listener).filter((rule) => !moved.has(rule))
      const taken = new Set(stay.map((rule) => rule.shape.Priority))
      for (const { priority } of moves) {
        if (taken.has(priority)) refuse('PriorityInUse', `Priority '${priority}' is currently in use`)
        taken.add(priority)
      }
      for (const { rule, priority } of moves) rule.shape.Priority = priority
      return { Rules: moves.map((move) => move.rule.shape) }
    },
  }
}

function checkPriority(priority: number | undefined): string {
  if (priority === undefined || !Number.isInteger(priority) || priority < 1 || priority > 50_000) {
    refuse('ValidationError', `Priority '${priority ?? ''}' must be 1 to 50000`)
  }
  return String(priority)
}

function toTransforms(given: readonly Elb.RuleTransform[] | undefined): { Transforms?: Elb.RuleTransform[] } {
  if (given === undefined || given.length === 0) return {}
  for (const { Type, UrlRewriteConfig: url, HostHeaderRewriteConfig: host } of given) {
    const rewrites = Type === 'url-rewrite' ? url?.Rewrites : host?.Rewrites
    if (rewrites?.length !== 1) refuse('ValidationError', 'A transform has exactly one rewrite')
  }
  if (new Set(given.map((one) => one.Type)).size !== given.length)
    refuse('ValidationError', 'A transform of each type at most')
  return { Transforms: [...given] }
}
