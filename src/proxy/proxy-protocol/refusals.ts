/** Says that connections are refused for their PROXY protocol header, without a line for each of them. */

/** Shortest time between two lines. */
const INTERVAL_MS = 60_000

export class HeaderRefusals {
  readonly #report: (message: string) => void
  readonly #nowMs: () => number
  #total = 0
  #unreported = 0
  #reportedAtMs = Number.NEGATIVE_INFINITY

  /** @param nowMs monotonic milliseconds */
  constructor(report: (message: string) => void, nowMs: () => number = () => performance.now()) {
    this.#report = report
    this.#nowMs = nowMs
  }

  /** Connections refused since the start. */
  get total(): number {
    return this.#total
  }

  /** @param reason reads after "the PROXY protocol header " */
  note(peerAddress: string, port: number, reason: string): void {
    this.#total++
    this.#unreported++
    const nowMs = this.#nowMs()
    if (nowMs - this.#reportedAtMs < INTERVAL_MS) return
    const others = this.#unreported - 1
    const more = others === 0 ? '' : ` (and ${others} more since the last message)`
    this.#unreported = 0
    this.#reportedAtMs = nowMs
    // Whoever tries things out has no load balancer in front.
    const hint = reason === 'is missing' ? ', which curl --haproxy-protocol sends' : ''
    this.#report(
      `Cannot take a connection of ${peerAddress} to port ${port}: the PROXY protocol header ${reason}; accepted is version 1 or 2${hint}${more}`,
    )
  }
}
