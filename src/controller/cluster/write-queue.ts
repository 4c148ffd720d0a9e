/**
 * Writes to the API server within a budget: so many at a time, so many in a second, each object's latest wish only, tried
 * again with growing pauses. Nothing is written while the gate is shut.
 */
import { ApiError } from '../../sources/cluster/api-transport.ts'
import { createRetryPause } from '../../sources/cluster/retry-pause.ts'
import { wait } from '../../sources/cluster/wait.ts'
import type { TokenBucket } from './token-bucket.ts'

export interface WriteQueueOptions {
  /** Writes at a time. */
  readonly parallel: number
  /** Asked right before each write. */
  readonly mayWrite: () => boolean
  readonly onProblem: (message: string) => void
  /** Each write takes one; default: as many as there are. */
  readonly budget?: TokenBucket
}

export type Write = (signal: AbortSignal) => Promise<void>

const TRIES = 8

export class WriteQueue {
  readonly #options: WriteQueueOptions
  readonly #waiting = new Map<string, Write>()
  readonly #stopped = new AbortController()
  readonly #running = new Map<string, Promise<void>>()
  #timer: NodeJS.Timeout | null = null
  /** The last writes were forbidden, and somebody was told. */
  #isRefused = false

  constructor(options: WriteQueueOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#waiting.size + this.#running.size
  }

  /** Ask between reading and writing: a process that slept meanwhile may have lost its right. */
  get mayWrite(): boolean {
    return !this.#stopped.signal.aborted && this.#options.mayWrite()
  }

  /** A later wish for the same key replaces one that waits. */
  push(key: string, write: Write): void {
    if (this.#stopped.signal.aborted) return
    this.#waiting.set(key, write)
    this.advance()
  }

  /** Forgets what waits. */
  clear(): void {
    this.#waiting.clear()
  }

  /** Looks whether the gate is open now. */
  advance(): void {
    if (!this.mayWrite) return
    for (const [key, write] of this.#waiting) {
      if (this.#running.size >= this.#options.parallel) return
      // One write of an object after the other.
      if (this.#running.has(key)) continue
      const pauseMs = this.#options.budget?.take(performance.now()) ?? 0
      if (pauseMs > 0) return this.#later(pauseMs)
      this.#waiting.delete(key)
      const running = this.#try(key, write).finally(() => {
        this.#running.delete(key)
        this.advance()
      })
      this.#running.set(key, running)
    }
  }

  /** Resolves when nothing waits or runs, or the gate is shut. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running.values())
  }

  async close(): Promise<void> {
    this.#stopped.abort()
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#waiting.clear()
    await this.idle()
  }

  #later(pauseMs: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null
      this.advance()
    }, pauseMs)
    this.#timer.unref()
  }

  async #try(key: string, write: Write): Promise<void> {
    const pause = createRetryPause(250, 30_000)
    const { signal } = this.#stopped
    // Whoever may write again later begins by looking at everything: nothing is kept for then.
    for (let attempt = 1; this.mayWrite; attempt++) {
      try {
        await write(signal)
        this.#isRefused = false
        return
      } catch (error) {
        if (signal.aborted || this.#waiting.has(key)) return
        // Gone meanwhile: nobody misses it.
        if (error instanceof ApiError && error.status === 404) return
        const status = error instanceof ApiError ? error.status : 0
        if (attempt === TRIES || status === 403 || status === 422) {
          this.#tell(key, error instanceof Error ? error.message : String(error), status === 403)
          return
        }
        await wait(pause.next(error instanceof ApiError ? error.retryAfter * 1000 : 0), signal)
      }
    }
  }
  /** A missing right is about all objects at once, a thousand of them maybe, and all of them again at the next look. */
  #tell(key: string, reason: string, isForbidden: boolean): void {
    if (isForbidden && this.#isRefused) return
    if (isForbidden) this.#isRefused = true
    const more = isForbidden ? '; further refusals are not told until a write succeeds' : ''
    this.#options.onProblem(`Cannot write ${key}: ${reason}${more}`)
  }
}
