/** The `conditions.NAME` and `transforms.NAME` annotations of an ALB. Keys match in any case. */
import { closestName } from '../../base/edit-distance.ts'
import { type JsonObject, textOf, toObject } from './json-value.ts'

/** The configuration key of each condition field, and whether it may carry `regexValues` in place of `values`. */
const FIELDS: Readonly<Record<string, { readonly config: string; readonly hasRegex: boolean }>> = {
  'host-header': { config: 'hostHeaderConfig', hasRegex: true },
  'path-pattern': { config: 'pathPatternConfig', hasRegex: true },
  'http-header': { config: 'httpHeaderConfig', hasRegex: true },
  'http-request-method': { config: 'httpRequestMethodConfig', hasRegex: false },
  'query-string': { config: 'queryStringConfig', hasRegex: false },
  'source-ip': { config: 'sourceIPConfig', hasRegex: false },
}

const TRANSFORMS: Readonly<Record<string, string>> = {
  'url-rewrite': 'urlRewriteConfig',
  'host-header-rewrite': 'hostHeaderRewriteConfig',
}

/** `null` when the value is a list of usable conditions, else what is wrong and what would be accepted. */
export function checkConditions(value: unknown): string | null {
  return checkEntries(value, checkCondition)
}

/** The same for transforms. */
export function checkTransforms(value: unknown): string | null {
  return checkEntries(value, checkTransform)
}

function checkEntries(value: unknown, check: (entry: JsonObject) => string | null): string | null {
  if (!Array.isArray(value) || value.length === 0) return 'it is not a JSON array with entries; write [{...}]'
  for (const [index, item] of (value as readonly unknown[]).entries()) {
    const entry = toObject(item)
    const problem = entry === null ? 'is not an object; write {...}' : check(entry)
    if (problem !== null) return `entry ${index + 1} ${problem}`
  }
  return null
}

function checkCondition(entry: JsonObject): string | null {
  const field = textOf(entry, 'field') ?? ''
  const known = Object.hasOwn(FIELDS, field) ? FIELDS[field] : undefined
  if (known === undefined) {
    const close = closestName(field, Object.keys(FIELDS))
    const hint = close === null ? '' : `, did you mean ${JSON.stringify(close)}`
    return `has the field ${JSON.stringify(field.slice(0, 40))}${hint}; write ${Object.keys(FIELDS).join(', ')}`
  }
  const config = toObject(entry.get(known.config.toLowerCase()))
  if (config === null) return `has no "${known.config}"; the field ${field} needs it`
  if (field === 'http-header' && (textOf(config, 'httpHeaderName') ?? '') === '') {
    return 'has no "httpHeaderName"; name the header'
  }
  return checkValues(config, known.config, known.hasRegex)
}

function checkValues(config: JsonObject, name: string, hasRegex: boolean): string | null {
  const values = config.get('values')
  const regexes = config.get('regexvalues')
  if (regexes !== undefined && !hasRegex) return `has "regexValues" in ${name}; only "values" is accepted there`
  if (values !== undefined && regexes !== undefined) return `has both "values" and "regexValues" in ${name}; write one`
  const list = regexes ?? values
  return Array.isArray(list) && list.length > 0 ? null : `has no "values" in ${name}; write a list with entries`
}

function checkTransform(entry: JsonObject): string | null {
  const type = textOf(entry, 'type') ?? ''
  const name = Object.hasOwn(TRANSFORMS, type) ? TRANSFORMS[type] : undefined
  if (name === undefined) {
    return `has the type ${JSON.stringify(type.slice(0, 40))}; write ${Object.keys(TRANSFORMS).join(' or ')}`
  }
  const rewrites = toObject(entry.get(name.toLowerCase()))?.get('rewrites')
  if (!Array.isArray(rewrites) || rewrites.length === 0)
    return `has no "rewrites" in ${name}; write [{"regex", "replace"}]`
  const areComplete = (rewrites as readonly unknown[]).every((rewrite) => {
    const object = toObject(rewrite)
    return object !== null && textOf(object, 'regex') !== undefined && textOf(object, 'replace') !== undefined
  })
  return areComplete ? null : `has a rewrite without "regex" or "replace" in ${name}; write both`
}
