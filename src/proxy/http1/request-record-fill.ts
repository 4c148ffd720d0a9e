/** Fills a request's record from its parsed head. */
import type { ClientInfo } from '../downstream.ts'
import type { RequestRecord } from '../request-record.ts'
import type { RequestHead } from './request-head.ts'

/** Copies what logs and metrics may want. The texts are slices of the received head, not copies. */
export function fillRecord(record: RequestRecord, head: RequestHead, info: ClientInfo): void {
  record.method = head.method
  record.target = head.target
  record.protocol = head.isHttp11 ? 'HTTP/1.1' : 'HTTP/1.0'
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
  record.headerLines = head.rawLines
  record.tlsProtocol = info.tlsProtocol
  record.tlsCipher = info.tlsCipher
  record.client = info
}

/** User name of Basic credentials (RFC 7617), empty for others. Latin1, one character a byte. */
export function readBasicUser(authorization: string): string {
  const match = /^basic +([A-Za-z0-9+/=_-]+)$/i.exec(authorization)
  if (match === null) return ''
  const credentials = Buffer.from(match[1]!, 'base64').toString('latin1')
  const colon = credentials.indexOf(':')
  return colon === -1 ? '' : credentials.slice(0, colon)
}
