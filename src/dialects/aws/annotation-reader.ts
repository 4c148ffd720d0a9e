/**
 * Reads one annotation of the AWS vocabularies: its precedence between objects, its old spellings, its grammar, and the
 * finding where it cannot be used. What rows accept is in `../annotations/aws-alb.ts` and `../annotations/aws-service.ts`.
 */
import type { Origin } from '../../base/finding.ts'
import { originOf, originOfKey, type KubeObject } from '../../kube/meta.ts'
import { checkValue, parseBool, splitList } from '../annotations/check-value.ts'
import { parseJson } from '../annotations/json-value.ts'
import { findRow } from '../annotations/registry.ts'
import type { Vocabulary } from '../annotations/vocabulary.ts'
import type { Report } from '../report.ts'
import { parseMap } from './parse-map.ts'

/** What somebody wrote, or that nobody did, or that what was written cannot be used (a finding says so). */
export type Reading<T> =
  | { readonly kind: 'absent' }
  | { readonly kind: 'unusable'; readonly origin: Origin; readonly name: string }
  | {
      readonly kind: 'value'
      readonly value: T
      readonly origin: Origin
      /** Full name of the annotation, or field path of class parameters, for messages. */
      readonly name: string
    }

export interface ReadOptions {
  /** The annotation means protection: what cannot be used is an error, and the caller has to fail closed. */
  readonly protects?: boolean
}

/**
 * Every method takes the objects in order of precedence: the first one that has the annotation decides, even if it cannot
 * be used. Names are without the prefix. Values are trimmed.
 */
export interface AnnotationReader {
  text(objects: readonly KubeObject[], name: string, options?: ReadOptions): Reading<string>
  bool(objects: readonly KubeObject[], name: string, options?: ReadOptions): Reading<boolean>
  int(objects: readonly KubeObject[], name: string, options?: ReadOptions): Reading<number>
  list(objects: readonly KubeObject[], name: string, options?: ReadOptions): Reading<readonly string[]>
  map(objects: readonly KubeObject[], name: string, options?: ReadOptions): Reading<Readonly<Record<string, string>>>
  /** Checked against the row's shape; keys of objects are as written (read them with `toObject`). */
  json(objects: readonly KubeObject[], name: string, options?: ReadOptions): Reading<unknown>
  /** Full name with the prefix. */
  fullName(name: string): string
}

const ABSENT = { kind: 'absent' } as const

