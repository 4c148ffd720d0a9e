/**
 * Turns of unequal length, spread evenly: every endpoint earns its weight at each choice, the richest is chosen and pays
 * what all have earned. Of weights 1 and 0.25 the second gets every fifth request, not one in a burst.
 */
import type { BalancedEndpoint } from './balancer.ts'

/** @param isCandidate who may be chosen; others neither earn nor pay */
export function pickByCredit<E extends BalancedEndpoint>(
  endpoints: readonly E[],
  isCandidate: (endpoint: E) => boolean,
): E | null {
  let best: E | null = null
  let total = 0
  for (const endpoint of endpoints) {
    if (!isCandidate(endpoint)) continue
    endpoint.credit += endpoint.weight
    total += endpoint.weight
    if (best === null || endpoint.credit > best.credit) best = endpoint
  }
  if (best !== null) best.credit -= total
  return best
}
