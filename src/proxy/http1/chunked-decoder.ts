/**
 * Decoder for the chunked transfer coding (RFC 9112, 7.1), used for requests and responses. Strict: hexadecimal sizes
 * only, CRLF only, extensions skipped within a bound, the trailer section kept within a bound for `parseTrailers`.
 */
import { EXTENSION_BROKEN, EXTENSION_END, EXTENSION_START, stepExtension } from './chunk-extension.ts'
import { CR, LF } from './field-syntax.ts'

/** Receives decoded bytes; valid only during the call. */
export interface ChunkSink {
  chunkData(buffer: Buffer, start: number, end: number): void
}

const STATES = {
  size: 0,
  sizeStart: 1,
  extension: 2,
  sizeLf: 3,
  data: 4,
  dataCr: 5,
  dataLf: 6,
  trailer: 7,
} as const
const { size, sizeStart, extension, sizeLf, data, dataCr, dataLf, trailer } = STATES

const SEMICOLON = 0x3b

/** Hex digits of a size; 13 digits stay below 2^53. */
const MOST_DIGITS = 13
/** Bytes of extensions in one chunk line. */
const LONGEST_EXTENSION = 1024
/** Bytes of the trailer section. */
const LONGEST_TRAILER = 8192

export class ChunkedDecoder {
  #state: number = sizeStart
  #remaining = 0
  #digits = 0
  #extension = EXTENSION_START
  #trailer = ''
  /** True when the last chunk and the trailer section have been read. */
  isDone = false

  /** Begins a new body. */
  reset(): void {
    this.#state = sizeStart
    this.#remaining = 0
    this.#digits = 0
    this.#trailer = ''
    this.isDone = false
  }

  /** The trailer section's lines as received, `Name: value\r\n`..., empty when there are none. Unchecked. */
  get trailerLines(): string {
    return this.#trailer.slice(0, -2)
  }

  /**
   * Decodes `buffer[start, end)` as far as the body goes.
   *
   * @returns the position after the last byte used (look at {@link isDone}), or -1 when the coding is broken
   */
  decode(buffer: Buffer, start: number, end: number, sink: ChunkSink): number {
    let at = start
    while (at < end) {
      switch (this.#state) {
        case data: {
          const to = Math.min(end, at + this.#remaining)
          this.#remaining -= to - at
          if (this.#remaining === 0) this.#state = dataCr
          sink.chunkData(buffer, at, to)
          at = to
          break
        }
        case trailer:
          at = this.#readTrailer(buffer, at, end)
          if (at === -1 || this.isDone) return at
          break
        default:
          if (!this.#step(buffer[at]!)) return -1
          at++
      }
    }
    return at
  }

  /** One byte of framing. */
  #step(code: number): boolean {
    switch (this.#state) {
      case sizeStart:
      case size: {
        const digit = hexDigit(code)
        if (digit !== -1) {
          this.#state = size
          this.#remaining = this.#remaining * 16 + digit
          return ++this.#digits <= MOST_DIGITS
        }
        if (this.#state === sizeStart) return false
        this.#digits = 0
        if (code === CR) this.#state = sizeLf
        // `;` begins an extension. Blanks before it (BWS) are refused: too many parsers disagree about them.
        else if (code === SEMICOLON) {
          this.#state = extension
          this.#extension = EXTENSION_START
        } else return false
        return true
      }
      case extension:
        this.#extension = stepExtension(this.#extension, code)
        if (this.#extension === EXTENSION_BROKEN || ++this.#digits > LONGEST_EXTENSION) return false
        if (this.#extension === EXTENSION_END) {
          this.#digits = 0
          this.#state = sizeLf
        }
        return true
      case sizeLf:
        this.#state = this.#remaining === 0 ? trailer : data
        return code === LF
      case dataCr:
        this.#state = dataLf
        return code === CR
      case dataLf:
        this.#state = sizeStart
        return code === LF
      default:
        return false
    }
  }

  /** Collects until the empty line; the section ends with CRLF at its beginning or after another CRLF. */
  #readTrailer(buffer: Buffer, start: number, end: number): number {
    for (let at = start; at < end;) {
      const lineFeed = buffer.indexOf(LF, at)
      const to = lineFeed === -1 || lineFeed >= end ? end : lineFeed + 1
      if (this.#trailer.length + to - at > LONGEST_TRAILER) return -1
      this.#trailer += buffer.toString('latin1', at, to)
      at = to
      if (!this.#trailer.endsWith('\n')) continue
      if (!this.#trailer.endsWith('\r\n')) return -1
      if (this.#trailer === '\r\n' || this.#trailer.endsWith('\r\n\r\n')) {
        this.isDone = true
        return at
      }
    }
    return end
  }
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  const lower = code | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}
