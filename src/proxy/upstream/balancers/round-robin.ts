/** Endpoints in turn, shared by all connections of a worker. */
import { type BalancedEndpoint, type Balancer, ignoreAnswer, isSkipped } from './balancer.ts'

export function createRoundRobin<E extends BalancedEndpoint>(): Balancer<E> {
  let endpoints: readonly E[] = []
  let next = 0
  return {
    setEndpoints(list) {
      endpoints = list
    },
    pick(_, tried) {
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
