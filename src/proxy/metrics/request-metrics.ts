/**
 * Request metrics of one worker under ingress-nginx's names. The labels of a request come from the route that took it,
 * never from the request, except method and status, which are bounded; so strangers cannot create series.
 */
import type { CompiledRoute } from '../../routing/compile.ts'
import { finalStatus } from '../record-facts.ts'
import type { RequestObserver, RequestRecord } from '../request-record.ts'
import { formatLabels, type Labels } from './exposition.ts'
import { formatRequestMetrics, type RequestMetricsSnapshot } from './request-exposition.ts'
import { addRequest, SERIES_LENGTH } from './request-series.ts'

export interface RequestMetrics extends RequestObserver {
  /** Prometheus text of this worker alone; in pieces, see {@link formatRequestMetrics}. */
  collect(): Iterable<string>
  /** Plain data for the control process, which adds up its workers. */
  snapshot(): RequestMetricsSnapshot
  /**
   * Forgets the series of Ingresses that are gone.
   *
   * @param ingresses `namespace/name` of those that are served now
   */
  retainIngresses(ingresses: ReadonlySet<string>): void
}

export interface RequestMetricsOptions {
  /** `controller_namespace`, `controller_class`, `controller_pod`: see `const-labels.ts`. */
  readonly constLabels: Labels
  /** Requests beyond this many label sets are only counted as overflow. Each costs about 1 KiB. Default 4000. */
  readonly maxSeries?: number
  /** On the clock of `RequestRecord.startMs`. */
  readonly nowMs?: () => number
}

interface Series {
  readonly labels: string
  readonly ingress: string
  readonly values: Float64Array
}

const METHODS = ['OTHER', 'GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'CONNECT', 'TRACE'] as const
const METHOD_INDEX: ReadonlyMap<string, number> = new Map(METHODS.map((method, index) => [method, index]))

export function createRequestMetrics(options: RequestMetricsOptions): RequestMetrics {
  const maxSeries = options.maxSeries ?? 4000
  const nowMs = options.nowMs ?? (() => performance.now())
  const series = new Map<string, Series>()
  /** Per route: the series of a method and status, `null` when there was no room for it. */
  let handles = new WeakMap<CompiledRoute, Map<number, Series | null>>()
  let unmatched = 0
  let overflowed = 0

  function createHandle(route: CompiledRoute, method: number, status: number, canary: string): Series | null {
    const { labels } = route
    const text = formatLabels({
      canary,
      host: labels.host || '_',
      ingress: labels.ingress,
      method: METHODS[method] ?? 'OTHER',
      namespace: labels.namespace,
      path: labels.path,
      service: labels.service,
      status: String(status),
    })
    const known = series.get(text)
    if (known !== undefined) return known
    if (series.size >= maxSeries) return null
    const created = {
      labels: text,
      ingress: `${labels.namespace}/${labels.ingress}`,
      values: new Float64Array(SERIES_LENGTH),
    }
    series.set(text, created)
    return created
  }

  function snapshot(): RequestMetricsSnapshot {
    return {
      series: Array.from(series.values(), ({ labels, values }) => ({ labels, values: Array.from(values) })),
      unmatched,
      overflowed,
    }
  }

  return {
    observe(record: RequestRecord): void {
      const { route } = record
      // The fallback for unknown hosts belongs to no Ingress: ingress-nginx does not measure it either.
      if (route === null || route.labels.ingress === '') {
        unmatched++
        return
      }
      let byStatus = handles.get(route)
      if (byStatus === undefined) {
        byStatus = new Map()
        handles.set(route, byStatus)
      }
      const method = METHOD_INDEX.get(record.method) ?? 0
      const status = finalStatus(record)
      // A route has one canary at most.
      const canary = record.alternativeUpstreamName
      const key = (status * METHODS.length + method) * 2 + (canary === '' ? 0 : 1)
      let handle = byStatus.get(key)
      if (handle === undefined) {
        handle = createHandle(route, method, status, canary)
        byStatus.set(key, handle)
      }
      if (handle === null) overflowed++
      else addRequest(handle.values, record, nowMs())
    },

    collect: () => formatRequestMetrics([snapshot()], options.constLabels),
    snapshot,

    retainIngresses(ingresses): void {
      for (const [text, entry] of series) if (!ingresses.has(entry.ingress)) series.delete(text)
      handles = new WeakMap()
    },
  }
}
