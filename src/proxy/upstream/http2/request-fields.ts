/** An upstream request as the fields of HTTP/2 (RFC 9113, 8.3.1; RFC 8441, 4). */
import { withoutFields } from '../../../routing/answer-edits.ts'
import { NO_BODY, type UpstreamRequest } from '../../downstream.ts'
import type { RequestFields } from '../../http2/hpack/encoder.ts'
import { requestLines } from '../message-edits.ts'

const HOST = 'Host: '
/** Set by a route, Host is wherever the edits put it. */
const HOST_LINE = /(?:^|\n)host:[ \t]*([^\r\n]*)/i
const HANDSHAKE = ['sec-websocket-key']

/**
 * Host becomes `:authority`. What only HTTP/1.1 knows the encoder leaves out; `te: trailers` goes on if the client said so,
 * because gRPC servers look for it.
 */
export function toRequestFields(request: UpstreamRequest, clusterId: string, isTls: boolean): RequestFields {
  const { method, target, contentLength, upgrade, record } = request
  let lines = requestLines(request, clusterId)
  let authority = ''
  if (lines.startsWith(HOST)) {
    const end = lines.indexOf('\r\n')
    authority = lines.slice(HOST.length, end)
    lines = lines.slice(end + 2)
  } else {
    // The encoder skips the line.
    authority = HOST_LINE.exec(lines)?.[1] ?? ''
  }
  if (upgrade !== '') lines = withoutFields(lines, HANDSHAKE)
  return {
    method: upgrade === '' ? method : 'CONNECT',
    isTls,
    authority,
    path: target,
    protocol: upgrade,
    takesTrailers: record.headerLines.includes('te: trailers') || record.headerLines.includes('TE: trailers'),
    lines,
    contentLength: upgrade === '' ? contentLength : NO_BODY,
  }
}
