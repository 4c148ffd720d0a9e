/** How long a target group may wait for its targets to be healthy before it takes over from its predecessor all the same. */
const LIMIT_MS = 5 * 60_000

export class Patience {
  readonly #nowMs: () => number
  readonly #since = new Map<string, number>()

  /** @param nowMs monotonic */
  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs
  }

  /**
   * @param waiting all that wait now: whoever is not among them is forgotten
   * @returns those that have waited long enough
   */
  lost(waiting: Iterable<string>): ReadonlySet<string> {
    const all = new Set(waiting)
    const nowMs = this.#nowMs()
    for (const one of this.#since.keys()) if (!all.has(one)) this.#since.delete(one)
    for (const one of all) if (!this.#since.has(one)) this.#since.set(one, nowMs)
    return new Set([...all].filter((one) => nowMs - (this.#since.get(one) ?? nowMs) >= LIMIT_MS))
  }
}
