/** Fills a request's record with what both protocols know of a request and its client. */
import type { ClientInfo } from './downstream.ts'
import type { RequestRecord } from './request-record.ts'

/** A parsed head, whatever it was written in. Texts are latin1. */
export interface RecordedHead {
  readonly method: string
  readonly target: string
  readonly authority: string
  readonly host: string
  readonly referer: string
  readonly userAgent: string
  readonly authorization: string
  readonly forwardedFor: string
}

/** Copies what logs and metrics may want. The texts are slices of the received head, not copies. */
export function fillRecord(record: RequestRecord, head: RecordedHead, info: ClientInfo): void {
  record.method = head.method
  record.target = head.target
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
