/** What an HTTP/2 request becomes on its way to the upstream, and what its gates are shown. */
import { randomBytes } from 'node:crypto'
import type { RequestClient } from '../client-address.ts'
import type { ClientInfo, UpstreamRequest } from '../downstream.ts'
import { GateRun } from '../filters/gate-run.ts'
import { formatForwardingLines } from '../forwarding-headers.ts'
import type { RequestRecord } from '../request-record.ts'
import { type ForwardDecision, forwardActionOf, upstreamLines } from '../upstream-lines.ts'
import type { Http2RequestHead } from './request-head.ts'

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
  const action = forwardActionOf(decision.route)
  const lines = upstreamLines(decision.route, forwarding.lines, gateRun, record)
  let headerLines = `Host: ${authority}\r\n${lines}${forwardingLines}`
  // RFC 8441, 5: the same handshake in HTTP/1.1, whose key is between us and the upstream.
  if (protocol !== '') headerLines += `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n`
  return { method, target: decision.target, headerLines, contentLength, upgrade: protocol, action, record }
}
