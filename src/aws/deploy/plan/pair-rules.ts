/** Which rule that exists becomes which rule that is wished, so that few calls are needed and no route is without its rule. */
import type { ListenerRule } from '../../stack/model.ts'
import type { ObservedResource } from '../observed.ts'

export interface RulePair {
  readonly desired: ListenerRule
  readonly observed: ObservedResource<ListenerRule>
  /** The priority that it shall have: that of the model, unless strangers are in the way. */
  readonly priority: number
  readonly isEqual: boolean
}

export interface RulePairs {
  readonly pairs: readonly RulePair[]
  readonly creates: readonly { readonly desired: ListenerRule; readonly priority: number }[]
  readonly deletes: readonly ObservedResource<ListenerRule>[]
  /** Priorities that have to be set before anything is created, in one call after the other. */
  readonly moves: readonly RuleMoves[]
  /** The same where what is deleted is gone before. */
  readonly movesAfterDeletes: readonly RuleMoves[]
}

export type RuleMoves = readonly { readonly identifier: string; readonly priority: number }[]

export interface RuleKeys {
  /** Equal for rules with the same conditions, actions and transforms. */
  readonly settings: (rule: ListenerRule) => string
  readonly conditions: (rule: ListenerRule) => string
}

const LAST_PRIORITY = 50_000

/**
 * First rules with equal settings (the one at the same place before others), then those with equal conditions, whose route
 * goes on meanwhile, then those at the same place, then any: changing one is a call less than making and deleting one.
 *
 * @param taken priorities of rules that are not ours
 * @param swaps AWS takes a permutation in one call; without, rules are parked first
 */
export function pairRules(
  desired: readonly ListenerRule[],
  present: readonly ObservedResource<ListenerRule>[],
  keys: RuleKeys,
  taken: ReadonlySet<number>,
  swaps: boolean,
): RulePairs {
  const wished = [...desired].sort((a, b) => a.priority - b.priority)
  const places = freePlaces(wished.length, taken)
  const left = new Map(wished.map((rule, index) => [rule, places[index] as number]))
  const free = new Set([...present].sort((a, b) => a.spec.priority - b.spec.priority))
  const pairs: RulePair[] = []

  const pairBy = (keyOf: ((rule: ListenerRule) => string) | null, needsPlace: boolean): void => {
    const byKey = new Map<string, ObservedResource<ListenerRule>[]>()
    for (const observed of free) {
      const key = keyOf === null ? '' : keyOf(observed.spec)
      byKey.set(key, [...(byKey.get(key) ?? []), observed])
    }
    for (const [rule, priority] of left) {
      const candidates = (byKey.get(keyOf === null ? '' : keyOf(rule)) ?? []).filter((one) => free.has(one))
      const observed =
        candidates.find(({ spec }) => spec.priority === priority) ?? (needsPlace ? undefined : candidates[0])
      if (observed === undefined) continue
      free.delete(observed)
      left.delete(rule)
      pairs.push({ desired: rule, observed, priority, isEqual: keyOf === keys.settings })
    }
  }
  pairBy(keys.settings, true)
  pairBy(keys.settings, false)
  pairBy(keys.conditions, true)
  pairBy(keys.conditions, false)
  pairBy(null, true)
  pairBy(null, false)

  const deletes = [...free]
  return {
    pairs: pairs.sort((a, b) => a.priority - b.priority),
    creates: [...left].map(([rule, priority]) => ({ desired: rule, priority })),
    deletes,
    moves: movesOf(pairs, deletes, new Set([...taken, ...left.values()]), swaps),
    movesAfterDeletes: movesOf(pairs, [], new Set([...taken, ...left.values()]), swaps),
  }
}

/** The lowest priorities that no stranger has. */
function freePlaces(count: number, taken: ReadonlySet<number>): number[] {
  const places: number[] = []
  for (let priority = 1; places.length < count; priority++) if (!taken.has(priority)) places.push(priority)
  return places
}

function movesOf(
  pairs: readonly RulePair[],
  deletes: readonly ObservedResource<ListenerRule>[],
  reserved: ReadonlySet<number>,
  swaps: boolean,
): { identifier: string; priority: number }[][] {
  const moving = pairs.filter(({ observed, priority }) => observed.spec.priority !== priority)
  const goals = new Set([...pairs.map(({ priority }) => priority), ...reserved])
  const present = new Set([...pairs.map(({ observed }) => observed), ...deletes].map(({ spec }) => spec.priority))
  let last = LAST_PRIORITY
  const parking = (): number => {
    while (goals.has(last) || present.has(last)) last--
    return last--
  }
  // What is about to be deleted makes room where its place is wanted.
  const parked = deletes
    .filter(({ spec }) => goals.has(spec.priority))
    .map(({ identifier }) => ({ identifier, priority: parking() }))
  const moved = moving.map(({ observed, priority }) => ({ identifier: observed.identifier, priority }))
  if (parked.length + moved.length === 0) return []
  if (swaps) return [[...moved, ...parked]]
  const isBlocked = moving.some(({ priority }) => present.has(priority))
  if (!isBlocked) return [[...moved, ...parked]]
  const away = moving.map(({ observed }) => ({ identifier: observed.identifier, priority: parking() }))
  return [[...away, ...parked], moved]
}
