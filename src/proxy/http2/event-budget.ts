/**
 * How often a client may do what costs us and gains it nothing: a token bucket that refills on reading the clock.
 */
export class EventBudget {
  readonly #burst: number
  readonly #perSecond: number
  #tokens: number
  #lastMs = 0

  /**
   * @param burst events at once, >= 1
   * @param perSecond events in the long run, > 0
   */
  constructor(burst: number, perSecond: number) {
    this.#burst = burst
    this.#perSecond = perSecond
    this.#tokens = burst
  }

  /** @returns false when the client did it too often and is to be told to calm down */
  take(nowMs: number): boolean {
    this.#tokens = Math.min(this.#burst, this.#tokens + ((nowMs - this.#lastMs) / 1000) * this.#perSecond)
    this.#lastMs = nowMs
    if (this.#tokens < 1) return false
    this.#tokens--
    return true
  }
}

/**
 * Requests that end without an answer through the client's doing: reset right after they were sent (CVE-2023-44487), or
 * made invalid so that we reset them (CVE-2025-8671). Browsers that leave a page reset what is in flight, hence a burst
 * of twice the usual streams.
 */
export function createResetBudget(): EventBudget {
  return new EventBudget(256, 64)
}

/**
 * Frames that carry nothing and that a client may send at will: PING, SETTINGS, PRIORITY, empty DATA, unknown types
 * (CVE-2019-9512, -9515, -9518). Clients that measure bandwidth send a PING for every window, so this is generous.
 */
export function createIdleFrameBudget(): EventBudget {
  return new EventBudget(2000, 500)
}
