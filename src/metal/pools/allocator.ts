/**
 * Address management: which Service has which addresses, in memory alone. It is rebuilt from `.status` before anything new is
 * given; what it gives depends on the pools and on what is taken, on nothing else. Source: MetalLB's allocator, whose order
 * among equal pools (random) and search (no preference for addresses that can be shared, one pool for both families) differ.
 */
import { compareText } from '../../base/finding.ts'
import { formatAddress, type IpAddress, parseAddress } from '../../base/ip-address.ts'
import type { AddressPool } from '../model.ts'
import type { LoadBalancerService } from '../service.ts'
import { AddressHolders, type Holder, toClaim } from './address-holders.ts'
import { AddressChooser } from './choose-addresses.ts'
import { countPool, type PoolCounts } from './pool-counts.ts'
import { isAvoided, isMeantFor, PoolIndex, type PoolState, type RangeState } from './pool-index.ts'
import { isOlderVersion } from './resource-version.ts'
import { type Outcome, type Refusal, refuse } from './refusal.ts'

export interface Allocator {
  /** Names, in order of preference. */
  readonly pools: readonly string[]
  /** Other pools: addresses that are still in one stay. @returns keys of Services that lost theirs, sorted */
  setPools(pools: readonly AddressPool[]): readonly string[]
  /**
   * Takes what is in `.status`, before anything new is given: by key where two Services claim one address, in whatever order
   * they come. @returns refusals by key
   */
  rebuild(services: readonly LoadBalancerService[]): ReadonlyMap<string, Refusal>
  /** Gives a Service just these addresses, or confirms them; what it had besides is freed. A refusal changes nothing. */
  assign(service: LoadBalancerService, addresses: readonly string[]): Outcome
  /** Gives a Service that has none the addresses that it asks for, or the best there are. A refusal changes nothing. */
  allocate(service: LoadBalancerService): Outcome
  /** Gives a dual-stack Service that has one address the other one too. */
  complete(service: LoadBalancerService): Outcome
  /** Frees what a Service has, unless the view of it is older than one that was seen. @returns true when it had something */
  release(key: string, resourceVersion?: string): boolean
  /** The Service is deleted. @returns true when it had something */
  forget(key: string): boolean
  /** Remembers a version of a Service: views before it are stale. */
  saw(key: string, resourceVersion: string): void
  /** True for a view of a Service that is older than one that was seen. */
  isStale(service: LoadBalancerService): boolean
  /** What a Service has; `null` = nothing. */
  leaseOf(key: string): { readonly addresses: readonly string[]; readonly pools: readonly string[] } | null
  /** The pool that an address is in, whoever has it; empty = none. */
  poolOf(address: string): string
  /** In order of preference. */
  counts(): readonly PoolCounts[]
}

interface Place {
  readonly address: IpAddress
  readonly range: RangeState
}

export function createAllocator(pools: readonly AddressPool[]): Allocator {
  return new PoolAllocator(pools)
}

class PoolAllocator implements Allocator {
  #index: PoolIndex
  readonly #holders = new AddressHolders()
  readonly #leases = new Map<string, readonly Holder[]>()
  readonly #versions = new Map<string, string>()

  constructor(pools: readonly AddressPool[]) {
    this.#index = new PoolIndex(pools)
  }

  get pools(): readonly string[] {
    return this.#index.names
  }

