/** When the next pass over AWS is due: soon after a change, later after a failure, at last after the resync time. One at a time. */

export interface PassLoopOptions {
  /**
   * @param signal we stop: nothing is to be told any more
   * @param interrupt another pass is due: nothing new is to begin
   * @returns true when everything is as it should be; false = try again by itself
   */
  readonly pass: (signal: AbortSignal, interrupt: AbortSignal) => Promise<boolean>
  readonly onError: (error: unknown) => void
  /** Changes that come close together are one pass. */
  readonly settleMs: number
  readonly firstRetryMs: number
  readonly longestRetryMs: number
  /** A pass that runs longer is interrupted by a change, which would wait for its end otherwise. */
  readonly patienceMs: number
  /** Jittered by a tenth. */
  readonly resyncMs: number
}

export class PassLoop {
  readonly #options: PassLoopOptions
  #stopped: AbortController | null = null
  #timer: NodeJS.Timeout | null = null
  #dueMs = Number.POSITIVE_INFINITY
  #running: Promise<void> | null = null
  #failures = 0
  #isAskedAgain = false
  #interrupt = new AbortController()
  #patience: NodeJS.Timeout | null = null

  constructor(options: PassLoopOptions) {
    this.#options = options
  }

  /** Begins with a pass. */
  start(): void {
    if (this.#stopped !== null) return
    this.#stopped = new AbortController()
    this.#failures = 0
    this.#isAskedAgain = false
    this.#plan(0)
  }

  /** Something changed. */
  request(): void {
    if (this.#stopped === null) return
    if (this.#running === null) return this.#plan(this.#options.settleMs)
    this.#isAskedAgain = true
    // Its patience is over already.
    if (this.#patience === null) this.#interrupt.abort()
  }

  /** Ends the pass that runs: what it has begun is waited for. */
  async stop(): Promise<void> {
    this.#stopped?.abort()
    this.#stopped = null
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    this.#dueMs = Number.POSITIVE_INFINITY
    await this.#running
  }

  #plan(inMs: number): void {
    const dueMs = performance.now() + inMs
    if (this.#timer !== null && this.#dueMs <= dueMs) return
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#dueMs = dueMs
    this.#timer = setTimeout(() => {
      this.#timer = null
      this.#dueMs = Number.POSITIVE_INFINITY
      this.#begin()
    }, inMs)
    this.#timer.unref()
  }

  #begin(): void {
    const signal = this.#stopped?.signal
    if (signal === undefined || this.#running !== null) return
    this.#interrupt = new AbortController()
    this.#patience = setTimeout(() => {
      this.#patience = null
      if (this.#isAskedAgain) this.#interrupt.abort()
    }, this.#options.patienceMs)
    this.#patience.unref()
    this.#running = this.#run(signal, this.#interrupt.signal).finally(() => {
      this.#running = null
      if (this.#patience !== null) clearTimeout(this.#patience)
      if (signal.aborted) return
      const { settleMs, firstRetryMs, longestRetryMs, resyncMs } = this.#options
      if (this.#isAskedAgain) this.#plan(settleMs)
      else if (this.#failures > 0) this.#plan(Math.min(longestRetryMs, firstRetryMs * 2 ** (this.#failures - 1)))
      else this.#plan(resyncMs * (0.9 + Math.random() * 0.2))
      this.#isAskedAgain = false
    })
  }

  async #run(signal: AbortSignal, interrupt: AbortSignal): Promise<void> {
    try {
      const isSettled = await this.#options.pass(signal, interrupt)
      if (!interrupt.aborted) this.#failures = isSettled ? 0 : this.#failures + 1
    } catch (error) {
      this.#failures++
      if (!signal.aborted) this.#options.onError(error)
    }
  }
}
