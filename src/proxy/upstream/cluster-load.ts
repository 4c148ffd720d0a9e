/**
 * What one worker has under way for one backend, and the bounds on it: requests, connections, requests that wait for a
 * connection, and further tries. Where nothing is configured only tries are bounded.
 *
 * The budget keeps a backend that fails from being asked several times by everybody: tries beyond the first may be a share
 * of the requests under way, or {@link LEAST_RETRIES} of them, whichever is more. Failed connects do not count, because the
 * backend had no work with them.
 */
import { type CircuitLimits, USUAL_PENDING, USUAL_RETRY_BUDGET_PERCENT } from '../../routing/resilience.ts'

/** Further tries that are always allowed at once, unless the budget is 0. */
export const LEAST_RETRIES = 10

/** Whoever waits for a connection. */
export interface ConnectionWaiter {
  /** One is free, or may be made. */
  connectionFreed(): void
}

export class ClusterLoad {
  /** Requests under way or waiting. */
  active = 0
  /** Further tries under way. */
  retries = 0
  /** Open connections, idle ones included. */
  connections = 0
  /** Since the start: requests answered 503 for a limit, and tries that were not made for the budget. */
  refusedRequests = 0
  refusedRetries = 0
  #limits: CircuitLimits = {}
  #maxRequests = Infinity
  #maxConnections = Infinity
  #budgetPercent = USUAL_RETRY_BUDGET_PERCENT
  readonly #waiting: ConnectionWaiter[] = []

  configure(limits: CircuitLimits | undefined, budgetPercent: number | undefined): void {
    this.#limits = limits ?? {}
    this.#maxRequests = this.#limits.maxRequests ?? Infinity
    this.#maxConnections = this.#limits.maxConnections ?? Infinity
    this.#budgetPercent = budgetPercent ?? USUAL_RETRY_BUDGET_PERCENT
    this.wakeAll()
  }

  /** One more request would be too many. */
  get isFull(): boolean {
    return this.active >= this.#maxRequests
  }

  get mayConnect(): boolean {
    return this.connections < this.#maxConnections
  }

  mayRetry(): boolean {
    const share = (this.active * this.#budgetPercent) / 100
    const most = this.#budgetPercent === 0 ? 0 : Math.max(LEAST_RETRIES, share)
    if (this.retries < most) return true
    this.refusedRetries++
    return false
  }

  get waitingCount(): number {
    return this.#waiting.length
  }

  /**
   * @param isNext it has had its turn, and somebody else was faster
   * @returns false when too many wait already
   */
  wait(waiter: ConnectionWaiter, isNext: boolean): boolean {
    if (isNext) {
      this.#waiting.unshift(waiter)
      return true
    }
    if (this.#waiting.length >= (this.#limits.maxPendingRequests ?? USUAL_PENDING)) return false
    this.#waiting.push(waiter)
    return true
  }

  forget(waiter: ConnectionWaiter): void {
    const at = this.#waiting.indexOf(waiter)
    if (at !== -1) this.#waiting.splice(at, 1)
  }

  connectionClosed(): void {
    this.connections--
    this.connectionFreed()
  }

  /** A connection is idle, or there may be one more: whoever waited longest goes on, in a turn of its own. */
  connectionFreed(): void {
    const next = this.#waiting.shift()
    if (next !== undefined) process.nextTick(goOn, next)
  }

  /** Limits or endpoints are others: everybody looks again. */
  wakeAll(): void {
    for (const waiter of this.#waiting.splice(0)) process.nextTick(goOn, waiter)
  }
}

function goOn(waiter: ConnectionWaiter): void {
  waiter.connectionFreed()
}
