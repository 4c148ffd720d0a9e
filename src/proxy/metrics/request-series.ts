/**
 * The numbers of one set of labels: a request counter and seven histograms in one flat array, so that a request costs
 * a few increments. Names and buckets are ingress-nginx's (reference, 5.3), the length buckets 10..100 included.
 */
import { connectMs } from '../record-facts.ts'
import type { RequestRecord } from '../request-record.ts'

export interface HistogramLayout {
  /** Without the prefix `nginx_ingress_controller_`. */
  readonly name: string
  readonly help: string
  /** Upper bounds; `+Inf` follows. */
  readonly buckets: readonly number[]
  /** Where its counts begin: one for each bucket (not cumulative), one for `+Inf`, then the sum. */
  readonly offset: number
}

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const LENGTHS = [10, 20, 30, 40, 50, 60, 70, 80, 90, 100]
const SIZES = [10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000]

/** Index of the request counter. */
export const REQUESTS = 0
let next = 1
const REQUEST_DURATION = layout(
  'request_duration_seconds',
  'Seconds from first byte to last byte of a request',
  SECONDS,
)
const RESPONSE_DURATION = layout('response_duration_seconds', 'Seconds until the upstream answered in full', SECONDS)
const HEADER_DURATION = layout('header_duration_seconds', 'Seconds until the upstream sent its header', SECONDS)
const CONNECT_DURATION = layout('connect_duration_seconds', 'Seconds to connect to the upstream', SECONDS)
const REQUEST_SIZE = layout('request_size', 'Bytes of requests, head and body', LENGTHS)
const RESPONSE_SIZE = layout('response_size', 'Bytes of answers, head and body', LENGTHS)
const BYTES_SENT = layout('bytes_sent', 'Bytes sent to clients, head and body', SIZES)
/** How many numbers a series has. */
export const SERIES_LENGTH = next

export const HISTOGRAMS: readonly HistogramLayout[] = [
  REQUEST_DURATION,
  RESPONSE_DURATION,
  HEADER_DURATION,
  CONNECT_DURATION,
  REQUEST_SIZE,
  RESPONSE_SIZE,
  BYTES_SENT,
]

/** Adds one request. Upstream times that do not exist are not counted, a reused connection counts as 0 s. */
export function addRequest(values: Float64Array, record: RequestRecord, nowMs: number): void {
  values[REQUESTS]!++
  add(values, REQUEST_DURATION, (nowMs - record.startMs) / 1000)
  if (record.upstreamResponseMs >= 0) add(values, RESPONSE_DURATION, record.upstreamResponseMs / 1000)
  if (record.upstreamHeaderMs >= 0) add(values, HEADER_DURATION, record.upstreamHeaderMs / 1000)
  const connect = connectMs(record)
  if (connect >= 0) add(values, CONNECT_DURATION, connect / 1000)
  add(values, REQUEST_SIZE, record.requestBytes)
  add(values, RESPONSE_SIZE, record.bytesSent)
  add(values, BYTES_SENT, record.bytesSent)
}

function layout(name: string, help: string, buckets: readonly number[]): HistogramLayout {
  const offset = next
  next += buckets.length + 2
  return { name, help, buckets, offset }
}

/** Indexes stay inside the array by construction: SERIES_LENGTH is the sum of all layouts. */
function add(values: Float64Array, histogram: HistogramLayout, value: number): void {
  const { buckets, offset } = histogram
  let bucket = 0
  while (bucket < buckets.length && value > buckets[bucket]!) bucket++
  values[offset + bucket]!++
  values[offset + buckets.length + 1]! += value
}
