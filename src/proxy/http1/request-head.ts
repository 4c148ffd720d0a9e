/**
 * Request heads (RFC 9112, 2 to 6; RFC 9110, 7.2, 7.6.1, 10.1.1): one pass over the lines with character codes, strict where
 * parsers disagree. What remains is one string of lines to forward; a request that two servers could read
 * differently is refused, never repaired. Not accepted: obs-fold, blanks before the colon, bare CR or LF, transfer codings
 * other than `chunked`, several or list-valued Content-Length, Content-Length beside Transfer-Encoding.
 */
import { withoutFields } from '../../routing/answer-edits.ts'
import type { TlsClient } from '../../routing/client-certificate-check.ts'
import type { RequestFacts } from '../../routing/decide.ts'
import type { Scheme } from '../../routing/model.ts'
import type { ForwardedFacts } from '../../routing/trusted-proxies.ts'
import { NO_BODY, UNKNOWN_LENGTH } from '../downstream.ts'
import { parseAuthority } from './authority.ts'
import {
  COLON,
  CR,
  FIELD_VALUE,
  LF,
  NameTable,
  parseContentLength,
  splitTokens,
  TOKEN,
  trimValue,
  UNDERSCORE_BIT,
} from './field-syntax.ts'
import { parseRequestLine } from './request-line.ts'

/** Fields in one head; more is 431. */
const MOST_FIELDS = 200

const DROP = 1
const HOST = 2
const CONNECTION = 3
const CONTENT_LENGTH = 4
const TRANSFER_ENCODING = 5
const UPGRADE = 6
const EXPECT = 7
const REQUEST_ID = 8
const FORWARDED_FOR = 9
const FORWARDED_HOST = 10
const REFERER = 11
const USER_AGENT = 12
const AUTHORIZATION = 13
const ORIGIN = 14

const REQUEST_FIELDS = new NameTable({
  host: HOST,
  connection: CONNECTION,
  'keep-alive': DROP,
  'proxy-connection': DROP,
  te: DROP,
  'http2-settings': DROP,
  // A CGI program would read it as HTTP_PROXY.
  proxy: DROP,
  'content-length': CONTENT_LENGTH,
  'transfer-encoding': TRANSFER_ENCODING,
  upgrade: UPGRADE,
  expect: EXPECT,
  'x-request-id': REQUEST_ID,
  'x-forwarded-for': FORWARDED_FOR,
  'x-forwarded-host': FORWARDED_HOST,
  'x-real-ip': DROP,
  'x-forwarded-port': DROP,
  'x-forwarded-proto': DROP,
  'x-forwarded-scheme': DROP,
  'x-scheme': DROP,
  'x-original-forwarded-for': DROP,
  'x-original-forwarded-host': DROP,
  referer: REFERER,
  'user-agent': USER_AGENT,
  authorization: AUTHORIZATION,
  origin: ORIGIN,
})

/** One parsed head, as `decide` wants to see it. A connection reuses one object for all its requests. */
export class RequestHead implements RequestFacts {
  /** Of the connection. */
  scheme: Scheme = 'http'
  /** Of the connection. */
  clientAddress = ''
  /** Of the connection. */
  tlsClient: TlsClient | null = null
  method = ''
  /** Origin form, or `*`. */
  target = ''
  /** From an absolute target, empty otherwise; it beats `Host` (RFC 9112, 3.2.2). */
  targetAuthority = ''
  isHttp11 = true
  /** As sent; empty for HTTP/1.0 without Host. */
  authority = ''
  /** {@link authority} for routing. */
  host = ''
  /** Lines to forward, without Host, hop-by-hop, framing and forwarding fields. */
  lines = ''
  /** All lines as received. */
  rawLines = ''
  readonly draw = Math.random
  contentLength = NO_BODY
  /** What the client wants after this request. */
  isPersistent = true
  /** Value of `Upgrade` when `Connection` names it. */
  upgrade = ''
  expectsContinue = false
  requestId = ''
  forwardedFor = ''
  forwardedHost = ''
  referer = ''
  userAgent = ''
  authorization = ''
  origin = ''
  /** What a trusted proxy said about this request. */
  forwarded: ForwardedFacts | null = null
  /** Where the next line begins while parsing. */
  next = 0
  /** The last authority of the connection and its routing form: clients repeat themselves. Own copies, no slices. */
  knownAuthority = ''
  knownHost = ''

  /** Also lets go of the text that the fields are slices of: an idle connection holds none of it. */
  reset(): void {
    this.method = ''
    this.target = ''
    this.targetAuthority = ''
    this.authority = ''
    this.host = ''
    this.lines = ''
    this.rawLines = ''
    this.contentLength = NO_BODY
    this.upgrade = ''
    this.expectsContinue = false
    this.requestId = ''
    this.forwardedFor = ''
    this.forwardedHost = ''
    this.referer = ''
    this.userAgent = ''
    this.authorization = ''
    this.origin = ''
  }
}

/**
 * @param text latin1
 * @param start first character of the request line
 * @param end where the empty line begins: `text` has CRLF CRLF at `end - 2`
 * @param head receives the result; on refusal its fields hold what was read so far
 * @returns 0, or the status to refuse with
 */
