/** What an HTTP/1 request becomes on its way to the upstream, and what its gates are shown. */
import type { RequestClient } from '../client-address.ts'
import { type ClientInfo, NO_BODY, type UpstreamRequest } from '../downstream.ts'
import { GateRun } from '../filters/gate-run.ts'
import { formatForwardingLines } from '../forwarding-headers.ts'
import type { RequestRecord } from '../request-record.ts'
import { type ForwardDecision, forwardActionOf, upstreamLines } from '../upstream-lines.ts'
import type { RequestHead } from './request-head.ts'

/** The gates of the route, about to be asked. */
export function createGateRun({ route }: ForwardDecision, head: RequestHead, requestId: string): GateRun {
  const { method, target, authority, host, scheme, clientAddress, tlsClient } = head
  let { rawLines } = head
  if (route.clientCertificates !== null) rawLines = route.clientCertificates.editLines(rawLines, tlsClient)
  return new GateRun(route.gates, { method, target, authority, host, scheme, clientAddress, requestId, rawLines })
}

/**
 * @param client as trusted proxies have it; `null` where the peer is the client
 * @param gateRun with what the gates said, `null` when there are none
 * @param isBodyOpen true while the request body has not been read to its end
 */
export function toUpstreamRequest(
  decision: ForwardDecision,
  head: RequestHead,
  info: ClientInfo,
  client: RequestClient | null,
  gateRun: GateRun | null,
  record: RequestRecord,
  isBodyOpen: boolean,
): UpstreamRequest {
  const { route, target } = decision
  record.upstreamTarget = target
  const authority = client?.authority ?? head.authority
  const forwarding = formatForwardingLines(
    authority,
    record.requestId,
    client?.forwardingLines ?? info.forwardingLines,
    head.forwardedFor,
    head.forwardedHost,
  )
  const certified =
    route.clientCertificates === null ? head.lines : route.clientCertificates.editLines(head.lines, head.tlsClient)
  return {
    method: head.method,
    target,
    headerLines: `Host: ${authority}\r\n${upstreamLines(route, certified, gateRun, record)}${forwarding}`,
    contentLength: head.contentLength,
    // A body before the switch leaves no clear point where the other protocol begins.
    upgrade: !isBodyOpen && head.contentLength === NO_BODY ? head.upgrade : '',
    action: forwardActionOf(route),
    record,
  }
}
