/** Endpoints in turn, shared by all connections of a worker; where weights differ, as often as they say. */
import { type BalancedEndpoint, type Balancer, ignoreAnswer, isSkipped, isUneven } from './balancer.ts'
import { pickByCredit } from './credit.ts'

/** @param firstTurn see {@link BalancerPorts.firstTurn} */
export function createRoundRobin<E extends BalancedEndpoint>(firstTurn = 0): Balancer<E> {
  let endpoints: readonly E[] = []
  let isWeighted = false
  let next = -1
  return {
    setEndpoints(list) {
      endpoints = list
      if (next === -1 && list.length > 0) next = firstTurn % list.length
      isWeighted = isUneven(list)
    },
    weightsChanged() {
      isWeighted = isUneven(endpoints)
    },
    pick(_, tried) {
      if (isWeighted) return pickByCredit(endpoints, (endpoint) => !isSkipped(endpoint, tried))
      for (let i = 0; i < endpoints.length; i++) {
        if (next >= endpoints.length) next = 0
        const endpoint = endpoints[next++]!
        if (!isSkipped(endpoint, tried)) return endpoint
      }
      return null
    },
    answered: ignoreAnswer,
  }
}
