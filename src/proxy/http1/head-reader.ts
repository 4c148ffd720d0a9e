/** Finds and parses the head of the next request in what a connection received. */
import type { ProxySettings } from '../../routing/model.ts'
import { isHopeless, readHeadText } from './head-text.ts'
import { parseRequestHead, type RequestHead } from './request-head.ts'

/** The head is read. */
export const TAKEN = 0
/** More of it must come. */
export const PARTIAL = 1
/** It is whole, and is refused. */
const REFUSED = 2
/** It will never be one, or is too long already. */
export const HOPELESS = 3
/** An HTTP/2 preface: the connection speaks that (RFC 9113, 3.3). */
export const PREFACE = 4
/** The beginning of one. */
export const PREFACE_PARTIAL = 5

const PREFACE_BEGINNING = 'PRI * HTTP/2.0\r\n'
const WHOLE_PREFACE = `${PREFACE_BEGINNING}\r\nSM\r\n\r\n`

/** What the last call of {@link readHead} found besides its verdict: read it at once. */
export const reading = {
  /** Status of a refusal. */
  status: 0,
  /** Position after the head, and its bytes. */
  end: 0,
  bytes: 0,
}

/**
 * @param isFirst nothing was read from the connection before
 * @param head receives the request
 * @returns one of the verdicts above
 */
export function readHead(
  buffer: Buffer,
  from: number,
  to: number,
  isFirst: boolean,
  { maxHeadBytes, allowsUnderscoresInHeaders }: Pick<ProxySettings, 'maxHeadBytes' | 'allowsUnderscoresInHeaders'>,
  head: RequestHead,
): number {
  // One empty line before a request is forgiven (RFC 9112, 2.2).
  const start = buffer[from] === 0x0d && from + 1 < to && buffer[from + 1] === 0x0a ? from + 2 : from
  const text = readHeadText(buffer, start, Math.min(to, start + maxHeadBytes + 4))
  const end = text.indexOf('\r\n\r\n')
  if (isFirst && text.startsWith(PREFACE_BEGINNING)) return readPreface(text)
  if (end === -1) {
    if (text.length > maxHeadBytes) return refuse(431, HOPELESS)
    return isHopeless(text) ? refuse(400, HOPELESS) : PARTIAL
  }
  reading.bytes = end + 4
  reading.end = start + end + 4
  if (reading.bytes > maxHeadBytes) return refuse(431, REFUSED)
  const refusal = parseRequestHead(text, 0, end + 2, allowsUnderscoresInHeaders, head)
  return refusal === 0 ? TAKEN : refuse(refusal, REFUSED)
}

function readPreface(text: string): number {
  if (text.startsWith(WHOLE_PREFACE)) return PREFACE
  const isPartial = text.length < WHOLE_PREFACE.length && WHOLE_PREFACE.startsWith(text)
  return isPartial ? PREFACE_PARTIAL : refuse(400, HOPELESS)
}

function refuse(status: number, verdict: number): number {
  reading.status = status
  return verdict
}
