/**
 * How the proxy deals with backends that are new, slow, full or ill. Plain data of the model, all of it optional: absent
 * means that nothing of the kind is done. Every worker counts and checks for itself.
 */

/** Asks endpoints from time to time whether they work, besides what requests find out. */
export interface HealthCheckConfig {
  /** `tcp` asks no more than whether a connection is accepted. */
  readonly protocol: 'http' | 'https' | 'tcp'
  /** Target of the GET; nothing for `tcp`. */
  readonly path: string
  /** Value of `Host`; empty = the endpoint's own address. */
  readonly host: string
  /** 0 = the port that requests go to. */
  readonly port: number
  readonly intervalMs: number
  readonly timeoutMs: number
  /** Good checks in a row that bring an endpoint back, >= 1. */
  readonly healthyThreshold: number
  /** Bad checks in a row that take it out, >= 1. */
  readonly unhealthyThreshold: number
  /** Statuses of a good answer; both ends count. */
  readonly expectedStatuses: readonly StatusRange[]
}

export interface StatusRange {
  readonly from: number
  readonly to: number
}

/** What a backend is given at once by one worker; requests over it are answered 503. */
export interface CircuitLimits {
  /** Connections to all endpoints together; absent = no limit. */
  readonly maxConnections?: number
  /** Requests under way or waiting; absent = no limit. */
  readonly maxRequests?: number
  /** Requests that wait for a connection once `maxConnections` are busy; absent = {@link USUAL_PENDING}. */
  readonly maxPendingRequests?: number
}

/** How many requests wait for a connection where only the connections are limited. */
export const USUAL_PENDING = 100

/** Share of the requests under way that may be further tries, in percent. */
export const USUAL_RETRY_BUDGET_PERCENT = 20

/** Fields of a backend. */
export interface BackendResilience {
  /** A new endpoint's share grows from a tenth to the whole in this time. */
  readonly slowStartMs?: number
  readonly healthCheck?: HealthCheckConfig
  readonly limits?: CircuitLimits
  /** Absent = {@link USUAL_RETRY_BUDGET_PERCENT}. */
  readonly retryBudgetPercent?: number
}
