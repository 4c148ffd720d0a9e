import { setTimeout as delay } from 'node:timers/promises'

/** Time and chance, so that tests own both. */
export interface Ports {
  /** Monotonic milliseconds. */
  readonly nowMs: () => number
  /** Resolves after the time, or at once when the signal aborts. Never throws. */
  readonly wait: (milliseconds: number, signal?: AbortSignal) => Promise<void>
  /** From 0 up to, not including, 1. */
  readonly random: () => number
}

export const SYSTEM_PORTS: Ports = {
  nowMs: () => performance.now(),
  async wait(milliseconds, signal) {
    try {
      await delay(milliseconds, undefined, signal === undefined ? {} : { signal })
    } catch {
      // Aborted: the caller looks at the signal.
    }
  },
  random: Math.random,
}
