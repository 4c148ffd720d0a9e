/** Limits on the rate of requests of each client (ingress-nginx reference, 1.7). */
import { compileAddressPolicy } from '../../routing/address-policy.ts'
import { type Gate, type GateRefusal, PASS } from '../../routing/gate.ts'
import { describeGate, type RateLimitConfig } from '../../routing/gate-config.ts'
import { limitRefusal } from './limit-refusal.ts'
import type { RateZone } from './rate-zone.ts'

interface CompiledLimit {
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
export function createRateGate(config: RateLimitConfig, zones: readonly RateZone[], nowMs: () => number): Gate {
  const limits = config.limits.map(({ requests, perSeconds, burst }, index): CompiledLimit => {
    const zone = zones[index]
    if (zone === undefined) throw new TypeError(`Cannot limit ${config.zone}: limit ${index} has no zone`)
    // Whole milli-requests a second, as nginx has it: 1 a minute is 16 of them.
    return { zone, milliRate: Math.trunc((requests * 1000) / perSeconds), milliBurst: burst * 1000 }
  })
  const exempt = config.exempt.length === 0 ? null : compileAddressPolicy({ deny: [], allow: config.exempt })
  return {
    description: describeGate(config),
    release: null,
    check({ clientAddress }) {
      if (exempt !== null && exempt.admits(clientAddress)) return PASS
      const now = Math.trunc(nowMs())
      for (const limit of limits) {
        const excess = limit.zone.excessOf(clientAddress, limit.milliRate, now)
        if (excess > limit.milliBurst) return refuse(config.status, limit, excess)
      }
      for (const { zone, milliRate } of limits) {
        zone.count(clientAddress, zone.excessOf(clientAddress, milliRate, now), milliRate, now)
      }
      return PASS
    },
  }
}

function refuse(status: number, { milliRate, milliBurst }: CompiledLimit, excess: number): GateRefusal {
  return limitRefusal(status, milliRate === 0 ? 60 : Math.ceil((excess - milliBurst) / milliRate))
}