export function parseRequestHead(
  text: string,
  start: number,
  end: number,
  allowsUnderscores: boolean,
  head: RequestHead,
): number {
  head.reset()
  const refusal = parseRequestLine(text, start, head)
  if (refusal !== 0) return refusal

  const firstLine = head.next
  let kept = ''
  let keptFrom = firstLine
  let fields = 0
  let connection = ''
  let hosts = 0
  let hasTransferEncoding = false
  let at = firstLine
  while (at < end) {
    let i = at
    let bits = 0
    for (let bit = TOKEN[text.charCodeAt(i)]!; bit !== 0; bit = TOKEN[text.charCodeAt(++i)]!) bits |= bit
    if (i === at || text.charCodeAt(i) !== COLON) return 400
    const nameEnd = i
    do i++
    while (FIELD_VALUE[text.charCodeAt(i)] === 1)
    if (text.charCodeAt(i) !== CR || text.charCodeAt(i + 1) !== LF) return 400
    if (++fields > MOST_FIELDS) return 431
    const next = i + 2

    const kind = REQUEST_FIELDS.find(text, at, nameEnd)
    if (kind !== 0 || ((bits & UNDERSCORE_BIT) !== 0 && !allowsUnderscores)) {
      let isKept = false
      switch (kind) {
        case HOST:
          if (++hosts > 1) return 400
          head.authority = trimValue(text, nameEnd + 1, i)
          if (head.authority === '') return 400
          break
        case CONNECTION: {
          const value = trimValue(text, nameEnd + 1, i)
          connection = connection === '' ? value : `${connection},${value}`
          break
        }
        case CONTENT_LENGTH: {
          const length = parseContentLength(trimValue(text, nameEnd + 1, i))
          if (length === -1 || head.contentLength !== NO_BODY) return 400
          head.contentLength = length
          break
        }
        case TRANSFER_ENCODING:
          if (hasTransferEncoding) return 400
          hasTransferEncoding = true
          // A tab is a blank like any other, but enough parsers take it for a part of the coding's name.
          if (text.slice(nameEnd + 1, i).includes('\t')) return 400
          if (trimValue(text, nameEnd + 1, i).toLowerCase() !== 'chunked') return head.isHttp11 ? 501 : 400
          break
        case UPGRADE:
          head.upgrade = trimValue(text, nameEnd + 1, i)
          break
        case EXPECT:
          if (trimValue(text, nameEnd + 1, i).toLowerCase() !== '100-continue') return 417
          // RFC 9110, 10.1.1: ignored in HTTP/1.0.
          head.expectsContinue = head.isHttp11
          isKept = head.isHttp11
          break
        case REQUEST_ID:
          head.requestId = trimValue(text, nameEnd + 1, i)
          break
        case FORWARDED_FOR:
          head.forwardedFor = joinValues(head.forwardedFor, trimValue(text, nameEnd + 1, i))
          break
        case FORWARDED_HOST:
          head.forwardedHost = joinValues(head.forwardedHost, trimValue(text, nameEnd + 1, i))
          break
        case REFERER:
          head.referer = trimValue(text, nameEnd + 1, i)
          isKept = true
          break
        case USER_AGENT:
          head.userAgent = trimValue(text, nameEnd + 1, i)
          isKept = true
          break
        case AUTHORIZATION:
          head.authorization = trimValue(text, nameEnd + 1, i)
          isKept = true
          break
        case ORIGIN:
          // Two origins are none: whatever is compared must be what the upstream sees.
          head.origin = head.origin === '' ? trimValue(text, nameEnd + 1, i) : 'null'
          isKept = true
          break
        default:
      }
      if (!isKept) {
        if (at > keptFrom) kept += text.slice(keptFrom, at)
        keptFrom = next
      }
    }
    at = next
  }
  head.lines = keptFrom < end ? kept + text.slice(keptFrom, end) : kept
  head.rawLines = text.slice(firstLine, end)

  if (hasTransferEncoding) {
    // Two framings, or chunked from a peer that cannot mean it: the classic ways to smuggle (RFC 9112, 6.1 and 11.2).
    if (head.contentLength !== NO_BODY || !head.isHttp11) return 400
    head.contentLength = UNKNOWN_LENGTH
  }
  if (!readConnection(head, connection)) return 400
  return readHost(head, hosts)
}

function joinValues(before: string, value: string): string {
  return before === '' ? value : `${before}, ${value}`
}

function readConnection(head: RequestHead, connection: string): boolean {
  head.isPersistent = head.isHttp11
  if (connection === '') {
    head.upgrade = ''
    return true
  }
  // The two values that nearly all clients send.
  if (connection === 'keep-alive' || connection === 'Keep-Alive') {
    head.isPersistent = true
    head.upgrade = ''
    return true
  }
  const options = splitTokens(connection)
  if (options.includes('close')) head.isPersistent = false
  else if (options.includes('keep-alive')) head.isPersistent = true
  // HTTP/2 or TLS inside would pass every check of ours unseen.
  if (!options.includes('upgrade') || !head.isHttp11 || /\b(?:h2c|http\/2|tls)\b/i.test(head.upgrade)) head.upgrade = ''
  // Host, framing and forwarding lines are written by us, after this: a client cannot have them removed.
  const others = options.filter((option) => !['close', 'keep-alive', 'upgrade', 'te'].includes(option))
  if (others.length > 32) return false
  if (others.length > 0) head.lines = withoutFields(head.lines, others)
  return true
}

function readHost(head: RequestHead, hosts: number): number {
  if (hosts === 0 && head.isHttp11) return 400
  if (head.targetAuthority !== '') {
    if (hosts === 1 && parseAuthority(head.authority) === null) return 400
    head.authority = head.targetAuthority
  } else if (hosts === 0) {
    return 0
  }
  if (head.authority !== head.knownAuthority) {
    const host = parseAuthority(head.authority)
    if (host === null) return 400
    head.knownAuthority = Buffer.from(head.authority, 'latin1').toString('latin1')
    head.knownHost = Buffer.from(host, 'latin1').toString('latin1')
  }
  head.authority = head.knownAuthority
  head.host = head.knownHost
  return 0
}
