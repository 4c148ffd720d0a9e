/**
 * The sending half of a connection: heads through HPACK, bodies within the windows of stream and connection (RFC 9113, 5.2
 * and 6.9), several waiting bodies in turns of one frame, and no more than the socket takes. What cannot be sent yet is
 * copied and kept with its stream; its exchange is paused, so that is at most one network read (64 KiB) a stream.
 */
import { HpackEncoder, mostBlockBytes, mostRequestBytes, type RequestFields } from './hpack/encoder.ts'
import type { FrameWriter } from './frames/frame-writer.ts'
import {
  CONTINUATION,
  DATA,
  DEFAULT_WINDOW,
  END_HEADERS,
  END_STREAM,
  FRAME_BYTES,
  FRAME_HEAD_BYTES,
  HEADERS,
  LARGEST_WINDOW,
} from './frames/protocol.ts'

/** Heads above this are written beside the block and cut into frames. */
const LARGE_HEAD = 8192
/** A frame of at least this is begun where a block ends; smaller ones wait for the next block. */
const LEAST_FRAME = 4096

/** Who sends on a stream. */
export interface OutgoingOwner {
  /** Some of what waited was sent. */
  outgoingMoved(): void
  /** Nothing waits any more: more may be given. Not called after {@link OutgoingStream.isEnding}. */
  outgoingDrained(): void
  /** All is sent, with END_STREAM. The last call. */
  outgoingDone(): void
}

/** What one stream has to send. */
export class OutgoingStream {
  readonly id: number
  readonly owner: OutgoingOwner
  /** Bytes that the peer takes; below zero after it shrank the initial window. */
  window: number
  /** Copied bytes that wait, the first of them from `waitingAt` on. */
  waiting: Buffer[] | null = null
  waitingAt = 0
  waitingBytes = 0
  /** Nothing more will be given. */
  isEnding = false
  trailerLines = ''
  /** True while the stream is in the queue of those that could send. */
  isQueued = false
  /** Gone: nothing is sent any more. */
  isClosed = false
  /** Where the flags of its last frame are, to set END_STREAM as long as the block is not on its way. */
  flagsAt = 0
  flagsSerial = 0

  constructor(id: number, owner: OutgoingOwner, window: number) {
    this.id = id
    this.owner = owner
    this.window = window
  }
}

export class Outgoing {
  readonly writer: FrameWriter
  readonly encoder: HpackEncoder
  /** Window that new streams begin with: the peer's SETTINGS_INITIAL_WINDOW_SIZE. */
  initialWindow = DEFAULT_WINDOW
  /** Heads and DATA frames sent so far. */
  sentFrames = 0
  #window = DEFAULT_WINDOW
  /** Streams that have something to send and a window for it, next one first. */
  #queue: OutgoingStream[] = []

  /** @param isClient true when requests are sent */
  constructor(writer: FrameWriter, isClient: boolean = false) {
    this.writer = writer
    this.encoder = new HpackEncoder(isClient)
  }

  /** A response head; more follows, be it only {@link end}. */
  head(stream: OutgoingStream, status: number, lines: string, contentLength: number): void {
    this.sentFrames++
    const most = mostBlockBytes(lines.length)
    if (most > LARGE_HEAD) {
      const block = Buffer.allocUnsafe(most)
      this.#largeBlock(stream, block.subarray(0, this.encoder.head(status, lines, contentLength, block, 0)), 0)
      return
    }
    const { writer } = this
    writer.reserve(FRAME_HEAD_BYTES + most)
    const from = writer.at + FRAME_HEAD_BYTES
    const to = this.encoder.head(status, lines, contentLength, writer.block, from)
    writer.frameHead(to - from, HEADERS, END_HEADERS, stream.id)
    stream.flagsAt = from - 5
    stream.flagsSerial = writer.serial
    writer.at = to
  }

  /** A request head; more follows, be it only {@link end}. */
  requestHead(stream: OutgoingStream, fields: RequestFields): void {
    this.sentFrames++
    const block = Buffer.allocUnsafe(mostRequestBytes(fields))
    this.#largeBlock(stream, block.subarray(0, this.encoder.request(fields, block, 0)), 0)
  }

