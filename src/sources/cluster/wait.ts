import { setTimeout as delay } from 'node:timers/promises'

/** Resolves after the time, or at once when the signal aborts. Never throws. */
export async function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(milliseconds, undefined, { signal, ref: false })
  } catch {
    // Aborted: the caller looks at the signal.
  }
}
