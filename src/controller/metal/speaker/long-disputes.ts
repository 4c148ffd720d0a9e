/** Other speakers' nodes that go on saying to have an address of this node, after election has had all the time to settle it. */

/** Views of the cluster differ for moments only. */
const LONG_MS = 10_000
/** After such a silence it is over. */
const OVER_MS = 5000

interface Dispute {
  readonly sinceMs: number
  lastMs: number
  isTold: boolean
}

export class LongDisputes {
  /** By address and MAC. */
  readonly #disputes = new Map<string, Dispute>()

  /** Another says to have it. @returns true when that has lasted long, once for each dispute */
  see(address: string, mac: string, nowMs: number): boolean {
    for (const [key, { lastMs }] of this.#disputes) if (nowMs - lastMs > OVER_MS) this.#disputes.delete(key)
    const key = `${address} ${mac}`
    const dispute = this.#disputes.get(key) ?? { sinceMs: nowMs, lastMs: nowMs, isTold: false }
    this.#disputes.set(key, dispute)
    dispute.lastMs = nowMs
    if (dispute.isTold || nowMs - dispute.sinceMs < LONG_MS) return false
    dispute.isTold = true
    return true
  }
}
