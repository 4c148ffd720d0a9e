/**
 * Requests of one key go to one endpoint, and few of them elsewhere when endpoints change. A request without a key goes to
 * the next endpoint in turn: all of those on one endpoint would be no balance.
 */
import type { BalancedEndpoint, Balancer } from './balancer.ts'
import { createKeyed } from './keyed.ts'

export function createHash<E extends BalancedEndpoint>(): Balancer<E> {
  return createKeyed((ring, key, tried) => ring.find(key, tried))
}
