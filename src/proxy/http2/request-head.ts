/**
 * Request heads of HTTP/2 (RFC 9113, 8.2, 8.3 and 10.3), from the name and value list that HPACK gave, in one pass with
 * one table lookup a field. Refusals are the same statuses as in HTTP/1.1, so a request means the same over either.
 * Below us nghttp2 has checked characters, the order of pseudo fields and that none is repeated; what decides routing
 * and framing is checked here again, since it is written into HTTP/1.1 lines.
 */
import { NO_BODY, UNKNOWN_LENGTH } from '../downstream.ts'
import { parseAuthority } from '../http1/authority.ts'
import { parseContentLength } from '../http1/field-syntax.ts'

/** Fields in one head; more is 431. */
export const MOST_FIELDS = 200
/** What a field counts beside its characters (RFC 9113, 6.5.2). */
const FIELD_OVERHEAD = 32

const METHOD = 1
const PATH = 2
const AUTHORITY = 3
const SCHEME = 4
const HOST = 5
const CONTENT_LENGTH = 6
const COOKIE = 7
const TE = 8
const REFUSE = 9
const DROP = 10
const EXPECT = 11
const REQUEST_ID = 12
const FORWARDED_FOR = 13
const FORWARDED_HOST = 14
const REFERER = 15
const USER_AGENT = 16
const AUTHORIZATION = 17

const KINDS: ReadonlyMap<string, number> = new Map([
  [':method', METHOD],
  [':path', PATH],
  [':authority', AUTHORITY],
  [':scheme', SCHEME],
  ['host', HOST],
  ['content-length', CONTENT_LENGTH],
  ['cookie', COOKIE],
  ['te', TE],
  // Connection-specific fields make a request malformed (RFC 9113, 8.2.2).
  ['connection', REFUSE],
  ['keep-alive', REFUSE],
  ['proxy-connection', REFUSE],
  ['transfer-encoding', REFUSE],
  ['upgrade', REFUSE],
  ['http2-settings', DROP],
  // A CGI program would read it as HTTP_PROXY.
  ['proxy', DROP],
  ['expect', EXPECT],
  ['x-request-id', REQUEST_ID],
  ['x-forwarded-for', FORWARDED_FOR],
  ['x-forwarded-host', FORWARDED_HOST],
  ['x-real-ip', DROP],
  ['x-forwarded-port', DROP],
  ['x-forwarded-proto', DROP],
  ['x-forwarded-scheme', DROP],
  ['x-scheme', DROP],
  ['x-original-forwarded-for', DROP],
  ['x-original-forwarded-host', DROP],
  ['referer', REFERER],
  ['user-agent', USER_AGENT],
  ['authorization', AUTHORIZATION],
])

/** One parsed head. A connection reuses one object for all its requests. */
export class Http2RequestHead {
  method = ''
  /** Origin form, or `*`. */
  target = ''
  /** `:authority`, or `host` without it, as sent. */
  authority = ''
  /** {@link authority} for routing. */
  host = ''
  /** Lines to forward, without Host, framing and forwarding fields. */
  lines = ''
  /** Further lines that were received: `host` and those that are not forwarded. */
  otherLines = ''
  contentLength = NO_BODY
  requestId = ''
  forwardedFor = ''
  forwardedHost = ''
  referer = ''
  userAgent = ''
  authorization = ''
  cookie = ''

  reset(): void {
    this.method = ''
    this.target = ''
    this.authority = ''
    this.lines = ''
    this.otherLines = ''
    this.contentLength = NO_BODY
    this.requestId = ''
    this.forwardedFor = ''
    this.forwardedHost = ''
    this.referer = ''
    this.userAgent = ''
    this.authorization = ''
    this.cookie = ''
  }
}

/**
 * @param fields name, value, name, value, ... in the order received; latin1
 * @param hasBody false when the head ended the stream
 * @param maxBytes bound for names, values and 32 bytes a field
 * @param head receives the result; on refusal its fields hold what was read so far
 * @returns 0, or the status to refuse with
 */
