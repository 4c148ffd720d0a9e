/**
 * One HTTP/1.1 client connection (RFC 9112, 9): reads requests one after the other, hands them to its {@link Responder} and
 * keeps the time. A pipelined request waits, unread beyond one network read, until the answer before it is complete.
 * Nothing is buffered for an idle connection.
 *
 * `Expect: 100-continue` goes to the upstream, whose `100` is passed on; we never send one ourselves. When a final answer
 * comes first, the connection closes after it, because nobody can know whether the body will follow.
 *
 * A client that half-closes after its request (`FIN`) gets its answer if it is ready within a second; after that it
 * counts as gone (499), as it does for nginx at once.
 */
import type { Socket } from 'node:net'
import { answerForStatus } from '../answer.ts'
import type { ClientInfo, FrontConnection, FrontContext } from '../downstream.ts'
import { type TimerOwner, WheelTimer } from '../timer-wheel.ts'
import type { ChunkSink } from './chunked-decoder.ts'
import type { Http1Owner } from './http1-owner.ts'
import { disownSocket, ownSocket, type SocketOwner } from './front-socket.ts'
import { RequestBody } from './request-body.ts'
import { isHopeless, readHeadText } from './head-text.ts'
import { parseRequestHead, RequestHead } from './request-head.ts'
import { MOST_DISCARDED, Responder } from './responder.ts'
import type { ResponderHost } from './responder-host.ts'
import { parseTrailers } from './trailers.ts'

/** What we are reading from the client. */
const HEAD = 0
const BODY = 1
/** The request is complete, its answer is not. */
const ANSWER = 2
const TUNNEL = 3
/** The last answer is on its way out; what comes in is thrown away. */
const LINGER = 4
const CLOSED = 5
/** A gate thinks about the request: nothing behind its head is looked at yet. */
const GATE = 6

/** Why the timer runs. */
const WAITS_FOR_HEAD = 0
const WAITS_FOR_BODY = 1
const WAITS_FOR_END = 2
/** For the next request, for the client to take bytes, for an answer to a client that half-closed. */
const WAITS_FOR_OTHER = 3

const LINGER_MS = 2000
/** Bytes thrown away before we stop being polite. */
const MOST_LINGERED = 1_048_576
const HALF_CLOSE_GRACE_MS = 1000
/** Longest pause of a client that is being sent to. */
const SEND_TIMEOUT_MS = 60_000
const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'

export class Http1Connection implements ResponderHost, SocketOwner, ChunkSink, TimerOwner, FrontConnection {
  readonly context: FrontContext
  readonly info: ClientInfo
  readonly head = new RequestHead()
  readonly #socket: Socket
  readonly #owner: Http1Owner
  readonly #timer: WheelTimer
  readonly #responder: Responder
  readonly #body = new RequestBody()
  #state: number = HEAD
  #stateBehindGate: number = HEAD
  #timerKind: number = WAITS_FOR_HEAD
  /** Bytes received and not yet used: part of a head, or pipelined requests. Our own copy. */
  #pending: Buffer | null = null
  #isConsuming = false
  #hasClientEnded = false
  #requests = 0
  #lingered = 0
  #startMs = 0

  /** @param socket nobody has read from it yet */
  constructor(socket: Socket, owner: Http1Owner, info: ClientInfo) {
    this.context = owner.context
    this.info = info
    this.head.scheme = info.scheme
    this.head.clientAddress = info.remoteAddress
    this.head.tlsClient = info.tlsClient ?? null
    this.#socket = socket
    this.#owner = owner
    this.#timer = new WheelTimer(this)
    this.#responder = new Responder(socket, this)
    this.#expect(WAITS_FOR_HEAD, this.context.settings.clientHeaderTimeoutMs)
    ownSocket(socket, this)
  }

  /** Implements {@link FrontConnection}. */
  get isIdle(): boolean {
    return this.#state === HEAD && this.#pending === null
  }

  /** Implements {@link ResponderHost}. */
  get requestNumber(): number {
    return this.#requests
  }

  /** Implements {@link ResponderHost}. */
  get isBodyOpen(): boolean {
    return this.#state === BODY || (this.#state === GATE && this.#stateBehindGate === BODY)
  }

