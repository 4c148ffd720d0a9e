/**
 * How far what a node knows of its cluster may be out of date, as others are told. It grows as long as the API server is not to
 * be had, and goes back as slowly: after an outage of all, those who come back first must not take everything from the others.
 */

const MOST_SECONDS = 600

export class Staleness {
  readonly #startMs: number
  #lastMs: number
  #seconds = 0

  constructor(nowMs: number) {
    this.#startMs = nowMs
    this.#lastMs = nowMs
  }

  /**
   * @param isStale now
   * @returns whole seconds; `null` = it is not there long enough to be a measure for others
   */
  look(isStale: boolean, nowMs: number): number | null {
    const passed = (nowMs - this.#lastMs) / 1000
    this.#lastMs = nowMs
    this.#seconds = isStale ? Math.min(MOST_SECONDS, this.#seconds + passed) : Math.max(0, this.#seconds - passed)
    return nowMs - this.#startMs < MOST_SECONDS * 1000 ? null : Math.round(this.#seconds)
  }
}
