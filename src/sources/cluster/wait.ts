import { setTimeout as delay } from 'node:timers/promises'

/**
 * Resolves after the time, or at once when the signal aborts. Never throws. It keeps the process alive: while a server is
 * away before the first list, nothing else does.
 */
export async function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(milliseconds, undefined, { signal })
  } catch {
    // Aborted: the caller looks at the signal.
  }
}
