/** The endpoint with the fewest requests of this worker under way; among equals in turn. */
import { type BalancedEndpoint, type Balancer, ignoreAnswer, isSkipped } from './balancer.ts'

export function createLeastConnections<E extends BalancedEndpoint>(): Balancer<E> {
  let endpoints: readonly E[] = []
  let next = 0
  return {
    setEndpoints(list) {
      endpoints = list
    },
    pick(_, tried) {
      const count = endpoints.length
      if (next >= count) next = 0
      let best: E | null = null
      let bestAt = 0
      for (let i = 0; i < count; i++) {
        const at = (next + i) % count
        const endpoint = endpoints[at]!
        if (isSkipped(endpoint, tried)) continue
        if (best === null || endpoint.activeRequests < best.activeRequests) {
          best = endpoint
          bestAt = at
        }
      }
      next = bestAt + 1
      return best
    },
    answered: ignoreAnswer,
  }
}
