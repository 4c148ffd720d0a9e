/** What the lane tells, and whom it asks. */
import type { Target } from '../../stack/target.ts'
import type { TargetPool } from './target-store.ts'

export interface TargetHealth {
  readonly target: Target
  /** `namespace/pod`; absent for instances. */
  readonly pod?: string
  /** `healthy`, `initial`, `unhealthy`, `unused`, `unavailable`; `missing` when AWS does not have it (yet). */
  readonly state: string
  readonly description: string
}

export interface TargetChange {
  readonly pool: TargetPool
  readonly registered: number
  readonly deregistered: number
  /** From the first wish that was not fulfilled to AWS's answer. */
  readonly tookMs: number
}

export interface TargetProblem {
  readonly pool: TargetPool
  /** AWS's code, such as `TargetGroupNotFound`, `InvalidTarget` or `TooManyTargets`. */
  readonly code: string
  readonly message: string
  /** Which targets it is about; empty = the pool as a whole. */
  readonly targets: readonly Target[]
}

export interface LaneEvents {
  /** Health of everything that is wanted, after each reading in which something changed. */
  readonly onHealth?: (pool: TargetPool, health: readonly TargetHealth[]) => void
  readonly onChange?: (change: TargetChange) => void
  /** Told once for as long as it lasts. */
  readonly onProblem?: (problem: TargetProblem) => void
  /** What was wished and has no problem any more. */
  readonly onRecovered?: (pool: TargetPool) => void
}

/** Which targets of a group with several clusters are ours, kept beyond a restart. */
export interface OwnTargets {
  /** Keys `id:port`. @throws {Error} when that cannot be known: then nothing is taken out */
  load(arn: string): Promise<readonly string[]>
  /** Called before a registration and after a deregistration. @throws {Error} when it cannot be kept */
  save(arn: string, keys: readonly string[]): Promise<void>
}
