/**
 * Request metrics of one worker under ingress-nginx's names. The labels of a request come from the route that took it,
 * never from the request, except method and status, which are bounded; so strangers cannot create series.
 */
import type { CompiledRoute } from '../../routing/compile.ts'
import type { RouteLabels } from '../../routing/model.ts'
import { finalStatus } from '../record-facts.ts'
import type { RequestObserver, RequestRecord } from '../request-record.ts'
import { formatLabels, type Labels } from './exposition.ts'
import { formatRequestMetrics, type RequestMetricsSnapshot } from './request-exposition.ts'
import { DEFAULT_METRICS, type MetricsOptions } from './metrics-options.ts'
import { SeriesLayout } from './request-series.ts'

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
  readonly metrics?: MetricsOptions
  /** On the clock of `RequestRecord.startMs`. */
  readonly nowMs?: () => number
}

interface Series {
  readonly labels: string
  readonly ingress: string
  readonly values: Float64Array
}

/** Hosts without Ingress that get a label of their own; the rest share one. */
const MOST_UNDEFINED_HOSTS = 100
const OTHER_HOSTS = '_other'
const NO_INGRESS = '/'
const NO_LABELS: RouteLabels = {
  namespace: '',
  ingress: '',
  service: '',
  servicePort: '',
  path: '',
  pathType: '',
  host: '',
}

const METHODS = ['OTHER', 'GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'CONNECT', 'TRACE'] as const
const METHOD_INDEX: ReadonlyMap<string, number> = new Map(METHODS.map((method, index) => [method, index]))

export function createRequestMetrics(options: RequestMetricsOptions): RequestMetrics {
  const maxSeries = options.maxSeries ?? 4000
  const nowMs = options.nowMs ?? (() => performance.now())
  const metrics = options.metrics ?? DEFAULT_METRICS
  const layout = new SeriesLayout(metrics)
  const series = new Map<string, Series>()
  const undefinedHosts = new Map<string, Map<number, Series | null>>()
  /** Per route: the series of a method and status, `null` when there was no room for it. */
  let handles = new WeakMap<CompiledRoute, Map<number, Series | null>>()
  let unmatched = 0
  let overflowed = 0

  function createHandle(
    labels: RouteLabels,
    method: number,
    status: number,
    canary: string,
    host: string,
  ): Series | null {
    const text = formatLabels({
      canary,
      ...(metrics.isPerHost ? { host } : {}),
      ingress: labels.ingress,
      method: METHODS[method] ?? 'OTHER',
      namespace: labels.namespace,
      path: labels.path,
      service: labels.service,
      status: metrics.reportsStatusClasses ? `${Math.floor(status / 100)}xx` : String(status),
    })
    const known = series.get(text)
    if (known !== undefined) return known
    if (series.size >= maxSeries) return null
    const created = {
      labels: text,
      ingress: `${labels.namespace}/${labels.ingress}`,
      values: new Float64Array(layout.length),
    }
    series.set(text, created)
    return created
  }

  function count(byStatus: Map<number, Series | null>, labels: RouteLabels, record: RequestRecord, host: string): void {
    const method = METHOD_INDEX.get(record.method) ?? 0
    const status = finalStatus(record)
    // A route has one canary at most.
    const canary = record.alternativeUpstreamName
    const key = (status * METHODS.length + method) * 2 + (canary === '' ? 0 : 1)
    let handle = byStatus.get(key)
    if (handle === undefined) {
      handle = createHandle(labels, method, status, canary, host)
      byStatus.set(key, handle)
    }
    if (handle === null) overflowed++
    else layout.add(handle.values, record, nowMs())
  }

  /** Hosts that strangers make up are counted together once there are many. */
  function countUndefined(record: RequestRecord): void {
    const host = record.host || '_'
    const label = undefinedHosts.has(host) || undefinedHosts.size < MOST_UNDEFINED_HOSTS ? host : OTHER_HOSTS
    let byStatus = undefinedHosts.get(label)
    if (byStatus === undefined) {
      byStatus = new Map()
      undefinedHosts.set(label, byStatus)
    }
    count(byStatus, NO_LABELS, record, label)
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
        if (metrics.countsUndefinedHosts) countUndefined(record)
        return
      }
      let byStatus = handles.get(route)
      if (byStatus === undefined) {
        byStatus = new Map()
        handles.set(route, byStatus)
      }
      count(byStatus, route.labels, record, route.labels.host || '_')
    },

    collect: () => formatRequestMetrics([snapshot()], options.constLabels, layout),
    snapshot,

    retainIngresses(ingresses): void {
      for (const [text, entry] of series) {
        if (entry.ingress !== NO_INGRESS && !ingresses.has(entry.ingress)) series.delete(text)
      }
      handles = new WeakMap()
    },
  }
}
