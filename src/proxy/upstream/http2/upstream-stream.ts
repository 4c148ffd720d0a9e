/**
 * One request on a stream of an HTTP/2 connection to an endpoint (RFC 9113, 5.1 and 8): both directions with backpressure, its
 * own timeouts, and what its response must not be. The connection is `upstream-session.ts`.
 *
 * Timeouts are those between frames of this stream; PINGs and other streams do not count.
 */
import { createHash } from 'node:crypto'
import type { ForwardAction } from '../../../routing/model.ts'
import { UNKNOWN_LENGTH, type UpstreamRequest } from '../../downstream.ts'
import { CANCEL, FLOW_CONTROL_ERROR, NO_ERROR, PROTOCOL_ERROR, REFUSED_STREAM } from '../../http2/frames/protocol.ts'
import type { HeaderField } from '../../http2/header-field.ts'
import type { OutgoingOwner, OutgoingStream } from '../../http2/outgoing.ts'
import { readTrailerFields } from '../../http2/request-head.ts'
import { type TimerOwner, WheelTimer } from '../../timer-wheel.ts'
import type { CarrierLoss, RequestCarrier } from '../request-carrier.ts'
import type { UpstreamExchange } from '../upstream-exchange.ts'
import { toRequestFields } from './request-fields.ts'
import { type Http2ResponseHead, parseResponseFields } from './response-fields.ts'
import type { UpstreamSession } from './upstream-session.ts'
import type { UpstreamSessions } from './upstream-sessions.ts'

/** Bytes that an upstream may send ahead of the client; also what one slow client can have us keep. */
export const STREAM_WINDOW = 131_072
const LEAST_CREDIT = STREAM_WINDOW / 4
/** Interim answers of one request. */
const MOST_INTERIM = 64
/** RFC 6455, 4.2.2: what a client of HTTP/1.1 wants to see. */
const WEBSOCKET_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

/** The upstream knows already that the stream is over. */
const NO_RESET = -1

export class UpstreamStream implements RequestCarrier, OutgoingOwner, TimerOwner {
  readonly #sessions: UpstreamSessions
  readonly #timer: WheelTimer
  #exchange: UpstreamExchange | null = null
  #action: ForwardAction | null = null
  #session: UpstreamSession | null = null
  #out: OutgoingStream | null = null
  #method = ''
  #clientKey = ''
  #head: Http2ResponseHead | null = null
  #isTunnelAsked = false
  #isTunnel = false
  /** All of the request was handed over, with END_STREAM. */
  #isSent = false
  #hasEnded = false
  #isPaused = false
  /** Bytes of the declared length that are missing; below zero when none was declared. */
  #remaining = -1
  #window = STREAM_WINDOW
  #creditBytes = 0
  #interim = 0
  isReused = false
  failure = ''
  /** Got something in the read at hand. */
  isTouched = false

  constructor(sessions: UpstreamSessions) {
    this.#sessions = sessions
    this.#timer = new WheelTimer(this)
  }

  get out(): OutgoingStream | null {
    return this.#out
  }

  // From the exchange

  /** Implements {@link RequestCarrier}. */
  attach(exchange: UpstreamExchange, action: ForwardAction): boolean {
    this.#exchange = exchange
    this.#action = action
    const session = this.#sessions.take(this, action.connectTimeoutMs)
    if (session === null) {
      this.#expectWithin(action.connectTimeoutMs)
      return false
    }
    this.#place(session)
    return true
  }

  /** Called when a connection has room after all. */
  placed(session: UpstreamSession): void {
    this.#place(session)
    this.#exchange?.connected()
  }

  /** Implements {@link RequestCarrier}. */
  sendHead(request: UpstreamRequest, clusterId: string, isWhole: boolean): void {
    const session = this.#session!
    const { upgrade } = request
    this.#method = request.method
    if (upgrade !== '') {
      // RFC 8441 knows one protocol that clients ask for; for others there is no way through HTTP/2.
      if (upgrade.toLowerCase() !== 'websocket' || !session.allowsConnect) {
        process.nextTick(loseLater, this, 'malformed' satisfies CarrierLoss)
        return
      }
      this.#isTunnelAsked = true
      this.#clientKey = /(?:^|\n)sec-websocket-key:[ \t]*([^\r\n]*)/i.exec(request.headerLines)?.[1] ?? ''
    }
    const out = session.openStream(this)
    this.#out = out
    this.#expectWithin(this.#action!.readTimeoutMs)
    session.outgoing.requestHead(out, toRequestFields(request, clusterId, session.isTls))
    if (isWhole) session.outgoing.end(out, '')
  }

