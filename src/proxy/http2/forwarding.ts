/** What an HTTP/2 request becomes on its way to the upstream, and what its gates are shown. */
import { randomBytes } from 'node:crypto'
import { withoutFields } from '../../routing/answer-edits.ts'
import type { Decision } from '../../routing/decide.ts'
import type { RequestClient } from '../client-address.ts'
import type { ClientInfo, UpstreamCluster, UpstreamRequest } from '../downstream.ts'
import { GateRun } from '../filters/gate-run.ts'
import { formatForwardingLines } from '../forwarding-headers.ts'
import type { RequestRecord } from '../request-record.ts'
import { withTraceContext } from '../tracing-switch.ts'
import type { Http2RequestHead } from './request-head.ts'

export type ForwardDecision = Extract<Decision<UpstreamCluster>, { kind: 'forward' | 'gated' }>

/** Kept while gates take their time, when the connection's parsed head is another request's already. */
export interface Forwarding {
  readonly decision: ForwardDecision
  readonly method: string
  readonly authority: string
  readonly lines: string
  readonly forwardingLines: string
  readonly contentLength: number
  /** `websocket`, or empty. */
  readonly protocol: string
}

/** RFC 8441, 5: an extended CONNECT is the GET of a WebSocket handshake, for routes and gates as for upstreams. */
export function upstreamMethod(head: Http2RequestHead): string {
  return head.protocol === '' ? head.method : 'GET'
}

/** @param client as trusted proxies have it; `null` where the peer is the client */
export function prepareForwarding(
  decision: ForwardDecision,
  head: Http2RequestHead,
  info: ClientInfo,
  client: RequestClient | null,
  record: RequestRecord,
): Forwarding {
  const authority = client?.authority ?? head.authority
  const { clientCertificates } = decision.route
  record.upstreamName = decision.cluster.upstreamName
  record.upstreamTarget = decision.target
  return {
    decision,
    method: upstreamMethod(head),
    authority,
    lines: clientCertificates === null ? head.lines : clientCertificates.editLines(head.lines, info.tlsClient),
    forwardingLines: formatForwardingLines(
      authority,
      record.requestId,
      client?.forwardingLines ?? info.forwardingLines,
      head.forwardedFor,
      head.forwardedHost,
    ),
    contentLength: head.contentLength,
    protocol: head.protocol,
  }
}

/** The gates of the route, about to be asked. */
export function createGateRun(
  forwarding: Forwarding,
  head: Http2RequestHead,
  info: ClientInfo,
  record: RequestRecord,
): GateRun {
  const { gates, clientCertificates } = forwarding.decision.route
  const { headerLines } = record
  return new GateRun(gates, {
    method: forwarding.method,
    target: head.target,
    authority: head.authority,
    host: head.host,
    scheme: info.scheme,
    clientAddress: record.remoteAddress,
    requestId: record.requestId,
    rawLines: clientCertificates === null ? headerLines : clientCertificates.editLines(headerLines, info.tlsClient),
  })
}

/** @param gateRun with what the gates said, `null` when there are none */
export function toUpstreamRequest(
  forwarding: Forwarding,
  gateRun: GateRun | null,
  record: RequestRecord,
): UpstreamRequest {
  const { decision, method, authority, forwardingLines, contentLength, protocol } = forwarding
  const { action, requestHeaders, id } = decision.route
  if (action.kind !== 'forward') throw new TypeError(`Cannot forward route ${id}: it has no forward action`)
  let { lines } = forwarding
  if (requestHeaders !== null) lines = withoutFields(lines, requestHeaders.removed) + requestHeaders.lines
  if (gateRun !== null) lines = gateRun.editRequest(lines)
  if (record.span !== null) lines = withTraceContext(lines, record.span)
  let headerLines = `Host: ${authority}\r\n${lines}${forwardingLines}`
  // RFC 8441, 5: the same handshake in HTTP/1.1, whose key is between us and the upstream.
  if (protocol !== '') headerLines += `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n`
  return { method, target: decision.target, headerLines, contentLength, upgrade: protocol, action, record }
}
