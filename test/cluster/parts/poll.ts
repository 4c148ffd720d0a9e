/** Looks again and again for a state that only an outside look can tell. */
import { setTimeout as delay } from 'node:timers/promises'

/** @returns the milliseconds that it took @throws {Error} when it does not come in time */
export async function pollUntil(
  holds: () => Promise<boolean> | boolean,
  what: string,
  timeoutMs = 60_000,
  stepMs = 25,
): Promise<number> {
  const beganMs = performance.now()
  while (!(await holds())) {
    if (performance.now() - beganMs > timeoutMs) throw new Error(`Did not come to be in ${timeoutMs} ms: ${what}`)
    await delay(stepMs)
  }
  return performance.now() - beganMs
}
