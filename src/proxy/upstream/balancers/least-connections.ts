/**
 * The endpoint with the fewest requests of this worker under way; among equals in turn. Where weights differ, requests count
 * by weight and equals take turns by weight.
 */
import { type BalancedEndpoint, type Balancer, ignoreAnswer, isSkipped, isUneven } from './balancer.ts'
import { pickByCredit } from './credit.ts'

export function createLeastConnections<E extends BalancedEndpoint>(): Balancer<E> {
  let endpoints: readonly E[] = []
  let isWeighted = false
  let next = 0

  const pickWeighted = (tried: readonly E[] | null): E | null => {
    let least = Infinity
    for (const endpoint of endpoints) {
      if (!isSkipped(endpoint, tried)) least = Math.min(least, endpoint.activeRequests / endpoint.weight)
    }
    return pickByCredit(
      endpoints,
      (endpoint) => !isSkipped(endpoint, tried) && endpoint.activeRequests / endpoint.weight === least,
    )
  }

  return {
    setEndpoints(list) {
      endpoints = list
      isWeighted = isUneven(list)
    },
    weightsChanged() {
      isWeighted = isUneven(endpoints)
    },
    pick(_, tried) {
      if (isWeighted) return pickWeighted(tried)
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
