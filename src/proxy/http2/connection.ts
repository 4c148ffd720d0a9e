/**
 * One HTTP/2 connection of a client (RFC 9113) on node:http2's core API: no compatibility layer, no header objects.
 * Adds to nghttp2 what a front door needs: limits on requests and resets, timeouts without a timer per stream, and a
 * shutdown that finishes every request taken. Not offered: server push, priorities, CONNECT in either form.
 */
import { constants, performServerHandshake, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2'
import type { Duplex } from 'node:stream'
import type { AcceptHttp2, ClientInfo, FrontConnection, FrontContext } from '../downstream.ts'
import { type TimerOwner, WheelTimer } from '../timer-wheel.ts'
import { ownStream } from './owned-stream.ts'
import { Http2Request, type RequestHost } from './request.ts'
import { Http2RequestHead } from './request-head.ts'
import { ResetBudget } from './reset-budget.ts'
import { sessionOptions } from './session-options.ts'

/** Bytes in flight over all streams of a connection; each stream keeps the protocol's 64 KiB. */
const CONNECTION_WINDOW_BYTES = 1_048_576
/** Longest time between two looks at stalled streams. */
const SWEEP_MS = 5000

/** See {@link AcceptHttp2}. */
export const acceptHttp2: AcceptHttp2 = (socket, firstBytes, info, context, onClose) =>
  new Http2Connection(socket, firstBytes, info, context, onClose)

export class Http2Connection implements FrontConnection, RequestHost, TimerOwner {
  readonly info: ClientInfo
  readonly context: FrontContext
  readonly head = new Http2RequestHead()
  readonly #session: ServerHttp2Session
  readonly #socket: Duplex
  readonly #timer: WheelTimer
  readonly #waiting = new Set<Http2Request>()
  readonly #resets = new ResetBudget()
  #state: 'open' | 'closing' | 'closed' = 'open'
  #streams = 0
  #requests = 0
  /** Requests whose answer is complete and not yet taken by the client, and when it last took something. */
  #untaken = 0
  #takenBytes = 0
  #takenAtMs = 0

  constructor(socket: Duplex, firstBytes: Buffer | null, info: ClientInfo, context: FrontContext, onClose: () => void) {
    this.info = info
    this.context = context
    this.#socket = socket
    this.#timer = new WheelTimer(this)
    // A client that ends its side is gone: half-open connections are a matter of HTTP/1.1.
    socket.allowHalfOpen = false
    // The session takes what is readable before it reads on. Copied: the caller's buffer may be shared.
    if (firstBytes !== null) socket.unshift(Buffer.from(firstBytes))
    const session = performServerHandshake(socket, sessionOptions(context.settings))
    this.#session = session
    session.on('stream', (stream, _headers, flags, fields) => this.#accept(stream, flags, fields))
    // Protocol errors of the client end the session; 'close' follows.
    session.on('error', () => {})
    session.on('close', () => {
      this.#state = 'closed'
      this.#timer.clear()
      onClose()
    })
    session.setLocalWindowSize(CONNECTION_WINDOW_BYTES)
    context.timers.set(this.#timer, context.settings.clientHeaderTimeoutMs)
  }

  get isIdle(): boolean {
    return this.#streams === 0
  }

  drain(): void {
    this.#shutDown()
  }

  destroy(): void {
    this.#session.destroy()
  }

  startWaiting(request: Http2Request): void {
    request.waitsSinceMs = performance.now()
    this.#waiting.add(request)
  }

  stopWaiting(request: Http2Request): void {
    if (this.#waiting.size !== 0) this.#waiting.delete(request)
  }

  requestAnswered(): void {
    if (this.#untaken++ === 0) this.#noteProgress()
  }

  requestEnded(wasAnswered: boolean, isWasted: boolean): void {
    if (wasAnswered) this.#untaken--
    if (--this.#streams === 0 && this.#state !== 'closed') {
      this.context.timers.set(this.#timer, this.context.settings.keepAliveMs)
    }
    if (isWasted && this.#state !== 'closed' && !this.#resets.take(performance.now())) {
      this.#session.destroy(new Error('The client resets too many streams'), constants.NGHTTP2_ENHANCE_YOUR_CALM)
    }
  }

  timerExpired(): void {
    if (this.#state === 'closed') return
    if (this.#streams === 0) {
      // A client that does not even close after it was told to is not waited for again.
      if (this.#state === 'open') this.#shutDown()
      else this.#session.destroy()
      return
    }
    this.#sweep()
    if (this.#streams !== 0) this.#setSweepTimer()
  }

  #accept(stream: ServerHttp2Stream, flags: number, fields: readonly string[]): void {
    if (this.#streams++ === 0) this.#setSweepTimer()
    this.#requests++
    const request = new Http2Request(this, stream)
    ownStream(stream, request)
    request.start(fields, (flags & constants.NGHTTP2_FLAG_END_STREAM) === 0)
    if (this.#requests >= this.context.settings.keepAliveRequests || this.context.isDraining) this.#shutDown()
  }

  /**
   * GOAWAY with the last stream taken; closes when the last one is done. The client may send later ones again elsewhere
   * (RFC 9113, 6.8). The gentler form with a warning first is not possible: node:http2 cannot mark the first GOAWAY as a
   * warning, and nghttp2 ignores new streams after any other.
   */
  #shutDown(): void {
    if (this.#state !== 'open') return
    this.#state = 'closing'
    if (!this.#session.destroyed) this.#session.close()
  }

  #setSweepTimer(): void {
    const { clientBodyTimeoutMs } = this.context.settings
    this.context.timers.set(this.#timer, Math.min(SWEEP_MS, clientBodyTimeoutMs / 4))
  }

  /** Ends requests whose client sends no body or takes no answer, and a connection that takes nothing at all. */
  #sweep(): void {
    const limitMs = this.context.settings.clientBodyTimeoutMs
    const nowMs = performance.now()
    for (const request of this.#waiting) {
      if (nowMs - request.waitsSinceMs >= limitMs) {
        this.#waiting.delete(request)
        request.timedOut()
      }
    }
    if (this.#untaken === 0) return
    if (this.#bytesWritten() !== this.#takenBytes) this.#noteProgress()
    else if (nowMs - this.#takenAtMs >= limitMs) this.#session.destroy()
  }

  #noteProgress(): void {
    this.#takenBytes = this.#bytesWritten()
    this.#takenAtMs = performance.now()
  }

  #bytesWritten(): number {
    return 'bytesWritten' in this.#socket ? Number(this.#socket.bytesWritten) : 0
  }
}
