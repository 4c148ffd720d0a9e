/** Metrics of backends with health checks, limits or refusals. Others have none, which bounds their number. */
import type { BackendState } from '../upstream/backend-states.ts'
import { formatFamily, type Labels, type MetricFamily } from './exposition.ts'

const HEALTHY: MetricFamily = {
  name: 'genkan_upstream_healthy',
  help: 'Whether requests are sent to the endpoint, as far as health checks and failed connects say: 1 if all workers do',
  type: 'gauge',
}
const REFUSED: MetricFamily = {
  name: 'genkan_upstream_refused_requests_total',
  help: 'Requests answered 503 because the backend had as many as it may',
  type: 'counter',
}
const RETRIES: MetricFamily = {
  name: 'genkan_upstream_refused_retries_total',
  help: 'Further tries that were not made because too many were under way',
  type: 'counter',
}

export function formatBackendMetrics(states: readonly BackendState[], constLabels: Labels): string {
  const healthy = states.flatMap(({ id, endpoints }) =>
    endpoints.map(({ endpoint, unhealthyWorkers, ejectedWorkers }): readonly [Labels, number] => [
      { ...constLabels, backend: id, endpoint },
      unhealthyWorkers + ejectedWorkers === 0 ? 1 : 0,
    ]),
  )
  const counters = (of: (state: BackendState) => number): readonly (readonly [Labels, number])[] =>
    states.map((state) => [{ ...constLabels, backend: state.id }, of(state)])
  return (
    formatFamily(HEALTHY, healthy) +
    formatFamily(
      REFUSED,
      counters((state) => state.refusedRequests),
    ) +
    formatFamily(
      RETRIES,
      counters((state) => state.refusedRetries),
    )
  )
}
