/** Says that an authentication service cannot be used, without a line for each request that is answered 500 for it. */

/** Shortest time between two lines about one service. */
const INTERVAL_MS = 60_000
/** Services remembered; beyond that all begin anew. */
const MOST_SERVICES = 1000

interface Told {
  atMs: number
  untold: number
}

export class AuthFailures {
  readonly #report: (message: string) => void
  readonly #nowMs: () => number
  readonly #told = new Map<string, Told>()

  /** @param nowMs monotonic milliseconds */
  constructor(report: (message: string) => void, nowMs: () => number = () => performance.now()) {
    this.#report = report
    this.#nowMs = nowMs
  }

  /**
   * @param url as configured
   * @param reason reads after "the authentication service "
   */
  note(url: string, reason: string): void {
    const nowMs = this.#nowMs()
    const told = this.#told.get(url)
    if (told !== undefined && nowMs - told.atMs < INTERVAL_MS) {
      told.untold++
      return
    }
    const untold = told?.untold ?? 0
    if (this.#told.size >= MOST_SERVICES) this.#told.clear()
    this.#told.set(url, { atMs: nowMs, untold: 0 })
    const more = untold === 0 ? '' : ` (and ${untold} more since the last message)`
    this.#report(`Cannot let a request pass by ${url}: the authentication service ${reason}; it is answered 500${more}`)
  }
}
