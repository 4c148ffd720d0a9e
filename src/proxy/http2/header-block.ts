/**
 * A header block that comes in several frames (RFC 9113, 4.3 and 6.10). Nothing else may come between them, and a client
 * may make neither their bytes nor their number large (CONTINUATION flood, CVE-2024-27316).
 */

/** CONTINUATION frames of one block; decent clients fill their frames. */
const MOST_FRAMES = 32

export class HeaderBlock {
  streamId = 0
  /** Of the HEADERS frame. */
  flags = 0
  /** When the block began, `performance.now()`. */
  startMs = 0
  #parts: Buffer[] = []
  #bytes = 0

  /** True between a HEADERS frame and the last CONTINUATION. */
  get isOpen(): boolean {
    return this.streamId !== 0
  }

  /** A HEADERS frame without END_HEADERS. The bytes are copied. */
  begin(streamId: number, flags: number, buffer: Buffer, start: number, end: number): void {
    this.streamId = streamId
    this.flags = flags
    this.startMs = performance.now()
    this.#bytes = 0
    this.#parts = []
    this.#add(buffer, start, end)
  }

  /** @returns false when the block has become too large */
  append(buffer: Buffer, start: number, end: number, maxBytes: number): boolean {
    this.#add(buffer, start, end)
    return this.#bytes <= maxBytes && this.#parts.length <= MOST_FRAMES + 1
  }

  /** The whole block. Closes it. */
  take(): Buffer {
    const block = Buffer.concat(this.#parts)
    this.#parts = []
    this.streamId = 0
    return block
  }

  #add(buffer: Buffer, start: number, end: number): void {
    this.#parts.push(Buffer.from(buffer.subarray(start, end)))
    this.#bytes += end - start
  }
}
