/**
 * Redirects that lead to where the request came from. One manifest for an HTTP and an HTTPS listener is full of them: the
 * redirect to HTTPS has to be dropped on the HTTPS listener (as the AWS Load Balancer Controller does).
 */
import type { RuleAction, RuleCondition } from '../../../../aws/stack/rule.ts'
import { matchesGlob } from './glob.ts'

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

/**
 * Conditions of requests that a redirect takes in by a glob, or by having no condition, and leads to themselves: with the
 * literal host and path that it leads to. `null` when there are none that are known.
 */
export function loopOf(
  conditions: readonly RuleCondition[],
  redirect: Redirect,
  listener: ListenerFacts,
): readonly RuleCondition[] | null {
  if (!keepsListener(redirect, listener)) return null
  const fields = [
    { field: 'host-header', target: redirect.host, kept: '#{host}' },
    { field: 'path-pattern', target: redirect.path, kept: '/#{path}' },
  ] as const
  let loop = conditions
  for (const { field, target, kept } of fields) {
    if (target === kept) continue
    const condition = conditions.find((candidate) => candidate.field === field)
    if (target.includes('#{') || !takes(condition, target)) return null
    loop = [...loop.filter((other) => other.field !== field), { field, values: [target] }]
  }
  return loop === conditions ? null : loop
}

function takes(condition: RuleCondition | undefined, text: string): boolean {
  if (condition === undefined) return true
  if (!('values' in condition)) return false
  const fold = (value: string): string => (condition.field === 'host-header' ? value.toLowerCase() : value)
  return (condition.values as readonly string[]).some((value) => matchesGlob(fold(value), fold(text)))
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
