/**
 * Response heads of HTTP/2 upstreams (RFC 9113, 8.1, 8.2 and 8.3.2), as strict as those of HTTP/1.1 in `http1/response-head.ts`:
 * what two parsers could read differently becomes 502.
 */
import { dateLine, reasonPhrase, SERVER_LINE } from '../../answer.ts'
import { type ResponseHead, UNKNOWN_LENGTH } from '../../downstream.ts'
import { parseContentLength } from '../../http1/field-syntax.ts'
import { CONTENT_LENGTH, LAST_PSEUDO, PLAIN, REFUSE, TE } from '../../http2/field-kinds.ts'
import { ANSWER, BAD, type HeaderField } from '../../http2/header-field.ts'

/** One parsed head; handed to the front as it is, so there is one per response. */
export class Http2ResponseHead implements ResponseHead {
  status = 0
  reason = ''
  headerLines = ''
  contentLength = UNKNOWN_LENGTH
  hasBody = true
  upgrade = ''
}

/**
 * @param fields in the order received
 * @param method of the request: HEAD has no body
 * @param passesServer keeps the upstream's Server field in place of ours
 * @returns `null` when the response is malformed. `Server` and `Date` of a final one are still to be added
 */
export function parseResponseFields(
  fields: readonly HeaderField[],
  method: string,
  passesServer = false,
): Http2ResponseHead | null {
  const head = new Http2ResponseHead()
  let lines = ''
  let isRegular = false
  let hasDate = false
  let server = SERVER_LINE
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i]!
    const { kind, bits } = field
    if (kind === PLAIN && (bits & (BAD | ANSWER)) === 0) {
      isRegular = true
      lines += field.line
      continue
    }
    if ((bits & BAD) !== 0 || kind === REFUSE || (kind === TE && field.value !== 'trailers')) return null
    if (kind !== PLAIN && kind <= LAST_PSEUDO) {
      if (field.name !== ':status' || isRegular || head.status !== 0) return null
      head.status = parseStatus(field.value)
      if (head.status === -1) return null
      continue
    }
    isRegular = true
    if (kind === CONTENT_LENGTH) {
      const length = parseContentLength(field.value)
      if (length === -1 || head.contentLength !== UNKNOWN_LENGTH) return null
      head.contentLength = length
    } else if (field.name === 'date') {
      hasDate = true
      lines += field.line
    } else if (field.name !== 'server' && kind !== TE) {
      lines += field.line
    } else if (passesServer && kind !== TE) {
      server = ''
      lines += field.line
    }
  }
  const { status } = head
  // 101 does not exist in HTTP/2 (RFC 9113, 8.6).
  if (status === 0 || status === 101) return null
  head.reason = reasonPhrase(status)
  if (status >= 200) lines += hasDate ? server : server + dateLine()
  head.headerLines = lines
  head.hasBody = status >= 200 && status !== 204 && status !== 304 && method !== 'HEAD'
  if (status < 200 || status === 204) {
    // Such answers have no length (RFC 9110, 8.6): 0 does no harm, of anything else two parsers make different things.
    if (head.contentLength > 0) return null
    head.contentLength = UNKNOWN_LENGTH
  }
  return head
}

/** Three digits, 100 to 999 (RFC 9110, 15). */
function parseStatus(text: string): number {
  return /^[1-9][0-9]{2}$/.test(text) ? Number(text) : -1
}
