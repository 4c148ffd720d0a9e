/** A clock that runs only when somebody waits, so that pauses of minutes take no time and are the same on every machine. */
import type { Ports } from '../../../src/aws/deploy/execute/ports.ts'

export interface VirtualPorts extends Ports {
  /** Every pause that was asked for, in milliseconds. */
  readonly pauses: number[]
  advance(milliseconds: number): void
}

/** @param chance what `random` always gives */
export function createVirtualPorts(chance = 0.5): VirtualPorts {
  let now = 0
  const pauses: number[] = []
  return {
    pauses,
    nowMs: () => now,
    random: () => chance,
    advance(milliseconds) {
      now += milliseconds
    },
    async wait(milliseconds) {
      pauses.push(milliseconds)
      const until = now + milliseconds
      // Others who are about to wait begin at the same moment.
      await new Promise((resolve) => setImmediate(resolve))
      now = Math.max(now, until)
    },
  }
}
