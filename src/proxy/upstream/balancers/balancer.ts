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
  /** Out of the choice until its health checks pass. */
  readonly isUnhealthy: boolean
  /** Its part of a whole share now, 0 to 1: what the model says times how far its slow start is. */
  readonly weight: number
  /** For {@link pickByCredit}. */
  credit: number
  /** For {@link createEwma}: its moving average and when it was taken; -1 before the first answer. */
  latencyMs: number
  latencyAtMs: number
}

export interface Balancer<E extends BalancedEndpoint> {
  /** Replaces the endpoints; called before the first {@link Balancer.pick}. */
  setEndpoints(endpoints: readonly E[]): void
  /** Weights are others than when {@link Balancer.setEndpoints} was called. */
  weightsChanged(): void
  /**
   * @param key what hashing ways hash; others do not look at it
   * @param tried endpoints that failed in this request
   * @returns `null` when all are tried, ejected, ill or without weight
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
  /** Where turns begin, counted in endpoints: workers begin at different ones, so that few requests spread too. */
  readonly firstTurn: number
}

/** True for those that are not working, as far as anybody knows, or have failed in this request. */
export function isOut<E extends BalancedEndpoint>(endpoint: E, tried: readonly E[] | null): boolean {
  return endpoint.isEjected || endpoint.isUnhealthy || (tried !== null && tried.includes(endpoint))
}

/** True for those that are not chosen while there are others. */
export function isSkipped<E extends BalancedEndpoint>(endpoint: E, tried: readonly E[] | null): boolean {
  return endpoint.weight === 0 || isOut(endpoint, tried)
}

/** True when some endpoints have less than others, so that the plain ways will not do. */
export function isUneven(endpoints: readonly BalancedEndpoint[]): boolean {
  return endpoints.some((endpoint) => endpoint.weight !== endpoints[0]!.weight)
}

/** For ways that do not look at answers. */
export function ignoreAnswer(): void {}

/** For ways that look at weights when they pick. */
export function ignoreWeights(): void {}
