/** So many at once, so many in a second after that. Pure but for what it counts. */
export class TokenBucket {
  readonly #burst: number
  readonly #perSecond: number
  #tokens: number
  #atMs: number

  constructor(burst: number, perSecond: number, nowMs: number) {
    this.#burst = burst
    this.#perSecond = perSecond
    this.#tokens = burst
    this.#atMs = nowMs
  }

  /** @returns 0 when one was taken, otherwise the milliseconds until there is one */
  take(nowMs: number): number {
    this.#tokens = Math.min(this.#burst, this.#tokens + ((nowMs - this.#atMs) / 1000) * this.#perSecond)
    this.#atMs = nowMs
    if (this.#tokens < 1) return Math.max(1, Math.ceil(((1 - this.#tokens) / this.#perSecond) * 1000))
    this.#tokens--
    return 0
  }
}
