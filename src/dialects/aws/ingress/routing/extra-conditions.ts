/** The annotation `conditions.NAME`: what a request needs besides host and path (elbv2 RuleCondition). */
import type { RuleCondition } from '../../../../aws/stack/rule.ts'
import { isCidr, quote } from '../../../annotations/check-value.ts'
import { type JsonObject, textOf, toObject } from '../../../annotations/json-value.ts'

export interface ExtraConditions {
  /** Alternatives to the rule's host and path. */
  readonly hosts: readonly string[]
  readonly hostRegexes: readonly string[]
  readonly paths: readonly string[]
  readonly pathRegexes: readonly string[]
  /** All have to hold as well. */
  readonly others: readonly RuleCondition[]
}

export const NO_EXTRAS: ExtraConditions = { hosts: [], hostRegexes: [], paths: [], pathRegexes: [], others: [] }

export type ParsedExtras =
  | { readonly ok: true; readonly value: ExtraConditions }
  | { readonly ok: false; readonly problem: string }

/** Values of one field, under either key. */
interface FieldValues {
  readonly values: readonly string[]
  readonly regexValues: readonly string[]
}

/** @param json has passed `checkConditions`; what it does not look at, the entries of lists, is judged here */
export function parseExtraConditions(json: unknown): ParsedExtras {
  const found = {
    hosts: [] as string[],
    hostRegexes: [] as string[],
    paths: [] as string[],
    pathRegexes: [] as string[],
  }
  const others: RuleCondition[] = []
  for (const [index, item] of (Array.isArray(json) ? (json as readonly unknown[]) : []).entries()) {
    const entry = toObject(item)
    const field = entry === null ? '' : (textOf(entry, 'field') ?? '')
    const parsed = entry === null ? 'is not an object' : parseEntry(entry, field)
    if (typeof parsed === 'string') return fail(`entry ${index + 1} ${parsed}`)
    if ('condition' in parsed) {
      const isRepeated = others.some((other) => other.field === field)
      // A request has one method and one source, so AWS takes one condition of each.
      if (isRepeated && (field === 'http-request-method' || field === 'source-ip')) {
        return fail(`entry ${index + 1} is a second ${field}; write all its values into one entry`)
      }
      others.push(parsed.condition)
    } else if (field === 'host-header') {
      found.hosts.push(...parsed.values)
      found.hostRegexes.push(...parsed.regexValues)
    } else {
      found.paths.push(...parsed.values)
      found.pathRegexes.push(...parsed.regexValues)
    }
  }
  return { ok: true, value: { ...found, others } }
}

function parseEntry(entry: JsonObject, field: string): FieldValues | { readonly condition: RuleCondition } | string {
  switch (field) {
    case 'host-header':
      return parseValues(entry, 'hostHeaderConfig')
    case 'path-pattern':
      return parseValues(entry, 'pathPatternConfig')
    case 'http-header':
      return parseHeader(entry)
    case 'http-request-method':
      return parseMethods(entry)
    case 'query-string':
      return parseQuery(entry)
    default:
      return parseSources(entry)
  }
}

function parseHeader(entry: JsonObject): { readonly condition: RuleCondition } | string {
  const config = toObject(entry.get('httpheaderconfig'))
  const name = config === null ? '' : (textOf(config, 'httpHeaderName') ?? '')
  if (!/^[\w!#$%&'*+.^`|~-]{1,40}$/.test(name)) {
    return `has the header name ${quote(name)}; write a header name of at most 40 characters`
  }
  if (name.toLowerCase() === 'host') return 'names the header Host; write the field host-header'
  const parsed = parseValues(entry, 'httpHeaderConfig')
  if (typeof parsed === 'string') return parsed
  const { values, regexValues } = parsed
  const field = 'http-header'
  return { condition: regexValues.length > 0 ? { field, name, regexValues } : { field, name, values } }
}

function parseMethods(entry: JsonObject): { readonly condition: RuleCondition } | string {
  const parsed = parseValues(entry, 'httpRequestMethodConfig')
  if (typeof parsed === 'string') return parsed
  const bad = parsed.values.find((method) => !/^[A-Z_-]{1,40}$/.test(method))
  if (bad !== undefined) return `has the method ${quote(bad)}; write methods in capitals, such as "GET"`
  return { condition: { field: 'http-request-method', values: parsed.values } }
}

function parseSources(entry: JsonObject): { readonly condition: RuleCondition } | string {
  const parsed = parseValues(entry, 'sourceIPConfig')
  if (typeof parsed === 'string') return parsed
  const bad = parsed.values.find((range) => !isCidr(range) || !range.includes('/'))
  if (bad !== undefined) return `has the source ${quote(bad)}; write a range such as "192.0.2.0/24"`
  return { condition: { field: 'source-ip', values: parsed.values } }
}

function parseQuery(entry: JsonObject): { readonly condition: RuleCondition } | string {
  const list = toObject(entry.get('querystringconfig'))?.get('values')
  const values: { key: string; value: string }[] = []
  for (const item of Array.isArray(list) ? (list as readonly unknown[]) : []) {
    const pair = toObject(item)
    const value = pair === null ? undefined : textOf(pair, 'value')
    if (pair === null || value === undefined) return 'has a query string without "value"; write {"key", "value"}'
    values.push({ key: textOf(pair, 'key') ?? '', value })
  }
  return { condition: { field: 'query-string', values } }
}

function parseValues(entry: JsonObject, configName: string): FieldValues | string {
  const config = toObject(entry.get(configName.toLowerCase()))
  const values = toTexts(config?.get('values'))
  const regexValues = toTexts(config?.get('regexvalues'))
  if (values === null || regexValues === null) return `has an entry that is no text in ${configName}; write texts`
  return { values, regexValues }
}

/** `null` when an entry is neither text nor number, or empty. */
function toTexts(list: unknown): readonly string[] | null {
  if (!Array.isArray(list)) return []
  const texts: string[] = []
  for (const entry of list as readonly unknown[]) {
    if (typeof entry !== 'string' && typeof entry !== 'number') return null
    if (entry === '') return null
    texts.push(String(entry))
  }
  return texts
}

function fail(problem: string): ParsedExtras {
  return { ok: false, problem }
}