export function parseHttp2Head(
  fields: readonly string[],
  hasBody: boolean,
  maxBytes: number,
  allowsUnderscores: boolean,
  head: Http2RequestHead,
): number {
  const previousAuthority = head.authority
  const previousHost = head.host
  head.reset()
  let hostField = ''
  let hasScheme = false
  let bytes = 0
  let refusal = 0
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const name = fields[i]!
    const value = fields[i + 1]!
    bytes += name.length + value.length + FIELD_OVERHEAD
    const kind = KINDS.get(name)
    if (kind === undefined) {
      // The log may be asked for any field, so nothing that was received is forgotten.
      if (name.includes('_') && !allowsUnderscores) head.otherLines += `${name}: ${value}\r\n`
      else if (name.charCodeAt(0) === 0x3a) refusal ||= 400
      else head.lines += `${name}: ${value}\r\n`
      continue
    }
    switch (kind) {
      case METHOD:
        head.method = value
        break
      case PATH:
        head.target = value
        break
      case AUTHORITY:
        head.authority = value
        break
      case SCHEME:
        hasScheme = true
        break
      case HOST:
        if (hostField !== '' && hostField !== value) refusal ||= 400
        hostField = value
        break
      case CONTENT_LENGTH: {
        const length = parseContentLength(value)
        if (length === -1 || head.contentLength !== NO_BODY) refusal ||= 400
        head.contentLength = length
        break
      }
      case COOKIE:
        // HTTP/2 clients send one field a cookie, HTTP/1.1 servers expect one line (RFC 9113, 8.2.3).
        head.cookie = head.cookie === '' ? value : `${head.cookie}; ${value}`
        break
      case TE:
        if (value !== 'trailers' && value.toLowerCase() !== 'trailers') refusal ||= 400
        head.otherLines += `te: ${value}\r\n`
        break
      case REFUSE:
        refusal ||= 400
        break
      case EXPECT:
        if (value.toLowerCase() !== '100-continue') refusal ||= 417
        head.lines += `expect: ${value}\r\n`
        break
      case REQUEST_ID:
        head.requestId = value
        head.otherLines += `x-request-id: ${value}\r\n`
        break
      case FORWARDED_FOR:
        head.forwardedFor = joinValues(head.forwardedFor, value)
        head.otherLines += `x-forwarded-for: ${value}\r\n`
        break
      case FORWARDED_HOST:
        head.forwardedHost = joinValues(head.forwardedHost, value)
        head.otherLines += `x-forwarded-host: ${value}\r\n`
        break
      case REFERER:
        head.referer = value
        head.lines += `referer: ${value}\r\n`
        break
      case USER_AGENT:
        head.userAgent = value
        head.lines += `user-agent: ${value}\r\n`
        break
      case AUTHORIZATION:
        head.authorization = value
        head.lines += `authorization: ${value}\r\n`
        break
      default:
        head.otherLines += `${name}: ${value}\r\n`
    }
  }
  if (head.cookie !== '') head.lines += `cookie: ${head.cookie}\r\n`
  if (bytes > maxBytes || fields.length > MOST_FIELDS * 2) return 431
  if (refusal !== 0) return refusal
  if (head.method === 'CONNECT' || head.method === 'TRACE') return 405
  if (!hasScheme) return 400
  return (
    readBodyLength(head, hasBody) || readTarget(head) || readAuthority(head, hostField, previousAuthority, previousHost)
  )
}

function joinValues(before: string, value: string): string {
  return before === '' ? value : `${before}, ${value}`
}

function readBodyLength(head: Http2RequestHead, hasBody: boolean): number {
  if (hasBody) {
    if (head.contentLength === NO_BODY) head.contentLength = UNKNOWN_LENGTH
    return 0
  }
  // A declared length that no DATA can fill (RFC 9113, 8.1.1).
  if (head.contentLength > 0) return 400
  // HTTP/1.1 servers ask for a length where the method expects a body (RFC 9110, 8.6).
  if (head.method === 'POST' || head.method === 'PUT' || head.method === 'PATCH') head.contentLength = 0
  return 0
}

function readTarget(head: Http2RequestHead): number {
  const { method, target } = head
  if (method !== 'GET' && !isMethod(method)) return 400
  if (target.charCodeAt(0) !== 0x2f) return target === '*' && method === 'OPTIONS' ? 0 : 400
  let hasHighBytes = false
  for (let i = 1; i < target.length; i++) {
    const code = target.charCodeAt(i)
    // Blanks and controls would end the HTTP/1.1 request line; no fragment in a target.
    if (code <= 0x20 || code === 0x23 || code === 0x7f) return 400
    if (code > 0x7f) hasHighBytes = true
  }
  if (hasHighBytes) head.target = target.replace(/[\x80-\xff]/g, percentEncode)
  return 0
}

function percentEncode(char: string): string {
  return `%${char.charCodeAt(0).toString(16).toUpperCase()}`
}

/** The set that HTTP/1.1 takes here: upper-case letters, `-` and `_`. */
function isMethod(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if ((code < 0x41 || code > 0x5a) && code !== 0x2d && code !== 0x5f) return false
  }
  return text !== ''
}

/** `:authority` and `host` must not contradict each other (RFC 9113, 8.3.1): routing and the upstream would disagree. */
function readAuthority(
  head: Http2RequestHead,
  hostField: string,
  previousAuthority: string,
  previousHost: string,
): number {
  if (head.authority === '') head.authority = hostField
  else if (hostField !== '' && hostField !== head.authority) {
    if (hostField.toLowerCase() !== head.authority.toLowerCase()) return 400
  }
  if (head.authority !== previousAuthority || previousAuthority === '') {
    const host = parseAuthority(head.authority)
    if (host === null) {
      // Forgotten, or the next request with the same one would be believed.
      head.authority = ''
      head.host = ''
      return 400
    }
    head.host = host
  } else {
    head.host = previousHost
  }
  head.otherLines += `host: ${head.authority}\r\n`
  return 0
}
