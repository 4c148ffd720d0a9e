/**
 * What a worker knows of its backends that the model does not say: health, ejection, shares, what is under way. Only of
 * backends about which there is something to say, so that ten thousand ordinary ones cost nothing.
 */

export interface BackendState {
  /** Of the backend in the model. */
  readonly id: string
  readonly activeRequests: number
  readonly waitingRequests: number
  /** Since the start. */
  readonly refusedRequests: number
  readonly refusedRetries: number
  readonly endpoints: readonly EndpointState[]
}

export interface EndpointState {
  /** `address:port`. */
  readonly endpoint: string
  /** How many workers leave it out because its health checks failed. */
  readonly unhealthyWorkers: number
  /** How many workers leave it out because it could not be reached. */
  readonly ejectedWorkers: number
  /** Part of a whole share now, 0 to 1; the least that any worker gives. */
  readonly share: number
}

/** All workers together, sorted by id. */
export function mergeBackendStates(workers: readonly (readonly BackendState[])[]): readonly BackendState[] {
  const byId = new Map<string, BackendState>()
  for (const state of workers.flat()) {
    const known = byId.get(state.id)
    byId.set(state.id, known === undefined ? state : addStates(known, state))
  }
  return [...byId.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
}

function addStates(a: BackendState, b: BackendState): BackendState {
  const endpoints = new Map(a.endpoints.map((state) => [state.endpoint, state]))
  for (const state of b.endpoints) {
    const known = endpoints.get(state.endpoint)
    endpoints.set(state.endpoint, known === undefined ? state : addEndpoints(known, state))
  }
  return {
    id: a.id,
    activeRequests: a.activeRequests + b.activeRequests,
    waitingRequests: a.waitingRequests + b.waitingRequests,
    refusedRequests: a.refusedRequests + b.refusedRequests,
    refusedRetries: a.refusedRetries + b.refusedRetries,
    endpoints: [...endpoints.values()],
  }
}

function addEndpoints(a: EndpointState, b: EndpointState): EndpointState {
  return {
    endpoint: a.endpoint,
    unhealthyWorkers: a.unhealthyWorkers + b.unhealthyWorkers,
    ejectedWorkers: a.ejectedWorkers + b.ejectedWorkers,
    share: Math.min(a.share, b.share),
  }
}
