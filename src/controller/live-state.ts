import type { Finding } from '../base/finding.ts'
import { CheckCounts } from './check-counts.ts'
import { createExplainTable, type ExplainTable } from '../routing/explain.ts'
import type { RoutingModel } from '../routing/model.ts'

/** Who of the replicas leads. */
export interface Leadership {
  /** Name of the Lease. */
  readonly lease: string
  /** Identity of the leader, empty = nobody that we know of. */
  readonly leader: string
  readonly isLeader: boolean
}

/** How well a cluster is read. */
export interface ClusterReading {
  /** Since when some kind cannot be read, milliseconds since the epoch; `null` while all is current. */
  readonly staleSinceMs: number | null
  /** Kinds that this identity may not read. */
  readonly forbidden: readonly string[]
}

/** What is served right now, for the admin API. Replaced as a whole with each version. */
export class LiveState {
  model: RoutingModel | null = null
  findings: readonly Finding[] = []
  /** Counts applied versions, from 1. */
  version = 0
  /** Milliseconds since the epoch. */
  appliedAtMs = 0
  isDraining = false
  /** Who writes into the cluster; `null` without one. */
  leadership: () => Leadership | null = () => null
  /** How well the cluster is read; `null` without one. */
  reading: () => ClusterReading | null = () => null
  /** Versions that could not be applied. */
  failures = 0
  isLastApplySuccessful = true
  readonly checks = new CheckCounts()
  #explainTable: ExplainTable | null = null

  replace(model: RoutingModel, findings: readonly Finding[], nowMs: number): void {
    this.model = model
    this.findings = findings
    this.version++
    this.isLastApplySuccessful = true
    this.checks.add(model, findings)
    this.appliedAtMs = nowMs
    this.#explainTable = null
  }

  /** A change could not be applied: what was served before is served on. */
  recordFailure(): void {
    this.failures++
    this.isLastApplySuccessful = false
  }

  /** Compiled on first use of each version: most versions are never asked about. `null` before the first. */
  get explainTable(): ExplainTable | null {
    if (this.#explainTable === null && this.model !== null) this.#explainTable = createExplainTable(this.model)
    return this.#explainTable
  }
}
