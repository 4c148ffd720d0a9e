/**
 * One HTTP/2 connection of a client: its socket, its time and its end. The protocol is in `session.ts` (what comes) and
 * `outgoing.ts` (what goes), requests are in `request.ts`.
 *
 * The end comes gently (RFC 9113, 6.8): a GOAWAY that refuses nothing yet, a round trip later one that names the last
 * stream taken, and when that one is done the connection closes. So no request is lost on the way, whatever the client
 * has in flight. Not offered: server push, priorities, CONNECT other than for WebSockets (RFC 8441).
 */
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { AcceptHttp2, ClientInfo, FrontConnection, FrontContext } from '../downstream.ts'
import { ownSocket, type SocketOwner } from '../http1/front-socket.ts'
import { type TimerOwner, WheelTimer } from '../timer-wheel.ts'
import { FrameWriter } from './frames/frame-writer.ts'
import { LARGEST_STREAM_ID, NO_ERROR, PROTOCOL_ERROR } from './frames/protocol.ts'
import type { Http2Request } from './request.ts'
import { Http2Session, type SessionOwner } from './session.ts'

/** Longest time between two looks at stalled streams. */
const SWEEP_MS = 5000
/** How long a client may take to answer the PING after the first GOAWAY. */
const WARNING_MS = 1000
/** How long a client may take to close after we did. */
const LINGER_MS = 1000
/** Bytes thrown away before we stop being polite. */
const MOST_LINGERED = 1_048_576
const PING_PAYLOAD = Buffer.from('genkan\0\0', 'latin1')

/** See {@link AcceptHttp2}. */
export const acceptHttp2: AcceptHttp2 = (socket, firstBytes, info, context, onClose) =>
  new Http2Connection(socket, firstBytes, info, context, onClose)

export class Http2Connection implements FrontConnection, SocketOwner, SessionOwner, TimerOwner {
  readonly info: ClientInfo
  readonly context: FrontContext
  readonly #socket: Socket
  readonly #onClose: () => void
  readonly #writer: FrameWriter
  readonly #session: Http2Session
  /** For the head, for stalled streams, for the next request. */
  readonly #timer: WheelTimer
  /** For the steps of the end. */
  readonly #endTimer: WheelTimer
  readonly #waiting = new Set<Http2Request>()
  /** `warned`: the first GOAWAY is out. `closing`: the final one. `lingering`: nothing is left to send. */
  #state: 'open' | 'warned' | 'closing' | 'lingering' | 'closed' = 'open'
  #requests = 0
  #lingered = 0

