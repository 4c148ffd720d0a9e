/** Settings that the members of a group share: the first member that writes one decides. */
import type { Origin } from '../../../base/finding.ts'
import type { Report } from '../../report.ts'
import type { Reading } from '../annotation-reader.ts'
import type { LoadedMember } from './load-groups.ts'

export interface Decision<T> {
  readonly member: LoadedMember
  readonly value: T
  readonly reading: Extract<Reading<T>, { readonly kind: 'value' }>
}

export interface Decided<T> {
  /** `null` where nobody writes it, or nobody writes it so that it can be used. */
  readonly decision: Decision<T> | null
  /** Later members that want something else. */
  readonly losers: readonly Decision<T>[]
  /** Members who wrote what cannot be used, and where. */
  readonly unusable: readonly { readonly member: LoadedMember; readonly origin: Origin }[]
}

/**
 * Reads a setting of every member, in group order.
 *
 * @param what for the finding of those who come too late: `the scheme`
 */
export function decide<T>(
  members: readonly LoadedMember[],
  what: string,
  read: (member: LoadedMember) => Reading<T>,
  report: Report,
  format: (value: T) => string = (value) => JSON.stringify(value),
): Decided<T> {
  let decision: Decision<T> | null = null
  const losers: Decision<T>[] = []
  const unusable: { member: LoadedMember; origin: Origin }[] = []
  for (const member of members) {
    const reading = read(member)
    if (reading.kind === 'unusable') unusable.push({ member, origin: reading.origin })
    if (reading.kind !== 'value') continue
    const mine = { member, value: reading.value, reading }
    if (decision === null) {
      decision = mine
      continue
    }
    if (format(decision.value) === format(mine.value)) continue
    losers.push(mine)
    reportConflict(what, format(mine.value), mine.reading, decision.member, format(decision.value), report)
  }
  return { decision, losers, unusable }
}

/** Tells a later member that an earlier one decides. */
export function reportConflict(
  what: string,
  mine: string,
  reading: { readonly name: string; readonly origin: Origin },
  earlier: LoadedMember,
  theirs: string,
  report: Report,
): void {
  report(
    'AWS_GROUP_CONFLICT',
    `Cannot use ${reading.name} ${cut(mine)}: ${earlier.name} comes first in the group and sets ${what} to ${cut(theirs)}; write the same or remove one`,
    reading.origin,
  )
}

/** Maps that members of a group write together: the first member that has a key decides about it. */
export function decideKeys(
  members: readonly LoadedMember[],
  what: string,
  read: (member: LoadedMember) => Reading<Readonly<Record<string, string>>>,
  report: Report,
): Readonly<Record<string, string>> {
  const decided = new Map<string, { readonly value: string; readonly member: LoadedMember }>()
  for (const member of members) {
    const reading = read(member)
    if (reading.kind !== 'value') continue
    for (const [key, value] of Object.entries(reading.value)) {
      const earlier = decided.get(key)
      if (earlier === undefined) decided.set(key, { value, member })
      else if (earlier.value !== value) {
        reportConflict(`${what} ${key}`, `${key}=${value}`, reading, earlier.member, earlier.value, report)
      }
    }
  }
  return Object.fromEntries([...decided].map(([key, { value }]) => [key, value] as const).sort(compareEntries))
}

function compareEntries([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function cut(text: string): string {
  return text.length > 100 ? `${text.slice(0, 97)}...` : text
}
