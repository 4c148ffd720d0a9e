/**
 * HPACK encoding of heads and trailers (RFC 7541) straight from HTTP/1 lines. A line that this connection has in
 * its table is found by its text, names in whatever case, and becomes one byte; lines that recur are added; everything
 * else is a literal without Huffman coding (see `huffman.ts`). Tried and left out, since CPU per request stayed the same:
 * copying the block of the head before when the lines are equal as a whole.
 */
import { dateLine, SERVER_LINE } from '../../answer.ts'
import { TABLE_BYTES } from './decoder.ts'
import { LONGEST_LINE, ownCopy, RecurringLines, VOLATILE_NAMES } from './recurring-lines.ts'
import { STATIC_ENTRIES, STATIC_NAMES } from './static-table.ts'

const OVERHEAD = 32
const STATIC_COUNT = STATIC_ENTRIES.length
const CONTENT_LENGTH_INDEX = STATIC_NAMES.get('content-length')!
const STATUS_INDEX = STATIC_NAMES.get(':status')!

const WITH_INDEXING = 0x40
const WITHOUT_INDEXING = 0x00
/** For values that no table on the way may keep (RFC 7541, 7.1.3). */
const NEVER_INDEXED = 0x10

const STATUS_BYTES: ReadonlyMap<number, number> = new Map(
  STATIC_ENTRIES.flatMap(([name, value], at) => (name === ':status' ? [[Number(value), 0x81 + at] as const] : [])),
)

/** Those of answers, and those of requests: neither pushes out the other. */
const recurringAnswers = new RecurringLines()
const recurringRequests = new RecurringLines()

/**
 * Fields of HTTP/1.1 connections that no HTTP/2 request has (RFC 9113, 8.2.2), and Host, which `:authority` says. Lines that
 * are in a table are not asked again.
 */
const NOT_IN_REQUESTS: ReadonlySet<string> = new Set([
  'connection',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
])

/** What changes with each client is not for a table that they share. */
const SECRET_NAMES: ReadonlySet<string> = new Set(['authorization', 'cookie', 'proxy-authorization', 'set-cookie'])

const TE_LINE = 'te: trailers\r\n'

/** Head of a request to an upstream. All texts are latin1. */
export interface RequestFields {
  readonly method: string
  readonly isTls: boolean
  /** Empty = none. */
  readonly authority: string
  readonly path: string
  /** `:protocol` of an extended CONNECT, else empty. */
  readonly protocol: string
  /** Say `te: trailers`. */
  readonly takesTrailers: boolean
  readonly lines: string
  /** Bytes, or negative for none. */
  readonly contentLength: number
}

interface Entry {
  readonly line: string
  readonly size: number
}

const NO_BYTES = Buffer.alloc(0)
const METHOD_INDEX = STATIC_NAMES.get(':method')!
const AUTHORITY_INDEX = STATIC_NAMES.get(':authority')!
const PATH_INDEX = STATIC_NAMES.get(':path')!
const METHOD_BYTES: ReadonlyMap<string, number> = new Map(
  STATIC_ENTRIES.flatMap(([name, value], at) => (name === ':method' ? [[value, 0x81 + at] as const] : [])),
)
const HTTP_BYTE = 0x81 + STATIC_ENTRIES.findIndex(([name, value]) => name === ':scheme' && value === 'http')
const HTTPS_BYTE = 0x81 + STATIC_ENTRIES.findIndex(([name, value]) => name === ':scheme' && value === 'https')

/** Longest block that {@link HpackEncoder} makes of so many characters of lines, head fields included. */
export function mostBlockBytes(lineCharacters: number): number {
  return lineCharacters + (lineCharacters >>> 3) + 64
}

/** The same of a request. */
export function mostRequestBytes({ method, authority, path, protocol, lines }: RequestFields): number {
  return mostBlockBytes(lines.length + method.length + authority.length + path.length + protocol.length) + 64
}

