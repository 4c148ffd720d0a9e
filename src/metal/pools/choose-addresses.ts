/** Which addresses a Service gets that asks for none: a search without side effects. */
import type { IpAddress } from '../../base/ip-address.ts'
import type { LoadBalancerService } from '../service.ts'
import { type AddressHolders, type Claim, groupNameOf } from './address-holders.ts'
import { lowestFree, type PoolState, type RangeState } from './pool-index.ts'
import type { Refusal } from './refusal.ts'

export interface Choice {
  readonly address: IpAddress
  readonly range: RangeState
}

type Chosen =
  | { readonly ok: true; readonly choices: readonly Choice[] }
  | { readonly ok: false; readonly refusal: Refusal }

/** Pools named in a refusal. */
const MOST_NAMED = 5

export class AddressChooser {
  readonly #holders: AddressHolders
  readonly #claim: Claim
  /** What was found to be shared: pools are asked again and again. */
  readonly #shared: Readonly<Record<4 | 6, Map<PoolState, Choice | null>>> = { 4: new Map(), 6: new Map() }
  readonly #groupNames: Readonly<Record<4 | 6, string>>

  constructor(holders: AddressHolders, claim: Claim) {
    this.#holders = holders
    this.#claim = claim
    this.#groupNames = { 4: groupNameOf(4, claim), 6: groupNameOf(6, claim) }
  }

  /**
   * An address that can be shared is preferred to a fresh one. Both addresses of a dual-stack Service come from one pool where
   * one has both; else from two, before a pool that is less preferred; a Service that need not have both gets one.
   */
  choose(service: LoadBalancerService, tiers: readonly (readonly PoolState[])[]): Chosen {
    const { families } = service
    if (this.#claim.sharingKey !== '') {
      for (const pool of tiers.flat()) {
        const shared = families.map((family) => this.#shareable(pool, family))
        if (shared.every((choice) => choice !== null)) return { ok: true, choices: shared }
      }
    }
    for (const [at, tier] of tiers.entries()) {
      for (const pool of tier) {
        const both = families.map((family) => this.#any(pool, family))
        if (both.every((choice) => choice !== null)) return { ok: true, choices: both }
      }
      if (families.length < 2) continue
      const own = families.map((family) => this.#first(tier, family))
      if (own.every((choice) => choice === null)) continue
      const later = tiers.slice(at + 1).flat()
      const mixed = own.map((choice, index) => choice ?? this.#first(later, families[index]!))
      if (mixed.every((choice) => choice !== null)) return { ok: true, choices: mixed }
      if (service.familyPolicy !== 'RequireDualStack') {
        return { ok: true, choices: own.filter((choice) => choice !== null).slice(0, 1) }
      }
    }
    return { ok: false, refusal: this.#explain(service, tiers.flat()) }
  }

  /** One address of a family. */
  #first(pools: readonly PoolState[], family: 4 | 6): Choice | null {
    for (const pool of pools) {
      const choice = this.#any(pool, family)
      if (choice !== null) return choice
    }
    return null
  }

  #any(pool: PoolState, family: 4 | 6): Choice | null {
    const shared = this.#shareable(pool, family)
    if (shared !== null) return shared
    return lowestFree(pool, family)
  }

  #shareable(pool: PoolState, family: 4 | 6): Choice | null {
    if (this.#claim.sharingKey === '') return null
    const known = this.#shared[family].get(pool)
    if (known !== undefined) return known
    const found = this.#holders.shareable(pool, this.#groupNames[family], this.#claim)
    this.#shared[family].set(pool, found)
    return found
  }

  #explain({ families }: LoadBalancerService, pools: readonly PoolState[]): Refusal {
    const states: string[] = []
    let others = 0
    let rule: Refusal['rule'] = 'family'
    const state = (text: string): void => {
      if (states.length < MOST_NAMED) states.push(text)
      else others++
    }
    for (const pool of pools) {
      for (const family of families) {
        const { name, ranges } = pool.pool
        if (!ranges.some((range) => range.family === family)) {
          state(`pool ${name} has no IPv${family} addresses`)
          continue
        }
        if (this.#any(pool, family) !== null) continue
        const shared = this.#holders.whyNotShared(pool, this.#groupNames[family], this.#claim)
        if (rule === 'family') rule = 'full'
        if (shared !== null) rule = shared.rule
        const because = shared === null ? '' : `, and none can be shared: ${shared.message}`
        state(`pool ${name} has no free IPv${family} address${because}`)
      }
    }
    const named = states.join('; ')
    return { rule, message: others > 0 ? `${named}; and ${others} more` : named }
  }
}