  /** Implements {@link FrontConnection}. */
  drain(): void {
    if (this.isIdle) this.destroy()
    else this.#responder.closeAfterThis()
  }

  /** Implements {@link FrontConnection}. */
  destroy(): void {
    this.#socket.destroy()
    this.closed()
  }

  /** Implements {@link SocketOwner}. */
  received(buffer: Buffer, start: number, end: number): void {
    switch (this.#state) {
      case HEAD:
      case BODY:
        if (this.#pending === null) {
          this.#consume(buffer, start, end)
        } else {
          const all = Buffer.concat([this.#pending, buffer.subarray(start, end)])
          this.#pending = null
          this.#consume(all, 0, all.length)
        }
        break
      case ANSWER:
      case GATE:
        this.#keep(buffer, start, end)
        break
      case TUNNEL:
        this.#sendBody(buffer, start, end)
        break
      case LINGER:
        this.#lingered += end - start
        if (this.#lingered > MOST_LINGERED) this.destroy()
        break
      default:
    }
  }

  /** Implements {@link SocketOwner}. */
  clientEnded(): void {
    this.#hasClientEnded = true
    switch (this.#state) {
      case ANSWER:
      case GATE:
        this.#responder.closeAfterThis()
        this.#expect(WAITS_FOR_OTHER, HALF_CLOSE_GRACE_MS)
        break
      case TUNNEL:
        this.#responder.bodyEnded('')
        break
      case LINGER:
        this.#socket.destroySoon()
        break
      default:
        // Idle, or a request that will never be complete.
        this.destroy()
    }
  }

  /** Implements {@link SocketOwner}. */
  drained(): void {
    if (this.#state === LINGER) this.#expect(WAITS_FOR_END, LINGER_MS)
    else if (this.#timerKind === WAITS_FOR_OTHER && this.#state !== HEAD && !this.#hasClientEnded) this.#timer.clear()
    this.#responder.clientDrained()
  }

  /** Implements {@link SocketOwner}. */
  closed(): void {
    if (this.#state === CLOSED) return
    this.#state = CLOSED
    this.#timer.clear()
    this.#responder.connectionClosed()
    this.#owner.connectionClosed(this)
  }

  /** Implements {@link TimerOwner}. */
  timerExpired(): void {
    switch (this.#timerKind) {
      case WAITS_FOR_HEAD:
        if (this.#pending === null) this.destroy()
        else this.#refuse(408)
        break
      case WAITS_FOR_BODY:
        this.#responder.giveUp(answerForStatus(408))
        break
      case WAITS_FOR_END:
        // The answer is still going out to a slow reader: one longer wait, then it is over.
        if (this.#socket.writableLength > 0) this.#expect(WAITS_FOR_OTHER, SEND_TIMEOUT_MS)
        else this.destroy()
        break
      default:
        this.destroy()
    }
  }

  /** Implements {@link ChunkSink}: request body without its framing. */
  chunkData(buffer: Buffer, start: number, end: number): void {
    // Earlier bytes of the same read may have ended the request (413).
    if (this.#state === BODY) this.#sendBody(buffer, start, end)
  }

  /** Implements {@link ResponderHost}. */
  bodyWanted(): void {
    if (this.#state !== BODY && this.#state !== TUNNEL) return
    if (this.#state === BODY) this.#expect(WAITS_FOR_BODY, this.context.settings.clientBodyTimeoutMs)
    this.#socket.resume()
  }

  /** Implements {@link ResponderHost}. */
  gateLeft(): void {
    if (this.#state === GATE) this.#state = this.#stateBehindGate
  }

  /** Implements {@link ResponderHost}. */
  gateOpened(): void {
    if (this.#state !== BODY || !this.#responder.isForwarding) return
    this.#expect(WAITS_FOR_BODY, this.context.settings.clientBodyTimeoutMs)
    const pending = this.#pending
    this.#pending = null
    this.#socket.resume()
    if (pending !== null) this.#consume(pending, 0, pending.length)
  }

  /** Implements {@link ResponderHost}. */
  clientBlocked(): void {
    this.#expect(WAITS_FOR_OTHER, SEND_TIMEOUT_MS)
  }

  /** Implements {@link ResponderHost}. */
  answered(isPersistent: boolean): void {
    if (!isPersistent) {
      this.#linger()
    } else if (this.#state === ANSWER) {
      this.#next()
    } else {
      this.#expect(WAITS_FOR_BODY, this.context.settings.clientBodyTimeoutMs)
      this.#socket.resume()
    }
  }

  /** Implements {@link ResponderHost}. */
  upgraded(): void {
    this.#state = TUNNEL
    this.#timer.clear()
    const pending = this.#pending
    this.#pending = null
    this.#socket.resume()
    if (pending !== null) this.#sendBody(pending, 0, pending.length)
    if (this.#hasClientEnded) this.#responder.bodyEnded('')
  }

  /** Implements {@link ResponderHost}. */
  tunnelHalfClosed(): void {
    if (this.#hasClientEnded) this.tunnelClosed()
    else this.#socket.end()
  }

  /** Implements {@link ResponderHost}. */
  tunnelClosed(): void {
    this.#state = LINGER
    this.#expect(WAITS_FOR_END, LINGER_MS)
    this.#socket.destroySoon()
  }

  #expect(kind: number, timeoutMs: number): void {
    this.#timerKind = kind
    this.context.timers.set(this.#timer, timeoutMs)
  }

  /** Bytes of the next request while this one is being answered: one read of them, then no more. */
  #keep(buffer: Buffer, start: number, end: number): void {
    const copy = Buffer.from(buffer.subarray(start, end))
    this.#pending = this.#pending === null ? copy : Buffer.concat([this.#pending, copy])
    this.#socket.pause()
  }

  /** Uses up bytes: heads, bodies, the next request, as far as they may be looked at. */
  #consume(buffer: Buffer, start: number, end: number): void {
    this.#isConsuming = true
    let at = start
    while (at < end) {
      if (this.#state === HEAD) at = this.#readHead(buffer, at, end)
      else if (this.#state === BODY) at = this.#readBody(buffer, at, end)
      else break
    }
    this.#isConsuming = false
    if (at < end && (this.#state === ANSWER || this.#state === GATE)) this.#keep(buffer, at, end)
  }

  /** @returns the position after the head; `to` when it is not complete or was refused */
  #readHead(buffer: Buffer, from: number, to: number): number {
    const { maxHeadBytes, clientHeaderTimeoutMs, allowsUnderscoresInHeaders } = this.context.settings
    if (this.#startMs === 0) this.#startMs = performance.now()
    // One empty line before a request is forgiven (RFC 9112, 2.2).
    const start = buffer[from] === 0x0d && from + 1 < to && buffer[from + 1] === 0x0a ? from + 2 : from
    const text = readHeadText(buffer, start, Math.min(to, start + maxHeadBytes + 4))
    const end = text.indexOf('\r\n\r\n')
    if (this.#requests === 0 && text.startsWith('PRI * HTTP/2.0\r\n')) return this.#readPreface(buffer, start, to, text)
    if (end === -1) {
      if (text.length > maxHeadBytes) this.#refuse(431)
      else if (isHopeless(text)) this.#refuse(400)
      else {
        if (this.#timerKind !== WAITS_FOR_HEAD) this.#expect(WAITS_FOR_HEAD, clientHeaderTimeoutMs)
        this.#pending = Buffer.from(buffer.subarray(from, to))
      }
      return to
    }
    this.#timer.clear()
    this.#timerKind = WAITS_FOR_OTHER
    this.#requests++
    const refusal =
      end + 4 > maxHeadBytes ? 431 : parseRequestHead(text, 0, end + 2, allowsUnderscoresInHeaders, this.head)
    if (refusal !== 0) {
      this.#refuse(refusal)
      return to
    }
    this.#body.begin(this.head.contentLength)
    this.#state = this.#body.isComplete ? ANSWER : BODY
    const mayPersist = this.#requests < this.context.settings.keepAliveRequests
    this.#responder.begin(this.#startMs, end + 4, mayPersist)
    if (this.#responder.isGated) {
      this.#stateBehindGate = this.#state
      this.#state = GATE
      return start + end + 4
    }
    if (this.#state === BODY && this.#responder.isForwarding) {
      this.#expect(WAITS_FOR_BODY, this.context.settings.clientBodyTimeoutMs)
    }
    return start + end + 4
  }

  /** HTTP/2 with prior knowledge (RFC 9113, 3.3): hand over once the whole preface is here. */
  #readPreface(buffer: Buffer, start: number, end: number, text: string): number {
    const { acceptHttp2 } = this.#owner
    if (text.length < PREFACE.length && PREFACE.startsWith(text)) {
      this.#pending = Buffer.from(buffer.subarray(start, end))
      return end
    }
    const isOff = acceptHttp2 === null || this.context.settings.usesHttp2 === false
    if (isOff || !text.startsWith(PREFACE) || this.info.scheme === 'https') {
      this.#refuse(400)
      return end
    }
    this.#timer.clear()
    this.#state = CLOSED
    disownSocket(this.#socket)
    const firstBytes = Buffer.from(buffer.subarray(start, end))
    const owner = this.#owner
    const connection: FrontConnection = acceptHttp2(this.#socket, firstBytes, this.info, this.context, () =>
      owner.connectionClosed(connection),
    )
    owner.connectionReplaced(this, connection)
    return end
  }

  /** @returns the position up to which the body was read */
  #readBody(buffer: Buffer, start: number, end: number): number {
    const at = this.#body.read(buffer, start, end, this)
    if (this.#state !== BODY) return end
    if (at === -1) {
      this.#responder.giveUp(answerForStatus(400))
      return end
    }
    if (this.#body.isComplete) return this.#finishBody() ? at : end
    if (!this.#responder.isForwarding) {
      // Answered already; a little more is read so that the connection can go on.
      if (this.#responder.bodyBytes > MOST_DISCARDED) this.#linger()
    } else if (this.#timerKind === WAITS_FOR_BODY && !this.#socket.isPaused()) {
      this.#expect(WAITS_FOR_BODY, this.context.settings.clientBodyTimeoutMs)
    }
    return at
  }

  #finishBody(): boolean {
    const { trailerLines } = this.#body
    const trailers =
      trailerLines === '' ? '' : parseTrailers(trailerLines, this.context.settings.allowsUnderscoresInHeaders)
    if (trailers === null) {
      this.#responder.giveUp(answerForStatus(400))
      return false
    }
    if (this.#timerKind === WAITS_FOR_BODY) this.#timer.clear()
    this.#state = ANSWER
    if (this.#responder.isForwarding) this.#responder.bodyEnded(trailers)
    else this.#next()
    return true
  }

  #sendBody(buffer: Buffer, start: number, end: number): void {
    if (this.#responder.body(buffer, start, end)) return
    this.#socket.pause()
    if (this.#timerKind === WAITS_FOR_BODY) this.#timer.clear()
  }

  /** The connection ends after this: nobody knows where the next request would begin. */
  #refuse(status: number): void {
    this.#pending = null
    this.#state = BODY
    this.#responder.refuse(status, this.#startMs)
  }

  #next(): void {
    this.#state = HEAD
    this.#startMs = 0
    this.head.reset()
    const pending = this.#pending
    if (pending === null) {
      if (this.context.isDraining && this.context.isPatient !== true && !this.#isConsuming) this.destroy()
      else this.#expect(WAITS_FOR_OTHER, this.context.settings.keepAliveMs)
      // The end of the last body may have been more than its upstream took just then.
      if (this.#socket.isPaused()) this.#socket.resume()
      return
    }
    this.#pending = null
    this.#socket.resume()
    this.#consume(pending, 0, pending.length)
  }

  /** Ends the connection so that the last answer arrives: unread bytes would turn our FIN into a reset. */
  #linger(): void {
    const hasUnread = this.#state !== ANSWER || this.#pending !== null
    this.#state = LINGER
    this.#pending = null
    this.#expect(WAITS_FOR_END, LINGER_MS)
    if (this.#hasClientEnded || !hasUnread) {
      this.#socket.destroySoon()
      return
    }
    this.#socket.end()
    this.#socket.resume()
  }
}