/** A reader of one vocabulary. Findings go to `report`, each once. */
export function createAnnotationReader(vocabulary: Vocabulary, report: Report): AnnotationReader {
  const oldNames = reverseAliases(vocabulary)

  const keysOf = new Map<string, Keys>()

  function keysFor(name: string): Keys {
    let keys = keysOf.get(name)
    if (keys === undefined) {
      keys = {
        today: vocabulary.prefix + name,
        old: (oldNames.get(name) ?? []).map((old) => vocabulary.prefix + old),
      }
      keysOf.set(name, keys)
    }
    return keys
  }

  function find(objects: readonly KubeObject[], name: string): Found | null {
    const { today, old } = keysFor(name)
    for (const object of objects) {
      const { annotations } = object.meta
      const text = annotations[today]
      if (text !== undefined) return { object, key: today, text: text.trim() }
      for (const key of old) {
        const oldText = annotations[key]
        if (oldText === undefined) continue
        const message = `Annotation ${key} is an old spelling that is still read; write ${today}`
        report('ANNOTATION_LEGACY', message, originOfKey(object, 'metadata', 'annotations', key))
        return { object, key, text: oldText.trim() }
      }
    }
    return null
  }

  function read<T>(
    objects: readonly KubeObject[],
    name: string,
    options: ReadOptions | undefined,
    parse: (text: string) => Parsed<T>,
  ): Reading<T> {
    const found = find(objects, name)
    if (found === null) return ABSENT
    const origin = originOf(found.object, 'metadata', 'annotations', found.key)
    const parsed = parse(found.text)
    if (parsed.ok) {
      if (parsed.remark !== undefined) {
        report('ANNOTATION_VALUE', `Annotation ${found.key} may not mean what it says: ${parsed.remark}`, origin)
      }
      return { kind: 'value', value: parsed.value, origin, name: found.key }
    }
    // Nothing is as good as not written, as it is for the controller of before and for Kubernetes' own lists.
    const isError = options?.protects === true && found.text !== ''
    const message = `Cannot use annotation ${found.key}: ${parsed.problem}`
    report('ANNOTATION_VALUE', message, origin, isError ? 'error' : undefined)
    if (found.text === '') return ABSENT
    return { kind: 'unusable', origin, name: found.key }
  }

  /** What the row says, then the conversion, which cannot fail for what the row accepts. */
  function checked<T>(name: string, convert: (text: string) => T): (text: string) => Parsed<T> {
    return (text) => {
      if (text === '') return { ok: false, problem: 'it is empty; write a value or remove it' }
      const row = findRow(vocabulary, name)
      const problem = row === undefined ? null : checkValue(row.value, text)
      return problem === null ? { ok: true, value: convert(text) } : { ok: false, problem }
    }
  }

  return {
    text: (objects, name, options) =>
      read(
        objects,
        name,
        options,
        checked(name, (text) => text),
      ),
    bool: (objects, name, options) =>
      read(
        objects,
        name,
        options,
        checked(name, (text) => parseBool(text) ?? false),
      ),
    int: (objects, name, options) => read(objects, name, options, checked(name, Number)),
    list: (objects, name, options) => read(objects, name, options, checked(name, splitList)),
    map: (objects, name, options) => read(objects, name, options, readMap),
    json: (objects, name, options) =>
      read(
        objects,
        name,
        options,
        checked(name, (text) => {
          const json = parseJson(text)
          return json.ok ? json.value : null
        }),
      ),
    fullName: (name) => vocabulary.prefix + name,
  }
}

/** The value where one was written and can be used, else `fallback`. */
export function valueOr<T, F>(reading: Reading<T>, fallback: F): T | F {
  return reading.kind === 'value' ? reading.value : fallback
}

/** A field of class parameters (or a flag) as a reading; `undefined` is absent. */
export function fieldReading<T>(
  object: KubeObject,
  value: T | undefined,
  ...path: readonly (string | number)[]
): Reading<T> {
  if (value === undefined) return ABSENT
  const origin = originOf(object, ...path)
  return { kind: 'value', value, origin, name: origin.path }
}

/** The first reading that is not absent. */
export function firstReading<T>(...readings: readonly Reading<T>[]): Reading<T> {
  return readings.find((reading) => reading.kind !== 'absent') ?? ABSENT
}

/** Full names: today's, and those of before. */
interface Keys {
  readonly today: string
  readonly old: readonly string[]
}

interface Found {
  readonly object: KubeObject
  readonly key: string
  readonly text: string
}

type Parsed<T> =
  | { readonly ok: true; readonly value: T; readonly remark?: string }
  | { readonly ok: false; readonly problem: string }

function readMap(text: string): Parsed<Readonly<Record<string, string>>> {
  const parsed = parseMap(text)
  if (!parsed.ok) return parsed
  if (!parsed.hasTrailingComma) return { ok: true, value: parsed.value }
  return {
    ok: true,
    value: parsed.value,
    remark: 'it ends in a comma, which is read as part of the last value; remove it',
  }
}

function reverseAliases(vocabulary: Vocabulary): ReadonlyMap<string, readonly string[]> {
  const names = new Map<string, string[]>()
  for (const [old, today] of Object.entries(vocabulary.aliases)) {
    if (!today.startsWith(vocabulary.prefix)) continue
    const name = today.slice(vocabulary.prefix.length)
    names.set(name, [...(names.get(name) ?? []), old])
  }
  return names
}
