/**
 * One HTTP/2 connection to an endpoint, as its client: its life from connecting to closed, its streams, and how many there may
 * be. What it receives is read by `upstream-frames.ts`.
 *
 * A connection is of use once the upstream's SETTINGS came: before that nobody knows how many streams it takes, nor whether
 * it speaks HTTP/2 at all.
 */
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { FrameWriter } from '../../http2/frames/frame-writer.ts'
import { LARGEST_STREAM_ID, NO_ERROR } from '../../http2/frames/protocol.ts'
import { Outgoing, OutgoingStream } from '../../http2/outgoing.ts'
import type { PeerSettings } from '../../http2/peer-settings.ts'
import { type TimerOwner, WheelTimer } from '../../timer-wheel.ts'
import { describeSocketError, NO_HTTP2_OVER_TLS, openSocket } from '../open-socket.ts'
import type { CarrierLoss } from '../request-carrier.ts'
import { type FramesOwner, UpstreamFrames } from './upstream-frames.ts'
import type { UpstreamSessions } from './upstream-sessions.ts'
import type { UpstreamStream } from './upstream-stream.ts'

/** Streams that nobody forbids, and of a connection that said nothing yet. */
export const MOST_STREAMS = 1000
/** Ids are not used again; the connection is replaced well before they end. */
const LAST_STREAM_ID = LARGEST_STREAM_ID - 2
const LINGER_MS = 1000
/** One buffer for all HTTP/2 upstreams of the worker: each read is used up before the next begins. */
const READ_BUFFER = Buffer.allocUnsafeSlow(65_536)

export class UpstreamSession implements FramesOwner, TimerOwner {
  readonly isTls: boolean
  /** Why it ended, for people; mostly empty. */
  failure = ''
  readonly outgoing: Outgoing
  readonly streams = new Map<number, UpstreamStream>()
  allowsConnect = false
  hasServed = false
  state: 'connecting' | 'open' | 'draining' | 'closed' = 'connecting'
  readonly #sessions: UpstreamSessions
  readonly #socket: Socket
  readonly #writer: FrameWriter
  readonly #frames: UpstreamFrames
  readonly #timer: WheelTimer
  #maxStreams = MOST_STREAMS
  /** Lower than {@link #maxStreams} after the upstream refused a stream; each one served raises it. */
  #streamLimit = MOST_STREAMS
  #nextStreamId = 1
  #lastReadMs = 0
  #isIdle = false

