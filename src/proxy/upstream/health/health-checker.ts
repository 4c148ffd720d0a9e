/**
 * Active health checks of one cluster. Endpoints count as working until checks have failed so often as the threshold says;
 * then they are left out until so many have passed. When all are out the cluster asks them all the same.
 *
 * Every worker checks for itself: what it believes is what its own connections meet. Jitter keeps workers and endpoints from
 * falling into step.
 */
import type { HealthCheckConfig } from '../../../routing/resilience.ts'
import type { CheckSlots } from './check-slots.ts'
import type { Probe, ProbeTarget } from './probe.ts'

export interface CheckedEndpoint extends ProbeTarget {
  isUnhealthy: boolean
}

/** What checks need of the world; tests pass their own. */
export interface HealthPorts {
  readonly probe: Probe
  readonly slots: CheckSlots
  /** In [0, 1). */
  readonly random: () => number
  /** @returns a function that calls it off */
  readonly setTimer: (callback: () => void, ms: number) => () => void
}

interface Watch {
  /** Results in a row that are unlike the present state. */
  opposing: number
  cancelTimer: () => void
  readonly ending: AbortController
}

/** Endpoints that have just come are checked within this time. */
const FIRST_CHECK_MS = 1000
/** Pauses vary by this part of the interval, up and down. */
const JITTER = 0.1

export class HealthChecker<E extends CheckedEndpoint> {
  readonly #ports: HealthPorts
  readonly #watches = new Map<E, Watch>()
  #config: HealthCheckConfig | null = null
  #list: readonly E[] = []

  constructor(ports: HealthPorts) {
    this.#ports = ports
  }

  /** @param config absent = no checks, and all that were out are back */
  configure(config: HealthCheckConfig | undefined): void {
    if (JSON.stringify(config ?? null) === JSON.stringify(this.#config)) return
    this.#end(() => true)
    this.#config = config ?? null
    for (const endpoint of this.#list) endpoint.isUnhealthy = false
    this.#begin()
  }

  /** Those that stay keep their state and their turn. */
  setEndpoints(list: readonly E[]): void {
    this.#list = list
    if (this.#config === null) return
    const wanted = new Set(list)
    this.#end((endpoint) => !wanted.has(endpoint))
    this.#begin()
  }

  close(): void {
    this.setEndpoints([])
  }

  #begin(): void {
    if (this.#config === null) return
    const { intervalMs } = this.#config
    for (const endpoint of this.#list) {
      if (this.#watches.has(endpoint)) continue
      const watch: Watch = { opposing: 0, cancelTimer: () => {}, ending: new AbortController() }
      this.#watches.set(endpoint, watch)
      this.#schedule(endpoint, watch, this.#ports.random() * Math.min(FIRST_CHECK_MS, intervalMs))
    }
  }

  #end(isOver: (endpoint: E) => boolean): void {
    for (const [endpoint, watch] of this.#watches) {
      if (!isOver(endpoint)) continue
      this.#watches.delete(endpoint)
      watch.cancelTimer()
      watch.ending.abort()
    }
  }

  #schedule(endpoint: E, watch: Watch, ms: number): void {
    watch.cancelTimer = this.#ports.setTimer(() => {
      this.#ports.slots.run(() => this.#check(endpoint, watch))
    }, ms)
  }

  async #check(endpoint: E, watch: Watch): Promise<void> {
    const config = this.#config
    if (config === null || watch.ending.signal.aborted) return
    const fault = await this.#ports.probe(endpoint, config, watch.ending.signal)
    if (watch.ending.signal.aborted) return
    this.#settle(endpoint, watch, fault === '', config)
    this.#schedule(endpoint, watch, config.intervalMs * (1 - JITTER + 2 * JITTER * this.#ports.random()))
  }

  #settle(endpoint: E, watch: Watch, isGood: boolean, config: HealthCheckConfig): void {
    if (isGood !== endpoint.isUnhealthy) {
      watch.opposing = 0
      return
    }
    watch.opposing++
    if (watch.opposing < (isGood ? config.healthyThreshold : config.unhealthyThreshold)) return
    watch.opposing = 0
    endpoint.isUnhealthy = !isGood
  }
}

/** A timer that keeps no process alive. */
export function setUnrefTimer(callback: () => void, ms: number): () => void {
  const timer = setTimeout(callback, ms)
  timer.unref()
  return () => clearTimeout(timer)
}
