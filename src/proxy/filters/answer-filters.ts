/**
 * What stands between an exchange and its front where a route changes the bodies of answers: {@link startFiltered} puts the
 * filters in a row. Each is a {@link Downstream} to what is behind it and an {@link Exchange} to what is before it.
 */
import type { Downstream, Exchange, UpstreamCluster, UpstreamRequest } from '../downstream.ts'
import { CompressionFilter } from './compression.ts'

/**
 * Starts the exchange of a request whose route has filters, once for each request: a backend for errors that answers instead
 * is behind the same filters.
 */
export function startFiltered(cluster: UpstreamCluster, request: UpstreamRequest, downstream: Downstream): Exchange {
  const { record } = request
  const route = record.route?.route
  record.isFiltered = true
  if (route?.compression === undefined) return cluster.start(request, downstream)
  const compression = new CompressionFilter(route.compression, record, downstream)
  compression.exchange = cluster.start(request, compression)
  return compression
}
