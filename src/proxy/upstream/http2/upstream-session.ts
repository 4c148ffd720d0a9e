/**
 * One HTTP/2 connection to an endpoint, as its client (RFC 9113): frames become what they mean to streams, windows and
 * settings. An upstream that breaks a rule of one stream loses that stream, one of the connection loses all of them. Ignored:
 * priorities, unknown frames and settings. Refused: server push.
 *
 * A connection is of use once the upstream's SETTINGS came: before that nobody knows how many streams it takes, nor whether
 * it speaks HTTP/2 at all. Floods are bounded as those of clients are (`http2/event-budget.ts`, `http2/header-block.ts`).
 */
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { createIdleFrameBudget } from '../../http2/event-budget.ts'
import { FrameReader, type FrameSink } from '../../http2/frames/frame-reader.ts'
import { FrameWriter } from '../../http2/frames/frame-writer.ts'
import * as h2 from '../../http2/frames/protocol.ts'
import { HeaderBlock } from '../../http2/header-block.ts'
import { HpackDecoder } from '../../http2/hpack/decoder.ts'
import { Outgoing, OutgoingStream } from '../../http2/outgoing.ts'
import { createPeerSettings, readSettings } from '../../http2/peer-settings.ts'
import { type TimerOwner, WheelTimer } from '../../timer-wheel.ts'
import { describeSocketError, NO_HTTP2_OVER_TLS, openSocket } from '../open-socket.ts'
import type { CarrierLoss } from '../request-carrier.ts'
import { STREAM_WINDOW, type UpstreamStream } from './upstream-stream.ts'
import type { UpstreamSessions } from './upstream-sessions.ts'

/** Large, since slow clients are dealt with stream by stream: one of them must not stop the others. */
const CONNECTION_WINDOW = 16_777_216
const LEAST_CREDIT = CONNECTION_WINDOW / 4
/** Longest header list, bytes by RFC 9113, 6.5.2; more is a broken upstream. */
const LONGEST_HEAD = 65_536
const MOST_FIELDS = 500
/** A head so many times longer ends the connection. */
const FAR_ABOVE = 8
/** Streams that nobody forbids, and of a connection that said nothing yet. */
export const MOST_STREAMS = 1000
/** Ids are not used again; the connection is replaced well before they end. */
const LAST_STREAM_ID = h2.LARGEST_STREAM_ID - 2
const LINGER_MS = 1000
/** One buffer for all HTTP/2 upstreams of the worker: each read is used up before the next begins. */
const READ_BUFFER = Buffer.allocUnsafeSlow(65_536)

