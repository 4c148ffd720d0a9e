/**
 * Cuts what a connection receives into frames (RFC 9113, 3.4 and 4.1), wherever reads begin and end. A frame that lies in
 * one read is handed over where it is; of one that does not, a copy is gathered in a buffer of exactly one frame.
 */
import { CLIENT_PREFACE, FRAME_BYTES, FRAME_HEAD_BYTES } from './protocol.ts'

/** The bytes given are valid only during the call. */
export interface FrameSink {
  frame(type: number, flags: number, streamId: number, buffer: Buffer, start: number, end: number): void
  /** A frame of more than {@link FRAME_BYTES} is announced. The reader has stopped. */
  frameTooLarge(): void
  /** The client does not begin as an HTTP/2 client does. The reader has stopped. */
  badPreface(): void
}

/** One frame's worth of memory that the last reader left behind. */
let spare: Buffer | null = null

export class FrameReader {
  readonly #sink: FrameSink
  #prefaceAt = 0
  /** The beginning of a frame that is not complete. */
  #held: Buffer | null = null
  #heldBytes = 0
  #isStopped = false

  /** @param expectsPreface false for what a server sends: its first frame is its preface */
  constructor(sink: FrameSink, expectsPreface: boolean = true) {
    this.#sink = sink
    if (!expectsPreface) this.#prefaceAt = CLIENT_PREFACE.length
  }

  /** Nothing is handed over any more, not even from the read at hand. */
  stop(): void {
    this.#isStopped = true
    this.#letGo()
  }

  read(buffer: Buffer, start: number, end: number): void {
    let at = start
    if (this.#prefaceAt < CLIENT_PREFACE.length) {
      while (at < end && this.#prefaceAt < CLIENT_PREFACE.length) {
        if (buffer[at++] === CLIENT_PREFACE[this.#prefaceAt++]) continue
        this.#isStopped = true
        this.#sink.badPreface()
        return
      }
    }
    if (this.#held !== null) at = this.#complete(this.#held, buffer, at, end)
    while (end - at >= FRAME_HEAD_BYTES && !this.#isStopped) {
      const size = (buffer[at]! << 16) | (buffer[at + 1]! << 8) | buffer[at + 2]!
      if (size > FRAME_BYTES) return this.#refuse()
      const next = at + FRAME_HEAD_BYTES + size
      if (next > end) break
      this.#hand(buffer, at, next)
      at = next
    }
    if (at < end && !this.#isStopped) this.#hold(buffer, at, end)
  }

  /** Adds to the held frame what belongs to it. @returns the position after that */
  #complete(held: Buffer, buffer: Buffer, start: number, end: number): number {
    let at = start
    if (this.#heldBytes < FRAME_HEAD_BYTES) {
      at += this.#take(held, buffer, at, Math.min(end, at + FRAME_HEAD_BYTES - this.#heldBytes))
      if (this.#heldBytes < FRAME_HEAD_BYTES) return at
    }
    const size = held.readUIntBE(0, 3)
    if (size > FRAME_BYTES) {
      this.#refuse()
      return end
    }
    const whole = FRAME_HEAD_BYTES + size
    at += this.#take(held, buffer, at, Math.min(end, at + whole - this.#heldBytes))
    if (this.#heldBytes < whole) return at
    this.#held = null
    this.#hand(held, 0, whole)
    spare = held
    return at
  }

  #take(held: Buffer, buffer: Buffer, start: number, end: number): number {
    const count = buffer.copy(held, this.#heldBytes, start, end)
    this.#heldBytes += count
    return count
  }

  #hold(buffer: Buffer, start: number, end: number): void {
    // Most often a small frame cut in two; a whole one's memory only if it is needed.
    this.#held = spare ?? Buffer.allocUnsafeSlow(FRAME_HEAD_BYTES + FRAME_BYTES)
    spare = null
    this.#heldBytes = buffer.copy(this.#held, 0, start, end)
  }

  #hand(buffer: Buffer, start: number, end: number): void {
    const streamId = buffer.readUInt32BE(start + 5) & 0x7fff_ffff
    this.#sink.frame(buffer[start + 3]!, buffer[start + 4]!, streamId, buffer, start + FRAME_HEAD_BYTES, end)
  }

  #refuse(): void {
    this.stop()
    this.#sink.frameTooLarge()
  }

  #letGo(): void {
    if (this.#held !== null) spare = this.#held
    this.#held = null
  }
}
