/**
 * The counters of limits. They belong to a zone, not to the table that names it: a changed configuration forgets no
 * client, and a zone that no route names any more is dropped.
 */
import type { Gate } from '../../routing/gate.ts'
import type { ConnectionLimitConfig, GateConfig, RateLimit, RateLimitConfig } from '../../routing/gate-config.ts'
import type { RouteTable, VirtualHost } from '../../routing/model.ts'
import { acquire, type ConnectionZone, createConnectionGate, release } from './limit-connections.ts'
import type { FindLimitOwner, LimitCounter } from './limit-owners.ts'
import { compileLimits, countRate, createRateGate } from './limit-rate.ts'
import { MOST_CLIENTS, RateZone } from './rate-zone.ts'

export class LimitZones implements LimitCounter {
  readonly #ownerOf: FindLimitOwner
  readonly #nowMs: () => number
  readonly #rates = new Map<string, RateZone>()
  readonly #connections = new Map<string, ConnectionZone>()
  /** Hosts without gates, most of them: they are looked at once. */
  readonly #ungated = new WeakSet<VirtualHost>()

  /** @param ownerOf default: every client is counted here */
  constructor(ownerOf: FindLimitOwner = () => null, nowMs: () => number = () => performance.now()) {
    this.#ownerOf = ownerOf
    this.#nowMs = nowMs
  }

  get size(): number {
    return this.#rates.size + this.#connections.size
  }

  create(config: RateLimitConfig | ConnectionLimitConfig): Gate {
    if (config.kind === 'limit-connections') {
      return createConnectionGate(config, this.#connectionZone(config.zone), MOST_CLIENTS, this.#ownerOf)
    }
    return createRateGate(config, this.#rateZones(config.zone, config.limits), this.#nowMs, this.#ownerOf)
  }

  countRate(zone: string, limits: readonly RateLimit[], client: string): number {
    return countRate(compileLimits(limits, this.#rateZones(zone, limits)), client, this.#nowMs())
  }

  acquire(zone: string, client: string, max: number): boolean {
    return acquire(this.#connectionZone(zone), client, max)
  }

  release(zone: string, client: string): void {
    const running = this.#connections.get(zone)
    if (running !== undefined) release(running, client)
  }

  #rateZones(zone: string, limits: readonly RateLimit[]): readonly RateZone[] {
    return limits.map((limit) => getOrAdd(this.#rates, rateKey(zone, limit), () => new RateZone()))
  }

  #connectionZone(zone: string): ConnectionZone {
    return getOrAdd(this.#connections, zone, () => new Map())
  }

  /** Drops the zones that the table does not name. Requests that still run keep theirs until they are over. */
  keepOnly(table: RouteTable): void {
    const rates = new Set<string>()
    const connections = new Set<string>()
    for (const host of table.hosts) {
      if (this.#ungated.has(host)) continue
      const gated = host.routes.filter(({ gates }) => gates !== undefined)
      if (gated.length === 0) this.#ungated.add(host)
      for (const { gates } of gated) gates?.forEach((gate) => nameZones(gate, rates, connections))
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
