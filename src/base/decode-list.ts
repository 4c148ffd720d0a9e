/** Lists, records and unknown fields: the collection half of the decoder layer in `decode.ts`. */
import { childOf, describeValue, isPlainMap, report, toMap, toText } from './decode.ts'
import type { FieldPath, ListMove, MapField, ValueField } from './decode.ts'
import { closestName } from './edit-distance.ts'
import { intern } from './intern.ts'

/** Nearly every object has some empty list or map: these two stand for all of them. */
const NO_ENTRIES: readonly never[] = Object.freeze([])
const NO_TEXTS: Readonly<Record<string, string>> = Object.freeze({})

/**
 * A list, entry by entry. An entry that `decode` answers with `null` is left out, and the written positions of the
 * others are remembered so that origins stay right. A map where a list is due is LIST_EXPECTED and is read as a list
 * of that one map. Absent: empty.
 */
export function listOf<T>(map: MapField, key: string, decode: (entry: ValueField) => T | null): readonly T[] {
  const field = childOf(map, key)
  if (field === undefined) return NO_ENTRIES
  if (isPlainMap(field.value)) {
    report(field, 'LIST_EXPECTED', `a map is written where a list is due; ${adviseDash(field.value)}`)
    field.log.moves.set(pathKey(field.path), 'lone')
    const value = decode(field)
    return value === null ? NO_ENTRIES : [value]
  }
  if (!Array.isArray(field.value)) {
    report(field, 'LIST_EXPECTED', `${describeValue(field)} is written where a list is due; put "- " before each entry`)
    return NO_ENTRIES
  }
  // Not by `push`, which leaves each list with room for sixteen more: lists of a cluster are many, short and kept.
  const values = field.value.map((entry: unknown, index) =>
    decode({ value: entry, path: [...field.path, index], log: field.log }),
  )
  const kept = values.filter((value) => value !== null)
  if (kept.length === values.length) return values.length === 0 ? NO_ENTRIES : (values as T[])
  field.log.moves.set(
    pathKey(field.path),
    [...values.keys()].filter((index) => values[index] !== null),
  )
  return kept.slice()
}

/** A list of maps; entries that are not maps are reported and left out. */
export function listOfMaps<T>(map: MapField, key: string, decode: (entry: MapField) => T | null): readonly T[] {
  return listOf(map, key, (entry) => {
    const fields = toMap(entry)
    return fields === null ? null : decode(fields)
  })
}

/** A list of texts; numbers and booleans are reported and used in their text form. One bare text counts as a list. */
export function listOfText(map: MapField, key: string): readonly string[] {
  const field = childOf(map, key)
  if (typeof field?.value === 'string') {
    report(field, 'LIST_EXPECTED', `${describeValue(field)} is written where a list is due; put "- " before it`)
    return [field.value]
  }
  return listOf(map, key, toText)
}

/** A map from text to text, such as labels; values of other scalar types are reported and used in their text form. */
export function textRecord(map: MapField, key: string): Readonly<Record<string, string>> {
  const field = childOf(map, key)
  const record = field === undefined ? null : toMap(field)
  if (record === null) return NO_TEXTS
  const entries: [string, string][] = []
  for (const name of Object.keys(record.fields)) {
    const value = childOf(record, name)
    // An explicit null is an empty text to the API server.
    const text = value === undefined ? '' : toText(value)
    if (text !== null) entries.push([name, intern(text)])
  }
  return entries.length === 0 ? NO_TEXTS : Object.fromEntries(entries)
}

/**
 * FIELD_UNKNOWN for each key that is not in `known`, with the close name a person may have meant.
 *
 * @param hints for unknown keys that are commonly misplaced: what to write instead
 */
export function closeMap(map: MapField, known: readonly string[], hints: Readonly<Record<string, string>> = {}): void {
  for (const key of Object.keys(map.fields)) {
    if (known.includes(key)) continue
    const near = closestName(key, known)
    const hint = Object.hasOwn(hints, key) ? hints[key] : undefined
    const advice = hint ?? (near === null ? `known here: ${known.join(', ')}` : `did you mean ${near}?`)
    const field = { path: [...map.path, key], log: map.log }
    report(field, 'FIELD_UNKNOWN', `no field has this name here, it is ignored; ${advice}`, { verb: 'use', at: 'key' })
  }
}

/** Finds the path as written for a path into the decoded form, undoing left-out entries and lone maps. */
export function toWrittenPath(moves: ReadonlyMap<string, ListMove>, path: FieldPath): FieldPath {
  if (moves.size === 0) return path
  const written: (string | number)[] = []
  for (const segment of path) {
    const move = typeof segment === 'number' ? moves.get(pathKey(written)) : undefined
    if (typeof segment !== 'number' || move === undefined) written.push(segment)
    else if (move !== 'lone') written.push(move[segment] ?? segment)
  }
  return written
}

function adviseDash(value: Readonly<Record<string, unknown>>): string {
  const first = Object.keys(value)[0]
  return first === undefined ? 'write [] for an empty list' : `put "- " before "${first}:"`
}

function pathKey(path: FieldPath): string {
  return JSON.stringify(path)
}
