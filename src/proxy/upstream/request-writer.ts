/**
 * Requests as bytes of an HTTP/1.1 connection: framing (RFC 9112, 6 and 7.1), and few writes. Text waits for the end of the
 * event-loop turn, so that a head and the first bytes of its body leave together.
 */
import type { Socket } from 'node:net'
import { SMALL_BYTES, writeGathered } from '../http1/gathered-write.ts'

export class RequestWriter {
  readonly #socket: Socket
  /** What was not written yet: the head, and body bytes while they are few. */
  #out = ''
  #isChunked = false
  #isFlushQueued = false

  constructor(socket: Socket) {
    this.#socket = socket
  }

  /** True when everything given was handed to the socket. */
  get isEmpty(): boolean {
    return this.#out === ''
  }

  /** @param isWhole nothing follows: written at once */
  begin(head: string, isChunked: boolean, isWhole: boolean): void {
    this.#out = head
    this.#isChunked = isChunked
    if (isWhole) this.flush()
    else this.#queueFlush()
  }

  body(buffer: Buffer, start: number, end: number): void {
    if (end - start <= SMALL_BYTES) {
      this.text(buffer.toString('latin1', start, end))
      return
    }
    const prefix = this.#isChunked ? `${this.#out}${(end - start).toString(16)}\r\n` : this.#out
    this.#out = ''
    writeGathered(this.#socket, prefix, buffer, start, end, this.#isChunked ? '\r\n' : '')
  }

  /** Body bytes as latin1. */
  text(text: string): void {
    this.#out += this.#isChunked ? `${text.length.toString(16)}\r\n${text}\r\n` : text
    if (this.#out.length > SMALL_BYTES) this.flush()
    else this.#queueFlush()
  }

  end(trailerLines: string): void {
    if (this.#isChunked) this.#out += `0\r\n${trailerLines}\r\n`
    this.flush()
  }

  flush(): void {
    if (this.#out === '') return
    const text = this.#out
    this.#out = ''
    this.#socket.write(text, 'latin1')
  }

  /** The connection is gone. */
  close(): void {
    this.#out = ''
  }

  /** Called by {@link #queueFlush}. */
  flushQueued(): void {
    this.#isFlushQueued = false
    this.flush()
  }

  #queueFlush(): void {
    if (this.#isFlushQueued) return
    this.#isFlushQueued = true
    process.nextTick(flushLater, this)
  }
}

// A function of its own so that no closure is made per request.
function flushLater(writer: RequestWriter): void {
  writer.flushQueued()
}
