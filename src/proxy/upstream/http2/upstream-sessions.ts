/**
 * The HTTP/2 connections to one endpoint over one transport: requests share them as far as the upstream lets them, and wait
 * in a bounded queue where it does not.
 */
import type { TimerWheel } from '../../timer-wheel.ts'
import type { CarrierLoss } from '../request-carrier.ts'
import type { Transport } from '../transport.ts'
import type { UpstreamEndpoint } from '../upstream-endpoint.ts'
import type { UpstreamPool } from '../upstream-pool.ts'
import { MOST_STREAMS, UpstreamSession } from './upstream-session.ts'
import type { UpstreamStream } from './upstream-stream.ts'

/** Connections at a time; of one upstream that takes 100 streams each that is 1600 requests. */
const MOST_SESSIONS = 16
const MOST_WAITING = 1024

export class UpstreamSessions {
  readonly endpoint: UpstreamEndpoint
  readonly transport: Transport
  readonly pool: UpstreamPool
  /** Streams that a connection may be expected to take. */
  streamsEach = MOST_STREAMS
  #connectTimeoutMs = 0
  /** Those that take further streams, or are being made. */
  readonly #sessions: UpstreamSession[] = []
  /** In the order in which they came. */
  readonly #waiting = new Set<UpstreamStream>()

  constructor(endpoint: UpstreamEndpoint, transport: Transport, pool: UpstreamPool) {
    this.endpoint = endpoint
    this.transport = transport
    this.pool = pool
  }

  get timers(): TimerWheel {
    return this.pool.timers
  }

  get isConnecting(): boolean {
    return this.#sessions.some(isConnecting)
  }

  /** True when nothing would be lost with this object. */
  get isEmpty(): boolean {
    return this.#sessions.length === 0 && this.#waiting.size === 0
  }

  /** A connection with room; `null` when the stream has to wait: {@link UpstreamStream.placed} or its loss follows. */
  take(stream: UpstreamStream, connectTimeoutMs: number): UpstreamSession | null {
    for (const session of this.#sessions) if (session.hasRoom) return session
    if (this.#waiting.size >= MOST_WAITING) {
      process.nextTick(refuseLater, stream)
      return null
    }
    this.#waiting.add(stream)
    this.#connectTimeoutMs = connectTimeoutMs
    this.#openMore()
    return null
  }

  leaveQueue(stream: UpstreamStream): void {
    this.#waiting.delete(stream)
  }

  /** A connection may have become able to take a stream. */
  roomMade(): void {
    if (this.#waiting.size === 0) return
    for (const session of this.#sessions) {
      while (session.hasRoom) {
        const next = this.#waiting.values().next()
        if (next.done === true) return
        this.#waiting.delete(next.value)
        next.value.placed(session)
      }
    }
    this.#openMore()
  }

  /** It takes no further streams. */
  sessionGone(session: UpstreamSession): void {
    this.#forget(session)
    this.#openMore()
  }

  /** A connection could not be made. Who can wait for another one goes on waiting. */
  connectFailed(session: UpstreamSession, loss: CarrierLoss, failure: string): void {
    this.#forget(session)
    if (this.#sessions.length > 0) return
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const [at, stream] of waiting.entries()) {
      // One connection is one failure of the endpoint, however many waited for it.
      if (at > 0) stream.isReused = true
      stream.lost(loss, failure)
    }
  }

  /** The endpoint is gone: what runs may finish. */
  close(): void {
    for (const session of this.#sessions.slice()) session.retire()
  }

  /** Makes as many connections as those who wait seem to need. */
  #openMore(): void {
    let coming = this.#sessions.filter(isConnecting).length
    while (this.#mayConnect && this.#waiting.size > coming * this.streamsEach) {
      this.#sessions.push(new UpstreamSession(this, this.#connectTimeoutMs))
      coming++
    }
  }

  /** A limit of the backend's connections leaves each endpoint one: requests share it. */
  get #mayConnect(): boolean {
    const { length } = this.#sessions
    return length === 0 || (length < MOST_SESSIONS && this.endpoint.load.mayConnect)
  }

  #forget(session: UpstreamSession): void {
    const at = this.#sessions.indexOf(session)
    if (at !== -1) this.#sessions.splice(at, 1)
  }
}

function isConnecting(session: UpstreamSession): boolean {
  return session.state === 'connecting'
}

// A function of its own so that no closure is made per request.
function refuseLater(stream: UpstreamStream): void {
  stream.lost('refused')
}
