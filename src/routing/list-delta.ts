/** What changed between two lists, as splices. Entries that stay are told apart by identity, so unchanged ones cost nothing. */

/** At this place of the list before, so many entries go and these come. */
export interface Splice<T> {
  readonly at: number
  readonly removed: number
  readonly added: readonly T[]
}

/** In the order of the list before. Empty = nothing changed. */
export type ListDelta<T> = readonly Splice<T>[]

/**
 * @param keyOf names an entry uniquely in its list; only entries that are not the same object are asked
 * @returns splices that turn `before` into `after`; few where few entries differ, right in any case
 */
export function diffLists<T>(before: readonly T[], after: readonly T[], keyOf: (entry: T) => string): ListDelta<T> {
  if (before === after) return []
  const shorter = Math.min(before.length, after.length)
  let start = 0
  while (start < shorter && before[start] === after[start]) start++
  let tail = 0
  while (tail < shorter - start && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail++
  const endBefore = before.length - tail
  const endAfter = after.length - tail
  if (start === endBefore && start === endAfter) return []
  const known = new Set<string>()
  for (let at = start; at < endBefore; at++) known.add(keyOf(before[at]!))

  const splices: Splice<T>[] = []
  let at = start
  let next = start
  while (at < endBefore || next < endAfter) {
    if (at < endBefore && next < endAfter && before[at] === after[next]) {
      at++
      next++
      continue
    }
    const from = at
    const added: T[] = []
    while (at < endBefore || next < endAfter) {
      const old = before[at]
      const fresh = after[next]
      if (at < endBefore && next < endAfter && old === fresh) break
      if (next >= endAfter) at++
      else if (at >= endBefore || !known.has(keyOf(fresh!))) {
        added.push(fresh!)
        next++
      } else if (keyOf(old!) === keyOf(fresh!)) {
        added.push(fresh!)
        at++
        next++
      } else at++
    }
    splices.push({ at: from, removed: at - from, added })
  }
  return splices
}

/** @returns the list itself when nothing changed; entries that stay are the same objects */
export function applyListDelta<T>(before: readonly T[], delta: ListDelta<T>): readonly T[] {
  if (delta.length === 0) return before
  const after: T[] = []
  let at = 0
  for (const splice of delta) {
    for (; at < splice.at; at++) after.push(before[at]!)
    for (const entry of splice.added) after.push(entry)
    at += splice.removed
  }
  for (; at < before.length; at++) after.push(before[at]!)
  return after
}
