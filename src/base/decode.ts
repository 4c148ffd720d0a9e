/**
 * The hand-written decoder layer: reads untrusted data field by field, carries the field path, and turns whatever is
 * wrong into findings instead of exceptions. A value whose meaning is plain although its type is wrong (`80` for the
 * text `"80"`) is reported and still used, so that one slip does not take a site down.
 */
import { FINDING_CODES, type FindingCode } from './finding-codes.ts'
import type { Finding, Origin, Severity } from './finding.ts'

/** Keys and list positions from the document's root to a field, as written in the document. */
export type FieldPath = readonly (string | number)[]

/** Where the findings of one document go. One per decoded object. */
export interface DecodeLog {
  readonly findings: Finding[]
  /** Lists whose decoded form differs in position from the written one; see `toWrittenPath`. */
  readonly moves: Map<string, ListMove>
  /** True for secrets: messages then name types only, never values. */
  readonly hidesValues: boolean
  /** Origin of the value at a path, or of the map key that leads to it. */
  origin(path: FieldPath, at: 'value' | 'key'): Origin
  /** A number or boolean as it was written (`1.10`, `yes`), where that is known. */
  wordAt(path: FieldPath): string | undefined
}

/** Written positions of the entries that were kept; `lone` when a map stood where a list is due. */
export type ListMove = readonly number[] | 'lone'

/** A map that is being decoded. */
export interface MapField {
  readonly fields: Readonly<Record<string, unknown>>
  readonly path: FieldPath
  readonly log: DecodeLog
}

/** Any value that is being decoded. */
export interface ValueField {
  readonly value: unknown
  readonly path: FieldPath
  readonly log: DecodeLog
}

export interface ReportOptions {
  /** The code's usual severity when absent. */
  readonly severity?: Severity
  /** Point at the key instead of the value. */
  readonly at?: 'value' | 'key'
  /** `read` when absent, as in `Cannot read spec.rules: ...`. */
  readonly verb?: string
}

/** Records `Cannot <verb> <path>: <state>`. */
export function report(
  field: { readonly path: FieldPath; readonly log: DecodeLog },
  code: FindingCode,
  state: string,
  options: ReportOptions = {},
): void {
  const origin = field.log.origin(field.path, options.at ?? 'value')
  field.log.findings.push({
    code,
    severity: options.severity ?? FINDING_CODES[code].severity,
    message: `Cannot ${options.verb ?? 'read'} ${origin.path === '' ? origin.object : origin.path}: ${state}`,
    origin,
  })
}

/** The field of a map; `undefined` for both an absent key and an explicit null, which Kubernetes treats alike. */
export function childOf(map: MapField, key: string): ValueField | undefined {
  const value = Object.hasOwn(map.fields, key) ? map.fields[key] : undefined
  return value === undefined || value === null ? undefined : { value, path: [...map.path, key], log: map.log }
}

/** A value as a map, or `null` with a FIELD_TYPE finding. */
export function toMap(field: ValueField): MapField | null {
  if (isPlainMap(field.value)) return { fields: field.value, path: field.path, log: field.log }
  report(field, 'FIELD_TYPE', `${describeValue(field)} is written where a map is due; write its fields below it`)
  return null
}

/** A nested map; `undefined` when absent or not a map (then with a finding). */
export function section(map: MapField, key: string): MapField | undefined {
  const field = childOf(map, key)
  return field === undefined ? undefined : (toMap(field) ?? undefined)
}

/** A nested map that must be there; FIELD_REQUIRED otherwise. */
export function requiredSection(map: MapField, key: string): MapField | undefined {
  if (childOf(map, key) === undefined) reportMissing(map, key)
  return section(map, key)
}

/** A text field; numbers and booleans are reported and used in their text form. */
export function optionalText(map: MapField, key: string): string | undefined {
  const field = childOf(map, key)
  return field === undefined ? undefined : (toText(field) ?? undefined)
}

/** A text field that must be there and not be empty; FIELD_REQUIRED otherwise. */
export function requiredText(map: MapField, key: string): string | undefined {
  const field = childOf(map, key)
  const text = field === undefined ? undefined : (toText(field) ?? undefined)
  if (field === undefined || text === '') reportMissing(map, key)
  return text === '' ? undefined : text
}

