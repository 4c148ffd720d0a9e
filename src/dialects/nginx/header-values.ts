/** Header names and values in annotations and ConfigMaps (RFC 9110, 5.1 and 5.5). */
import type { Decoder } from './values.ts'

const NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/

export function isHeaderName(text: string): boolean {
  return NAME.test(text)
}

/** Visible ASCII and blanks, as a field's value travels without being folded or cut. */
export function isHeaderValue(text: string): boolean {
  return /^[\x20-\x7e\t]*$/.test(text)
}

/** Names that describe the message's framing or its connection (RFC 9110, 7.6.1): nobody but the proxy sets those. */
export const FRAMING_HEADERS: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'content-length',
  'upgrade',
])

/** A comma list of header names, lower-case; empty entries do not count. */
export const decodeHeaderNames: Decoder<readonly string[]> = (text) => {
  const names = text
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '')
  return names.every(isHeaderName)
    ? { ok: true, value: names }
    : { ok: false, accepted: 'header names separated by commas' }
}

/** A host for the Host header: letters, digits, `-`, `.`, `_` and perhaps a port. */
export const decodeHostHeader: Decoder<string> = (text) =>
  /^[A-Za-z0-9._-]+(?::\d{1,5})?$/.test(text) || /^\[[0-9A-Fa-f:.]+\](?::\d{1,5})?$/.test(text)
    ? { ok: true, value: text }
    : { ok: false, accepted: 'a host name, with a port if need be; variables are not' }
