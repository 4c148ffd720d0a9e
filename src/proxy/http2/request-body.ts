/**
 * What a client sends after its head, on the way to the exchange: counted, bounded and credited. What the upstream does
 * not take yet is not credited, so the client's window closes (RFC 9113, 5.2). What comes before anybody may have it (a gate
 * takes its time, a tunnel is not open) is kept here, which the window bounds too.
 */
import { type Exchange, UNKNOWN_LENGTH } from '../downstream.ts'
import type { Outgoing } from './outgoing.ts'

/** Bytes that a client may send on a stream ahead of the upstream. */
export const STREAM_WINDOW = 262_144
/** Credit is given in portions: a WINDOW_UPDATE for each frame would double the frames. */
const LEAST_CREDIT = STREAM_WINDOW / 4

export interface RequestBodyOwner {
  /** Length and Content-Length contradict each other (RFC 9113, 8.1.1). */
  bodyMalformed(): void
  bodyTooLarge(): void
  /** {@link RequestBody.waitsForClient} may have changed. */
  bodyMoved(): void
}

export interface ConnectionCredit {
  readonly outgoing: Outgoing
  /** Received bytes are used up: the client may send as many more, on whichever stream. */
  creditConnection(bytes: number): void
}

export class RequestBody {
  readonly #owner: RequestBodyOwner
  readonly #connection: ConnectionCredit
  readonly #streamId: number
  readonly #contentLength: number
  /** The client has more to send. */
  hasMore = true
  /** Bytes that the client may send before more is credited. */
  window = STREAM_WINDOW
  /** 0 for no bound. */
  maxBytes = 0
  /** Raw bytes of a tunnel: neither length nor bound apply. */
  isTunnel = false
  #exchange: Exchange | null = null
  #isHolding = false
  #isBlocked = false
  #isOver = false
  #bytes = 0
  /** Received and not used up: neither stream nor connection are credited yet. */
  #heldBytes = 0
  /** Used up and not yet credited to the stream. */
  #creditBytes = 0
  #early: Buffer[] = []
  /** Trailers of a body that ended while it was held. */
  #earlyEnd: string | null = null

  /** @param contentLength as declared, or {@link UNKNOWN_LENGTH} */
  constructor(owner: RequestBodyOwner, connection: ConnectionCredit, streamId: number, contentLength: number) {
    this.#owner = owner
    this.#connection = connection
    this.#streamId = streamId
    this.#contentLength = contentLength
  }

  /** True when only the client keeps the body from going on. */
  get waitsForClient(): boolean {
    return this.hasMore && !this.#isBlocked && !this.isTunnel && this.#exchange !== null && !this.#isOver
  }

  /** Keeps what comes until {@link pass} or {@link discard}. */
  hold(): void {
    this.#isHolding = true
  }

  /** From now on bytes go to the exchange, those that were held first. */
  pass(exchange: Exchange): void {
    this.#exchange = exchange
    this.#isHolding = false
    const early = this.#early
    this.#early = []
    this.#heldBytes = 0
    for (const part of early) if (!this.#isOver) this.#take(part, 0, part.length)
    if (this.#earlyEnd !== null && !this.#isOver) this.#end(this.#earlyEnd)
    this.#owner.bodyMoved()
  }

  /** Nobody wants the body any more: it is read and thrown away. */
  discard(): void {
    this.#exchange = null
    this.#isHolding = false
    this.#early = []
    this.#isBlocked = false
    this.#earlyEnd = null
    this.#credit(this.#takeHeld())
  }

  /** The request is gone. */
  close(): void {
    this.#isOver = true
    this.#exchange = null
    this.#early = []
    if (this.#heldBytes > 0) this.#connection.creditConnection(this.#takeHeld())
  }

  /** DATA: bytes `buffer[start, end)` of `length` in all, padding included. */
  received(buffer: Buffer, start: number, end: number, length: number): void {
    this.window -= length
    if (length > end - start) this.#credit(length - (end - start))
    if (end === start) return
    if (this.#isHolding) {
      this.#heldBytes += end - start
      this.#early.push(Buffer.from(buffer.subarray(start, end)))
    } else {
      this.#take(buffer, start, end)
    }
  }

  ended(trailerLines: string): void {
    this.hasMore = false
    if (this.#isHolding) this.#earlyEnd = trailerLines
    else this.#end(trailerLines)
    this.#owner.bodyMoved()
  }

  /** The upstream takes bytes again. */
  drained(): void {
    if (!this.#isBlocked) return
    this.#isBlocked = false
    this.#credit(this.#takeHeld())
    this.#owner.bodyMoved()
  }

  #take(buffer: Buffer, start: number, end: number): void {
    const size = end - start
    const exchange = this.#exchange
    if (exchange === null) return this.#credit(size)
    this.#bytes += size
    if (!this.isTunnel) {
      const isTooLong = this.#contentLength >= 0 && this.#bytes > this.#contentLength
      if (isTooLong || (this.maxBytes !== 0 && this.#bytes > this.maxBytes)) {
        this.#credit(size)
        if (isTooLong) this.#owner.bodyMalformed()
        else this.#owner.bodyTooLarge()
        return
      }
    }
    this.#heldBytes += size
    if (exchange.writeBody(buffer, start, end)) {
      if (!this.#isBlocked) this.#credit(this.#takeHeld())
      return
    }
    this.#isBlocked = true
    this.#owner.bodyMoved()
  }

  #end(trailerLines: string): void {
    if (this.#exchange === null) return
    if (!this.isTunnel && this.#contentLength >= 0 && this.#bytes !== this.#contentLength) {
      this.#owner.bodyMalformed()
    } else {
      this.#exchange.endBody(this.#contentLength === UNKNOWN_LENGTH ? trailerLines : '')
    }
  }

  #takeHeld(): number {
    const bytes = this.#heldBytes
    this.#heldBytes = 0
    return bytes
  }

  #credit(bytes: number): void {
    this.#connection.creditConnection(bytes)
    this.#creditBytes += bytes
    if (!this.hasMore || this.#isOver || this.#creditBytes < LEAST_CREDIT) return
    this.window += this.#creditBytes
    this.#connection.outgoing.writer.windowUpdate(this.#streamId, this.#creditBytes)
    this.#creditBytes = 0
  }
}
