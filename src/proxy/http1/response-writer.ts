/**
 * Writes the answers of one client connection (RFC 9112, 4, 6 and 7): gathers head and small bodies into one text and one
 * write, sends larger bodies as they come. Framing is chosen here from what the client speaks, never copied.
 */
import type { Socket } from 'node:net'
import type { LocalAnswer } from '../../routing/model.ts'
import { toByteString } from '../../routing/path-match.ts'
import { dateLine, reasonPhrase, SERVER_LINE } from '../answer.ts'
import { type ResponseHead, UNKNOWN_LENGTH } from '../downstream.ts'
import { SMALL_BYTES, writeGathered } from './gathered-write.ts'

export class ResponseWriter {
  readonly #socket: Socket
  #out = ''
  #isChunked = false
  /** Bytes of the current answer, heads and framing included. */
  bytesSent = 0
  /** Of these, heads. */
  headBytes = 0

  constructor(socket: Socket) {
    this.#socket = socket
  }

  /** True when the client takes less than it is sent: pause until the socket's `drain`. */
  get isBlocked(): boolean {
    return this.#socket.writableLength >= this.#socket.writableHighWaterMark
  }

  /** Begins the counts of a new answer. */
  reset(): void {
    this.bytesSent = 0
    this.headBytes = 0
  }

  /** A 1xx other than 101 goes out at once. */
  interim(head: ResponseHead): void {
    this.#head(`HTTP/1.1 ${head.status} ${head.reason}\r\n${head.headerLines}\r\n`)
    this.flush()
  }

  /**
   * Begins a proxied answer; the head waits for the first body bytes.
   *
   * @param isHttp11 false for clients that know no chunked coding: the body ends with the connection
   * @param connectionLine `Connection: close\r\n` or the like, may be empty
   */
  begin(head: ResponseHead, isHttp11: boolean, connectionLine: string): void {
    let framing = ''
    this.#isChunked = false
    if (head.upgrade !== '') {
      framing = `Connection: Upgrade\r\nUpgrade: ${head.upgrade}\r\n`
    } else if (head.contentLength !== UNKNOWN_LENGTH) {
      framing = `Content-Length: ${head.contentLength}\r\n`
    } else if (head.hasBody && isHttp11) {
      framing = 'Transfer-Encoding: chunked\r\n'
      this.#isChunked = true
    }
    const { status } = head
    const statusLine =
      status === 200 && head.reason === 'OK' ? 'HTTP/1.1 200 OK\r\n' : `HTTP/1.1 ${status} ${head.reason}\r\n`
    this.#head(`${statusLine}${head.headerLines}${framing}${connectionLine}\r\n`)
  }

  /** Body bytes; used up when the call returns. */
  data(buffer: Buffer, start: number, end: number): void {
    const length = end - start
    if (length === 0) return
    if (length <= SMALL_BYTES) {
      const text = buffer.toString('latin1', start, end)
      this.#out += this.#isChunked ? `${length.toString(16)}\r\n${text}\r\n` : text
      if (this.#out.length > SMALL_BYTES) this.flush()
      return
    }
    const prefix = this.#isChunked ? `${this.#out}${length.toString(16)}\r\n` : this.#out
    const suffix = this.#isChunked ? '\r\n' : ''
    this.#out = ''
    this.bytesSent += prefix.length + length + suffix.length
    writeGathered(this.#socket, prefix, buffer, start, end, suffix)
  }

  /** Writes out what was gathered. */
  flush(): void {
    if (this.#out === '') return
    const text = this.#out
    this.#out = ''
    this.bytesSent += text.length
    this.#socket.write(text, 'latin1')
  }

  /** The answer is complete. Trailers go only where the coding can carry them. */
  end(trailerLines: string): void {
    if (this.#isChunked) this.#out += `0\r\n${trailerLines}\r\n`
    this.flush()
  }

  /**
   * A whole answer of our own.
   *
   * @param extraLines such as `Location`
   * @param isHead sends the head only
   */
  local(answer: LocalAnswer, extraLines: string, connectionLine: string, isHead: boolean): void {
    const body = toByteString(answer.body)
    let lines = `HTTP/1.1 ${answer.status} ${reasonPhrase(answer.status)}\r\n${SERVER_LINE}${dateLine()}`
    if (body !== '' && answer.contentType !== '') lines += `Content-Type: ${answer.contentType}\r\n`
    const hasLength = answer.status !== 204 && answer.status !== 304
    if (hasLength) lines += `Content-Length: ${body.length}\r\n`
    this.#head(`${lines}${extraLines}${connectionLine}\r\n`)
    if (hasLength && !isHead) this.#out += body
    this.flush()
  }

  #head(text: string): void {
    this.#out += text
    this.headBytes += text.length
  }
}
