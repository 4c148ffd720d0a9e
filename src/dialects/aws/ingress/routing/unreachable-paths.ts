/** Paths that no request comes to: earlier rules of the same listeners take all that they take. */
import type { RuleCondition } from '../../../../aws/stack/rule.ts'
import type { Finding, Origin } from '../../../../base/finding.ts'
import { remark } from '../../../../base/remark.ts'
import { covers } from './optimize-rules.ts'

interface Rule {
  readonly conditions: readonly RuleCondition[]
  readonly origins: readonly Origin[]
}

/** Rules of each listener in the order in which they are tried, those that lead to themselves there left out. */
export function findUnreachable(listeners: readonly (readonly Rule[])[]): readonly Finding[] {
  const reached = new Set<Origin>()
  const taken = new Map<Origin, { readonly rule: Rule; readonly by: Origin }>()
  for (const rules of listeners) {
    const earlier = new EarlierRules()
    for (const rule of rules) {
      const [origin] = rule.origins
      if (origin === undefined) continue
      const by = earlier.find(rule)?.origins[0]
      // A path that needs several rules is reached by any of them.
      if (by === undefined || by === origin) {
        earlier.add(rule)
        reached.add(origin)
      } else taken.set(origin, { rule, by })
    }
  }
  return [...taken]
    .filter(([origin]) => !reached.has(origin))
    .map(([origin, { rule, by }]) => toFinding(origin, rule, by))
}

function toFinding(origin: Origin, { conditions }: Rule, by: Origin): Finding {
  const place = by.file === undefined ? '' : ` (${by.file}:${by.line ?? 1})`
  const owner = by.object === origin.object ? `${by.path} of the same Ingress` : `${by.object} ${by.path}`
  const message =
    `Cannot reach ${describe(conditions)}: ${owner}${place} comes before it and takes all of its requests; ` +
    'an ALB tries rules by group.order, then as the Ingress lists them, Exact and Prefix before globs within one; write it before that one or remove it'
  return remark('AWS_RULE_UNREACHABLE', origin, message)
}

function describe(conditions: readonly RuleCondition[]): string {
  const textsOf = (field: 'host-header' | 'path-pattern'): readonly string[] =>
    conditions.flatMap((one) => (one.field !== field ? [] : 'values' in one ? one.values : one.regexValues))
  const [host = ''] = textsOf('host-header')
  const [path = '/*'] = textsOf('path-pattern')
  return `${host}${path}${conditions.some(isFurther) ? ' with its conditions' : ''}`
}

function isFurther({ field }: RuleCondition): boolean {
  return field !== 'host-header' && field !== 'path-pattern'
}

/** Finds who covers a rule without asking the rules of other hosts. */
class EarlierRules {
  readonly #ofHost = new Map<string, Rule[]>()
  readonly #others: Rule[] = []

  add(rule: Rule): void {
    const host = onlyHost(rule)
    if (host === null || /[*?]/.test(host)) {
      this.#others.push(rule)
      return
    }
    const known = this.#ofHost.get(host)
    if (known === undefined) this.#ofHost.set(host, [rule])
    else known.push(rule)
  }

  find(rule: Rule): Rule | undefined {
    const isCover = (earlier: Rule): boolean => takesAll(earlier.conditions, rule.conditions)
    return this.#ofHost.get(onlyHost(rule) ?? '')?.find(isCover) ?? this.#others.find(isCover)
  }
}

/** `null` where it is not one host. */
function onlyHost({ conditions }: Rule): string | null {
  const hosts = conditions.flatMap((one) => (one.field !== 'host-header' ? [] : 'values' in one ? one.values : ['*']))
  return hosts.length === 1 ? (hosts[0] ?? '').toLowerCase() : null
}

/** Conditions that both have do not matter. */
function takesAll(earlier: readonly RuleCondition[], later: readonly RuleCondition[]): boolean {
  const known = new Set(later.map((condition) => JSON.stringify(condition)))
  const rest = earlier.filter((condition) => !known.has(JSON.stringify(condition)))
  return covers(rest, later)
}