  /** Implements {@link RequestCarrier}. */
  sendBody(buffer: Buffer, start: number, end: number): boolean {
    const out = this.#out
    if (out === null) return true
    const isTaken = this.#session!.outgoing.data(out, buffer, start, end)
    this.#expectWithin(isTaken ? this.#action!.readTimeoutMs : this.#action!.sendTimeoutMs)
    return isTaken
  }

  /** Implements {@link RequestCarrier}. */
  sendText(text: string): boolean {
    const bytes = Buffer.from(text, 'latin1')
    return this.sendBody(bytes, 0, bytes.length)
  }

  /** Implements {@link RequestCarrier}. */
  endBody(trailerLines: string): void {
    if (this.#out === null) return
    this.#session!.outgoing.end(this.#out, trailerLines)
    if (this.#out !== null && this.#out.waiting === null) this.#expectWithin(this.#action!.readTimeoutMs)
  }

  /** Implements {@link RequestCarrier}. */
  resumeReading(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    this.#expectWithin(this.#action!.readTimeoutMs)
    this.#credit(0)
  }

  /** Implements {@link RequestCarrier}. A server that still works on it is told to stop. */
  destroy(): void {
    this.#leave(this.#hasEnded && this.#isSent ? NO_RESET : CANCEL)
  }

  // From the sending half

  outgoingMoved(): void {
    this.#expectWithin(this.#action!.sendTimeoutMs)
  }

  outgoingDrained(): void {
    this.#expectWithin(this.#action!.readTimeoutMs)
    this.#exchange?.drained()
  }

  outgoingDone(): void {
    this.#isSent = true
    if (this.#hasEnded) this.#leave(NO_RESET)
    else this.#expectWithin(this.#action!.readTimeoutMs)
  }

  // From the session

  /** A whole header block. */
  fieldsReceived(fields: readonly HeaderField[], isTooLarge: boolean, isEnd: boolean, bytes: number): void {
    const exchange = this.#exchange
    if (exchange === null) return
    this.#expectWithin(this.#action!.readTimeoutMs)
    exchange.countResponseBytes(bytes)
    if (isTooLarge || this.#hasEnded) return this.fail(PROTOCOL_ERROR)
    if (this.#head !== null) {
      const lines = isEnd && !this.#isTunnel ? readTrailerFields(fields) : null
      if (lines === null) this.fail(PROTOCOL_ERROR)
      else this.#ended(exchange, lines)
      return
    }
    const { maxAnswerHeadBytes, passesServer } = this.#action!
    const head = parseResponseFields(fields, this.#method, passesServer === true)
    if (head === null || (head.status < 200 && isEnd)) return this.fail(PROTOCOL_ERROR)
    if (maxAnswerHeadBytes !== undefined && head.headerLines.length > maxAnswerHeadBytes)
      return this.fail(PROTOCOL_ERROR)
    if (head.status < 200) {
      if (++this.#interim > MOST_INTERIM) this.fail(PROTOCOL_ERROR)
      else exchange.interim(head)
      return
    }
    this.#begin(exchange, head, isEnd)
  }

  /** DATA. @param length of the payload, padding included */
  dataReceived(buffer: Buffer, start: number, end: number, length: number, isEnd: boolean): void {
    const exchange = this.#exchange
    if (exchange === null) return
    const size = end - start
    this.#window -= length
    if (this.#window < 0) return this.fail(FLOW_CONTROL_ERROR)
    const head = this.#head
    if (head === null || this.#hasEnded || (size > 0 && !head.hasBody)) return this.fail(PROTOCOL_ERROR)
    this.#expectWithin(this.#action!.readTimeoutMs)
    exchange.countResponseBytes(length)
    if (head.contentLength >= 0) {
      this.#remaining -= size
      if (this.#remaining < 0) return this.fail(PROTOCOL_ERROR)
    }
    if (size > 0 && !exchange.data(buffer, start, end)) {
      this.#isPaused = true
      this.#timer.clear()
    }
    // The client may have gone meanwhile.
    if (this.#exchange !== exchange) return
    if (isEnd) this.#ended(exchange, '')
    else this.#credit(length)
  }

  /** The read at hand is used up. */
  flush(): void {
    this.isTouched = false
    if (this.#head !== null) this.#exchange?.flushResponse()
  }

  /** RST_STREAM came. */
  resetReceived(code: number): void {
    // RFC 9113, 8.7: the request was not looked at.
    this.lost(code === REFUSED_STREAM && this.#head === null ? 'refused' : 'reset')
  }

  /** The upstream broke a rule of this stream. */
  fail(code: number): void {
    this.#lose('malformed', code)
  }

  /** The stream is gone, or its connection. */
  lost(loss: CarrierLoss, failure: string = ''): void {
    this.failure = failure
    this.#lose(loss, NO_RESET)
  }

  /** Implements {@link TimerOwner}: a pause was longer than allowed. */
  timerExpired(): void {
    const session = this.#session
    if (session === null) return this.#lose(this.#sessions.isConnecting ? 'connect-timeout' : 'refused', NO_RESET)
    const out = this.#out
    const isBlocked = out !== null && out.waiting !== null
    // Waiting for the client's body is not the upstream's silence, until the upstream has begun to answer.
    if (this.#exchange?.isWaitingForClient === true && !isBlocked && this.#head === null) {
      this.#expectWithin(this.#action!.readTimeoutMs)
      return
    }
    session.streamStalled(this.#action!.readTimeoutMs)
    this.#lose('timeout', CANCEL)
  }

  #place(session: UpstreamSession): void {
    this.#session = session
    this.isReused = session.hasServed
  }

  #begin(exchange: UpstreamExchange, head: Http2ResponseHead, isEnd: boolean): void {
    if (isEnd && head.hasBody && head.contentLength > 0) return this.fail(PROTOCOL_ERROR)
    this.#head = head
    if (this.#isTunnelAsked && head.status >= 200 && head.status < 300) {
      this.#openTunnel(head)
    } else {
      // A client that asked for a tunnel and was refused has nothing more to send.
      if (this.#isTunnelAsked && this.#out !== null && !this.#out.isEnding) this.#session!.outgoing.end(this.#out, '')
      this.#remaining = head.hasBody ? head.contentLength : 0
    }
    head.headerLines += exchange.extraLines()
    exchange.head(head)
    if (this.#exchange !== exchange || !isEnd) return
    this.#ended(exchange, '')
  }

  /** For the exchange it is the answer of HTTP/1.1 to an upgrade. */
  #openTunnel(head: Http2ResponseHead): void {
    this.#isTunnel = true
    head.status = 101
    head.upgrade = 'websocket'
    head.contentLength = UNKNOWN_LENGTH
    head.hasBody = true
    const accept = createHash('sha1').update(this.#clientKey + WEBSOCKET_GUID)
    head.headerLines += `Sec-WebSocket-Accept: ${accept.digest('base64')}\r\n`
  }

  /** END_STREAM came. */
  #ended(exchange: UpstreamExchange, trailerLines: string): void {
    if (this.#isTunnel) {
      this.#hasEnded = true
      exchange.tunnelEnded()
      return
    }
    const head = this.#head!
    // A length that was not kept (RFC 9113, 8.1.1).
    if (head.hasBody && head.contentLength >= 0 && this.#remaining !== 0) return this.fail(PROTOCOL_ERROR)
    this.#hasEnded = true
    // An answer that came before the request was complete: the rest of that is not wanted (8.1).
    this.#leave(this.#isSent ? NO_RESET : NO_ERROR)
    exchange.complete(trailerLines)
  }

  /** Bytes were passed on, or are wanted again: the upstream may send as many more, unless the client is slow. */
  #credit(bytes: number): void {
    this.#creditBytes += bytes
    if (this.#isPaused || this.#hasEnded || this.#creditBytes < LEAST_CREDIT || this.#out === null) return
    this.#window += this.#creditBytes
    this.#session!.outgoing.writer.windowUpdate(this.#out.id, this.#creditBytes)
    this.#creditBytes = 0
  }

  #expectWithin(timeoutMs: number): void {
    if (!this.#isPaused) this.#sessions.timers.set(this.#timer, timeoutMs)
  }

  #lose(loss: CarrierLoss, code: number): void {
    const exchange = this.#exchange
    this.#leave(code)
    exchange?.carrierLost(loss)
  }

  /** @param code of the RST_STREAM, or {@link NO_RESET} */
  #leave(code: number): void {
    if (this.#exchange === null) return
    this.#exchange = null
    this.#timer.clear()
    const session = this.#session
    this.#session = null
    if (session === null) this.#sessions.leaveQueue(this)
    else if (this.#out !== null) session.closeStream(this.#out, code, this.#hasEnded)
    this.#out = null
  }
}

// A function of its own so that no closure is made per request.
function loseLater(stream: UpstreamStream, loss: CarrierLoss): void {
  stream.lost(loss)
}