  /**
   * Body bytes, sent or copied when the call returns.
   *
   * @returns false when the client takes no more for now: `outgoingDrained` follows
   */
  data(stream: OutgoingStream, buffer: Buffer, start: number, end: number): boolean {
    let at = start
    if (stream.waiting === null) {
      while (at < end && this.#canSend(stream)) at = this.#frame(stream, buffer, at, end)
      if (at === end) return true
    }
    const rest = Buffer.allocUnsafe(end - at)
    buffer.copy(rest, 0, at, end)
    stream.waiting ??= []
    stream.waiting.push(rest)
    stream.waitingBytes += rest.length
    this.#enqueue(stream)
    return false
  }

  /** The end of the body; `outgoingDone` is called when it is sent, perhaps at once. */
  end(stream: OutgoingStream, trailerLines: string): void {
    stream.isEnding = true
    stream.trailerLines = trailerLines
    if (stream.waiting === null) this.#finish(stream)
  }

  /** A stream is gone. */
  forget(stream: OutgoingStream): void {
    stream.isClosed = true
    stream.waiting = null
    stream.waitingBytes = 0
  }

  /** WINDOW_UPDATE of the connection. @returns false on overflow */
  widen(increment: number): boolean {
    this.#window += increment
    if (this.#window > LARGEST_WINDOW) return false
    if (this.#queue.length > 0) this.pump()
    return true
  }

  /** WINDOW_UPDATE of a stream, or a changed initial window (then perhaps below zero). @returns false on overflow */
  widenStream(stream: OutgoingStream, increment: number): boolean {
    stream.window += increment
    if (stream.window > LARGEST_WINDOW) return false
    if (stream.waiting !== null) {
      this.#enqueue(stream)
      this.pump()
    }
    return true
  }

  /** Sends what waits, a frame from each stream in turn, until a window or the socket is full. */
  pump(): void {
    while (this.#queue.length > 0 && this.#window > 0 && !this.writer.isBlocked) {
      // Streams that join or come round again while this turn goes on are in the next.
      const turn = this.#queue
      this.#queue = []
      for (let i = 0; i < turn.length; i++) {
        const stream = turn[i]!
        if (this.#window <= 0 || this.writer.isBlocked) {
          this.#queue = [...turn.slice(i), ...this.#queue]
          return
        }
        stream.isQueued = false
        this.#sendWaiting(stream)
      }
    }
  }

  #canSend(stream: OutgoingStream): boolean {
    return stream.window > 0 && this.#window > 0 && !this.writer.isBlocked
  }

  #enqueue(stream: OutgoingStream): void {
    if (stream.isQueued || stream.window <= 0) return
    stream.isQueued = true
    this.#queue.push(stream)
  }

  /** One frame of what a stream keeps. */
  #sendWaiting(stream: OutgoingStream): void {
    const { waiting } = stream
    if (stream.isClosed || waiting === null || stream.window <= 0) return
    const first = waiting[0]!
    const at = this.#frame(stream, first, stream.waitingAt, first.length)
    stream.waitingBytes -= at - stream.waitingAt
    stream.waitingAt = at
    stream.owner.outgoingMoved()
    if (at < first.length || waiting.length > 1) {
      if (at === first.length) {
        waiting.shift()
        stream.waitingAt = 0
      }
      this.#enqueue(stream)
      return
    }
    stream.waiting = null
    stream.waitingAt = 0
    if (stream.isEnding) this.#finish(stream)
    else stream.owner.outgoingDrained()
  }

  /** One DATA frame of as much as fits. @returns the position after what was sent */
  #frame(stream: OutgoingStream, buffer: Buffer, start: number, end: number): number {
    const { writer } = this
    let size = end - start
    if (size > FRAME_BYTES) size = FRAME_BYTES
    if (size > stream.window) size = stream.window
    if (size > this.#window) size = this.#window
    const room = writer.room - FRAME_HEAD_BYTES
    if (size > room && room >= LEAST_FRAME) size = room
    writer.reserve(FRAME_HEAD_BYTES + size)
    this.sentFrames++
    stream.window -= size
    this.#window -= size
    stream.flagsAt = writer.at + 4
    stream.flagsSerial = writer.serial
    writer.frameHead(size, DATA, 0, stream.id)
    buffer.copy(writer.block, writer.at, start, start + size)
    writer.at += size
    return start + size
  }

  #finish(stream: OutgoingStream): void {
    const { writer } = this
    if (stream.trailerLines !== '') {
      this.#trailers(stream)
    } else if (stream.flagsSerial === writer.serial) {
      // Its last frame has not left yet: no frame of its own for the end.
      writer.block[stream.flagsAt]! |= END_STREAM
    } else {
      writer.reserve(FRAME_HEAD_BYTES)
      writer.frameHead(0, DATA, END_STREAM, stream.id)
    }
    stream.owner.outgoingDone()
  }

  #trailers(stream: OutgoingStream): void {
    const block = Buffer.allocUnsafe(mostBlockBytes(stream.trailerLines.length))
    this.#largeBlock(stream, block.subarray(0, this.encoder.trailers(stream.trailerLines, block, 0)), END_STREAM)
  }

  #largeBlock(stream: OutgoingStream, block: Buffer, flags: number): void {
    const { writer } = this
    for (let at = 0, type = HEADERS; at < block.length || type === HEADERS; type = CONTINUATION) {
      const size = Math.min(FRAME_BYTES, block.length - at)
      const isLast = at + size === block.length
      writer.reserve(FRAME_HEAD_BYTES + size)
      writer.frameHead(size, type, (isLast ? END_HEADERS : 0) | (type === HEADERS ? flags : 0), stream.id)
      if (type === HEADERS) {
        stream.flagsAt = writer.at - 5
        stream.flagsSerial = writer.serial
      }
      block.copy(writer.block, writer.at, at, at + size)
      writer.at += size
      at += size
    }
  }
}
