/** What balancers by key have in common: a request without a key goes to the next endpoint in turn. */
import { type BalancedEndpoint, type Balancer, ignoreAnswer } from './balancer.ts'
import { HashRing } from './hash-ring.ts'
import { createRoundRobin } from './round-robin.ts'

/** @param choose an endpoint of the ring for a key; `null` when none may be chosen */
export function createKeyed<E extends BalancedEndpoint>(
  choose: (ring: HashRing<E>, key: string, tried: readonly E[] | null) => E | null,
): Balancer<E> {
  const keyless = createRoundRobin<E>()
  let ring = new HashRing<E>([])
  return {
    setEndpoints(list) {
      keyless.setEndpoints(list)
      ring = new HashRing(list)
    },
    weightsChanged: () => keyless.weightsChanged(),
    pick: (key, tried) => (key === '' ? keyless.pick(key, tried) : choose(ring, key, tried)),
    answered: ignoreAnswer,
  }
}
