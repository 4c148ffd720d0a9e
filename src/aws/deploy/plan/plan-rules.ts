import type { Listener, ListenerRule } from '../../stack/model.ts'
import type { ObservedResource } from '../observed.ts'
import { SECRET_TAG } from '../observe/memory-tags.ts'
import { targetGroupsOf } from '../observe/from-rule.ts'
import { pairRules, type RulePair, type RulePairs } from './pair-rules.ts'
import { planTags, writeTags, type Tagged } from './plan-tags.ts'
import { actionsKey, conditionsKey, transformsKey } from './same.ts'
import { creationTags, type StackContext } from './stack-context.ts'
import { secretFingerprintOf, toActions, toConditions, toTransforms } from './to-rule.ts'

/** How the rules of one listener become those that are wished. */
export function matchRules(
  context: StackContext,
  listener: Listener,
  arn: string | null,
  present: readonly ObservedResource<ListenerRule>[],
): RulePairs {
  const { desired, book, id: stack, observed, options } = context
  const resolve = (ref: Parameters<typeof book.known>[1]): string => book.known(stack, ref) ?? 'yet to be made'
  const conditions = (rule: ListenerRule): string => conditionsKey(rule.conditions)
  const taken = (observed.strangers ?? []).filter((one) => one.resource === 'ListenerRule' && one.parent === arn)
  return pairRules(
    desired.rules.filter(
      (rule) => typeof rule.listener !== 'string' && rule.listener.ref === `Listener/${listener.id}`,
    ),
    present,
    {
      conditions,
      settings: (rule) => `${conditions(rule)} ${actionsKey(rule.actions, resolve)} ${transformsKey(rule.transforms)}`,
    },
    new Set(taken.map(({ place }) => place)),
    options.swapsPriorities ?? true,
  )
}

/**
 * Priorities first, in one call; then changes, then what is new. Deletes are left to the caller's end of the plan.
 *
 * @param before operations that have to be done before any of these
 * @returns ids of the operations
 */
export function planRules(
  context: StackContext,
  listener: Listener,
  rules: Pick<RulePairs, 'pairs' | 'creates' | 'moves'>,
  before: readonly string[],
): readonly string[] {
  const { book, id: stack } = context
  const ids: string[] = []
  let last = before
  for (const [index, moves] of rules.moves.entries()) {
    const id = book.add({
      stack,
      resource: `Listener/${listener.id}`,
      verb: 'modify',
      part: index === 0 ? 'priorities' : `priorities ${index + 1}`,
      action: 'elbv2:SetRulePriorities',
      input: { RulePriorities: moves.map(({ identifier, priority }) => ({ RuleArn: identifier, Priority: priority })) },
      after: last,
      summary: `reorder ${moves.length} rules of the listener on port ${listener.port}`,
      event: { reason: 'MODIFY', message: `${listener.port} listener rules reordered` },
      origins: listener.origins,
    })
    ids.push(id)
    last = [id]
  }
  const moved = new Set(rules.moves.flat().map(({ identifier }) => identifier))
  for (const pair of rules.pairs) {
    ids.push(...modifyRule(context, pair, moved.has(pair.observed.identifier) ? last : before))
  }
  for (const { desired, priority } of rules.creates) ids.push(createRule(context, listener, desired, priority, last))
  return ids
}

function createRule(
  context: StackContext,
  listener: Listener,
  rule: ListenerRule,
  priority: number,
  after: readonly string[],
): string {
  const { book, id: stack } = context
  const fingerprint = secretFingerprintOf(rule.actions)
  return book.add({
    stack,
    resource: `ListenerRule/${rule.id}`,
    verb: 'create',
    action: 'elbv2:CreateRule',
    input: {
      ListenerArn: book.value(stack, rule.listener),
      Priority: priority,
      Conditions: toConditions(rule.conditions),
      Actions: toActions(rule.actions, (ref) => book.value(stack, ref)),
      ...(rule.transforms.length === 0 ? {} : { Transforms: toTransforms(rule.transforms) }),
      Tags: creationTags(context, rule, [], fingerprint === '' ? {} : { [SECRET_TAG]: fingerprint }),
    },
    after,
    yields: 'Rules.0.RuleArn',
    summary: `create rule ${priority} of the listener on port ${listener.port}`,
    event: { reason: 'CREATE', message: `${priority} rule created` },
    origins: rule.origins,
  })
}

function modifyRule(
  context: StackContext,
  { desired, observed, priority, isEqual }: RulePair,
  after: readonly string[],
): string[] {
  const { book, id: stack } = context
  const { identifier, spec, allTags } = observed
  const one: Tagged = {
    resource: `ListenerRule/${desired.id}`,
    identifier,
    label: `${priority} rule`,
    origins: desired.origins,
    allTags,
  }
  const ids: string[] = []
  if (!isEqual) {
    const isOtherTransform = transformsKey(desired.transforms) !== transformsKey(spec.transforms)
    const id = book.add({
      stack,
      resource: one.resource,
      verb: 'modify',
      action: 'elbv2:ModifyRule',
      input: {
        RuleArn: identifier,
        Conditions: toConditions(desired.conditions),
        Actions: toActions(desired.actions, (ref) => book.value(stack, ref)),
        // Left out, they would stay.
        ...(!isOtherTransform
          ? {}
          : desired.transforms.length === 0
            ? { ResetTransforms: true }
            : { Transforms: toTransforms(desired.transforms) }),
      },
      after,
      summary: `change rule ${priority}`,
      event: { reason: 'MODIFY', message: `${priority} rule modified` },
      origins: desired.origins,
    })
    for (const group of targetGroupsOf(spec.actions)) book.release(group, id)
    ids.push(id)
    const fingerprint = secretFingerprintOf(desired.actions)
    if (fingerprint !== '' && fingerprint !== allTags[SECRET_TAG]) {
      ids.push(writeTags(context, one, { [SECRET_TAG]: fingerprint }, 'client secret memory', [id]))
    }
  }
  planTags(context, one, desired.tags)
  return ids
}

/** @returns id of the operation */
export function deleteRule(
  context: StackContext,
  observed: ObservedResource<ListenerRule>,
  after: readonly string[],
): string {
  const { book, id: stack } = context
  const { identifier, spec } = observed
  const id = book.add({
    stack,
    resource: `ListenerRule/${spec.id}`,
    verb: 'delete',
    part: String(spec.priority),
    action: 'elbv2:DeleteRule',
    input: { RuleArn: identifier },
    after,
    deletes: identifier,
    summary: `delete rule ${spec.priority}`,
    event: { reason: 'DELETE', message: `${spec.priority} rule deleted` },
    origins: spec.origins,
  })
  for (const group of targetGroupsOf(spec.actions)) book.release(group, id)
  return id
}
