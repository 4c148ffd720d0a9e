/**
 * Passive ejection: an endpoint that could not be connected to {@link MOST_FAILURES} times in a row is not chosen for a
 * while, {@link FIRST_MS} at first and twice as long each further time, up to {@link LONGEST_MS}. Then one request may try it
 * (half-open): when that connects it is back, otherwise it is out again. Never more than half of the endpoints are out,
 * and when nothing else is left the cluster asks them all the same: a guess must not turn a bad day into an outage.
 *
 * Counted by each worker for itself, from its own requests; answers of any status are no failure.
 */

/** Failed connects in a row until an endpoint is out. A success in between starts again at none. */
export const MOST_FAILURES = 3
export const FIRST_MS = 5000
export const LONGEST_MS = 60_000
/** A try that says nothing for so long was given up; the next one may try. */
const PROBE_MS = 10_000

export interface EjectableEndpoint {
  /** Failed connects in a row. */
  connectFailures: number
  isEjected: boolean
  /** When the next try may be made; meaningful while it is out. */
  ejectedUntilMs: number
}

export class Ejection<E extends EjectableEndpoint> {
  readonly #nowMs: () => number
  #endpoints: readonly E[] = []
  /** Those that are out, tried again or not: mostly none. */
  readonly #out = new Set<E>()

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  setEndpoints(endpoints: readonly E[]): void {
    this.#endpoints = endpoints
    for (const endpoint of this.#out) if (!endpoints.includes(endpoint)) this.#out.delete(endpoint)
  }

  /** Before a choice: endpoints whose time is over may be chosen. */
  release(): void {
    if (this.#out.size === 0) return
    const now = this.#nowMs()
    for (const endpoint of this.#out) if (endpoint.ejectedUntilMs <= now) endpoint.isEjected = false
  }

  /** After a choice: an endpoint that is on trial takes no other request until this one is settled. */
  chosen(endpoint: E): void {
    if (this.#out.size === 0 || !this.#out.has(endpoint)) return
    endpoint.isEjected = true
    endpoint.ejectedUntilMs = this.#nowMs() + PROBE_MS
  }

  reached(endpoint: E): void {
    if (endpoint.connectFailures === 0) return
    endpoint.connectFailures = 0
    endpoint.isEjected = false
    this.#out.delete(endpoint)
  }

  failed(endpoint: E): void {
    endpoint.connectFailures++
    if (endpoint.connectFailures < MOST_FAILURES || !this.#endpoints.includes(endpoint)) return
    if (!this.#out.has(endpoint) && (this.#out.size + 1) * 2 > this.#endpoints.length) return
    const times = Math.min(10, endpoint.connectFailures - MOST_FAILURES)
    this.#out.add(endpoint)
    endpoint.isEjected = true
    endpoint.ejectedUntilMs = this.#nowMs() + Math.min(LONGEST_MS, FIRST_MS * 2 ** times)
  }
}
