/** Waiting for a state that only looking tells. */
import { setTimeout as sleep } from 'node:timers/promises'

const DEADLINE_MS = 60_000
const PAUSE_MS = 20

/**
 * Looks again and again.
 *
 * @param what for the error
 * @throws {Error} after a minute
 */
export async function eventually(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`Waited ${DEADLINE_MS} ms in vain for ${what}`)
    await sleep(PAUSE_MS)
  }
}
