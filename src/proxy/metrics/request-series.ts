/**
 * The numbers of one set of labels: a request counter and histograms in one flat array, so that a request costs a few
 * increments. Names are ingress-nginx's (docs/metrics.md).
 */
import { connectMs } from '../record-facts.ts'
import type { RequestRecord } from '../request-record.ts'
import { DEFAULT_METRICS, type MetricsOptions } from './metrics-options.ts'

export interface HistogramLayout {
  /** Without the prefix `nginx_ingress_controller_`. */
  readonly name: string
  readonly help: string
  /** Upper bounds; `+Inf` follows. */
  readonly buckets: readonly number[]
  /** Where its counts begin: one for each bucket (not cumulative), one for `+Inf`, then the sum. */
  readonly offset: number
}

/** Index of the request counter. */
export const REQUESTS = 0
/** Name of its family. */
export const REQUESTS_NAME = 'requests'

/** What a histogram observes of a request; below zero = nothing. */
type Observe = (record: RequestRecord, nowMs: number) => number

interface Histogram extends HistogramLayout {
  readonly observe: Observe
}

const FAMILIES: readonly {
  readonly name: string
  readonly help: string
  readonly buckets: 'timeBuckets' | 'lengthBuckets' | 'sizeBuckets'
  readonly observe: Observe
}[] = [
  {
    name: 'request_duration_seconds',
    help: 'Seconds from first byte to last byte of a request',
    buckets: 'timeBuckets',
    observe: (record, nowMs) => (nowMs - record.startMs) / 1000,
  },
  {
    name: 'response_duration_seconds',
    help: 'Seconds until the upstream answered in full',
    buckets: 'timeBuckets',
    observe: (record) => record.upstreamResponseMs / 1000,
  },
  {
    name: 'header_duration_seconds',
    help: 'Seconds until the upstream sent its header',
    buckets: 'timeBuckets',
    observe: (record) => record.upstreamHeaderMs / 1000,
  },
  {
    name: 'connect_duration_seconds',
    help: 'Seconds to connect to the upstream',
    buckets: 'timeBuckets',
    // A connection that was kept counts as 0 s.
    observe: (record) => connectMs(record) / 1000,
  },
  {
    name: 'request_size',
    help: 'Bytes of requests, head and body',
    buckets: 'lengthBuckets',
    observe: (record) => record.requestBytes,
  },
  {
    name: 'response_size',
    help: 'Bytes of answers, head and body',
    buckets: 'lengthBuckets',
    observe: (record) => record.bytesSent,
  },
  {
    name: 'bytes_sent',
    help: 'Bytes sent to clients, head and body',
    buckets: 'sizeBuckets',
    observe: (record) => record.bytesSent,
  },
]

/** Names that {@link MetricsOptions.excluded} may have. */
export const REQUEST_FAMILIES: readonly string[] = [REQUESTS_NAME, ...FAMILIES.map(({ name }) => name)]

/** Where each number of a series is. The same options give the same layout in every process. */
export class SeriesLayout {
  readonly histograms: readonly HistogramLayout[]
  /** How many numbers a series has. */
  readonly length: number
  readonly exposesRequests: boolean
  readonly #histograms: readonly Histogram[]

  constructor(options: MetricsOptions = DEFAULT_METRICS) {
    let offset = REQUESTS + 1
    const histograms: Histogram[] = []
    for (const { name, help, buckets: kind, observe } of FAMILIES) {
      if (options.excluded.includes(name)) continue
      const buckets = options[kind]
      histograms.push({ name, help, buckets, offset, observe })
      offset += buckets.length + 2
    }
    this.#histograms = histograms
    this.histograms = histograms
    this.length = offset
    this.exposesRequests = !options.excluded.includes(REQUESTS_NAME)
  }

  /** Adds one request. */
  add(values: Float64Array, record: RequestRecord, nowMs: number): void {
    values[REQUESTS]!++
    for (let i = 0; i < this.#histograms.length; i++) {
      const { buckets, offset, observe } = this.#histograms[i]!
      const value = observe(record, nowMs)
      if (value < 0) continue
      // Indexes stay inside the array by construction: the length is the sum of all histograms.
      let bucket = 0
      while (bucket < buckets.length && value > buckets[bucket]!) bucket++
      values[offset + bucket]!++
      values[offset + buckets.length + 1]! += value
    }
  }
}

export const DEFAULT_LAYOUT = new SeriesLayout()
