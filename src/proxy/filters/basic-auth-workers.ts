/**
 * Threads that verify passwords, so that a slow hash costs no other request its time on the event loop. They start with
 * the first password and do not keep the process alive.
 */
import { Worker } from 'node:worker_threads'
import type { VerifyJob, VerifyResult } from './basic-auth-worker.ts'

/** Two let one slow hash not stop all others; more would take the cores from the proxy. */
const MOST_THREADS = 2
/** At 50 ms a hash and two threads: 6 seconds of work. */
const MOST_WAITING = 256

interface Thread {
  readonly worker: Worker
  /** The job it has, and who waits for it. */
  job: Waiting | null
}

interface Waiting {
  readonly job: VerifyJob
  readonly settle: (outcome: boolean | null) => void
}

export class PasswordWorkers {
  readonly #threads: Thread[] = []
  readonly #waiting: Waiting[] = []
  #nextId = 0

  /** @returns `null` when nobody can say: too many wait, or a thread failed. Never rejects */
  verify(hash: string, password: Buffer): Promise<boolean | null> {
    if (this.#waiting.length >= MOST_WAITING) return Promise.resolve(null)
    return new Promise((settle) => {
      // A copy of its own: the bytes may be a view of a shared buffer.
      this.#waiting.push({ job: { id: this.#nextId++, hash, password: Uint8Array.from(password) }, settle })
      this.#dispatch()
    })
  }

  /** Ends the threads; who still waits is told that nobody can say. */
  async close(): Promise<void> {
    const threads = this.#threads.splice(0)
    for (const { settle } of this.#waiting.splice(0)) settle(null)
    await Promise.all(threads.map(({ worker }) => worker.terminate()))
  }

  #dispatch(): void {
    while (this.#waiting.length > 0) {
      const thread = this.#threads.find(({ job }) => job === null) ?? this.#startThread()
      if (thread === null) return
      const next = this.#waiting.shift()
      if (next === undefined) return
      thread.job = next
      // A request waits for this: the process must not end meanwhile.
      thread.worker.ref()
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
      thread.worker.postMessage(next.job)
    }
  }

  #startThread(): Thread | null {
    if (this.#threads.length >= MOST_THREADS) return null
    const worker = new Worker(new URL('./basic-auth-worker.ts', import.meta.url))
    const thread: Thread = { worker, job: null }
    worker.on('message', (result: VerifyResult) => this.#settle(thread, result.isRight))
    worker.on('error', () => this.#remove(thread))
    worker.on('exit', () => this.#remove(thread))
    worker.unref()
    this.#threads.push(thread)
    return thread
  }

  #settle(thread: Thread, outcome: boolean | null): void {
    const { job } = thread
    thread.job = null
    thread.worker.unref()
    job?.settle(outcome)
    this.#dispatch()
  }

  /** A dead thread is replaced with the next password. */
  #remove(thread: Thread): void {
    const at = this.#threads.indexOf(thread)
    if (at !== -1) this.#threads.splice(at, 1)
    this.#settle(thread, null)
  }
}
