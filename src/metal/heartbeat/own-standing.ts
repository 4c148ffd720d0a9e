/**
 * How the own node stands among the others: whether it has listened long enough to announce anything, and whether it has been
 * there long enough to be given addresses that others have now.
 */
import type { HeartbeatTiming } from './heartbeat-model.ts'

const LEAST_LISTEN_MS = 1000
/** A link is new for so long: then everybody has heard of it. */
const NEW_LINK_MS = 10_000

export class OwnStanding {
  readonly #timing: HeartbeatTiming
  #unsettledSinceMs: number
  /** Listens until then; `null` = for as long as the link is away. */
  #listensUntilMs: number | null
  #lostLinkAtMs = -Infinity
  #foundLinkAtMs = -Infinity
  #isLinkUp = true

  constructor(timing: HeartbeatTiming, nowMs: number) {
    this.#timing = timing
    this.#unsettledSinceMs = nowMs
    this.#listensUntilMs = nowMs + this.#listenMs
  }

  /** Every peer that is there answers within this, also on a machine that is busy starting. */
  get #listenMs(): number {
    return Math.max(this.#timing.deadMs + this.#timing.intervalMs, LEAST_LISTEN_MS)
  }

  get isLinkUp(): boolean {
    return this.#isLinkUp
  }

  isSettled(nowMs: number): boolean {
    return nowMs - this.#unsettledSinceMs >= this.#timing.settleMs
  }

  isListening(nowMs: number): boolean {
    return this.#listensUntilMs === null || nowMs < this.#listensUntilMs
  }

  /** It can hear from now on, and could not before: as one that has just started. */
  beginAnew(nowMs: number): void {
    this.#unsettledSinceMs = nowMs
    this.#listensUntilMs = nowMs + this.#listenMs
  }

  /** All whom it could hear are heard, or there is nobody. */
  stopListening(nowMs: number): void {
    if (this.#listensUntilMs !== null) this.#listensUntilMs = Math.min(this.#listensUntilMs, nowMs)
  }

  /** The link over which peers are heard. */
  setLink(isUp: boolean, nowMs: number): void {
    if (this.#isLinkUp === isUp) return
    this.#isLinkUp = isUp
    if (!isUp) {
      this.#lostLinkAtMs = nowMs
      return
    }
    this.#foundLinkAtMs = nowMs
    if (this.#listensUntilMs === null) this.#listensUntilMs = nowMs + this.#listenMs
  }

  /** The link is away, or was until a moment ago. */
  hasNewLink(nowMs: number): boolean {
    return !this.#isLinkUp || nowMs - this.#foundLinkAtMs < NEW_LINK_MS
  }

  /** Nobody is heard any more, and the own link is why: then others have the addresses. */
  becomeIsolated(): void {
    if (!this.#isLinkUp) this.#listensUntilMs = null
  }

  lostLinkSince(sinceMs: number): boolean {
    return !this.#isLinkUp || this.#lostLinkAtMs >= sinceMs
  }

  settle(): void {
    this.#unsettledSinceMs = -Infinity
  }

  unsettle(nowMs: number): void {
    this.#unsettledSinceMs = nowMs
  }

  /** When the next of the two changes by the passing of time alone. */
  nextChangeMs(nowMs: number): number {
    const settlesAtMs = this.#unsettledSinceMs + this.#timing.settleMs
    const times = [settlesAtMs, this.#listensUntilMs ?? Infinity].filter((at) => at > nowMs)
    return Math.min(Infinity, ...times)
  }
}
