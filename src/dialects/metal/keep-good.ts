/** A mistake in an object that was well before leaves its last good form in use. */
import { overlaps } from '../../base/ip-range.ts'
import { comparePools } from '../../metal/pools/pool-index.ts'
import type { AddressPool, MetalConfig } from '../../metal/model.ts'
import type { MetalReading } from './read-metal-config.ts'

/**
 * @param before what is in use; `null` = nothing yet
 * @returns what was read, and of each object that is written and was left out the form that is in use, where it fits still
 */
export function keepGood(before: MetalConfig | null, { config, names }: MetalReading): MetalConfig {
  if (before === null) return config
  const isLost = <T extends { readonly name: string }>(now: readonly T[], written: ReadonlySet<string>) => {
    const kept = new Set(now.map(({ name }) => name))
    return ({ name }: T): boolean => written.has(name) && !kept.has(name)
  }
  const pools: AddressPool[] = [...config.pools]
  for (const pool of before.pools.filter(isLost(config.pools, names.pools))) {
    const isFree = pools.every(({ ranges }) => !ranges.some((one) => pool.ranges.some((other) => overlaps(one, other))))
    if (isFree) pools.push(pool)
  }
  const known = new Set(pools.map(({ name }) => name))
  // A pool that came back is in no advertisement that was settled without it.
  const returned = new Set(pools.filter((pool) => !config.pools.includes(pool)).map(({ name }) => name))
  const settle = <T extends { readonly name: string; readonly pools: readonly string[] }>(
    now: readonly T[],
    then: readonly T[],
    written: ReadonlySet<string>,
  ): readonly T[] => [
    ...now.map((one) => {
      const earlier = then.find(({ name }) => name === one.name)
      const more = (earlier?.pools ?? []).filter((pool) => returned.has(pool))
      return more.length === 0 ? one : { ...one, pools: [...one.pools, ...more].sort() }
    }),
    ...then.filter(isLost(now, written)).map((one) => ({ ...one, pools: one.pools.filter((pool) => known.has(pool)) })),
  ]
  return {
    ...config,
    pools: pools.sort(comparePools),
    l2Advertisements: settle(config.l2Advertisements, before.l2Advertisements, names.l2Advertisements),
    bgpAdvertisements: settle(config.bgpAdvertisements, before.bgpAdvertisements, names.bgpAdvertisements),
    peers: [...config.peers, ...before.peers.filter(isLost(config.peers, names.peers))],
    bfdProfiles: { ...before.bfdProfiles, ...config.bfdProfiles },
  }
}
