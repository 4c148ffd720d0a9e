/**
 * Response heads of upstreams (RFC 9112, 4 to 6; RFC 9110, 6.4 and 7.6.1): as strict as for requests, since a response that
 * two parsers read differently poisons the connection for the next client. A refusal becomes 502.
 */
import { withoutFields } from '../../routing/answer-edits.ts'
import { UNKNOWN_LENGTH, type ResponseHead } from '../downstream.ts'
import { dateLine, SERVER_LINE } from '../answer.ts'
import {
  COLON,
  CR,
  FIELD_VALUE,
  LF,
  NameTable,
  parseContentLength,
  splitTokens,
  SPACE,
  TOKEN,
  trimValue,
} from './field-syntax.ts'

const MOST_FIELDS = 500

const DROP = 1
const CONNECTION = 2
const CONTENT_LENGTH = 3
const TRANSFER_ENCODING = 4
const UPGRADE = 5
const DATE = 6
const SERVER = 7

const RESPONSE_FIELDS = new NameTable({
  connection: CONNECTION,
  'keep-alive': DROP,
  'proxy-connection': DROP,
  te: DROP,
  server: SERVER,
  upgrade: UPGRADE,
  'content-length': CONTENT_LENGTH,
  'transfer-encoding': TRANSFER_ENCODING,
  date: DATE,
})

/** One parsed response head; handed to the front as it is, so there is one per response. */
export class ParsedResponseHead implements ResponseHead {
  status = 0
  reason = ''
  headerLines = ''
  contentLength = UNKNOWN_LENGTH
  hasBody = true
  upgrade = ''
  isChunked = false
  /** The connection may serve another request once this response is complete. */
  isPersistent = true
}

/**
 * @param text latin1
 * @param start first character of the status line
 * @param end where the empty line begins
 * @param method of the request: HEAD has no body
 * @param extraLines lines to add to a final answer
 * @param passesServer keeps the upstream's Server field in place of ours
 * @returns `null` when the head is malformed or its framing ambiguous
 */
export function parseResponseHead(
  text: string,
  start: number,
  end: number,
  method: string,
  extraLines: string,
  passesServer = false,
): ParsedResponseHead | null {
  const head = new ParsedResponseHead()
  const isHttp11 = text.startsWith('HTTP/1.1 ', start)
  if (!isHttp11 && !text.startsWith('HTTP/1.0 ', start)) return null
  const status = parseStatus(text, start + 9)
  // HTTP/1.0 knows no interim answers (RFC 9110, 15.2): whoever sends one means something else by it.
  if (status === -1 || (!isHttp11 && status < 200)) return null
  head.status = status
  let i = start + 12
  // RFC 9112 wants a space after the code even without a reason; many servers leave it out.
  if (text.charCodeAt(i) === SPACE) i++
  else if (text.charCodeAt(i) !== CR) return null
  const reasonAt = i
  while (FIELD_VALUE[text.charCodeAt(i)] === 1) i++
  if (text.charCodeAt(i) !== CR || text.charCodeAt(i + 1) !== LF) return null
  head.reason = status === 200 && i - reasonAt === 2 ? 'OK' : text.slice(reasonAt, i)

  let at = i + 2
  let kept = ''
  let keptFrom = at
  let fields = 0
  let connection = ''
  let hasDate = false
  let server = SERVER_LINE
  let transferEncoding = ''
  while (at < end) {
    i = at
    while (TOKEN[text.charCodeAt(i)] !== 0) i++
    if (i === at || text.charCodeAt(i) !== COLON) return null
    const nameEnd = i
    do i++
    while (FIELD_VALUE[text.charCodeAt(i)] === 1)
    if (text.charCodeAt(i) !== CR || text.charCodeAt(i + 1) !== LF || ++fields > MOST_FIELDS) return null
    const next = i + 2
    const kind = RESPONSE_FIELDS.find(text, at, nameEnd)
    if (kind === DATE) {
      hasDate = true
    } else if (kind === SERVER && passesServer) {
      server = ''
    } else if (kind !== 0) {
      switch (kind) {
        case CONNECTION: {
          const value = trimValue(text, nameEnd + 1, i)
          connection = connection === '' ? value : `${connection},${value}`
          break
        }
        case CONTENT_LENGTH: {
          const length = parseContentLength(trimValue(text, nameEnd + 1, i))
          if (length === -1 || head.contentLength !== UNKNOWN_LENGTH) return null
          head.contentLength = length
          break
        }
        case TRANSFER_ENCODING:
          // As for requests: a tab is taken for a part of the coding's name by enough parsers.
          if (transferEncoding !== '' || text.slice(nameEnd + 1, i).includes('\t')) return null
          transferEncoding = trimValue(text, nameEnd + 1, i).toLowerCase()
          if (transferEncoding !== 'chunked') return null
          break
        case UPGRADE:
          head.upgrade = trimValue(text, nameEnd + 1, i)
          break
        default:
      }
      if (at > keptFrom) kept += text.slice(keptFrom, at)
      keptFrom = next
    }
    at = next
  }
  if (keptFrom < end) kept += text.slice(keptFrom, end)

  head.isPersistent = isHttp11
  if (connection !== '') kept = readConnection(head, connection, kept)
  if (status >= 200) kept += hasDate ? server + extraLines : server + dateLine() + extraLines
  head.headerLines = kept
  if (status !== 101) head.upgrade = ''
  // HEAD, 1xx, 204 and 304 end with their head whatever they declare (RFC 9112, 6.3).
  head.hasBody = status >= 200 && status !== 204 && status !== 304 && method !== 'HEAD'
  if (transferEncoding !== '') {
    if (head.contentLength !== UNKNOWN_LENGTH || !isHttp11) return null
    head.isChunked = head.hasBody
  }
  if (status < 200 || status === 204) head.contentLength = UNKNOWN_LENGTH
  return head
}

/** Three digits, 100 to 999 (RFC 9110, 15). */
function parseStatus(text: string, at: number): number {
  const hundreds = text.charCodeAt(at) - 0x30
  const tens = text.charCodeAt(at + 1) - 0x30
  const ones = text.charCodeAt(at + 2) - 0x30
  if (!(hundreds >= 1 && hundreds <= 9 && tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9)) return -1
  return hundreds * 100 + tens * 10 + ones
}

function readConnection(head: ParsedResponseHead, connection: string, lines: string): string {
  // What nearly all upstreams send.
  if (connection === 'keep-alive' || connection === 'Keep-Alive') return lines
  const options = splitTokens(connection)
  if (options.includes('close')) head.isPersistent = false
  if (!options.includes('upgrade')) head.upgrade = ''
  const others = options.filter((option) => !['close', 'keep-alive', 'upgrade'].includes(option))
  return others.length === 0 ? lines : withoutFields(lines, others)
}
