/** Writes request metrics of one or more workers as Prometheus text. */
import { formatFamily, formatHeader, formatLabels, formatValue, type Labels } from './exposition.ts'
import { DEFAULT_LAYOUT, type HistogramLayout, REQUESTS, REQUESTS_NAME, type SeriesLayout } from './request-series.ts'

/** JSON-safe state of one worker's request metrics. */
export interface RequestMetricsSnapshot {
  readonly series: readonly {
    /** Label pairs as they are printed, without the constant ones. */
    readonly labels: string
    /** In the order of `request-series.ts`. */
    readonly values: readonly number[]
  }[]
  /** Requests that no Ingress took. */
  readonly unmatched: number
  /** Requests not counted because there were too many label sets. */
  readonly overflowed: number
}

const PREFIX = 'nginx_ingress_controller_'

/** Series printed between two pieces of text. */
const SERIES_PER_PIECE = 50

/**
 * Adds up workers and prints each family once, series sorted by their labels. In pieces, because thousands of series
 * make tens of megabytes: whoever sends them lets other work run in between.
 */
export function* formatRequestMetrics(
  snapshots: readonly RequestMetricsSnapshot[],
  constLabels: Labels,
  layout: SeriesLayout = DEFAULT_LAYOUT,
): Generator<string, void, void> {
  const { series, unmatched, overflowed } = addSnapshots(snapshots)
  const constant = formatLabels(constLabels)
  const withConstants = series.map(({ labels, values }) => ({
    labels: constant === '' ? labels : `${constant},${labels}`,
    values,
  }))
  if (series.length > 0) {
    if (layout.exposesRequests) {
      const name = PREFIX + REQUESTS_NAME
      let text = formatHeader({ name, help: 'Requests from clients', type: 'counter' })
      for (const { labels, values } of withConstants) {
        text += `${name}{${labels}} ${formatValue(values[REQUESTS] ?? 0)}\n`
      }
      yield text
    }
    for (const histogram of layout.histograms) yield* formatHistogram(histogram, withConstants)
  }
  yield formatFamily(
    {
      name: 'genkan_unmatched_requests_total',
      help: 'Requests that no Ingress rule took: unknown host or path',
      type: 'counter',
    },
    [[{}, unmatched]],
  )
  yield formatFamily(
    {
      name: 'genkan_request_series_overflow_total',
      help: 'Requests missing from the request metrics because the bound on label sets was reached',
      type: 'counter',
    },
    [[{}, overflowed]],
  )
}

/** The sum of snapshots, also for keeping the counts of a worker that ended. */
export function addSnapshots(snapshots: readonly RequestMetricsSnapshot[]): RequestMetricsSnapshot {
  const sums = new Map<string, number[]>()
  let unmatched = 0
  let overflowed = 0
  for (const snapshot of snapshots) {
    unmatched += snapshot.unmatched
    overflowed += snapshot.overflowed
    for (const { labels, values } of snapshot.series) {
      let sum = sums.get(labels)
      if (sum === undefined) {
        sum = Array.from<number>({ length: values.length }).fill(0)
        sums.set(labels, sum)
      }
      for (let i = 0; i < values.length; i++) sum[i] = (sum[i] ?? 0) + (values[i] ?? 0)
    }
  }
  const series = Array.from(sums, ([labels, values]) => ({ labels, values }))
  series.sort((a, b) => (a.labels < b.labels ? -1 : 1))
  return { series, unmatched, overflowed }
}

/** Histograms without observations (no upstream was asked) are left out. */
function* formatHistogram(
  histogram: HistogramLayout,
  series: RequestMetricsSnapshot['series'],
): Generator<string, void, void> {
  const { buckets, offset } = histogram
  const name = PREFIX + histogram.name
  const bucketEnds = [...buckets.map((bound) => `,le="${bound}"} `), ',le="+Inf"} ']
  const observed = series.filter(({ values }) => bucketEnds.some((_, index) => values[offset + index] !== 0))
  if (observed.length === 0) return
  let text = formatHeader({ name, help: histogram.help, type: 'histogram' })
  for (const [number, { labels, values }] of observed.entries()) {
    let count = 0
    for (const [index, end] of bucketEnds.entries()) {
      count += values[offset + index] ?? 0
      text += `${name}_bucket{${labels}${end}${count}\n`
    }
    const sum = formatValue(values[offset + buckets.length + 1] ?? 0)
    text += `${name}_sum{${labels}} ${sum}\n${name}_count{${labels}} ${count}\n`
    if (number % SERIES_PER_PIECE === SERIES_PER_PIECE - 1) {
      yield text
      text = ''
    }
  }
  yield text
}
