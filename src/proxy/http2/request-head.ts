/**
 * Request heads of HTTP/2 (RFC 9113, 8.2, 8.3 and 10.3; RFC 8441, 4), from the fields that HPACK gave, in one pass.
 * Refusals are the same statuses as in HTTP/1.1, so a request means the same over either. What breaks HTTP/2's own rules
 * is {@link MALFORMED}; the checks of single fields were made when the field was first read (`header-field.ts`).
 */
import { NO_BODY, UNKNOWN_LENGTH } from '../downstream.ts'
import { parseAuthority } from '../http1/authority.ts'
import { parseContentLength } from '../http1/field-syntax.ts'
import {
  AUTHORITY,
  AUTHORIZATION,
  CONTENT_LENGTH,
  CONTENT_TYPE,
  COOKIE,
  EXPECT,
  FORWARDED_FOR,
  FORWARDED_HOST,
  HOST,
  LAST_PSEUDO,
  METHOD,
  ORIGIN,
  PATH,
  PLAIN,
  PROTOCOL,
  REFERER,
  REFUSE,
  REQUEST_ID,
  SCHEME,
  TE,
  UNKNOWN_PSEUDO,
  USER_AGENT,
  WEBSOCKET_KEY,
} from './field-kinds.ts'
import { BAD, type HeaderField, UNDERSCORE } from './header-field.ts'

/** Fields in one head; more is 431. */
export const MOST_FIELDS = 200
/** Not a status: the stream is to be reset with PROTOCOL_ERROR (RFC 9113, 8.1.1). */
export const MALFORMED = 1

/** {@link HeaderField.derived} of a value that cannot be used. */
const UNUSABLE = ''

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
  /** `:protocol` of an extended CONNECT: `websocket`. Empty for other requests. */
  protocol = ''
  requestId = ''
  forwardedFor = ''
  forwardedHost = ''
  referer = ''
  userAgent = ''
  authorization = ''
  cookie = ''
  origin = ''
  contentType = ''

  reset(): void {
    this.method = ''
    this.target = ''
    this.authority = ''
    this.host = ''
    this.lines = ''
    this.otherLines = ''
    this.contentLength = NO_BODY
    this.protocol = ''
    this.requestId = ''
    this.forwardedFor = ''
    this.forwardedHost = ''
    this.referer = ''
    this.userAgent = ''
    this.authorization = ''
    this.cookie = ''
    this.origin = ''
    this.contentType = ''
  }
}

/**
 * @param fields in the order received
 * @param isTooLarge fields are missing, because there were too many or too long ones
 * @param hasBody false when the head ended the stream
 * @param head receives the result; on refusal its fields hold what was read so far
 * @returns 0, {@link MALFORMED}, or the status to refuse with
 */
export function parseHttp2Head(
  fields: readonly HeaderField[],
  isTooLarge: boolean,
  hasBody: boolean,
  allowsUnderscores: boolean,
  head: Http2RequestHead,
): number {
  head.reset()
  let path: HeaderField | null = null
  let authority: HeaderField | null = null
  let host: HeaderField | null = null
  let hasScheme = false
  let isRegular = false
  let isMalformed = false
  let refusal = 0
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i]!
    const { kind, value, bits } = field
    if ((bits & BAD) !== 0) isMalformed = true
    if (kind === PLAIN) {
      isRegular = true
      // The log may be asked for any field, so nothing that was received is forgotten.
      if ((bits & UNDERSCORE) !== 0 && !allowsUnderscores) head.otherLines += field.line
      else head.lines += field.line
      continue
    }
    if (kind > LAST_PSEUDO) isRegular = true
    else if (isRegular) isMalformed = true
    switch (kind) {
      case METHOD:
        if (head.method !== '' || value === '') isMalformed = true
        head.method = value
        break
      case PATH:
        if (path !== null || value === '') isMalformed = true
        path = field
        head.target = value
        break
      case AUTHORITY:
        if (authority !== null) isMalformed = true
        authority = field
        break
      case SCHEME:
        if (hasScheme) isMalformed = true
        hasScheme = true
        break
      case PROTOCOL:
        if (head.protocol !== '' || value === '') isMalformed = true
        head.protocol = value
        break
      case UNKNOWN_PSEUDO:
      case REFUSE:
        isMalformed = true
        break
      case HOST:
        if (host !== null && host.value !== value) refusal ||= 400
        host = field
        break
      case CONTENT_LENGTH: {
        const length = parseContentLength(value)
        if (length === -1 || head.contentLength !== NO_BODY) isMalformed = true
        head.contentLength = length
        break
      }
      case COOKIE:
        // HTTP/2 clients send one field a cookie, HTTP/1.1 servers expect one line (RFC 9113, 8.2.3).
        head.cookie = head.cookie === '' ? value : `${head.cookie}; ${value}`
        break
      case TE:
        if (value !== 'trailers' && value.toLowerCase() !== 'trailers') isMalformed = true
        head.otherLines += field.line
        break
      case EXPECT:
        if (value.toLowerCase() !== '100-continue') refusal ||= 417
        head.lines += field.line
        break
      case REQUEST_ID:
        head.requestId = value
        head.otherLines += field.line
        break
      case FORWARDED_FOR:
        head.forwardedFor = joinValues(head.forwardedFor, value)
        head.otherLines += field.line
        break
      case FORWARDED_HOST:
        head.forwardedHost = joinValues(head.forwardedHost, value)
        head.otherLines += field.line
        break
      case REFERER:
        head.referer = value
        head.lines += field.line
        break
      case USER_AGENT:
        head.userAgent = value
        head.lines += field.line
        break
      case CONTENT_TYPE:
        head.contentType = value
        head.lines += field.line
        break
      case ORIGIN:
        head.origin = value
        head.lines += field.line
        break
      case AUTHORIZATION:
        head.authorization = value
        head.lines += field.line
        break
      case WEBSOCKET_KEY:
        // Extended CONNECT has no such field; the upgrade upstream gets one of ours.
        head.otherLines += field.line
        break
      default:
        head.otherLines += field.line
    }
  }
  if (head.cookie !== '') head.lines += `cookie: ${head.cookie}\r\n`
  if (isTooLarge) return 431
  if (isMalformed || head.method === '') return MALFORMED
  if (head.method === 'CONNECT') {
    if (head.protocol === '') return path === null && !hasScheme && authority !== null ? 405 : MALFORMED
    // RFC 9220, 3, has it so for protocols that are not known.
    if (head.protocol !== 'websocket') refusal ||= 501
    // A tunnel has no length.
    if (head.contentLength !== NO_BODY) return MALFORMED
  } else if (head.protocol !== '') return MALFORMED
  if (path === null || !hasScheme) return MALFORMED
  if (refusal !== 0) return refusal
  if (head.method === 'TRACE') return 405
  return readBodyLength(head, hasBody) || readTarget(head, path) || readAuthority(head, authority, host)
}

