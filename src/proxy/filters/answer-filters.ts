/**
 * What stands between an exchange and its front where a route looks at bodies: {@link startFiltered} puts the filters in a
 * row. Each is a {@link Downstream} to what is behind it and an {@link Exchange} to what is before it.
 */
import type { Downstream, Exchange, UpstreamCluster, UpstreamRequest } from '../downstream.ts'
import type { TimerWheel } from '../timer-wheel.ts'
import { BandwidthFilter } from './bandwidth.ts'
import { CompressionFilter } from './compression.ts'
import { type Mirror, MirrorTap } from './mirror.ts'
import type { PassingFilter } from './passing-filter.ts'

/**
 * Starts the exchange of a request whose route has filters, once for each request: a backend for errors that answers instead
 * is behind the same filters.
 */
export function startFiltered(
  cluster: UpstreamCluster,
  request: UpstreamRequest,
  downstream: Downstream,
  timers: TimerWheel,
): Exchange {
  const { record } = request
  record.isFiltered = true
  const filters: PassingFilter[] = []
  let last: Downstream = downstream
  const push = (filter: PassingFilter): void => {
    filters.push(filter)
    last = filter
  }
  // What the client gets is counted, so this one is next to it.
  const bandwidth = record.route?.route.bandwidth
  if (bandwidth !== undefined) push(new BandwidthFilter(bandwidth, timers, last))
  const compression = record.route?.route.compression
  if (compression !== undefined) push(new CompressionFilter(compression, record, last))
  // Records know routes without the data plane's part; their clusters are all of it.
  const mirror = record.route?.mirror as Mirror | null
  const tap =
    mirror === null || record.isErrorPage || request.upgrade !== '' ? null : new MirrorTap(mirror, request, last)
  if (tap !== null) push(tap)
  let exchange = cluster.start(request, last)
  tap?.begin(exchange)
  for (const filter of filters.reverse()) {
    filter.exchange = exchange
    exchange = filter
  }
  return exchange
}