  constructor(sessions: UpstreamSessions, connectTimeoutMs: number) {
    this.#sessions = sessions
    this.isTls = sessions.transport.isTls
    this.#timer = new WheelTimer(this)
    const onread = { buffer: READ_BUFFER, callback: (count: number) => this.#read(count) }
    const { endpoint, transport, pool } = sessions
    this.#socket = openSocket(endpoint, transport, onread, pool.tlsProblems, () => this.#connected())
    sessions.pool.openCount++
    sessions.endpoint.load.connections++
    this.#socket.on('end', () => this.#closed('lost'))
    this.#socket.on('drain', () => this.outgoing.pump())
    // 'close' follows each error and is where it is dealt with.
    this.#socket.on('error', (error) => (this.failure = describeSocketError(error)))
    this.#socket.once('close', () => {
      this.#closed('lost')
      this.#timer.clear()
    })
    this.#writer = new FrameWriter(this.#socket)
    this.outgoing = new Outgoing(this.#writer, true)
    this.#frames = new UpstreamFrames(this, this.#writer)
    sessions.timers.set(this.#timer, connectTimeoutMs)
  }

  /** True when one more stream may begin. */
  get hasRoom(): boolean {
    return this.state === 'open' && this.streams.size < this.#streamLimit
  }

  openStream(stream: UpstreamStream): OutgoingStream {
    const id = this.#nextStreamId
    this.#nextStreamId += 2
    if (this.#isIdle) this.#leaveIdle()
    const out = new OutgoingStream(id, stream, this.outgoing.initialWindow)
    this.streams.set(id, stream)
    const { upstreamKeepaliveRequests } = this.#sessions.pool.settings
    if (id >= LAST_STREAM_ID || id >= upstreamKeepaliveRequests * 2 - 1) this.retire()
    return out
  }

  /**
   * @param code of the RST_STREAM to send, or below zero for none
   * @param hasServed the answer was complete
   */
  closeStream(out: OutgoingStream, code: number, hasServed: boolean): void {
    this.streams.delete(out.id)
    this.outgoing.forget(out)
    if (hasServed) {
      this.hasServed = true
      if (this.#streamLimit < this.#maxStreams) this.#streamLimit++
    }
    if (this.state === 'closed') return
    if (code >= 0) this.#writer.reset(out.id, code)
    this.#sessions.roomMade()
    if (this.streams.size === 0) this.#becomeIdle()
  }

  /** A stream heard nothing for so long. If nobody else did, the connection is as good as dead. */
  streamStalled(timeoutMs: number): void {
    if (this.#frames.isInHead || performance.now() - this.#lastReadMs >= timeoutMs) this.retire()
  }

  /** No further streams; closes after the last one. */
  retire(): void {
    if (this.state === 'draining' || this.state === 'closed') return
    if (this.state === 'connecting') return this.#closed('lost')
    this.state = 'draining'
    this.#sessions.sessionGone(this)
    if (this.streams.size === 0) this.#end()
  }

  /** Implements {@link TimerOwner}. */
  timerExpired(): void {
    if (this.state === 'closed') this.#socket.destroy()
    else if (this.state === 'connecting') this.#closed('timeout')
    else if (this.streams.size === 0) this.retire()
  }

  // From the frames

  isUnknown(streamId: number): boolean {
    return (streamId & 1) === 0 || streamId >= this.#nextStreamId
  }

  settingsTaken({ maxStreams, connectProtocol }: PeerSettings): void {
    if (maxStreams !== -1) {
      this.#maxStreams = Math.min(maxStreams, MOST_STREAMS)
      this.#streamLimit = this.#maxStreams
      this.#sessions.streamsEach = Math.max(1, this.#maxStreams)
    }
    if (connectProtocol === 1) this.allowsConnect = true
    if (this.state === 'connecting') {
      this.state = 'open'
      this.#timer.clear()
    }
    this.#sessions.roomMade()
    if (this.streams.size === 0) this.#becomeIdle()
  }

  /** So many and no more, whatever its settings say. */
  streamRefused(): void {
    this.#streamLimit = Math.max(1, Math.min(this.#streamLimit, this.streams.size) - 1)
  }

  fail(code: number): void {
    if (this.state === 'closed') return
    this.failure =
      this.state === 'connecting'
        ? 'the upstream does not speak HTTP/2'
        : `HTTP/2 connection error ${code} of the upstream`
    this.#writer.goaway(0, code)
    this.#closed('malformed')
  }

  #connected(): void {
    // Without ALPN the other side may take our frames for anything.
    if (this.isTls && (this.#socket as TLSSocket).alpnProtocol !== 'h2') {
      this.failure = NO_HTTP2_OVER_TLS
      return this.#closed('lost')
    }
    this.#frames.writePreface()
  }

  /** @returns true: reading never pauses, windows do that */
  #read(count: number): boolean {
    if (this.state === 'closed') return true
    this.#lastReadMs = performance.now()
    this.#frames.read(READ_BUFFER, 0, count)
    return true
  }

  #becomeIdle(): void {
    const { pool, endpoint } = this.#sessions
    if (this.state === 'draining') return this.#end()
    if (this.state !== 'open' || this.#isIdle) return
    if (!pool.hasRoom() || endpoint.isRemoved) return this.retire()
    this.#isIdle = true
    pool.idleCount++
    this.#sessions.timers.set(this.#timer, pool.settings.upstreamKeepaliveMs)
  }

  #leaveIdle(): void {
    this.#isIdle = false
    this.#sessions.pool.idleCount--
    this.#timer.clear()
  }

  /** Nothing is left to do. */
  #end(): void {
    if (this.state === 'closed') return
    this.#writer.goaway(0, NO_ERROR)
    this.#closed('lost')
  }

  #closed(loss: CarrierLoss): void {
    if (this.state === 'closed') return
    const wasConnecting = this.state === 'connecting'
    if (this.#isIdle) this.#leaveIdle()
    this.state = 'closed'
    this.#sessions.pool.openCount--
    this.#sessions.endpoint.load.connectionClosed()
    this.#timer.clear()
    this.#frames.stop()
    this.#writer.flush()
    this.#writer.close()
    if (wasConnecting) {
      this.#socket.destroy()
      this.#sessions.connectFailed(this, loss === 'timeout' ? 'connect-timeout' : 'connect-failed', this.failure)
      return
    }
    this.#socket.destroySoon()
    // For one that does not take our last words.
    this.#sessions.timers.set(this.#timer, LINGER_MS)
    this.#sessions.sessionGone(this)
    for (const stream of this.streams.values()) stream.lost(loss, this.failure)
  }
}
