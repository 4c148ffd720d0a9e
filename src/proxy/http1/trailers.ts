/**
 * Trailer fields (RFC 9110, 6.5): checked like header fields, and only those passed on that cannot change how the message
 * is framed, routed, authorised or read, since receivers may merge them into the header section.
 */
import { COLON, CR, FIELD_VALUE, LF, TOKEN, UNDERSCORE_BIT } from './field-syntax.ts'

const MOST_TRAILERS = 64

const REFUSED: ReadonlySet<string> = new Set([
  'age',
  'authorization',
  'cache-control',
  'connection',
  'content-encoding',
  'content-range',
  'content-type',
  'cookie',
  'date',
  'expect',
  'expires',
  'host',
  'keep-alive',
  'location',
  'max-forwards',
  'pragma',
  'proxy',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'range',
  'retry-after',
  'server',
  'set-cookie',
  'te',
  'trailer',
  'upgrade',
  'vary',
  'www-authenticate',
])

/** A second framing that comes too late: nobody sends it in good faith. */
const FRAMING: ReadonlySet<string> = new Set(['content-length', 'transfer-encoding'])

/**
 * @param lines `Name: value\r\n`... as received
 * @param allowsUnderscores names with `_` are dropped unless true
 * @returns the lines to pass on, or `null` when one is malformed or speaks of framing
 */
export function parseTrailers(lines: string, allowsUnderscores: boolean): string | null {
  let out = ''
  let count = 0
  for (let at = 0; at < lines.length;) {
    let i = at
    let bits = 0
    for (let bit = TOKEN[lines.charCodeAt(i)]!; bit !== 0; bit = TOKEN[lines.charCodeAt(++i)] ?? 0) bits |= bit
    if (i === at || lines.charCodeAt(i) !== COLON || ++count > MOST_TRAILERS) return null
    const name = lines.slice(at, i).toLowerCase()
    do i++
    while (FIELD_VALUE[lines.charCodeAt(i)] === 1)
    if (lines.charCodeAt(i) !== CR || lines.charCodeAt(i + 1) !== LF || FRAMING.has(name)) return null
    const isDropped =
      REFUSED.has(name) ||
      (name.startsWith('x-') && isForwardingName(name)) ||
      (bits & UNDERSCORE_BIT && !allowsUnderscores)
    if (!isDropped) out += lines.slice(at, i + 2)
    at = i + 2
  }
  return out
}

function isForwardingName(name: string): boolean {
  return (
    name.startsWith('x-forwarded-') ||
    name.startsWith('x-original-forwarded-') ||
    name === 'x-real-ip' ||
    name === 'x-request-id' ||
    name === 'x-scheme'
  )
}
