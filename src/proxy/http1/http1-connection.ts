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
import * as states from './connection-states.ts'
import type { Http1Owner } from './http1-owner.ts'
import { disownSocket, ownSocket, type SocketOwner } from './front-socket.ts'
import { RequestBody } from './request-body.ts'
import { HOPELESS, PARTIAL, PREFACE, PREFACE_PARTIAL, readHead, reading, TAKEN } from './head-reader.ts'
import { RequestHead } from './request-head.ts'
import { MOST_DISCARDED, Responder } from './responder.ts'
import type { ResponderHost } from './responder-host.ts'
import { parseTrailers } from './trailers.ts'

/** Bytes thrown away before we stop being polite. */
const MOST_LINGERED = 1_048_576

export class Http1Connection implements ResponderHost, SocketOwner, ChunkSink, TimerOwner, FrontConnection {
  readonly context: FrontContext
  readonly info: ClientInfo
  readonly head = new RequestHead()
  readonly #socket: Socket
  readonly #owner: Http1Owner
  readonly #timer: WheelTimer
  readonly #responder: Responder
  readonly #body = new RequestBody()
  #state: number = states.HEAD
  #stateBehindGate: number = states.HEAD
  #timerKind: number = states.WAITS_FOR_HEAD
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
    this.#expect(states.WAITS_FOR_HEAD, this.context.settings.clientHeaderTimeoutMs)
    ownSocket(socket, this)
  }

  /** Implements {@link FrontConnection}. */
  get isIdle(): boolean {
    return this.#state === states.HEAD && this.#pending === null
  }

  /** Implements {@link ResponderHost}. */
  get requestNumber(): number {
    return this.#requests
  }

  /** Implements {@link ResponderHost}. */
  get isBodyOpen(): boolean {
    return this.#state === states.BODY || (this.#state === states.GATE && this.#stateBehindGate === states.BODY)
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
      case states.HEAD:
      case states.BODY:
        if (this.#pending === null) {
          this.#consume(buffer, start, end)
        } else {
          const all = Buffer.concat([this.#pending, buffer.subarray(start, end)])
          this.#pending = null
          this.#consume(all, 0, all.length)
        }
        break
      case states.ANSWER:
      case states.GATE:
        this.#keep(buffer, start, end)
        break
      case states.TUNNEL:
        this.#sendBody(buffer, start, end)
        break
      case states.LINGER:
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
      case states.ANSWER:
      case states.GATE:
        this.#responder.closeAfterThis()
        this.#expect(states.WAITS_FOR_OTHER, states.HALF_CLOSE_GRACE_MS)
        break
      case states.TUNNEL:
        this.#responder.bodyEnded('')
        break
      case states.LINGER:
        this.#socket.destroySoon()
        break
      default:
        // Idle, or a request that will never be complete.
        this.destroy()
    }
  }

  /** Implements {@link SocketOwner}. */
  drained(): void {
    if (this.#state === states.LINGER) this.#expect(states.WAITS_FOR_END, states.LINGER_MS)
    else if (this.#timerKind === states.WAITS_FOR_OTHER && this.#state !== states.HEAD && !this.#hasClientEnded)
      this.#timer.clear()
    this.#responder.clientDrained()
  }

  /** Implements {@link SocketOwner}. */
  closed(): void {
    if (this.#state === states.CLOSED) return
    this.#state = states.CLOSED
    this.#timer.clear()
    this.#responder.connectionClosed()
    this.#owner.connectionClosed(this)
  }

  /** Implements {@link TimerOwner}. */
  timerExpired(): void {
    switch (this.#timerKind) {
      case states.WAITS_FOR_HEAD:
        if (this.#pending === null) this.destroy()
        else this.#refuse(408)
        break
      case states.WAITS_FOR_BODY:
        this.#responder.giveUp(answerForStatus(408))
        break
      case states.WAITS_FOR_END:
        // The answer is still going out to a slow reader: one longer wait, then it is over.
        if (this.#socket.writableLength > 0) this.#expect(states.WAITS_FOR_OTHER, states.SEND_TIMEOUT_MS)
        else this.destroy()
        break
      default:
        this.destroy()
    }
  }

  /** Implements {@link ChunkSink}: request body without its framing. */
  chunkData(buffer: Buffer, start: number, end: number): void {
    // Earlier bytes of the same read may have ended the request (413).
    if (this.#state === states.BODY) this.#sendBody(buffer, start, end)
  }

  /** Implements {@link ResponderHost}. */
  bodyWanted(): void {
    if (this.#state !== states.BODY && this.#state !== states.TUNNEL) return
    if (this.#state === states.BODY) this.#expect(states.WAITS_FOR_BODY, this.context.settings.clientBodyTimeoutMs)
    this.#socket.resume()
  }

  /** Implements {@link ResponderHost}. */
  gateLeft(): void {
    if (this.#state === states.GATE) this.#state = this.#stateBehindGate
  }

  /** Implements {@link ResponderHost}. */
  gateOpened(): void {
    if (this.#state !== states.BODY || !this.#responder.isForwarding) return
    this.#expect(states.WAITS_FOR_BODY, this.context.settings.clientBodyTimeoutMs)
    const pending = this.#pending
    this.#pending = null
    this.#socket.resume()
    if (pending !== null) this.#consume(pending, 0, pending.length)
  }

  /** Implements {@link ResponderHost}. */
  clientBlocked(): void {
    this.#expect(states.WAITS_FOR_OTHER, states.SEND_TIMEOUT_MS)
  }

  /** Implements {@link ResponderHost}. */
  answered(isPersistent: boolean): void {
    if (!isPersistent) {
      this.#linger()
    } else if (this.#state === states.ANSWER) {
      this.#next()
    } else {
      this.#expect(states.WAITS_FOR_BODY, this.context.settings.clientBodyTimeoutMs)
      this.#socket.resume()
    }
  }

  /** Implements {@link ResponderHost}. */
  upgraded(): void {
    this.#state = states.TUNNEL
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
    this.#state = states.LINGER
    this.#expect(states.WAITS_FOR_END, states.LINGER_MS)
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
      if (this.#state === states.HEAD) at = this.#readHead(buffer, at, end)
      else if (this.#state === states.BODY) at = this.#readBody(buffer, at, end)
      else break
    }
    this.#isConsuming = false
    if (at < end && (this.#state === states.ANSWER || this.#state === states.GATE)) this.#keep(buffer, at, end)
  }

  /** @returns the position after the head; `to` when it is not complete or was refused */
  #readHead(buffer: Buffer, from: number, to: number): number {
    const { settings } = this.context
    if (this.#startMs === 0) this.#startMs = performance.now()
    const verdict = readHead(buffer, from, to, this.#requests === 0, settings, this.head)
    const { status, end, bytes } = reading
    if (verdict === PREFACE) return this.#becomeHttp2(buffer, from, to)
    if (verdict === PREFACE_PARTIAL || verdict === PARTIAL) {
      if (verdict === PARTIAL && this.#timerKind !== states.WAITS_FOR_HEAD)
        this.#expect(states.WAITS_FOR_HEAD, settings.clientHeaderTimeoutMs)
      this.#pending = Buffer.from(buffer.subarray(from, to))
      return to
    }
    if (verdict !== HOPELESS) {
      this.#timer.clear()
      this.#timerKind = states.WAITS_FOR_OTHER
      this.#requests++
    }
    if (verdict !== TAKEN) {
      this.#refuse(status)
      return to
    }
    this.#body.begin(this.head.contentLength)
    this.#state = this.#body.isComplete ? states.ANSWER : states.BODY
    this.#responder.begin(this.#startMs, bytes, this.#requests < settings.keepAliveRequests)
    if (this.#responder.isGated) {
      this.#stateBehindGate = this.#state
      this.#state = states.GATE
      return end
    }
    if (this.#state === states.BODY && this.#responder.isForwarding) {
      this.#expect(states.WAITS_FOR_BODY, settings.clientBodyTimeoutMs)
    }
    return end
  }

  /** HTTP/2 with prior knowledge (RFC 9113, 3.3): hands the connection over once the whole preface is here. */
  #becomeHttp2(buffer: Buffer, start: number, end: number): number {
    const { acceptHttp2 } = this.#owner
    if (acceptHttp2 === null || this.context.settings.usesHttp2 === false || this.info.scheme === 'https') {
      this.#refuse(400)
      return end
    }
    this.#timer.clear()
    this.#state = states.CLOSED
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
    if (this.#state !== states.BODY) return end
    if (at === -1) {
      this.#responder.giveUp(answerForStatus(400))
      return end
    }
    if (this.#body.isComplete) return this.#finishBody() ? at : end
    if (!this.#responder.isForwarding) {
      // Answered already; a little more is read so that the connection can go on.
      if (this.#responder.bodyBytes > MOST_DISCARDED) this.#linger()
    } else if (this.#timerKind === states.WAITS_FOR_BODY && !this.#socket.isPaused()) {
      this.#expect(states.WAITS_FOR_BODY, this.context.settings.clientBodyTimeoutMs)
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
    if (this.#timerKind === states.WAITS_FOR_BODY) this.#timer.clear()
    this.#state = states.ANSWER
    if (this.#responder.isForwarding) this.#responder.bodyEnded(trailers)
    else this.#next()
    return true
  }

  #sendBody(buffer: Buffer, start: number, end: number): void {
    if (this.#responder.body(buffer, start, end)) return
    this.#socket.pause()
    if (this.#timerKind === states.WAITS_FOR_BODY) this.#timer.clear()
  }

  /** The connection ends after this: nobody knows where the next request would begin. */
  #refuse(status: number): void {
    this.#pending = null
    this.#state = states.BODY
    this.#responder.refuse(status, this.#startMs)
  }

  #next(): void {
    this.#state = states.HEAD
    this.#startMs = 0
    this.head.reset()
    const pending = this.#pending
    if (pending === null) {
      if (this.context.isDraining && this.context.isPatient !== true && !this.#isConsuming) this.destroy()
      else this.#expect(states.WAITS_FOR_OTHER, this.context.settings.keepAliveMs)
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
    const hasUnread = this.#state !== states.ANSWER || this.#pending !== null
    this.#state = states.LINGER
    this.#pending = null
    this.#expect(states.WAITS_FOR_END, states.LINGER_MS)
    if (this.#hasClientEnded || !hasUnread) {
      this.#socket.destroySoon()
      return
    }
    this.#socket.end()
    this.#socket.resume()
  }
}
