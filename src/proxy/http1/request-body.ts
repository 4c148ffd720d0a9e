/** Reads one request body after the other off a connection, whichever way it is framed (RFC 9112, 6.3). */
import { UNKNOWN_LENGTH } from '../downstream.ts'
import { ChunkedDecoder, type ChunkSink } from './chunked-decoder.ts'

export class RequestBody {
  #decoder: ChunkedDecoder | null = null
  #isChunked = false
  #remaining = 0
  isComplete = true

  /** @param contentLength bytes, or a negative number from `downstream.ts` */
  begin(contentLength: number): void {
    this.#isChunked = contentLength === UNKNOWN_LENGTH
    this.#remaining = Math.max(0, contentLength)
    this.isComplete = !this.#isChunked && this.#remaining === 0
    if (this.#isChunked) {
      this.#decoder ??= new ChunkedDecoder()
      this.#decoder.reset()
    }
  }

  /** Trailer lines as received, unchecked. */
  get trailerLines(): string {
    return this.#isChunked && this.#decoder !== null ? this.#decoder.trailerLines : ''
  }

  /** @returns the position after what was used (look at {@link isComplete}), -1 when the framing is broken */
  read(buffer: Buffer, start: number, end: number, sink: ChunkSink): number {
    if (this.#isChunked) {
      const decoder = this.#decoder!
      const at = decoder.decode(buffer, start, end, sink)
      this.isComplete = decoder.isDone
      return at
    }
    const at = Math.min(end, start + this.#remaining)
    this.#remaining -= at - start
    this.isComplete = this.#remaining === 0
    sink.chunkData(buffer, start, at)
    return at
  }
}