/**
 * Trailers of a request as lines, unfiltered.
 *
 * @returns `null` when they are malformed: pseudo fields, or a field that no message may have
 */
export function readTrailerFields(fields: readonly HeaderField[]): string | null {
  let lines = ''
  for (const { kind, bits, line } of fields) {
    if ((bits & BAD) !== 0 || (kind !== PLAIN && kind <= LAST_PSEUDO) || kind === REFUSE) return null
    lines += line
  }
  return lines
}

function joinValues(before: string, value: string): string {
  return before === '' ? value : `${before}, ${value}`
}

function readBodyLength(head: Http2RequestHead, hasBody: boolean): number {
  if (head.protocol !== '') {
    // RFC 8441, 5: END_STREAM is the close of the tunnel, so there is none to begin with.
    return hasBody ? 0 : 400
  }
  if (hasBody) {
    if (head.contentLength === NO_BODY) head.contentLength = UNKNOWN_LENGTH
    return 0
  }
  // A declared length that no DATA can fill (RFC 9113, 8.1.1).
  if (head.contentLength > 0) return MALFORMED
  // HTTP/1.1 servers ask for a length where the method expects a body (RFC 9110, 8.6).
  if (head.method === 'POST' || head.method === 'PUT' || head.method === 'PATCH') head.contentLength = 0
  return 0
}

function readTarget(head: Http2RequestHead, path: HeaderField): number {
  const { method } = head
  if (method !== 'GET' && !isMethod(method)) return 400
  if (path.value === '*') return method === 'OPTIONS' ? 0 : 400
  path.derived ??= toTarget(path.value)
  if (path.derived === UNUSABLE) return 400
  head.target = path.derived
  return 0
}

/** Origin form in ASCII, or {@link UNUSABLE}. */
function toTarget(path: string): string {
  if (path.charCodeAt(0) !== 0x2f) return UNUSABLE
  let hasHighBytes = false
  for (let i = 1; i < path.length; i++) {
    const code = path.charCodeAt(i)
    // Blanks and controls would end the HTTP/1.1 request line; no fragment in a target.
    if (code <= 0x20 || code === 0x23 || code === 0x7f) return UNUSABLE
    if (code > 0x7f) hasHighBytes = true
  }
  return hasHighBytes ? path.replace(/[\x80-\xff]/g, percentEncode) : path
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
function readAuthority(head: Http2RequestHead, authority: HeaderField | null, host: HeaderField | null): number {
  // An empty authority is refused, whatever Host says: others would route by it.
  const field = authority ?? host
  if (field === null) return 400
  if (host !== null && field !== host && host.value !== field.value) {
    if (host.value.toLowerCase() !== field.value.toLowerCase()) return 400
  }
  field.derived ??= parseAuthority(field.value) ?? UNUSABLE
  if (field.derived === UNUSABLE) return 400
  head.authority = field.value
  head.host = field.derived
  head.otherLines += `host: ${field.value}\r\n`
  return 0
}
