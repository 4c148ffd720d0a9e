/** What is to be done about an HTTP/2 request. */
import { decide, type Decision } from '../../routing/decide.ts'
import type { RequestClient } from '../client-address.ts'
import type { ClientInfo, FrontContext, UpstreamCluster } from '../downstream.ts'
import type { RequestRecord } from '../request-record.ts'
import { startSpan } from '../tracing-switch.ts'
import { upstreamMethod } from './forwarding.ts'
import type { Http2RequestHead } from './request-head.ts'

/**
 * @param record filled from the head; learns the route, and its span if it is traced
 * @param client as trusted proxies have it; `null` where the peer is the client
 */
export function decideRequest(
  context: FrontContext,
  info: ClientInfo,
  head: Http2RequestHead,
  record: RequestRecord,
  client: RequestClient | null,
): Decision<UpstreamCluster> {
  const decision = decide(context.table, {
    scheme: info.scheme,
    authority: head.authority,
    host: head.host,
    target: head.target,
    contentLength: head.contentLength < 0 ? -1 : head.contentLength,
    method: upstreamMethod(head),
    origin: head.origin,
    userAgent: head.userAgent,
    referer: head.referer,
    rawLines: record.headerLines,
    draw: Math.random,
    clientAddress: record.remoteAddress,
    forwarded: client?.forwarded ?? null,
    tlsClient: info.tlsClient ?? null,
  })
  record.route = decision.route
  if (decision.route !== null && decision.route.tracing !== null)
    record.span = startSpan(decision.route, record.headerLines, context.tracing)
  return decision
}
