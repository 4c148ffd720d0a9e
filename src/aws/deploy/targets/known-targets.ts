/** What we believe a pool to hold: what AWS said last, and what we did since, which AWS may not show yet. */
import type { Target } from '../../stack/target.ts'
import { type StoredTarget, targetKey } from './target-store.ts'

interface Entry extends StoredTarget {
  /** When we registered or took it out; -Infinity = AWS told us of it. */
  readonly changedAtMs: number
}

export interface TargetDifference {
  readonly register: readonly Target[]
  readonly deregister: readonly Target[]
}

/** For so long after a call of ours, a reading that does not show it yet is not believed. */
const SETTLES_MS = 10_000
const DRAINING: ReadonlySet<string> = new Set(['draining', 'unhealthy.draining'])

export class KnownTargets {
  #entries = new Map<string, Entry>()

  /** Takes over what AWS says. */
  refresh(stored: readonly StoredTarget[], nowMs: number): void {
    const next = new Map<string, Entry>()
    for (const one of stored) next.set(targetKey(one.target), { ...one, changedAtMs: -Infinity })
    for (const [key, entry] of this.#entries) {
      if (nowMs - entry.changedAtMs >= SETTLES_MS) continue
      const said = next.get(key)
      const isSeen = said !== undefined && DRAINING.has(said.state) === DRAINING.has(entry.state)
      // A target that we took out and that is not listed any more is gone for good.
      if (!isSeen && !(said === undefined && DRAINING.has(entry.state))) next.set(key, entry)
    }
    this.#entries = next
  }

  registered(targets: readonly Target[], nowMs: number): void {
    for (const target of targets) this.#change(target, 'initial', nowMs)
  }

  deregistered(targets: readonly Target[], nowMs: number): void {
    for (const target of targets) this.#change(target, 'draining', nowMs)
  }

  /** `null` = AWS does not have it, or lets it go. */
  stateOf(target: Target): StoredTarget | null {
    const entry = this.#entries.get(targetKey(target))
    return entry === undefined || DRAINING.has(entry.state) ? null : entry
  }

  /**
   * What to call AWS for. A draining target is registered again when it is wanted, and otherwise left to drain.
   *
   * @param mayTake whether a target that is not wanted may be taken out
   */
  difference(wanted: ReadonlyMap<string, Target>, mayTake: (key: string) => boolean): TargetDifference {
    const register = [...wanted.values()].filter((target) => this.stateOf(target) === null)
    const deregister = [...this.#entries]
      .filter(([key, entry]) => !wanted.has(key) && !DRAINING.has(entry.state) && mayTake(key))
      .map(([, { target }]) => target)
    return { register, deregister }
  }

  #change(target: Target, state: string, nowMs: number): void {
    this.#entries.set(targetKey(target), { target, state, description: '', changedAtMs: nowMs })
  }
}
