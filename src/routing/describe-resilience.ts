/** What a backend's checks, limits and timeouts mean for a request, in words for explanations. */
import type { Backend, ForwardAction } from './model.ts'

export interface DescribedPhase {
  readonly name: string
  readonly effect: string
}

/** Empty for a backend without any. */
export function describeResilience(
  { healthCheck, limits, slowStartMs, target }: Backend,
  { perTryTimeoutMs, requestTimeoutMs }: Partial<Pick<ForwardAction, 'perTryTimeoutMs' | 'requestTimeoutMs'>>,
): readonly DescribedPhase[] {
  const phases: DescribedPhase[] = []
  const bounds = [
    limits?.maxRequests === undefined ? '' : `${limits.maxRequests} requests`,
    limits?.maxConnections === undefined ? '' : `${limits.maxConnections} connections`,
  ].filter((text) => text !== '')
  if (bounds.length > 0) {
    phases.push({ name: 'limits', effect: `each worker has at most ${bounds.join(' and ')} here, else 503` })
  }
  if (healthCheck !== undefined) {
    const { protocol, path, intervalMs, unhealthyThreshold } = healthCheck
    const what = protocol === 'tcp' ? 'a connection' : path
    phases.push({
      name: 'health checks',
      effect: `each worker asks for ${what} every ${seconds(intervalMs)}; endpoints that fail ${unhealthyThreshold} in a row are left out`,
    })
  }
  if (slowStartMs !== undefined) {
    phases.push({ name: 'slow start', effect: `new endpoints have their whole share after ${seconds(slowStartMs)}` })
  }
  const weighted = target.kind === 'endpoints' ? target.endpoints.filter(({ weight = 1 }) => weight !== 1).length : 0
  if (weighted > 0)
    phases.push({ name: 'weights', effect: `${weighted} of the endpoints have less than a whole share` })
  if (perTryTimeoutMs !== undefined) {
    phases.push({ name: 'timeout of a try', effect: `${seconds(perTryTimeoutMs)} until the head of the answer` })
  }
  if (requestTimeoutMs !== undefined) {
    phases.push({
      name: 'timeout',
      effect: `${seconds(requestTimeoutMs)} for all tries and the whole answer, else 504`,
    })
  }
  return phases
}

function seconds(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${ms / 1000} s`
}