export class UpstreamSession implements FrameSink, TimerOwner {
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
  readonly #reader: FrameReader
  readonly #decoder = new HpackDecoder()
  readonly #block = new HeaderBlock()
  readonly #peer = createPeerSettings()
  readonly #idleFrames = createIdleFrameBudget()
  readonly #timer: WheelTimer
  /** Got something in the read at hand. */
  #touched: UpstreamStream[] = []
  #maxStreams = MOST_STREAMS
  /** Lower than {@link #maxStreams} after the upstream refused a stream; each one served raises it. */
  #streamLimit = MOST_STREAMS
  #nextStreamId = 1
  #window = CONNECTION_WINDOW
  #creditBytes = 0
  #sentFrames = 0
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
    this.#reader = new FrameReader(this, false)
    this.outgoing = new Outgoing(this.#writer, true)
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
    if (this.#block.isOpen || performance.now() - this.#lastReadMs >= timeoutMs) this.retire()
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

  // From the reader

  frame(type: number, flags: number, streamId: number, buffer: Buffer, start: number, end: number): void {
    if (this.state === 'connecting') {
      if (type !== h2.SETTINGS || (flags & h2.ACK) !== 0) return this.#fail(h2.PROTOCOL_ERROR)
    }
    if (this.#block.isOpen && type !== h2.CONTINUATION) return this.#fail(h2.PROTOCOL_ERROR)
    switch (type) {
      case h2.DATA:
        return this.#data(flags, streamId, buffer, start, end)
      case h2.HEADERS:
        return this.#headers(flags, streamId, buffer, start, end)
      case h2.RST_STREAM:
        return this.#rstStream(streamId, buffer, start, end)
      case h2.SETTINGS:
        return this.#settings(flags, streamId, buffer, start, end)
      case h2.PUSH_PROMISE:
        return this.#fail(h2.PROTOCOL_ERROR)
      case h2.PING:
        return this.#ping(flags, streamId, buffer, start, end)
      case h2.GOAWAY:
        return this.#goaway(streamId, buffer, start, end)
      case h2.WINDOW_UPDATE:
        return this.#windowUpdate(streamId, buffer, start, end)
      case h2.CONTINUATION:
        return this.#continuation(flags, streamId, buffer, start, end)
      default:
        this.#countIdleFrame()
    }
  }

  frameTooLarge(): void {
    this.#fail(h2.FRAME_SIZE_ERROR)
  }

  badPreface(): void {
    this.#fail(h2.PROTOCOL_ERROR)
  }

  #connected(): void {
    // Without ALPN the other side may take our frames for anything.
    if (this.isTls && (this.#socket as TLSSocket).alpnProtocol !== 'h2') {
      this.failure = NO_HTTP2_OVER_TLS
      return this.#closed('lost')
    }
    const writer = this.#writer
    const entries = [
      [h2.ENABLE_PUSH, 0],
      [h2.INITIAL_WINDOW_SIZE, STREAM_WINDOW],
      [h2.MAX_HEADER_LIST_SIZE, LONGEST_HEAD],
    ] as const
    writer.reserve(h2.CLIENT_PREFACE.length + h2.FRAME_HEAD_BYTES + entries.length * 6)
    writer.at += h2.CLIENT_PREFACE.copy(writer.block, writer.at)
    writer.frameHead(entries.length * 6, h2.SETTINGS, 0, 0)
    for (const [name, value] of entries) {
      writer.at = writer.block.writeUInt16BE(name, writer.at)
      writer.at = writer.block.writeUInt32BE(value, writer.at)
    }
    writer.windowUpdate(0, CONNECTION_WINDOW - h2.DEFAULT_WINDOW)
  }

  /** @returns true: reading never pauses, windows do that */
  #read(count: number): boolean {
    if (this.state === 'closed') return true
    this.#lastReadMs = performance.now()
    this.#reader.read(READ_BUFFER, 0, count)
    const touched = this.#touched
    if (touched.length === 0) return true
    this.#touched = []
    for (const stream of touched) stream.flush()
    return true
  }

  #touch(stream: UpstreamStream): void {
    if (stream.isTouched) return
    stream.isTouched = true
    this.#touched.push(stream)
  }

  #data(flags: number, streamId: number, buffer: Buffer, start: number, end: number): void {
    const length = end - start
    if (this.#isUnknown(streamId)) return this.#fail(h2.PROTOCOL_ERROR)
    this.#window -= length
    if (this.#window < 0) return this.#fail(h2.FLOW_CONTROL_ERROR)
    this.#credit(length)
    let from = start
    let to = end
    if ((flags & h2.PADDED) !== 0) {
      if (length === 0) return this.#fail(h2.FRAME_SIZE_ERROR)
      from++
      to -= buffer[start]!
      if (to < from) return this.#fail(h2.PROTOCOL_ERROR)
    }
    const isEnd = (flags & h2.END_STREAM) !== 0
    if (from === to && !isEnd) this.#countIdleFrame()
    const stream = this.streams.get(streamId)
    // Some is on its way after a reset, no more than a window.
    if (stream === undefined) return this.#countIdleFrame()
    this.#touch(stream)
    stream.dataReceived(buffer, from, to, length, isEnd)
  }

  #headers(flags: number, streamId: number, buffer: Buffer, start: number, end: number): void {
    if (this.#isUnknown(streamId)) return this.#fail(h2.PROTOCOL_ERROR)
    let from = start
    let to = end
    if ((flags & h2.PADDED) !== 0) {
      if (end === start) return this.#fail(h2.FRAME_SIZE_ERROR)
      from++
      to -= buffer[start]!
    }
    if ((flags & h2.WITH_PRIORITY) !== 0) from += 5
    if (to < from) return this.#fail(h2.PROTOCOL_ERROR)
    if ((flags & h2.END_HEADERS) !== 0) this.#fields(flags, streamId, buffer, from, to)
    else this.#block.begin(streamId, flags, buffer, from, to)
  }

  #continuation(flags: number, streamId: number, buffer: Buffer, start: number, end: number): void {
    const block = this.#block
    if (!block.isOpen || block.streamId !== streamId) return this.#fail(h2.PROTOCOL_ERROR)
    if (!block.append(buffer, start, end, LONGEST_HEAD * 2)) return this.#fail(h2.ENHANCE_YOUR_CALM)
    if ((flags & h2.END_HEADERS) === 0) return
    const all = block.take()
    this.#fields(block.flags, streamId, all, 0, all.length)
  }

  /** A whole header block. It is decoded whatever becomes of it: the table is the connection's. */
  #fields(flags: number, streamId: number, buffer: Buffer, start: number, end: number): void {
    const decoder = this.#decoder
    if (!decoder.decode(buffer, start, end, LONGEST_HEAD, MOST_FIELDS)) return this.#fail(h2.COMPRESSION_ERROR)
    if (decoder.listBytes > LONGEST_HEAD * FAR_ABOVE) return this.#fail(h2.ENHANCE_YOUR_CALM)
    const stream = this.streams.get(streamId)
    if (stream === undefined) return this.#countIdleFrame()
    this.#touch(stream)
    stream.fieldsReceived(decoder.fields, decoder.isTooLarge, (flags & h2.END_STREAM) !== 0, end - start)
  }

