/**
 * Peak EWMA (ingress-nginx, configmap.md: load-balance): of two endpoints picked at random, the one with the lower cost. Cost is the
 * time to the first byte, which rises at once to any slower answer and falls over 10 s, times the requests under way.
 * An endpoint nobody heard of is taken for as fast as the others are on average, so that it is not flooded. One of less than
 * whole weight takes part in so many of the choices, which bounds its share however fast it is.
 */
import { type BalancedEndpoint, type Balancer, type BalancerPorts, ignoreWeights, isSkipped } from './balancer.ts'

/** After so many milliseconds an old value counts for 1/e. */
const DECAY_MS = 10_000
/** Keeps requests under way in the cost of endpoints that answer in no time. */
const LEAST_MS = 0.1

export function createEwma<E extends BalancedEndpoint>({ random, nowMs }: BalancerPorts): Balancer<E> {
  let endpoints: readonly E[] = []

  const pickUsable = (tried: readonly E[] | null, other: E | null): E | null => {
    const count = endpoints.length
    const start = Math.floor(random() * count)
    let absent: E | null = null
    for (let i = 0; i < count; i++) {
      const endpoint = endpoints[(start + i) % count]!
      if (endpoint === other || isSkipped(endpoint, tried)) continue
      if (endpoint.weight === 1 || random() < endpoint.weight) return endpoint
      absent ??= endpoint
    }
    // Somebody has to be chosen, but nobody needs a rival.
    return other === null ? absent : null
  }

  return {
    setEndpoints(list) {
      endpoints = list
      const now = nowMs()
      const known = list.filter((endpoint) => endpoint.latencyMs >= 0)
      if (known.length === 0) return
      const mean = known.reduce((sum, endpoint) => sum + decayed(endpoint, now), 0) / known.length
      for (const endpoint of list) {
        if (endpoint.latencyMs >= 0) continue
        endpoint.latencyMs = mean
        endpoint.latencyAtMs = now
      }
    },
    weightsChanged: ignoreWeights,
    pick(_, tried) {
      const one = pickUsable(tried, null)
      const two = one === null ? null : pickUsable(tried, one)
      if (one === null || two === null) return one
      const now = nowMs()
      return cost(two, now) < cost(one, now) ? two : one
    },
    answered(endpoint, milliseconds) {
      const now = nowMs()
      const before = decayed(endpoint, now)
      const weight = Math.exp((endpoint.latencyAtMs - now) / DECAY_MS)
      endpoint.latencyMs =
        milliseconds >= before ? milliseconds : endpoint.latencyMs * weight + milliseconds * (1 - weight)
      endpoint.latencyAtMs = now
    },
  }
}

function cost(endpoint: BalancedEndpoint, now: number): number {
  return (decayed(endpoint, now) + LEAST_MS) * (endpoint.activeRequests + 1)
}

/** The average as it is by now: whoever was slow gets another chance. */
function decayed({ latencyMs, latencyAtMs }: BalancedEndpoint, now: number): number {
  return latencyMs <= 0 ? 0 : latencyMs * Math.exp((latencyAtMs - now) / DECAY_MS)
}
