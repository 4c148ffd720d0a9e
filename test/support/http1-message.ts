/**
 * A strict reader of HTTP/1.1 messages for tests (RFC 9112): it accepts only what a careful sender writes, so that anything
 * loose on the wire shows. It is deliberately written apart from the program's own parser.
 */
export interface Http1Message {
  readonly startLine: string
  /** Names as sent, values without surrounding blanks; latin1. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: Buffer
  readonly trailers: readonly (readonly [name: string, value: string])[]
  readonly isChunked: boolean
  /** Position after the message. */
  readonly end: number
}

/** `head-response` is the answer to a HEAD request: framing headers without a body. */
export type MessageKind = 'request' | 'response' | 'head-response'

const REQUEST_LINE = /^[!#$%&'*+.^_`|~\w-]+ [\x21-\x7e\x80-\xff]+ HTTP\/1\.[01]$/
const STATUS_LINE = /^HTTP\/1\.[01] [1-9]\d\d [\t\x20-\x7e\x80-\xff]*$/
const FIELD_LINE =
  /^([!#$%&'*+.^_`|~\w-]+):[ \t]*((?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?)[ \t]*$/

/**
 * Reads one message at `from`.
 *
 * @param isClosed the sender has ended the connection: a response without framing is complete
 * @returns `null` when more bytes are needed
 * @throws {SyntaxError} when no further byte can make it a message
 */
export function readMessage(bytes: Buffer, from: number, kind: MessageKind, isClosed: boolean): Http1Message | null {
  const headEnd = bytes.indexOf('\r\n\r\n', from, 'latin1')
  if (headEnd === -1) return null
  const [startLine = '', ...lines] = bytes.toString('latin1', from, headEnd).split('\r\n')
  const pattern = kind === 'request' ? REQUEST_LINE : STATUS_LINE
  if (!pattern.test(startLine)) throw new SyntaxError(`Malformed start line ${JSON.stringify(startLine)}`)
  const headers = lines.map(readField)
  const bodyStart = headEnd + 4
  const status = kind === 'request' ? 0 : Number(startLine.slice(9, 12))
  const lengths = valuesOf(headers, 'content-length')
  const codings = valuesOf(headers, 'transfer-encoding')
  if (lengths.length > 1) throw new SyntaxError('More than one Content-Length')
  if (lengths.length > 0 && codings.length > 0) throw new SyntaxError('Content-Length beside Transfer-Encoding')
  const whole = (body: Buffer, end: number): Http1Message => {
    return { startLine, headers, body, trailers: [], isChunked: false, end }
  }
  if (kind === 'head-response' || status === 204 || status === 304 || (status >= 100 && status < 200)) {
    return whole(Buffer.alloc(0), bodyStart)
  }
  if (codings.length > 0) {
    if (codings.length > 1 || codings[0]?.toLowerCase() !== 'chunked') throw new SyntaxError(`Coding ${codings.join()}`)
    const chunked = readChunked(bytes, bodyStart)
    return chunked === null ? null : { startLine, headers, isChunked: true, ...chunked }
  }
  if (lengths.length > 0) {
    if (!/^(0|[1-9]\d{0,14})$/.test(lengths[0] ?? '')) throw new SyntaxError(`Content-Length ${lengths[0]}`)
    const end = bodyStart + Number(lengths[0])
    return end > bytes.length ? null : whole(bytes.subarray(bodyStart, end), end)
  }
  if (kind === 'request') return whole(Buffer.alloc(0), bodyStart)
  return isClosed ? whole(bytes.subarray(bodyStart), bytes.length) : null
}

/** Values of all header lines of a name, any case. */
export function valuesOf(headers: Http1Message['headers'], name: string): readonly string[] {
  const wanted = name.toLowerCase()
  return headers.filter(([key]) => key.toLowerCase() === wanted).map(([, value]) => value)
}

function readField(line: string): readonly [string, string] {
  const match = FIELD_LINE.exec(line)
  if (match === null) throw new SyntaxError(`Malformed header line ${JSON.stringify(line)}`)
  return [match[1] ?? '', match[2] ?? '']
}

function readChunked(bytes: Buffer, from: number): Pick<Http1Message, 'body' | 'trailers' | 'end'> | null {
  const chunks: Buffer[] = []
  for (let at = from; ;) {
    const lineEnd = bytes.indexOf('\r\n', at, 'latin1')
    if (lineEnd === -1) return null
    const size = bytes.toString('latin1', at, lineEnd)
    if (!/^[0-9a-fA-F]{1,13}$/.test(size)) throw new SyntaxError(`Chunk size ${JSON.stringify(size)}`)
    const start = lineEnd + 2
    const length = Number.parseInt(size, 16)
    if (length === 0) {
      const end =
        bytes.toString('latin1', start, start + 2) === '\r\n' ? start : bytes.indexOf('\r\n\r\n', start, 'latin1') + 2
      if (end === 1 || end + 2 > bytes.length) return null
      const text = bytes.toString('latin1', start, end)
      const trailers = text === '' ? [] : text.slice(0, -2).split('\r\n').map(readField)
      return { body: Buffer.concat(chunks), trailers, end: end + 2 }
    }
    at = start + length + 2
    if (at > bytes.length) return null
    if (bytes.toString('latin1', at - 2, at) !== '\r\n') throw new SyntaxError('Chunk data does not end with CRLF')
    chunks.push(bytes.subarray(start, at - 2))
  }
}