/** A value as text, or `null` with a FIELD_TYPE finding. */
export function toText(field: ValueField): string | null {
  const { value } = field
  if (typeof value === 'string') return value
  if (typeof value !== 'boolean' && typeof value !== 'number' && typeof value !== 'bigint') {
    report(field, 'FIELD_TYPE', `${describeValue(field)} is written where text is due`)
    return null
  }
  const text = field.log.wordAt(field.path) ?? String(value)
  const advice = field.log.hidesValues ? 'write it in quotes' : `write it in quotes: ${JSON.stringify(text)}`
  report(field, 'FIELD_TYPE', `${describeValue(field)} is written where text is due; ${advice}`)
  return text
}

/** A whole number within bounds; a number in quotes is reported and used. Out of bounds: FIELD_VALUE and `undefined`. */
export function optionalInt(map: MapField, key: string, min: number, max: number): number | undefined {
  const field = childOf(map, key)
  return field === undefined ? undefined : toInt(field, min, max)
}

/** A value as a whole number within bounds, or `undefined` with a finding. */
export function toInt(field: ValueField, min: number, max: number): number | undefined {
  let { value } = field
  if (typeof value === 'string' && /^[0-9]{1,15}$/.test(value)) {
    report(field, 'FIELD_TYPE', `${describeValue(field)} is written where a number is due; remove the quotes`)
    value = Number(value)
  }
  if (typeof value !== 'number') {
    report(field, 'FIELD_TYPE', `${describeValue(field)} is written where a whole number is due`)
    return undefined
  }
  if (Number.isInteger(value) && value >= min && value <= max) return value
  report(field, 'FIELD_VALUE', `${value} is not a whole number from ${min} to ${max}`)
  return undefined
}

/** `true` or `false`; the words in quotes are reported and used. */
export function optionalBool(map: MapField, key: string): boolean | undefined {
  const field = childOf(map, key)
  if (field === undefined || typeof field.value === 'boolean') return field?.value as boolean | undefined
  const isWord = field.value === 'true' || field.value === 'false'
  const advice = isWord ? 'remove the quotes' : 'write true or false'
  report(field, 'FIELD_TYPE', `${describeValue(field)} is written where true or false is due; ${advice}`)
  return isWord ? field.value === 'true' : undefined
}

/** One of a fixed set of words; anything else is FIELD_VALUE and `undefined`. */
export function optionalOneOf<T extends string>(map: MapField, key: string, words: readonly T[]): T | undefined {
  const field = childOf(map, key)
  const text = field === undefined ? null : toText(field)
  if (field === undefined || text === null) return undefined
  const found = words.find((word) => word === text)
  if (found !== undefined) return found
  const near = words.find((word) => word.toLowerCase() === text.toLowerCase())
  const advice = near === undefined ? `write one of ${words.join(', ')}` : `did you mean ${near}?`
  report(field, 'FIELD_VALUE', `${describeValue(field)} is not one of its values; ${advice}`)
  return undefined
}

/** FIELD_REQUIRED for a key of a map. */
export function reportMissing(map: MapField, key: string): void {
  report({ path: [...map.path, key], log: map.log }, 'FIELD_REQUIRED', `it is required but missing; write a value`)
}

/** `the number 80`, `the text "abc"`, `a list`: a value in words, shortened; types alone where values must not show. */
export function describeValue(field: ValueField): string {
  const { value } = field
  const isHidden = field.log.hidesValues
  if (value === undefined || value === null) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  const isScalar = typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean'
  const word = isScalar ? (field.log.wordAt(field.path) ?? String(value)) : ''
  if (typeof value === 'number' || typeof value === 'bigint') return isHidden ? 'a number' : `the number ${word}`
  if (typeof value === 'boolean') return isHidden ? 'true or false' : `the value ${word}`
  if (typeof value !== 'string') return 'a map'
  return isHidden ? 'text' : `the text ${quote(value)}`
}

/** Text in quotes, escaped and cut to a length that fits a message. */
export function quote(text: string): string {
  return JSON.stringify(text.length <= 60 ? text : `${text.slice(0, 57)}...`)
}

/** True for a map read from YAML or JSON: not a list, not null, not a class instance. */
export function isPlainMap(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
