/**
 * How many requests of one connection may end without an answer through the client's doing: reset right after they
 * were sent (CVE-2023-44487), or made invalid so that we reset them (CVE-2025-8671). A token bucket that refills on
 * reading the clock. Browsers that leave a page reset what is in flight, hence a burst of twice the usual streams.
 */
const BURST = 256
const PER_SECOND = 64

export class ResetBudget {
  #tokens = BURST
  #lastMs = 0

  /** @returns false when the client has reset too much and is to be told to calm down */
  take(nowMs: number): boolean {
    this.#tokens = Math.min(BURST, this.#tokens + ((nowMs - this.#lastMs) / 1000) * PER_SECOND)
    this.#lastMs = nowMs
    if (this.#tokens < 1) return false
    this.#tokens--
    return true
  }
}
