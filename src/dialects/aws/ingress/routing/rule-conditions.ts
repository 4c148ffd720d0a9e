/**
 * Host, path and further conditions of one path of an Ingress as conditions of listener rules: one per field, with values
 * of which any may match. What is too much for one rule becomes several that mean the same (elbv2 RuleCondition).
 */
import type { RuleCondition } from '../../../../aws/stack/rule.ts'
import type { ExtraConditions } from './extra-conditions.ts'
import { countWildcards } from './glob.ts'
import type { PathPattern } from './path-pattern.ts'

/** Fixed by AWS. Source: quotas of Application Load Balancers. */
const VALUES_PER_RULE = 5
const VALUES_PER_CONDITION = 3
const WILDCARDS_PER_RULE = 5
const MAX_TEXT = 128
/** More rules than this for one path are nobody's intent; an ALB has 100 by default. */
const MAX_RULES = 50

export type RuleMatches =
  /** One entry per rule. */
  | { readonly ok: true; readonly matches: readonly (readonly RuleCondition[])[] }
  | { readonly ok: false; readonly problem: string }

type UsablePattern = Exclude<PathPattern, { kind: 'refused' }>

export function toRuleMatches(host: string, path: UsablePattern, extras: ExtraConditions): RuleMatches {
  const hosts = alternatives(
    'host-header',
    unique([...(host === '' ? [] : [host]), ...extras.hosts]),
    unique(extras.hostRegexes),
  )
  const paths = alternatives(
    'path-pattern',
    unique([...(path.kind === 'values' ? path.values : []), ...extras.paths]),
    unique([...(path.kind === 'regex' ? [path.regex] : []), ...extras.pathRegexes]),
  )
  const matches: (readonly RuleCondition[])[] = []
  for (const hostPart of hosts) {
    for (const pathPart of paths) {
      const conditions = [...hostPart, ...pathPart, ...extras.others]
      const whole = conditions.length === 0 ? [ANY_PATH] : conditions
      const problem = whole.map(judgeTexts).find((text) => text !== null)
      if (problem !== undefined && problem !== null) return { ok: false, problem }
      const parts = split(whole)
      if (parts === null) return { ok: false, problem: describeExcess(whole) }
      matches.push(...parts)
    }
  }
  if (matches.length > MAX_RULES) {
    return { ok: false, problem: `its conditions need ${matches.length} rules; at most ${MAX_RULES} are accepted` }
  }
  return { ok: true, matches }
}

/**
 * Conditions that take in at least host and path, for a path that answers 503: too long texts are cut before a `*`, and
 * further conditions are left out. `null` where that is not possible.
 */
export function toWiderMatch(host: string, path: UsablePattern): readonly RuleCondition[] | null {
  const hosts: readonly RuleCondition[] = host === '' ? [] : [{ field: 'host-header', values: [widen(host)] }]
  if (path.kind === 'regex') {
    const { regex } = path
    return regex.length > MAX_TEXT ? null : [...hosts, { field: 'path-pattern', regexValues: [regex] }]
  }
  const values = path.kind === 'values' ? unique(path.values.map(widen)) : []
  const paths: readonly RuleCondition[] = values.length === 0 ? [] : [{ field: 'path-pattern', values }]
  return hosts.length + paths.length === 0 ? [ANY_PATH] : [...hosts, ...paths]
}

/** True for conditions that every request of a listener meets. */
export function matchesEverything(conditions: readonly RuleCondition[]): boolean {
  return conditions.every(
    (condition) =>
      (condition.field === 'path-pattern' || condition.field === 'host-header') &&
      'values' in condition &&
      condition.values.some((value) => value === '*' || (condition.field === 'path-pattern' && value === '/*')),
  )
}

const ANY_PATH: RuleCondition = { field: 'path-pattern', values: ['/*'] }

/** One condition takes values or regexValues, so that both of them are two rules. */
function alternatives(
  field: 'host-header' | 'path-pattern',
  values: readonly string[],
  regexValues: readonly string[],
): readonly (readonly RuleCondition[])[] {
  const parts: (readonly RuleCondition[])[] = []
  if (values.length > 0) parts.push([{ field, values }])
  if (regexValues.length > 0) parts.push([{ field, regexValues }])
  return parts.length === 0 ? [[]] : parts
}

function judgeTexts(condition: RuleCondition): string | null {
  const long = textsOf(condition).find((text) => text.length > MAX_TEXT)
  if (long !== undefined) {
    return `${JSON.stringify(`${long.slice(0, 40)}...`)} has ${long.length} characters; at most ${MAX_TEXT} are accepted`
  }
  const wild = wildcardsOf(condition).find((count) => count > WILDCARDS_PER_RULE)
  return wild === undefined ? null : `a pattern has ${wild} wildcards; at most ${WILDCARDS_PER_RULE} are accepted`
}

