/**
 * How many connections a worker has beside the others, and whether it should pass the next one on. The kernel spreads
 * connections by chance: of a few that stay long, one worker may get nearly all. Pure; told about everything.
 */

/** What a worker tells the control process. */
export interface ShareReport {
  readonly open: number
  /** Connections since the start that it took in from others. */
  readonly taken: number
  /** Connections since the start that it gave away. */
  readonly given: number
}

/** What the control process tells a worker. */
export interface OthersShare {
  /** Connections of all other workers, those on their way to them included. */
  readonly open: number
  readonly workers: number
  /** Of the connections that this worker gave away, how many are counted in `open`, or closed by now. */
  readonly given: number
}

/** A worker keeps this part more than its fair share: passing on costs more than so small a difference. */
const SLACK = 1 / 8

export class ConnectionShare {
  #others: OthersShare = { open: 0, workers: 1, given: 0 }
  #given = 0
  #taken = 0
  #admitted = 0
  #openBefore = 0
  /** Connections that both came and went between two looks, about. */
  #passing = 0
  /** Once may be chance: both must say so. */
  #passingBefore = 0

  learn(others: OthersShare): void {
    this.#others = others
  }

  /**
   * Called for each accepted connection.
   *
   * @param open connections of this worker, without the new one
   * @returns true when it should go to another worker: it counts as given then
   */
  gives(open: number): boolean {
    const { workers, given, open: others } = this.#others
    // Until the others say so themselves, what was given is with them.
    const fair = (open + 1 + others + (this.#given - given)) / workers
    // Where connections come and go, differences pass by themselves.
    const isShort =
      open + 1 - fair <= Math.max(1 - 1 / workers, fair * SLACK) + Math.min(this.#passing, this.#passingBefore)
    if (workers < 2 || isShort) {
      this.#admitted++
      return false
    }
    this.#given++
    return true
  }

  took(): void {
    this.#taken++
    this.#admitted++
  }

  /** Called many times a second while clients come and go. */
  report(open: number): ShareReport {
    const ended = this.#openBefore + this.#admitted - open
    this.#passingBefore = this.#passing
    this.#passing = Math.max(0, Math.min(ended, this.#admitted))
    this.#openBefore = open
    this.#admitted = 0
    return this.now(open)
  }

  /** The same without looking. */
  now(open: number): ShareReport {
    return { open, taken: this.#taken, given: this.#given }
  }
}
