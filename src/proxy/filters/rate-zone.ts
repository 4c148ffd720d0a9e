/**
 * Leaky buckets of the clients of one zone, counted exactly as nginx's `limit_req` counts (its arithmetic in whole
 * milli-requests included). A bucket drains on read, so an idle client holds no timer.
 */

/** Most clients remembered per zone: about what nginx keeps in the 5 MB of a zone. */
export const MOST_CLIENTS = 65_536
/** Drained buckets looked for at each new client, as nginx does: the map shrinks as fast as it grows. */
const MOST_FORGOTTEN = 2

interface Bucket {
  /** Milli-requests above the rate. */
  excess: number
  lastMs: number
}

export class RateZone {
  /** Least recently used first. */
  readonly #buckets = new Map<string, Bucket>()
  readonly #capacity: number

  /** @param capacity most clients remembered, >= 1; the one seen longest ago is forgotten first */
  constructor(capacity: number = MOST_CLIENTS) {
    this.#capacity = capacity
  }

  get size(): number {
    return this.#buckets.size
  }

  /**
   * Milli-requests above the rate if the client's request were counted now.
   *
   * @param milliRate milli-requests a second, whole
   * @param nowMs monotonic whole milliseconds
   */
  excessOf(client: string, milliRate: number, nowMs: number): number {
    const bucket = this.#buckets.get(client)
    if (bucket === undefined) return 0
    return Math.max(0, bucket.excess - drained(milliRate, nowMs - bucket.lastMs) + 1000)
  }

  /** Counts a request that passes. @param excess from {@link RateZone.excessOf} */
  count(client: string, excess: number, milliRate: number, nowMs: number): void {
    const bucket = this.#buckets.get(client)
    if (bucket === undefined) {
      this.#forgetDrained(milliRate, nowMs)
      this.#buckets.set(client, { excess, lastMs: nowMs })
      return
    }
    bucket.excess = excess
    bucket.lastMs = nowMs
    this.#buckets.delete(client)
    this.#buckets.set(client, bucket)
  }

  /** A bucket so empty that the next request finds it as if it were new can go: nobody can tell. */
  #forgetDrained(milliRate: number, nowMs: number): void {
    let looked = 0
    for (const [client, bucket] of this.#buckets) {
      const isDrained = bucket.excess - drained(milliRate, nowMs - bucket.lastMs) + 1000 <= 0
      if (!isDrained && this.#buckets.size < this.#capacity) return
      this.#buckets.delete(client)
      if (++looked >= MOST_FORGOTTEN) return
    }
  }
}

/** What leaks in a span, in whole milli-requests as nginx has it. */
function drained(milliRate: number, spanMs: number): number {
  return Math.trunc((milliRate * Math.max(0, spanMs)) / 1000)
}
