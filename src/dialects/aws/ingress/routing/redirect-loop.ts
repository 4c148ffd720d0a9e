/**
 * Redirects that lead to where the request came from. One manifest for an HTTP and an HTTPS listener is full of them: the
 * redirect to HTTPS has to be dropped on the HTTPS listener (AWS reference, 1.5).
 */
import type { RuleAction, RuleCondition } from '../../../../aws/stack/rule.ts'

export interface ListenerFacts {
  readonly port: number
  readonly protocol: 'HTTP' | 'HTTPS'
}

type Redirect = Extract<RuleAction, { type: 'redirect' }>

/** The redirect at the end of the actions, or `null`. */
export function redirectOf(actions: readonly RuleAction[]): Redirect | null {
  const last = actions.at(-1)
  return last?.type === 'redirect' ? last : null
}

/**
 * The conditions without the hosts or paths that the redirect leads to itself; `null` when nothing is left. A request
 * that only some of a condition's texts lead in a circle (a glob, or no condition at all) stays as it is.
 */
export function withoutLoops(
  conditions: readonly RuleCondition[],
  redirect: Redirect,
  listener: ListenerFacts,
): readonly RuleCondition[] | null {
  if (!keepsListener(redirect, listener)) return conditions
  const fill = (template: string): string =>
    template.replaceAll('#{protocol}', listener.protocol.toLowerCase()).replaceAll('#{port}', String(listener.port))
  const hosts = loopingTexts(conditions, 'host-header', fill(redirect.host), '#{host}', sameHost)
  const paths = loopingTexts(conditions, 'path-pattern', fill(redirect.path), '/#{path}', samePath)
  if (hosts === 'all') return paths === 'all' ? null : without(conditions, 'path-pattern', paths)
  return paths === 'all' ? without(conditions, 'host-header', hosts) : conditions
}

/** True when protocol, port and query stay what they are on this listener. */
function keepsListener(redirect: Redirect, { port, protocol }: ListenerFacts): boolean {
  return (
    (redirect.protocol === '#{protocol}' || redirect.protocol === protocol) &&
    (redirect.port === '#{port}' || redirect.port === String(port)) &&
    redirect.query === '#{query}'
  )
}

/** Which values of a condition a redirect leads to themselves. Without literal values none is known to. */
function loopingTexts(
  conditions: readonly RuleCondition[],
  field: 'host-header' | 'path-pattern',
  target: string,
  kept: string,
  same: (value: string, target: string) => boolean,
): 'all' | readonly string[] {
  if (target === kept) return 'all'
  const condition = conditions.find((candidate) => candidate.field === field)
  if (condition === undefined || !('values' in condition) || target.includes('#{')) return []
  const values = condition.values as readonly string[]
  const looping = values.filter((value) => !/[*?]/.test(value) && same(value, target))
  return looping.length === values.length ? 'all' : looping
}

function without(
  conditions: readonly RuleCondition[],
  field: 'host-header' | 'path-pattern',
  texts: readonly string[],
): readonly RuleCondition[] {
  if (texts.length === 0) return conditions
  return conditions.map((condition) =>
    condition.field === field && 'values' in condition
      ? { field, values: (condition.values as readonly string[]).filter((value) => !texts.includes(value)) }
      : condition,
  )
}

function sameHost(value: string, target: string): boolean {
  return value.toLowerCase() === target.toLowerCase()
}

function samePath(value: string, target: string): boolean {
  return value === target
}
