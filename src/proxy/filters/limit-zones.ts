/**
 * The counters of limits. They belong to a zone, not to the table that names it: a changed configuration forgets no
 * client, and a zone that no route names any more is dropped.
 */
import type { Gate } from '../../routing/gate.ts'
import type { ConnectionLimitConfig, GateConfig, RateLimit, RateLimitConfig } from '../../routing/gate-config.ts'
import type { RouteTable } from '../../routing/model.ts'
import { type ConnectionZone, createConnectionGate } from './limit-connections.ts'
import { createRateGate } from './limit-rate.ts'
import { RateZone } from './rate-zone.ts'

export class LimitZones {
  readonly #nowMs: () => number
  readonly #rates = new Map<string, RateZone>()
  readonly #connections = new Map<string, ConnectionZone>()

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs
  }

  get size(): number {
    return this.#rates.size + this.#connections.size
  }

  create(config: RateLimitConfig | ConnectionLimitConfig): Gate {
    if (config.kind === 'limit-connections') {
      return createConnectionGate(
        config,
        getOrAdd(this.#connections, config.zone, () => new Map()),
      )
    }
    const zones = config.limits.map((limit) => getOrAdd(this.#rates, rateKey(config.zone, limit), () => new RateZone()))
    return createRateGate(config, zones, this.#nowMs)
  }

  /** Drops the zones that the table does not name. Requests that still run keep theirs until they are over. */
  keepOnly(table: RouteTable): void {
    const rates = new Set<string>()
    const connections = new Set<string>()
    for (const { routes } of table.hosts) {
      for (const { gates } of routes) gates?.forEach((gate) => nameZones(gate, rates, connections))
    }
    for (const key of this.#rates.keys()) if (!rates.has(key)) this.#rates.delete(key)
    for (const key of this.#connections.keys()) if (!connections.has(key)) this.#connections.delete(key)
  }
}

function nameZones(gate: GateConfig, rates: Set<string>, connections: Set<string>): void {
  if (gate.kind === 'limit-connections') connections.add(gate.zone)
  else if (gate.kind === 'limit-rate') for (const limit of gate.limits) rates.add(rateKey(gate.zone, limit))
}

/** Seconds and minutes are counted apart, as in nginx. */
function rateKey(zone: string, { perSeconds }: RateLimit): string {
  return `${perSeconds} ${zone}`
}

function getOrAdd<V>(map: Map<string, V>, key: string, create: () => V): V {
  const found = map.get(key)
  if (found !== undefined) return found
  const created = create()
  map.set(key, created)
  return created
}
