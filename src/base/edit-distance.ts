/** How far two names are apart, for "did you mean". */
import { compareText } from './finding.ts'

/** Names longer than this are never compared; nobody types them by mistake. */
const MAX_LENGTH = 200

/**
 * Optimal string alignment distance: insertions, deletions, substitutions and swaps of two neighbours, each 1.
 * Gives up as soon as the result must exceed `limit` and then returns `limit + 1`.
 */
export function editDistance(a: string, b: string, limit: number): number {
  if (a === b) return 0
  if (Math.abs(a.length - b.length) > limit) return limit + 1
  let beforePrevious: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    let best = row
    for (let column = 1; column <= b.length; column++) {
      const cost = a[row - 1] === b[column - 1] ? 0 : 1
      let value = Math.min(at(previous, column) + 1, at(current, column - 1) + 1, at(previous, column - 1) + cost)
      const isSwap = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      if (isSwap) value = Math.min(value, at(beforePrevious, column - 2) + 1)
      current.push(value)
      if (value < best) best = value
    }
    if (best > limit) return limit + 1
    beforePrevious = previous
    previous = current
  }
  return Math.min(at(previous, b.length), limit + 1)
}

/**
 * The candidate that a person most likely meant by `name`, or `null` when none is near. Names that differ only in
 * upper case and punctuation count as equal (`successCodes`, `success-codes/`). How far is near grows with the length:
 * 1 up to 5 letters, 2 up to 9, then a quarter of the length, at most 5. Ties go to the candidate nearest in length,
 * then to the first in code unit order, so the answer never depends on the order of the candidates.
 */
export function closestName(name: string, candidates: Iterable<string>): string | null {
  if (name.length > MAX_LENGTH) return null
  const wanted = normalizeName(name)
  if (wanted === '') return null
  let best: string | null = null
  let bestDistance = nearness(wanted.length)
  for (const candidate of candidates) {
    if (candidate === name) return candidate
    const distance = editDistance(wanted, normalizeName(candidate), bestDistance)
    if (distance > bestDistance) continue
    if (best !== null && distance === bestDistance && compareTie(name, best, candidate) <= 0) continue
    best = candidate
    bestDistance = distance
  }
  return best
}

/** Lower case, letters and digits only: the form in which names are compared. */
export function normalizeName(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '')
}

function nearness(length: number): number {
  if (length <= 5) return 1
  if (length <= 9) return 2
  return Math.min(5, Math.floor(length / 4))
}

function compareTie(name: string, a: string, b: string): number {
  return Math.abs(a.length - name.length) - Math.abs(b.length - name.length) || compareText(a, b)
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? 0
}
