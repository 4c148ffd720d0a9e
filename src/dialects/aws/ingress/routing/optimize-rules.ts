/** Drops rules that must not or cannot ever act, so that one manifest serves two listeners. */
import type { RuleAction, RuleCondition } from '../../../../aws/stack/rule.ts'
import { coversGlob } from './glob.ts'
import { type ListenerFacts, redirectOf, withoutLoops } from './redirect-loop.ts'

interface Rule {
  readonly conditions: readonly RuleCondition[]
  readonly actions: readonly RuleAction[]
}

/**
 * In order: redirects that lead to themselves on this listener go, then every rule whose hosts and paths an earlier
 * redirect takes. Answers of the others are the same as before.
 */
export function optimizeRules<R extends Rule>(rules: readonly R[], listener: ListenerFacts): readonly R[] {
  const kept: R[] = []
  const redirects: Rule[] = []
  for (const rule of withoutCircles(rules, listener)) {
    if (redirects.some((earlier) => covers(earlier.conditions, rule.conditions))) continue
    kept.push(rule)
    if (redirectOf(rule.actions) !== null) redirects.push(rule)
  }
  return kept
}

/** All rules but redirects that lead to themselves on this listener. */
export function withoutCircles<R extends Rule>(rules: readonly R[], listener: ListenerFacts): readonly R[] {
  return rules.flatMap((rule) => {
    const redirect = redirectOf(rule.actions)
    const conditions = redirect === null ? rule.conditions : withoutLoops(rule.conditions, redirect, listener)
    return conditions === null ? [] : [conditions === rule.conditions ? rule : { ...rule, conditions }]
  })
}

/** True when the earlier conditions, of host and path alone, hold wherever the later ones do. */
export function covers(earlier: readonly RuleCondition[], later: readonly RuleCondition[]): boolean {
  return earlier.every((condition) => {
    if (condition.field !== 'host-header' && condition.field !== 'path-pattern') return false
    if (!('values' in condition)) return false
    const { field, values } = condition
    // Every path begins with a slash, and an absent condition takes any.
    if (values.includes('*') || (field === 'path-pattern' && values.includes('/*'))) return true
    const fold = (text: string): string => (field === 'host-header' ? text.toLowerCase() : text)
    return later.some(
      (other) =>
        other.field === field &&
        'values' in other &&
        other.values.every((value) => values.some((outer) => coversGlob(fold(outer), fold(value)))),
    )
  })
}
