/** Requests of one key go to a few endpoints, at random among them: hot keys do not fall on one endpoint alone. */
import type { BalancedEndpoint, Balancer, BalancerPorts } from './balancer.ts'
import { createKeyed } from './keyed.ts'

/** @param size of the subsets, >= 1 */
export function createSubsetHash<E extends BalancedEndpoint>(size: number, { random }: BalancerPorts): Balancer<E> {
  return createKeyed((ring, key, tried) => {
    const subset = ring.findSome(key, size, tried)
    return subset[Math.floor(random() * subset.length)] ?? null
  })
}
