/**
 * The server name that a TLS client asks for (RFC 8446, 4.1.2 and 5.1; RFC 6066, 3), read off its first bytes without
 * any of TLS. A ClientHello may come in several records and in any number of reads. What is not clearly a ClientHello with
 * a name has none: the TLS server that gets the same bytes says what is wrong with them.
 */

/** Bytes that are looked at, record headers included. Real ones have 300 to 2000. */
export const LONGEST_HELLO = 16_384

export type HelloReading =
  | { readonly kind: 'incomplete' }
  /** `serverName` is lower-case without final dot, and empty when there is none. */
  | { readonly kind: 'complete'; readonly serverName: string }

const INCOMPLETE: HelloReading = { kind: 'incomplete' }
const NO_NAME: HelloReading = { kind: 'complete', serverName: '' }

const HANDSHAKE_RECORD = 22
const CLIENT_HELLO = 1
const SERVER_NAME_EXTENSION = 0
const HOST_NAME = 0
const RECORD_HEADER = 5
const LONGEST_RECORD = 16_384
/** Letters, digits, `-`, `_` and dots: what a route's host may hold (RFC 6066 wants no address and no final dot). */
const NAME = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?$/

/** @param bytes everything received so far */
export function readServerName(bytes: Buffer): HelloReading {
  const message = readHandshake(bytes)
  if (message === 'incomplete') return bytes.length >= LONGEST_HELLO ? NO_NAME : INCOMPLETE
  if (message === 'malformed') return NO_NAME
  const name = (findName(message) ?? '').toLowerCase()
  if (name.length > 255 || !NAME.test(name)) return NO_NAME
  return { kind: 'complete', serverName: name.endsWith('.') ? name.slice(0, -1) : name }
}

/** The body of the ClientHello, put together from its records. */
function readHandshake(bytes: Buffer): Buffer | 'incomplete' | 'malformed' {
  const fragments: Buffer[] = []
  let gathered = 0
  for (let at = 0; at < bytes.length;) {
    if (bytes[at] !== HANDSHAKE_RECORD) return 'malformed'
    // Major version 3 in all of SSL 3.0 to TLS 1.3.
    if (at + 1 < bytes.length && bytes[at + 1] !== 3) return 'malformed'
    if (at + RECORD_HEADER > bytes.length) return 'incomplete'
    const length = bytes.readUInt16BE(at + 3)
    if (length === 0 || length > LONGEST_RECORD) return 'malformed'
    const start = at + RECORD_HEADER
    fragments.push(bytes.subarray(start, Math.min(start + length, bytes.length)))
    gathered += Math.min(length, bytes.length - start)
    if (gathered > 0) {
      const first = fragments[0] as Buffer
      if (first[0] !== undefined && first[0] !== CLIENT_HELLO) return 'malformed'
    }
    if (gathered >= 4) {
      const all = fragments.length === 1 ? (fragments[0] as Buffer) : Buffer.concat(fragments)
      const bodyLength = all.readUIntBE(1, 3)
      if (bodyLength > LONGEST_HELLO) return 'malformed'
      if (gathered >= 4 + bodyLength) return all.subarray(4, 4 + bodyLength)
    }
    at = start + length
  }
  return 'incomplete'
}

/** @returns `null` when there is no name, or the message is not what it should be */
function findName(hello: Buffer): string | null {
  // Version and random.
  let at = 34
  at = skipVector(hello, at, 1)
  at = skipVector(hello, at, 2)
  at = skipVector(hello, at, 1)
  const end = skipVector(hello, at, 2)
  // Extensions are the last thing in the message.
  if (end !== hello.length) return null
  for (at += 2; at + 4 <= end;) {
    const type = hello.readUInt16BE(at)
    const next = skipVector(hello, at + 2, 2)
    if (next > end) return null
    if (type === SERVER_NAME_EXTENSION) return readHostName(hello.subarray(at + 4, next))
    at = next
  }
  return null
}

/** A list of names of which exactly one is a host's. */
function readHostName(extension: Buffer): string | null {
  if (extension.length < 5 || skipVector(extension, 0, 2) !== extension.length) return null
  if (extension[2] !== HOST_NAME || skipVector(extension, 3, 2) !== extension.length) return null
  return extension.toString('latin1', 5)
}

/** The position behind a length and as many bytes; beyond every message when it does not fit. */
function skipVector(bytes: Buffer, at: number, lengthBytes: 1 | 2): number {
  if (at + lengthBytes > bytes.length) return Number.POSITIVE_INFINITY
  const end = at + lengthBytes + bytes.readUIntBE(at, lengthBytes)
  return end <= bytes.length ? end : Number.POSITIVE_INFINITY
}
