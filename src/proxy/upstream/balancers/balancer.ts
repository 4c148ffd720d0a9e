/**
 * How a cluster chooses an endpoint for each request: one file a way, behind this interface. Statistics live on the
 * endpoints, so that those that stay keep them when endpoints or the way change.
 */

export interface BalancedEndpoint {
  /** `address:port`, unique in a cluster. */
  readonly label: string
  /** Requests under way, of this worker. */
  readonly activeRequests: number
  /** Out of the choice for a while, because it could not be reached. */
  readonly isEjected: boolean
  /** For {@link createEwma}: its moving average and when it was taken; -1 before the first answer. */
  latencyMs: number
  latencyAtMs: number
}

export interface Balancer<E extends BalancedEndpoint> {
  /** Replaces the endpoints; called before the first {@link Balancer.pick}. */
  setEndpoints(endpoints: readonly E[]): void
  /**
   * @param key what hashing ways hash; others do not look at it
   * @param tried endpoints that failed in this request
   * @returns `null` when all are tried or ejected
   */
  pick(key: string, tried: readonly E[] | null): E | null
  /** An answer began, `milliseconds` after the request was given to the endpoint. */
  answered(endpoint: E, milliseconds: number): void
}

/** Where chance and time come from; tests pass their own. */
export interface BalancerPorts {
  /** In [0, 1). */
  readonly random: () => number
  /** Monotonic milliseconds. */
  readonly nowMs: () => number
}

export function isSkipped<E extends BalancedEndpoint>(endpoint: E, tried: readonly E[] | null): boolean {
  return endpoint.isEjected || (tried !== null && tried.includes(endpoint))
}

/** For ways that do not look at answers. */
export function ignoreAnswer(): void {}
