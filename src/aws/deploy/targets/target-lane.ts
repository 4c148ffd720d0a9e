/**
 * The fast lane: changes of targets go to AWS by a path of their own, with budgets of their own, and never wait behind the
 * executor. Only the latest wish of each pool is kept, so that nothing queues up; memory is bounded by the pools' sizes.
 */
import type { ResolvedTargets } from '../../stack/target.ts'
import type { AwsApi } from '../aws-api.ts'
import { createBudgets, DEFAULT_RATES, type Rates } from '../execute/budget.ts'
import { createGuardedApi, type GuardedApiOptions } from '../execute/guarded-api.ts'
import { type Ports, SYSTEM_PORTS } from '../execute/ports.ts'
import { createGate } from './gate.ts'
import type { LaneEvents, OwnTargets } from './lane-events.ts'
import { PoolWorker, type WorkerContext } from './pool-worker.ts'
import { poolKey, type TargetPool } from './target-store.ts'

export interface TargetLane {
  /** What the pool should hold from now on. */
  want(pool: TargetPool, resolved: ResolvedTargets): void
  /** The pool is deleted or no longer ours: nothing is called for it any more. Its targets stay. */
  forget(pool: TargetPool): Promise<void>
  /**
   * Takes out everything that is ours, tries that once, and forgets the pool: for a binding that is deleted.
   *
   * @returns AWS's code when it could not be done; empty = nothing of ours is left
   */
  empty(pool: TargetPool): Promise<string>
  /** Resolves once the latest wish of each pool is fulfilled or has failed once. */
  attempted(): Promise<void>
  /** Waits for calls that are on their way. */
  close(): Promise<void>
}

export interface TargetLaneOptions {
  /** Without budgets: the lane has its own. */
  readonly api: AwsApi
  readonly events: LaneEvents
  /** Absent = of groups with several clusters, only what this process registered is ever taken out. */
  readonly own?: OwnTargets
  readonly ports?: Ports
  /** Of these, `targets` and `read` are used. */
  readonly rates?: Rates
  readonly onCall?: GuardedApiOptions['onCall']
}

const PARALLEL_READS = 8

export function createTargetLane(options: TargetLaneOptions): TargetLane {
  const ports = options.ports ?? SYSTEM_PORTS
  const closed = new AbortController()
  const api = createGuardedApi(options.api, {
    budgets: createBudgets(options.rates ?? DEFAULT_RATES, ports),
    ports,
    signal: closed.signal,
    ...(options.onCall === undefined ? {} : { onCall: options.onCall }),
  })
  const context: WorkerContext = {
    api,
    ports,
    events: options.events,
    own: options.own ?? null,
    reads: createGate(PARALLEL_READS),
  }
  const workers = new Map<string, PoolWorker>()

  return {
    want(pool, resolved) {
      if (closed.signal.aborted) return
      let worker = workers.get(poolKey(pool))
      if (worker === undefined) {
        worker = new PoolWorker(pool, context)
        workers.set(poolKey(pool), worker)
      }
      worker.want(resolved)
    },
    async forget(pool) {
      const worker = workers.get(poolKey(pool))
      workers.delete(poolKey(pool))
      await worker?.close()
    },
    async empty(pool) {
      this.want(pool, { targets: [], pods: {}, isFailOpen: false })
      const worker = workers.get(poolKey(pool))
      await worker?.attempted()
      const code = worker?.failure ?? ''
      await this.forget(pool)
      return code
    },
    async attempted() {
      await Promise.all([...workers.values()].map((worker) => worker.attempted()))
    },
    async close() {
      closed.abort()
      await Promise.all([...workers.values()].map((worker) => worker.close()))
      workers.clear()
    },
  }
}