  setPools(pools: readonly AddressPool[]): readonly string[] {
    const index = new PoolIndex(pools)
    const ranges = new Map<Holder, RangeState>()
    for (const holder of this.#holders.all()) {
      const range = index.rangeOf(holder.address)
      if (range !== undefined && !isAvoided(range.owner.pool, holder.address)) ranges.set(holder, range)
    }
    const lost = [...this.#leases].filter(([, holders]) => !holders.every((holder) => ranges.has(holder)))
    for (const [key] of lost) this.#free(key)
    const left = new Set(this.#holders.all())
    this.#index = index
    this.#holders.move(new Map([...ranges].filter(([holder]) => left.has(holder))))
    return lost.map(([key]) => key).sort(compareText)
  }

  rebuild(services: readonly LoadBalancerService[]): ReadonlyMap<string, Refusal> {
    const refusals = new Map<string, Refusal>()
    for (const service of [...services].sort((a, b) => compareText(a.key, b.key))) {
      if (service.addresses.length === 0) continue
      const outcome = this.assign(service, service.addresses)
      if (!outcome.ok) refusals.set(service.key, outcome.refusal)
    }
    return refusals
  }

  assign(service: LoadBalancerService, addresses: readonly string[]): Outcome {
    const has = this.leaseOf(service.key)
    if (has !== null && this.isStale(service)) return { ok: true, ...has }
    this.saw(service.key, service.resourceVersion)
    const places: Place[] = []
    for (const text of addresses) {
      const place = this.#placeOf(text, service)
      if ('rule' in place) return { ok: false, refusal: place }
      if (places.some(({ address }) => address.family === place.address.family)) {
        return refuse('family', `${addresses.join(' and ')} are of one family; ask for one of each`)
      }
      places.push(place)
    }
    return this.#take(service, places)
  }

  allocate(service: LoadBalancerService): Outcome {
    const has = this.leaseOf(service.key)
    if (has !== null) return { ok: true, ...has }
    if (service.requested.length > 0) return this.#allocateRequested(service)
    const tiers = service.pool === '' ? this.#tiersFor(service) : this.#requestedPool(service)
    if ('rule' in tiers) return { ok: false, refusal: tiers }
    return this.#choose(service, tiers)
  }

  complete(service: LoadBalancerService): Outcome {
    const holders = this.#leases.get(service.key) ?? []
    const missing = service.families.filter((family) => holders.every(({ address }) => address.family !== family))
    const tiers = service.pool === '' ? this.#tiersFor(service) : this.#requestedPool(service)
    if ('rule' in tiers) return { ok: false, refusal: tiers }
    // The pool of the first address goes before all others.
    const own = holders.map(({ range }) => range.owner)
    const chooser = new AddressChooser(this.#holders, toClaim(service))
    const chosen = chooser.choose({ ...service, families: missing }, [own, ...tiers])
    if (!chosen.ok) return chosen
    const all = [...holders, ...chosen.choices].map(({ address }) => formatAddress(address))
    return this.assign(service, all)
  }

  release(key: string, resourceVersion = ''): boolean {
    const known = this.#versions.get(key)
    if (known !== undefined && isOlderVersion(resourceVersion, known)) return false
    this.saw(key, resourceVersion)
    return this.#free(key)
  }

  forget(key: string): boolean {
    this.#versions.delete(key)
    return this.#free(key)
  }

  saw(key: string, resourceVersion: string): void {
    const known = this.#versions.get(key)
    if (resourceVersion === '' || (known !== undefined && isOlderVersion(resourceVersion, known))) return
    this.#versions.set(key, resourceVersion)
  }

  isStale({ key, resourceVersion }: LoadBalancerService): boolean {
    const known = this.#versions.get(key)
    return known !== undefined && isOlderVersion(resourceVersion, known)
  }

  leaseOf(key: string): { readonly addresses: readonly string[]; readonly pools: readonly string[] } | null {
    const holders = this.#leases.get(key)
    if (holders === undefined) return null
    const pools = new Set(holders.map(({ range }) => range.owner.pool.name))
    return { addresses: holders.map(({ text }) => text), pools: [...pools] }
  }

  poolOf(address: string): string {
    const parsed = parseAddress(address)
    return (parsed === null ? undefined : this.#index.rangeOf(parsed))?.owner.pool.name ?? ''
  }

  counts(): readonly PoolCounts[] {
    return this.#index.states.map(countPool)
  }

  #allocateRequested(service: LoadBalancerService): Outcome {
    const { requested, families, pool } = service
    const parsed = requested.map(parseAddress)
    if (parsed.every((address) => address !== null)) {
      const isRight =
        requested.length === families.length && families.every((family) => parsed.some((ip) => ip.family === family))
      if (!isRight) {
        const has = families.map((family) => `IPv${family}`).join(' and ')
        return refuse('family', `${requested.join(', ')} is requested, but the Service has ${has}`)
      }
    }
    const foreign = pool === '' ? undefined : requested.find((text) => this.poolOf(text) !== pool)
    if (foreign !== undefined) {
      return refuse('pool', `${foreign} is requested, and the pool ${pool}, which does not have it`)
    }
    return this.assign(service, requested)
  }

  #requestedPool(service: LoadBalancerService): readonly (readonly PoolState[])[] | Refusal {
    const state = this.#index.get(service.pool)
    if (state === undefined) return { rule: 'pool', message: `there is no pool ${JSON.stringify(service.pool)}` }
    if (isMeantFor(state.pool, service)) return [[state]]
    return { rule: 'selector', message: `pool ${service.pool} is for other namespaces or Services` }
  }

  #tiersFor(service: LoadBalancerService): readonly (readonly PoolState[])[] | Refusal {
    const tiers = this.#index.tiersFor(service)
    if (tiers.some((tier) => tier.length > 0)) return tiers
    const { states } = this.#index
    if (states.length === 0) return { rule: 'pool', message: 'there is no pool' }
    const isOnlyAsked = states.some(({ pool }) => !pool.isAutoAssigned && isMeantFor(pool, service))
    return isOnlyAsked
      ? { rule: 'auto-assign', message: 'every pool that is left has autoAssign: false; ask for one by its name' }
      : { rule: 'selector', message: 'every pool is for other namespaces or Services' }
  }

  #choose(service: LoadBalancerService, tiers: readonly (readonly PoolState[])[]): Outcome {
    const chosen = new AddressChooser(this.#holders, toClaim(service)).choose(service, tiers)
    if (!chosen.ok) return chosen
    this.saw(service.key, service.resourceVersion)
    return this.#take(service, chosen.choices)
  }

  #placeOf(text: string, service: LoadBalancerService): Place | Refusal {
    const address = parseAddress(text)
    if (address === null) return { rule: 'format', message: `${JSON.stringify(text)} is no IP address` }
    const range = this.#index.rangeOf(address)
    if (range === undefined) return { rule: 'pool', message: `${text} is in no pool` }
    const { pool } = range.owner
    if (isAvoided(pool, address)) {
      return { rule: 'buggy', message: `pool ${pool.name} gives no address that ends in .0 or .255, such as ${text}` }
    }
    if (!isMeantFor(pool, service)) {
      return { rule: 'selector', message: `${text} is in pool ${pool.name}, which is for other namespaces or Services` }
    }
    return this.#holders.faultOf(formatAddress(address), toClaim(service)) ?? { address, range }
  }

  #take(service: LoadBalancerService, places: readonly Place[]): Outcome {
    const claim = toClaim(service)
    const before = this.#leases.get(service.key) ?? []
    const order = (family: 4 | 6): number => service.families.indexOf(family)
    const ordered = [...places].sort((a, b) => order(a.address.family) - order(b.address.family))
    const holders = ordered.map(({ address, range }) => this.#holders.join(address, range, claim))
    for (const holder of before) if (!holders.includes(holder)) this.#holders.leave(holder, service.key)
    if (holders.length === 0) this.#leases.delete(service.key)
    else this.#leases.set(service.key, holders)
    return { ok: true, ...(this.leaseOf(service.key) ?? { addresses: [], pools: [] }) }
  }

  #free(key: string): boolean {
    const holders = this.#leases.get(key)
    for (const holder of holders ?? []) this.#holders.leave(holder, key)
    return this.#leases.delete(key)
  }
}
