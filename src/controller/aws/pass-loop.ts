/** When the next pass over AWS is due: soon after a change, later after a failure, at last after the resync time. One at a time. */

export interface PassLoopOptions {
  /** @returns true when everything is as it should be; false = try again by itself */
  readonly pass: (signal: AbortSignal) => Promise<boolean>
  readonly onError: (error: unknown) => void
  /** Changes that come close together are one pass. */
  readonly settleMs: number
  readonly firstRetryMs: number
  readonly longestRetryMs: number
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
    if (this.#running !== null) this.#isAskedAgain = true
    else this.#plan(this.#options.settleMs)
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
    this.#running = this.#run(signal).finally(() => {
      this.#running = null
      if (signal.aborted) return
      const { settleMs, firstRetryMs, longestRetryMs, resyncMs } = this.#options
      if (this.#isAskedAgain) this.#plan(settleMs)
      else if (this.#failures > 0) this.#plan(Math.min(longestRetryMs, firstRetryMs * 2 ** (this.#failures - 1)))
      else this.#plan(resyncMs * (0.9 + Math.random() * 0.2))
      this.#isAskedAgain = false
    })
  }

  async #run(signal: AbortSignal): Promise<void> {
    try {
      const isSettled = await this.#options.pass(signal)
      this.#failures = isSettled ? 0 : this.#failures + 1
    } catch (error) {
      this.#failures++
      if (!signal.aborted) this.#options.onError(error)
    }
  }
}