export class HpackEncoder {
  /** Line to serial number of its insertion. */
  readonly #known = new Map<string, number>()
  readonly #isClient: boolean
  readonly #recurring: RecurringLines
  /** Oldest first. */
  #entries: Entry[] = []
  #inserted = 0
  #tableBytes = 0
  #maxTableBytes = TABLE_BYTES
  /** Least size since the last block, or -1 when nothing is to be said. */
  #pendingSize = -1
  #out: Buffer = NO_BYTES
  #at = 0

  /** @param isClient true when it encodes requests */
  constructor(isClient: boolean = false) {
    this.#isClient = isClient
    this.#recurring = isClient ? recurringRequests : recurringAnswers
  }

  /** The peer's SETTINGS_HEADER_TABLE_SIZE. We never use more than the default. */
  setMaxTableBytes(bytes: number): void {
    const size = Math.min(bytes, TABLE_BYTES)
    if (size === this.#maxTableBytes && this.#pendingSize === -1) return
    // The least size in between must be said too: the peer evicted by it (RFC 7541, 4.2).
    this.#pendingSize = this.#pendingSize === -1 ? size : Math.min(this.#pendingSize, size)
    this.#maxTableBytes = size
    this.#evict(0)
  }

  /**
   * Writes a response head.
   *
   * @param lines checked `Name: value\r\n` lines, latin1
   * @param contentLength bytes, or negative for none
   * @param out has {@link mostBlockBytes} of room at `at`
   * @returns the position after the block
   */
  head(status: number, lines: string, contentLength: number, out: Buffer, at: number): number {
    this.#out = out
    this.#at = at
    this.#sayTableSize()
    const statusByte = STATUS_BYTES.get(status)
    if (statusByte === undefined) this.#literal(WITHOUT_INDEXING, STATUS_INDEX, '', String(status))
    else out[this.#at++] = statusByte
    this.#lines(lines)
    if (contentLength >= 0) this.#literal(WITHOUT_INDEXING, CONTENT_LENGTH_INDEX, '', String(contentLength))
    this.#out = NO_BYTES
    return this.#at
  }

  /**
   * Writes a request head.
   *
   * @param out has {@link mostRequestBytes} of room at `at`
   * @returns the position after the block
   */
  request(fields: RequestFields, out: Buffer, at: number): number {
    this.#out = out
    this.#at = at
    this.#sayTableSize()
    const { method, isTls, authority, path, protocol, contentLength } = fields
    const methodByte = METHOD_BYTES.get(method)
    if (methodByte === undefined) this.#literal(WITHOUT_INDEXING, METHOD_INDEX, '', method)
    else out[this.#at++] = methodByte
    out[this.#at++] = isTls ? HTTPS_BYTE : HTTP_BYTE
    if (authority !== '') this.#pseudo(AUTHORITY_INDEX, `:authority: ${authority}`, authority)
    this.#pseudo(PATH_INDEX, `:path: ${path}`, path)
    if (protocol !== '') this.#literal(WITHOUT_INDEXING, 0, ':protocol', protocol)
    if (fields.takesTrailers) this.#line(TE_LINE)
    this.#lines(fields.lines)
    if (contentLength >= 0) this.#literal(WITHOUT_INDEXING, CONTENT_LENGTH_INDEX, '', String(contentLength))
    this.#out = NO_BYTES
    return this.#at
  }

  /** Writes trailers. As {@link head}. */
  trailers(lines: string, out: Buffer, at: number): number {
    this.#out = out
    this.#at = at
    this.#sayTableSize()
    this.#lines(lines)
    this.#out = NO_BYTES
    return this.#at
  }

  #sayTableSize(): void {
    if (this.#pendingSize === -1) return
    this.#integer(0x20, 5, this.#pendingSize)
    if (this.#pendingSize !== this.#maxTableBytes) this.#integer(0x20, 5, this.#maxTableBytes)
    this.#pendingSize = -1
  }

  #lines(lines: string): void {
    for (let at = 0; at < lines.length;) {
      const next = lines.indexOf('\n', at) + 1
      if (next === 0) break
      this.#line(lines.slice(at, next))
      at = next
    }
  }

  #line(line: string): void {
    const serial = this.#known.get(line)
    if (serial !== undefined) {
      this.#integer(0x80, 7, STATIC_COUNT + this.#inserted - serial)
      return
    }
    const colon = line.indexOf(':')
    if (colon === -1) return
    const name = line.slice(0, colon).toLowerCase()
    const value = trimBlanks(line, colon + 1, line.length - 2)
    if (this.#isClient && NOT_IN_REQUESTS.has(name) && line !== TE_LINE) return
    const nameIndex = STATIC_NAMES.get(name) ?? 0
    if (SECRET_NAMES.has(name)) {
      this.#literal(NEVER_INDEXED, nameIndex, name, value)
    } else if (this.#isWorthAnEntry(name, line)) {
      this.#literal(WITH_INDEXING, nameIndex, name, value)
      this.#insert(ownCopy(line), name.length + value.length + OVERHEAD)
    } else {
      this.#literal(WITHOUT_INDEXING, nameIndex, name, value)
    }
  }

  /** A pseudo field that has a place of its own in the static table. */
  #pseudo(nameIndex: number, line: string, value: string): void {
    const serial = this.#known.get(line)
    if (serial !== undefined) {
      this.#integer(0x80, 7, STATIC_COUNT + this.#inserted - serial)
    } else if (line.length <= LONGEST_LINE && this.#maxTableBytes >= 2 * LONGEST_LINE && this.#recurring.meet(line)) {
      this.#literal(WITH_INDEXING, nameIndex, '', value)
      this.#insert(ownCopy(line), line.length - 2 + OVERHEAD)
    } else {
      this.#literal(WITHOUT_INDEXING, nameIndex, '', value)
    }
  }

  #isWorthAnEntry(name: string, line: string): boolean {
    // Sent with every answer.
    if (line === SERVER_LINE || line === dateLine()) return this.#maxTableBytes >= LONGEST_LINE
    if (line.length > LONGEST_LINE || this.#maxTableBytes < 2 * LONGEST_LINE) return false
    return !VOLATILE_NAMES.has(name) && this.#recurring.meet(line)
  }

  #insert(line: string, size: number): void {
    this.#evict(size)
    this.#inserted++
    this.#known.set(line, this.#inserted - 1)
    this.#entries.push({ line, size })
    this.#tableBytes += size
  }

  #evict(room: number): void {
    let gone = 0
    while (gone < this.#entries.length && this.#tableBytes + room > this.#maxTableBytes) {
      const { line, size } = this.#entries[gone++]!
      this.#known.delete(line)
      this.#tableBytes -= size
    }
    if (gone > 0) this.#entries = this.#entries.slice(gone)
  }

  /** @param name written when `nameIndex` is 0 */
  #literal(kind: number, nameIndex: number, name: string, value: string): void {
    this.#integer(kind, kind === WITH_INDEXING ? 6 : 4, nameIndex)
    if (nameIndex === 0) this.#text(name)
    this.#text(value)
  }

  #text(text: string): void {
    const { length } = text
    this.#integer(0, 7, length)
    const out = this.#out
    let at = this.#at
    // Short texts: the call into C++ costs more than the loop.
    if (length <= 24) for (let i = 0; i < length; i++) out[at++] = text.charCodeAt(i)
    else at += out.write(text, at, 'latin1')
    this.#at = at
  }

  #integer(pattern: number, prefixBits: number, value: number): void {
    const out = this.#out
    const most = (1 << prefixBits) - 1
    if (value < most) {
      out[this.#at++] = pattern | value
      return
    }
    out[this.#at++] = pattern | most
    let rest = value - most
    for (; rest >= 0x80; rest >>>= 7) out[this.#at++] = (rest & 0x7f) | 0x80
    out[this.#at++] = rest
  }
}

function trimBlanks(text: string, start: number, end: number): string {
  let from = start
  let to = end
  while (from < to && isBlank(text.charCodeAt(from))) from++
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--
  return text.slice(from, to)
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09
}
