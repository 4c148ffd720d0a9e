/** Takes the difference that a part makes over into a sorted list of everything. */
import { isSameData } from '../../routing/model-delta.ts'

export interface PatchRules<T> {
  readonly keyOf: (entry: T) => string
  /** Order of keys in the list. */
  readonly compare: (a: string, b: string) => number
  /** Only so many entries at the front are sorted; the others stay. Default: all. */
  readonly count?: number
  /** What is put in place of an entry that is not what the part made of it before; `null` = there is no saying. */
  readonly merge?: (found: T, old: T, fresh: T) => T | null
  /** Whether one that the part has no more stays for others; `null` = there is no saying. Default: it goes. */
  readonly stays?: (old: T) => boolean | null
  /** One that comes may be there for others already, the very same. Default: it may not. */
  readonly mayBeShared?: boolean
}

/** @returns the same list when nothing changed; `null` where the part before is not found in the whole as it is */
export function patchList<T>(
  whole: readonly T[],
  before: readonly T[],
  after: readonly T[],
  rules: PatchRules<T>,
): readonly T[] | null {
  const { keyOf, compare } = rules
  let patched: T[] | null = null
  let count = rules.count ?? whole.length
  const olds = new Map(before.map((entry) => [keyOf(entry), entry]))
  for (const fresh of after) {
    const key = keyOf(fresh)
    const old = olds.get(key)
    olds.delete(key)
    if (old !== undefined && isSameData(old, fresh)) continue
    const list: readonly T[] = patched ?? whole
    const at = placeOf(list, count, (entry) => compare(keyOf(entry), key))
    const found = at < count && keyOf(list[at]!) === key ? list[at] : undefined
    if (old === undefined && rules.mayBeShared === true && isSameData(found, fresh)) continue
    let next: T | null = fresh
    if (!isSameData(found, old)) {
      next = found === undefined || old === undefined ? null : (rules.merge?.(found, old, fresh) ?? null)
      if (next === null) return null
    }
    patched ??= [...whole]
    patched.splice(at, found === undefined ? 0 : 1, next)
    if (found === undefined) count++
  }
  for (const [key, old] of olds) {
    const stays = rules.stays?.(old) ?? (rules.stays === undefined ? false : null)
    if (stays === null) return null
    if (stays) continue
    const list: readonly T[] = patched ?? whole
    const at = placeOf(list, count, (entry) => compare(keyOf(entry), key))
    if (at >= count || !isSameData(list[at], old)) return null
    patched ??= [...whole]
    patched.splice(at, 1)
    count--
  }
  return patched ?? whole
}

/** First place among the sorted entries that is not before the wanted one. */
export function placeOf<T>(sorted: readonly T[], count: number, compare: (entry: T) => number): number {
  let low = 0
  let high = count
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compare(sorted[middle]!) < 0) low = middle + 1
    else high = middle
  }
  return low
}
