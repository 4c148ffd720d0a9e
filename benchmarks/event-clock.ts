/** A clock that jumps to the next moment at which somebody stops waiting, as soon as nobody has anything else to do. */

export interface EventClock {
  readonly nowMs: () => number
  readonly wait: (milliseconds: number, signal?: AbortSignal) => Promise<void>
  stop(): void
}

interface Waiter {
  readonly untilMs: number
  readonly resolve: () => void
}

export function createEventClock(): EventClock {
  let now = 0
  let isRunning = false
  let isStopped = false
  /** Earliest last. */
  let waiters: Waiter[] = []

  const step = (): void => {
    const next = waiters.pop()
    if (next === undefined || isStopped) {
      isRunning = false
      return
    }
    now = Math.max(now, next.untilMs)
    next.resolve()
    // Whoever goes on now has its turn before the clock does.
    setImmediate(step)
  }
  return {
    nowMs: () => now,
    wait(milliseconds, signal) {
      return new Promise((resolve) => {
        if (signal?.aborted === true) return resolve()
        const waiter: Waiter = {
          untilMs: now + Math.max(0, milliseconds),
          resolve: () => {
            signal?.removeEventListener('abort', giveUp)
            resolve()
          },
        }
        const giveUp = (): void => {
          waiters = waiters.filter((one) => one !== waiter)
          resolve()
        }
        const after = waiters.findLastIndex(({ untilMs }) => untilMs > waiter.untilMs)
        waiters.splice(after + 1, 0, waiter)
        signal?.addEventListener('abort', giveUp, { once: true })
        if (isRunning) return
        isRunning = true
        setImmediate(step)
      })
    },
    stop() {
      isStopped = true
    },
  }
}
