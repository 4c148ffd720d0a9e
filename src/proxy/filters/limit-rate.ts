/** Limits on the rate of requests of each client (ingress-nginx, annotations.md: Rate Limiting). */
import { compileAddressPolicy } from '../../routing/address-policy.ts'
import { type Gate, type GateVerdict, PASS } from '../../routing/gate.ts'
import { describeGate, type RateLimit, type RateLimitConfig } from '../../routing/gate-config.ts'
import type { FindLimitOwner, LimitOwner } from './limit-owners.ts'
import { limitRefusal } from './limit-refusal.ts'
import type { RateZone } from './rate-zone.ts'

export interface CompiledLimit {
  readonly zone: RateZone
  readonly milliRate: number
  readonly milliBurst: number
}

/**
 * A request is counted only when all limits let it pass.
 *
 * @param zones one for each of the limits, in their order
 * @param nowMs monotonic milliseconds; tests pass a fake
 */
export function createRateGate(
  config: RateLimitConfig,
  zones: readonly RateZone[],
  nowMs: () => number,
  ownerOf: FindLimitOwner = () => null,
): Gate {
  const limits = compileLimits(config.limits, zones)
  const exempt = config.exempt.length === 0 ? null : compileAddressPolicy({ deny: [], allow: config.exempt })
  const verdictOf = (retrySeconds: number): GateVerdict =>
    retrySeconds === 0 ? PASS : limitRefusal(config.status, retrySeconds)
  const ask = async (owner: LimitOwner, client: string): Promise<GateVerdict> =>
    verdictOf((await owner.countRate(config.zone, config.limits, client)) ?? countRate(limits, client, nowMs()))
  return {
    description: describeGate(config),
    release: null,
    check({ clientAddress }) {
      if (exempt !== null && exempt.admits(clientAddress)) return PASS
      const owner = ownerOf(config.zone, clientAddress)
      return owner === null ? verdictOf(countRate(limits, clientAddress, nowMs())) : ask(owner, clientAddress)
    },
  }
}

/** @param zones one for each of the limits, in their order */
export function compileLimits(limits: readonly RateLimit[], zones: readonly RateZone[]): readonly CompiledLimit[] {
  return limits.map(({ requests, perSeconds, burst }, index): CompiledLimit => {
    const zone = zones[index]
    if (zone === undefined) throw new TypeError(`Cannot limit: limit ${index} has no zone`)
    // Whole milli-requests a second, as nginx has it: 1 a minute is 16 of them.
    return { zone, milliRate: Math.trunc((requests * 1000) / perSeconds), milliBurst: burst * 1000 }
  })
}

/** @returns 0 when the request passes and was counted, else the seconds after which the next one would */
export function countRate(limits: readonly CompiledLimit[], client: string, nowMs: number): number {
  const now = Math.trunc(nowMs)
  for (const { zone, milliRate, milliBurst } of limits) {
    const excess = zone.excessOf(client, milliRate, now)
    if (excess > milliBurst) return milliRate === 0 ? 60 : Math.ceil((excess - milliBurst) / milliRate)
  }
  for (const { zone, milliRate } of limits) {
    zone.count(client, zone.excessOf(client, milliRate, now), milliRate, now)
  }
  return 0
}
