/**
 * Requests of one key go to one endpoint, and few of them elsewhere when endpoints change. A request without a key goes to
 * the next endpoint in turn: all of those on one endpoint would be no balance.
 */
import { type BalancedEndpoint, type Balancer, ignoreAnswer } from './balancer.ts'
import { HashRing } from './hash-ring.ts'
import { createRoundRobin } from './round-robin.ts'

export function createHash<E extends BalancedEndpoint>(): Balancer<E> {
  const keyless = createRoundRobin<E>()
  let ring = new HashRing<E>([])
  return {
    setEndpoints(list) {
      keyless.setEndpoints(list)
      ring = new HashRing(list)
    },
    weightsChanged: () => keyless.weightsChanged(),
    pick: (key, tried) => (key === '' ? keyless.pick(key, tried) : ring.find(key, tried)),
    answered: ignoreAnswer,
  }
}
