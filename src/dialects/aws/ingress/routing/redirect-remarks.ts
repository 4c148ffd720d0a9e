/** Redirects that do what is written, which is not what was meant. */
import type { RuleAction, RuleCondition } from '../../../../aws/stack/rule.ts'
import type { Origin } from '../../../../base/finding.ts'
import type { Report } from '../../../report.ts'
import { covers } from './optimize-rules.ts'
import { type ListenerFacts, loopOf, redirectOf } from './redirect-loop.ts'

interface Rule {
  readonly conditions: readonly RuleCondition[]
  readonly actions: readonly RuleAction[]
  readonly origins: readonly Origin[]
}

/** Raises AWS_REDIRECT_LOOP for requests that a rule leads to itself and no earlier rule takes. */
export function remarkLoops(rules: readonly Rule[], listener: ListenerFacts, report: Report): void {
  for (const [index, { conditions, actions, origins }] of rules.entries()) {
    const redirect = redirectOf(actions)
    const [origin] = origins
    const loop = redirect === null ? null : loopOf(conditions, redirect, listener)
    if (redirect === null || loop === null || origin === undefined) continue
    if (rules.slice(0, index).some((earlier) => covers(earlier.conditions, loop))) continue
    const where = `${redirect.host === '#{host}' ? '' : redirect.host}${redirect.path === '/#{path}' ? '' : redirect.path}`
    const message =
      `Cannot redirect ${where} on ${listener.protocol} ${listener.port}: it is where the redirect leads to, so that a ` +
      'browser goes in a circle; write a path for it before the redirect, or name the hosts that are redirected'
    report('AWS_REDIRECT_LOOP', message, origin)
  }
}

export interface TriedPath {
  /** Place in the list of the rule. */
  readonly pathIndex: number
  readonly matches: readonly (readonly RuleCondition[])[]
  readonly action: RuleAction
  readonly origin: Origin
}

/**
 * Raises AWS_REDIRECT_LATE for a redirect to HTTPS that is listed before paths of its rule and tried after them.
 *
 * @param tried the paths of one rule in the order in which they are tried
 */
export function remarkLateRedirects(tried: readonly TriedPath[], report: Report): void {
  for (const [index, redirect] of tried.entries()) {
    if (!isPlainRedirectToHttps(redirect.action)) continue
    const served = tried
      .slice(0, index)
      .filter(
        ({ pathIndex, matches, action }) =>
          pathIndex > redirect.pathIndex &&
          action.type === 'forward' &&
          matches.every((later) => redirect.matches.some((earlier) => covers(earlier, later))),
      )
    if (served.length === 0) continue
    const state =
      served.length === 1
        ? 'a path that is listed behind it is served on HTTP'
        : `${served.length} paths that are listed behind it are served on HTTP`
    const message =
      `Cannot redirect to HTTPS first: Exact and Prefix paths are tried before globs, so that ${state}; ` +
      'write alb.ingress.kubernetes.io/ssl-redirect, or give the redirect a rule of its own before theirs'
    report('AWS_REDIRECT_LATE', message, redirect.origin)
  }
}

function isPlainRedirectToHttps(action: RuleAction): boolean {
  return (
    action.type === 'redirect' &&
    action.protocol === 'HTTPS' &&
    action.host === '#{host}' &&
    action.path === '/#{path}' &&
    action.query === '#{query}'
  )
}