function describeExcess(conditions: readonly RuleCondition[]): string {
  return conditions.length > VALUES_PER_RULE
    ? `it has ${conditions.length} conditions that have to hold at once; at most ${VALUES_PER_RULE} are accepted`
    : `its patterns have more than ${WILDCARDS_PER_RULE} wildcards that have to match at once; write fewer`
}

/** Rules whose union is the conditions' meaning, each within AWS's limits; `null` when there are none. */
function split(conditions: readonly RuleCondition[]): readonly (readonly RuleCondition[])[] | null {
  if (conditions.length > VALUES_PER_RULE) return null
  const sizes = chunkSizes(conditions.map((condition) => lengthOf(condition)))
  let parts: (readonly RuleCondition[])[] = [[]]
  for (const [index, condition] of conditions.entries()) {
    const chunks = chunksOf(condition, sizes[index] ?? 1)
    parts = parts.flatMap((part) => chunks.map((chunk) => [...part, chunk]))
    if (parts.length > MAX_RULES * 2) return parts
  }
  const fitting: (readonly RuleCondition[])[] = []
  for (const part of parts) {
    const narrower = splitAtWildcards(part)
    if (narrower === null) return null
    fitting.push(...narrower)
  }
  return fitting
}

function splitAtWildcards(part: readonly RuleCondition[]): readonly (readonly RuleCondition[])[] | null {
  const counts = part.map((condition) => wildcardsOf(condition).reduce((sum, count) => sum + count, 0))
  if (counts.reduce((sum, count) => sum + count, 0) <= WILDCARDS_PER_RULE) return [part]
  const candidates = part.map((condition, index) => (lengthOf(condition) > 1 ? (counts[index] ?? 0) : -1))
  const index = candidates.indexOf(Math.max(...candidates))
  const condition = part[index]
  if (condition === undefined || lengthOf(condition) < 2) return null
  const halves = chunksOf(condition, Math.ceil(lengthOf(condition) / 2))
  const parts = halves.map((half) => splitAtWildcards(part.with(index, half)))
  return parts.every((entry) => entry !== null) ? parts.flat() : null
}

/** How many values of each condition go into one rule, so that there are as few rules as can be. */
function chunkSizes(lengths: readonly number[]): readonly number[] {
  let best: readonly number[] = lengths.map(() => 1)
  let fewest = Number.POSITIVE_INFINITY
  const tryFrom = (index: number, chosen: readonly number[], left: number): void => {
    if (index === lengths.length) {
      const rules = chosen.reduce((product, size, at) => product * Math.ceil((lengths[at] ?? 1) / size), 1)
      if (rules >= fewest) return
      fewest = rules
      best = chosen
      return
    }
    const others = lengths.length - index - 1
    const largest = Math.min(lengths[index] ?? 1, VALUES_PER_CONDITION, left - others)
    for (let size = largest; size >= 1; size--) tryFrom(index + 1, [...chosen, size], left - size)
  }
  tryFrom(0, [], VALUES_PER_RULE)
  return best
}

function chunksOf(condition: RuleCondition, size: number): readonly RuleCondition[] {
  if ('regexValues' in condition) {
    return chunk(condition.regexValues, size).map((regexValues) => ({ ...condition, regexValues }))
  }
  if (condition.field === 'query-string') {
    return chunk(condition.values, size).map((values) => ({ ...condition, values }))
  }
  return chunk(condition.values, size).map((values) => ({ ...condition, values }))
}

function chunk<T>(values: readonly T[], size: number): readonly (readonly T[])[] {
  const chunks: (readonly T[])[] = []
  for (let i = 0; i < values.length; i += size) chunks.push(values.slice(i, i + size))
  return chunks
}

function lengthOf(condition: RuleCondition): number {
  return 'regexValues' in condition ? condition.regexValues.length : condition.values.length
}

/** Texts that have AWS's limit of length. */
function textsOf(condition: RuleCondition): readonly string[] {
  if ('regexValues' in condition) return condition.regexValues
  return condition.field === 'query-string'
    ? condition.values.flatMap(({ key, value }) => [key, value])
    : condition.values
}

/** Wildcards of each value; methods, sources and regular expressions have none. */
function wildcardsOf(condition: RuleCondition): readonly number[] {
  if ('regexValues' in condition) return []
  switch (condition.field) {
    case 'host-header':
    case 'path-pattern':
    case 'http-header':
      return condition.values.map(countWildcards)
    case 'query-string':
      return condition.values.map(({ key, value }) => countWildcards(key) + countWildcards(value))
    case 'http-request-method':
    case 'source-ip':
      return []
  }
}

/** Cut where it is too long or has its third wildcard. */
function widen(text: string): string {
  const cut = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT - 1)}*` : text
  const third = [...cut.matchAll(/[*?]/g)][2]
  return third === undefined ? cut : `${cut.slice(0, third.index)}*`
}

function unique(values: readonly string[]): readonly string[] {
  return [...new Set(values)]
}
