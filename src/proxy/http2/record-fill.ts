/** Fills a request's record from its parsed HTTP/2 head. */
import type { ClientInfo } from '../downstream.ts'
import { chooseRequestId } from '../forwarding-headers.ts'
import { readBasicUser } from '../http1/request-record-fill.ts'
import type { RequestRecord } from '../request-record.ts'
import type { Http2RequestHead } from './request-head.ts'

export function fillRecord(
  record: RequestRecord,
  head: Http2RequestHead,
  info: ClientInfo,
  generatesId?: boolean,
): void {
  record.startMs = performance.now()
  record.method = head.method
  record.target = head.target
  record.protocol = 'HTTP/2.0'
  record.scheme = info.scheme
  record.authority = head.authority
  record.host = head.host
  record.remoteAddress = info.remoteAddress
  record.remotePort = info.remotePort
  record.serverPort = info.serverPort
  record.referer = head.referer
  record.userAgent = head.userAgent
  if (head.authorization !== '') record.remoteUser = readBasicUser(head.authorization)
  record.forwardedFor = head.forwardedFor
  record.requestId = chooseRequestId(head.requestId, generatesId)
  record.headerLines = head.otherLines + head.lines
  // The size that the same head has in HTTP/1.1: comparable over protocols, unlike what HPACK made of it.
  record.requestBytes = head.method.length + head.target.length + 12 + record.headerLines.length + 2
  record.tlsProtocol = info.tlsProtocol
  record.tlsCipher = info.tlsCipher
  record.client = info
}
