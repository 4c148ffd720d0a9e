/** Requests of one key go to a few endpoints, at random among them: hot keys do not fall on one endpoint alone. */
import { type BalancedEndpoint, type Balancer, type BalancerPorts, ignoreAnswer } from './balancer.ts'
import { HashRing } from './hash-ring.ts'
import { createRoundRobin } from './round-robin.ts'

/** @param size of the subsets, >= 1 */
export function createSubsetHash<E extends BalancedEndpoint>(size: number, { random }: BalancerPorts): Balancer<E> {
  const keyless = createRoundRobin<E>()
  let ring = new HashRing<E>([])
  return {
    setEndpoints(list) {
      keyless.setEndpoints(list)
      ring = new HashRing(list)
    },
    weightsChanged: () => keyless.weightsChanged(),
    pick(key, tried) {
      if (key === '') return keyless.pick(key, tried)
      const subset = ring.findSome(key, size, tried)
      return subset[Math.floor(random() * subset.length)] ?? null
    },
    answered: ignoreAnswer,
  }
}
