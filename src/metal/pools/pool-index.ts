/** Pools in their order of preference, found by address, by name and by Service. */
import { compareText } from '../../base/finding.ts'
import { contains } from '../../base/ip-range.ts'
import type { IpAddress } from '../../base/ip-address.ts'
import { matchesAny, matchesSelector } from '../matches-selector.ts'
import type { AddressPool, AddressRange } from '../model.ts'
import type { LoadBalancerService } from '../service.ts'
import { FreeAddresses, isBuggy } from './free-addresses.ts'

export interface PoolState {
  readonly pool: AddressPool
  readonly ranges: readonly RangeState[]
  /** Addresses that somebody has, by family. */
  readonly used: { 4: number; 6: number }
}

export interface RangeState {
  readonly owner: PoolState
  readonly range: AddressRange
  /** Position in its pool. */
  readonly order: number
  readonly free: FreeAddresses
}

/** Smaller priority first, unset (0) last, then by name. */
export function comparePools(a: AddressPool, b: AddressPool): number {
  return priorityOf(a) - priorityOf(b) || compareText(a.name, b.name)
}

function priorityOf({ allocation }: AddressPool): number {
  const priority = allocation?.priority ?? 0
  return priority === 0 ? Number.MAX_SAFE_INTEGER : priority
}

export class PoolIndex {
  readonly states: readonly PoolState[]
  /** Of pools, in the same order. */
  readonly names: readonly string[]
  readonly #byName: ReadonlyMap<string, PoolState>
  /** Ascending, by family; ranges of a configuration are disjoint. */
  readonly #ranges: Readonly<Record<4 | 6, readonly RangeState[]>>

  constructor(pools: readonly AddressPool[]) {
    this.states = [...pools].sort(comparePools).map(createState)
    this.names = this.states.map(({ pool }) => pool.name)
    this.#byName = new Map(this.states.map((state) => [state.pool.name, state]))
    const all = this.states.flatMap(({ ranges }) => ranges)
    const ascending = (family: 4 | 6): readonly RangeState[] =>
      all
        .filter(({ range }) => range.family === family)
        .sort((a, b) => (a.range.first < b.range.first ? -1 : a.range.first > b.range.first ? 1 : 0))
    this.#ranges = { 4: ascending(4), 6: ascending(6) }
  }

  get(name: string): PoolState | undefined {
    return this.#byName.get(name)
  }

  /** The range that an address is in, `undefined` = none of any pool. */
  rangeOf(address: IpAddress): RangeState | undefined {
    const ranges = this.#ranges[address.family]
    let low = 0
    let high = ranges.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (ranges[middle]!.range.first <= address.value) low = middle + 1
      else high = middle
    }
    const found = ranges[low - 1]
    return found !== undefined && contains(found.range, address) ? found : undefined
  }

  /** Pools that may give an address unasked: those meant for the Service, then those for everybody. */
  tiersFor(service: LoadBalancerService): readonly (readonly PoolState[])[] {
    const meant: PoolState[] = []
    const general: PoolState[] = []
    for (const state of this.states) {
      if (!state.pool.isAutoAssigned) continue
      if (state.pool.allocation === null) general.push(state)
      else if (isMeantFor(state.pool, service)) meant.push(state)
    }
    return [meant, general]
  }
}

/** True unless the pool is for other namespaces or other Services. */
export function isMeantFor({ allocation }: AddressPool, service: LoadBalancerService): boolean {
  if (allocation === null) return true
  const { namespaces, services } = allocation
  if (!matchesAny(services, service.labels)) return false
  if (namespaces === null || (namespaces.names.length === 0 && namespaces.selectors.length === 0)) return true
  return (
    namespaces.names.includes(service.namespace) ||
    namespaces.selectors.some((selector) => matchesSelector(selector, service.namespaceLabels))
  )
}

/** The lowest free address in the order in which ranges were written. */
export function lowestFree(
  { ranges }: PoolState,
  family: 4 | 6,
): { readonly address: IpAddress; readonly range: RangeState } | null {
  for (const range of ranges) {
    const lowest = range.range.family === family ? range.free.lowest : null
    if (lowest !== null) return { address: { family, value: lowest }, range }
  }
  return null
}

/** True for an address that its pool avoids. */
export function isAvoided({ avoidsBuggyIPs }: AddressPool, address: IpAddress): boolean {
  return avoidsBuggyIPs && address.family === 4 && isBuggy(address.value)
}

function createState(pool: AddressPool): PoolState {
  const ranges: RangeState[] = []
  const state: PoolState = { pool, ranges, used: { 4: 0, 6: 0 } }
  for (const [order, range] of pool.ranges.entries()) {
    ranges.push({ owner: state, range, order, free: new FreeAddresses(range, pool.avoidsBuggyIPs) })
  }
  return state
}
