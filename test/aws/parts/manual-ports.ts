/** A clock that stands until a test moves it: whoever waits goes on when its time has come, or is given up. */
import type { Ports } from '../../../src/aws/deploy/execute/ports.ts'

export interface ManualPorts extends Ports {
  /** Moves the clock in the order of what is waited for, and lets everybody who woke run on. */
  advance(milliseconds: number): Promise<void>
}

export function createManualPorts(): ManualPorts {
  let now = 0
  const sleepers = new Set<{ readonly atMs: number; readonly wake: () => void }>()
  return {
    nowMs: () => now,
    random: () => 0.5,
    wait: (milliseconds, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted === true) return resolve()
        const sleeper = {
          atMs: now + milliseconds,
          wake: () => {
            sleepers.delete(sleeper)
            signal?.removeEventListener('abort', sleeper.wake)
            resolve()
          },
        }
        sleepers.add(sleeper)
        signal?.addEventListener('abort', sleeper.wake)
      }),
    async advance(milliseconds) {
      const endMs = now + milliseconds
      await turns()
      for (;;) {
        const [next] = [...sleepers].filter(({ atMs }) => atMs <= endMs).sort((a, b) => a.atMs - b.atMs)
        if (next === undefined) break
        now = Math.max(now, next.atMs)
        next.wake()
        await turns()
      }
      now = endMs
    },
  }
}

/** Lets everything that needs no clock run to its end. */
async function turns(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
}