  constructor(socket: Duplex, firstBytes: Buffer | null, info: ClientInfo, context: FrontContext, onClose: () => void) {
    this.info = info
    this.context = context
    // Listeners accept nothing but TCP and TLS sockets.
    this.#socket = socket as Socket
    this.#onClose = onClose
    this.#timer = new WheelTimer(this)
    this.#endTimer = new WheelTimer(this)
    this.#writer = new FrameWriter(socket)
    this.#session = new Http2Session(this, this.#writer)
    context.timers.set(this.#timer, context.settings.clientHeaderTimeoutMs)
    ownSocket(this.#socket, this)
    if (firstBytes !== null) this.received(firstBytes, 0, firstBytes.length)
  }

  /** Implements {@link FrontConnection}. */
  get isIdle(): boolean {
    return this.#session.streams.size === 0
  }

  /** Implements {@link FrontConnection}. */
  drain(): void {
    this.#warn()
  }

  /** Implements {@link FrontConnection}. */
  destroy(): void {
    this.#socket.destroy()
    this.closed()
  }

  /** Implements {@link SocketOwner}. */
  received(buffer: Buffer, start: number, end: number): void {
    if (this.#state === 'lingering') {
      this.#lingered += end - start
      if (this.#lingered > MOST_LINGERED) this.destroy()
    } else if (this.#state !== 'closed') {
      this.#session.reader.read(buffer, start, end)
    }
  }

  /** Implements {@link SocketOwner}. A client that ends its side is gone: half-open is a matter of HTTP/1.1. */
  clientEnded(): void {
    if (this.#state === 'lingering') this.#socket.destroySoon()
    else this.destroy()
  }

  /** Implements {@link SocketOwner}. */
  drained(): void {
    this.#session.outgoing.pump()
  }

  /** Implements {@link SocketOwner}. */
  closed(): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#writer.close()
    this.#timer.clear()
    this.#endTimer.clear()
    this.#session.reader.stop()
    this.#session.abandonStreams()
    this.#onClose()
  }

  /** Implements {@link TimerOwner}. */
  timerExpired(timer: WheelTimer): void {
    if (timer === this.#endTimer) {
      if (this.#state === 'warned') this.#refuse()
      else this.destroy()
    } else if (this.#session.streams.size > 0) {
      this.#sweep()
    } else if (this.#state === 'open' || this.#state === 'warned') {
      // Idle for too long. A request on its way to us was not taken, and the GOAWAY says so.
      this.#refuse()
    }
  }

  /** Implements {@link SessionOwner}. */
  requestStarted(): void {
    if (this.#session.streams.size === 1) this.#setSweepTimer()
    this.#requests++
    if (this.#state !== 'open') return
    if (this.#requests >= this.context.settings.keepAliveRequests || this.context.isDraining) this.#warn()
  }

  /** Implements {@link SessionOwner}. */
  requestEnded(): void {
    if (this.#session.streams.size > 0 || this.#state === 'closed' || this.#state === 'lingering') return
    if (this.#state === 'closing') this.#end()
    else this.context.timers.set(this.#timer, this.context.settings.keepAliveMs)
  }

  /** Implements {@link SessionOwner}. */
  startWaiting(request: Http2Request): void {
    request.waitsSinceMs = performance.now()
    this.#waiting.add(request)
  }

  /** Implements {@link SessionOwner}. */
  stopWaiting(request: Http2Request): void {
    this.#waiting.delete(request)
  }

  /** Implements {@link SessionOwner}. */
  pingAnswered(): void {
    if (this.#state === 'warned') this.#refuse()
  }

  /** Implements {@link SessionOwner}. */
  failed(): void {
    this.#end()
    this.#session.abandonStreams()
  }

  /** The first GOAWAY: open no more streams, those on their way are still taken. */
  #warn(): void {
    if (this.#state !== 'open') return
    this.#state = 'warned'
    this.#writer.goaway(LARGEST_STREAM_ID, NO_ERROR)
    this.#writer.ping(0, PING_PAYLOAD, 0)
    this.context.timers.set(this.#endTimer, WARNING_MS)
  }

  /** The final GOAWAY. */
  #refuse(): void {
    this.#state = 'closing'
    this.#endTimer.clear()
    this.#session.refuseStreams()
    if (this.#session.streams.size === 0) this.#end()
  }

  /** Sends what is left and closes; unread bytes would turn our FIN into a reset, so the client's are read on. */
  #end(): void {
    if (this.#state === 'lingering' || this.#state === 'closed') return
    this.#state = 'lingering'
    this.#writer.flush()
    this.#timer.clear()
    this.context.timers.set(this.#endTimer, LINGER_MS)
    this.#socket.end()
  }

  #setSweepTimer(): void {
    const { clientBodyTimeoutMs } = this.context.settings
    this.context.timers.set(this.#timer, Math.min(SWEEP_MS, clientBodyTimeoutMs / 4))
  }

  /** Ends requests whose client sends no body or takes no answer, and a head that does not come to its end. */
  #sweep(): void {
    const { clientBodyTimeoutMs, clientHeaderTimeoutMs } = this.context.settings
    const nowMs = performance.now()
    for (const request of this.#waiting) {
      if (nowMs - request.waitsSinceMs >= clientBodyTimeoutMs) request.timedOut()
    }
    const { block } = this.#session
    if (block.isOpen && nowMs - block.startMs >= clientHeaderTimeoutMs) this.#session.fail(PROTOCOL_ERROR)
    if (this.#session.streams.size > 0) this.#setSweepTimer()
  }
}
