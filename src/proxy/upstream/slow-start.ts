/**
 * Slow start: endpoints that join others begin with a tenth of their share, which grows to the whole over a while, so that
 * what has to warm up is not flooded. Endpoints that are all new at once (the program starts, a backend gets its first ones)
 * share the load as they are: there is nobody else to carry it.
 */

/** Share of an endpoint that has just come. */
export const FIRST_SHARE = 0.1
/** Shares grow in steps of at least this many milliseconds. */
const STEP_MS = 100

export interface StartingEndpoint {
  /** What the model says. */
  readonly baseWeight: number
  /** What balancers look at. */
  weight: number
  /** -1 = not starting. */
  newSinceMs: number
}

export class SlowStart<E extends StartingEndpoint> {
  readonly #nowMs: () => number
  #windowMs = 0
  #starting: readonly E[] = []
  #nextStepMs = 0

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  /** @param windowMs 0 = off; those that are starting have their whole share at once */
  configure(windowMs: number): void {
    this.#windowMs = windowMs
  }

  /** New endpoints of a backend; others stay as they are. */
  setEndpoints(list: readonly E[], before: readonly E[]): void {
    const now = this.#nowMs()
    if (this.#windowMs > 0 && before.length > 0 && list.some((endpoint) => before.includes(endpoint))) {
      const known = new Set(before)
      for (const endpoint of list) if (!known.has(endpoint)) endpoint.newSinceMs = now
    }
    this.#starting = list.filter((endpoint) => endpoint.newSinceMs >= 0)
    this.#nextStepMs = 0
    for (const endpoint of list) endpoint.weight = endpoint.baseWeight
    this.step()
  }

  /** Before a choice. @returns true when weights have changed */
  step(): boolean {
    if (this.#starting.length === 0) return false
    const now = this.#nowMs()
    if (now < this.#nextStepMs) return false
    this.#nextStepMs = now + STEP_MS
    for (const endpoint of this.#starting) {
      const share = this.#windowMs === 0 ? 1 : (now - endpoint.newSinceMs) / this.#windowMs
      endpoint.weight = endpoint.baseWeight * Math.min(1, Math.max(FIRST_SHARE, share))
      if (share >= 1) endpoint.newSinceMs = -1
    }
    this.#starting = this.#starting.filter((endpoint) => endpoint.newSinceMs >= 0)
    return true
  }
}
