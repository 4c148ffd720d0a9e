/** Bounds frames that carry nothing. Free while we send: who measures bandwidth sends a PING for every round trip in which it got something. */
import { createIdleFrameBudget } from './event-budget.ts'
import type { Outgoing } from './outgoing.ts'

export class IdleFrames {
  readonly #outgoing: Outgoing
  readonly #budget = createIdleFrameBudget()
  /** {@link Outgoing.sentFrames} when the last frame was free. */
  #sentFrames = 0

  constructor(outgoing: Outgoing) {
    this.#outgoing = outgoing
  }

  /** @returns false when there were too many */
  take(): boolean {
    const { sentFrames } = this.#outgoing
    if (sentFrames === this.#sentFrames) return this.#budget.take(performance.now())
    this.#sentFrames = sentFrames
    return true
  }
}