  #rstStream(streamId: number, buffer: Buffer, start: number, end: number): void {
    if (end - start !== 4) return this.#fail(h2.FRAME_SIZE_ERROR)
    if (this.#isUnknown(streamId)) return this.#fail(h2.PROTOCOL_ERROR)
    const stream = this.streams.get(streamId)
    if (stream === undefined) return this.#countIdleFrame()
    const code = buffer.readUInt32BE(start)
    // So many and no more, whatever its settings say.
    if (code === h2.REFUSED_STREAM) this.#streamLimit = Math.max(1, Math.min(this.#streamLimit, this.streams.size) - 1)
    stream.resetReceived(code)
  }

  #settings(flags: number, streamId: number, buffer: Buffer, start: number, end: number): void {
    if (streamId !== 0) return this.#fail(h2.PROTOCOL_ERROR)
    const length = end - start
    if ((flags & h2.ACK) !== 0 ? length !== 0 : length % 6 !== 0) return this.#fail(h2.FRAME_SIZE_ERROR)
    this.#countIdleFrame()
    if ((flags & h2.ACK) !== 0 || this.state === 'closed') return
    const peer = this.#peer
    const error = readSettings(buffer, start, end, peer)
    if (error !== h2.NO_ERROR) return this.#fail(error)
    if (peer.push === 1) return this.#fail(h2.PROTOCOL_ERROR)
    // Before what a larger window sets free.
    this.#writer.numbers(h2.SETTINGS, h2.ACK, 0)
    const { outgoing } = this
    if (peer.tableBytes !== -1) {
      outgoing.encoder.setMaxTableBytes(peer.leastTableBytes)
      outgoing.encoder.setMaxTableBytes(peer.tableBytes)
    }
    if (peer.maxStreams !== -1) {
      this.#maxStreams = Math.min(peer.maxStreams, MOST_STREAMS)
      this.#streamLimit = this.#maxStreams
      this.#sessions.streamsEach = Math.max(1, this.#maxStreams)
    }
    if (peer.connectProtocol === 1) this.allowsConnect = true
    if (peer.initialWindow !== -1) {
      const change = peer.initialWindow - outgoing.initialWindow
      outgoing.initialWindow = peer.initialWindow
      for (const { out } of this.streams.values()) {
        if (out !== null && !outgoing.widenStream(out, change)) return this.#fail(h2.FLOW_CONTROL_ERROR)
      }
    }
    if (this.state === 'connecting') {
      this.state = 'open'
      this.#timer.clear()
    }
    this.#sessions.roomMade()
    if (this.streams.size === 0) this.#becomeIdle()
  }

  #ping(flags: number, streamId: number, buffer: Buffer, start: number, end: number): void {
    if (streamId !== 0) return this.#fail(h2.PROTOCOL_ERROR)
    if (end - start !== 8) return this.#fail(h2.FRAME_SIZE_ERROR)
    this.#countIdleFrame()
    if ((flags & h2.ACK) === 0 && this.state !== 'closed') this.#writer.ping(h2.ACK, buffer, start)
  }

  /** The upstream takes no more streams, and those above the last one it did not look at (6.8). */
  #goaway(streamId: number, buffer: Buffer, start: number, end: number): void {
    if (streamId !== 0) return this.#fail(h2.PROTOCOL_ERROR)
    if (end - start < 8) return this.#fail(h2.FRAME_SIZE_ERROR)
    const last = buffer.readUInt32BE(start) & 0x7fff_ffff
    this.retire()
    for (const [id, stream] of this.streams) if (id > last) stream.lost('refused')
    this.#countIdleFrame()
  }

  #windowUpdate(streamId: number, buffer: Buffer, start: number, end: number): void {
    if (end - start !== 4) return this.#fail(h2.FRAME_SIZE_ERROR)
    const increment = buffer.readUInt32BE(start) & 0x7fff_ffff
    if (streamId === 0) {
      if (increment === 0) this.#fail(h2.PROTOCOL_ERROR)
      else if (!this.outgoing.widen(increment)) this.#fail(h2.FLOW_CONTROL_ERROR)
      return
    }
    if (this.#isUnknown(streamId)) return this.#fail(h2.PROTOCOL_ERROR)
    const stream = this.streams.get(streamId)
    const out = stream?.out ?? null
    if (stream === undefined || out === null) return
    if (increment === 0) stream.fail(h2.PROTOCOL_ERROR)
    else if (!this.outgoing.widenStream(out, increment)) stream.fail(h2.FLOW_CONTROL_ERROR)
  }

  /** True for a stream that we never opened: nobody else may. */
  #isUnknown(streamId: number): boolean {
    return (streamId & 1) === 0 || streamId >= this.#nextStreamId
  }

  #credit(bytes: number): void {
    this.#creditBytes += bytes
    if (this.#creditBytes < LEAST_CREDIT) return
    this.#window += this.#creditBytes
    this.#writer.windowUpdate(0, this.#creditBytes)
    this.#creditBytes = 0
  }

  /** Free while we send: servers measure with a PING for every round trip in which they got something. */
  #countIdleFrame(): void {
    const { sentFrames } = this.outgoing
    if (sentFrames !== this.#sentFrames) {
      this.#sentFrames = sentFrames
      return
    }
    if (!this.#idleFrames.take(performance.now())) this.#fail(h2.ENHANCE_YOUR_CALM)
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

  /** The upstream broke a rule of the connection (5.4.1). */
  #fail(code: number): void {
    if (this.state === 'closed') return
    this.failure =
      this.state === 'connecting'
        ? 'the upstream does not speak HTTP/2'
        : `HTTP/2 connection error ${code} of the upstream`
    this.#writer.goaway(0, code)
    this.#closed('malformed')
  }

  /** Nothing is left to do. */
  #end(): void {
    if (this.state === 'closed') return
    this.#writer.goaway(0, h2.NO_ERROR)
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
    this.#reader.stop()
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
