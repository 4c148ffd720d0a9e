/**
 * The receiving half of a connection (RFC 9113): frames become requests, windows, settings and errors. What is an error
 * of one stream resets that stream, what is one of the connection ends it with GOAWAY (5.4). Ignored: priorities,
 * PRIORITY_UPDATE, unknown frames and settings.
 */
import type { ClientInfo, FrontContext } from '../downstream.ts'
import { ClosedStreams } from './closed-streams.ts'
import { createResetBudget } from './event-budget.ts'
import { FramePayload } from './frame-payload.ts'
import { FrameReader, type FrameSink } from './frames/frame-reader.ts'
import type { FrameWriter } from './frames/frame-writer.ts'
import * as h2 from './frames/protocol.ts'
import { HeaderBlock } from './header-block.ts'
import { HpackDecoder } from './hpack/decoder.ts'
import { IdleFrames } from './idle-frames.ts'
import { Outgoing } from './outgoing.ts'
import { applySettings, checkSettingsFrame, createPeerSettings, readSettings } from './peer-settings.ts'
import { ReceiveWindow } from './receive-window.ts'
import { Http2Request } from './request.ts'
import { STREAM_WINDOW } from './request-body.ts'
import { Http2RequestHead, MOST_FIELDS } from './request-head.ts'
import type { RequestHost } from './request-host.ts'

/** Bytes in flight over all streams of a connection. */
const CONNECTION_WINDOW = 1_048_576
/** A head so many times above the bound is an attack on memory: it ends the connection instead of getting a 431. */
const FAR_ABOVE = 8
/** Coded bytes of a head in several frames, relative to the bound for it decoded. */
const MOST_CODED = 2

/** The connection, as its protocol sees it. */
export interface SessionOwner {
  readonly info: ClientInfo
  readonly context: FrontContext
  requestStarted(): void
  requestEnded(): void
  startWaiting(request: Http2Request): void
  stopWaiting(request: Http2Request): void
  /** The client answered our PING. */
  pingAnswered(): void
  /** A connection error: GOAWAY is written, no frame is read any more. */
  failed(): void
}

export class Http2Session implements FrameSink, RequestHost {
  readonly info: ClientInfo
  readonly context: FrontContext
  readonly head = new Http2RequestHead()
  readonly reader: FrameReader
  readonly outgoing: Outgoing
  readonly block = new HeaderBlock()
  readonly streams = new Map<number, Http2Request>()
  /** The highest stream that was taken. */
  lastStreamId = 0
  readonly #owner: SessionOwner
  readonly #writer: FrameWriter
  readonly #decoder = new HpackDecoder()
  readonly #closed = new ClosedStreams()
  readonly #resets = createResetBudget()
  readonly #idleFrames: IdleFrames
  readonly #peer = createPeerSettings()
  readonly #payload = new FramePayload()
  readonly #window: ReceiveWindow
  #hasSettings = false
  #hasFailed = false
  /** False after the final GOAWAY: later streams are not ours. */
  #acceptsStreams = true
  /** The highest stream that was ignored for that reason. */
  #ignoredStreamId = 0

  constructor(owner: SessionOwner, writer: FrameWriter) {
    this.info = owner.info
    this.context = owner.context
    this.#owner = owner
    this.#writer = writer
    this.reader = new FrameReader(this)
    this.outgoing = new Outgoing(writer)
    this.#idleFrames = new IdleFrames(this.outgoing)
    this.#window = new ReceiveWindow(writer, CONNECTION_WINDOW)
    const { settings } = this.context
    writer.settings([
      [h2.MAX_CONCURRENT_STREAMS, settings.http2MaxConcurrentStreams],
      [h2.INITIAL_WINDOW_SIZE, STREAM_WINDOW],
      [h2.MAX_HEADER_LIST_SIZE, settings.maxHeadBytes],
      [h2.ENABLE_CONNECT_PROTOCOL, 1],
      [h2.NO_RFC7540_PRIORITIES, 1],
    ])
    this.#window.announce()
  }

  /** Streams after the last one taken are ignored from now on; a final GOAWAY tells the client. */
  refuseStreams(): void {
    this.#acceptsStreams = false
    this.#writer.goaway(this.lastStreamId, h2.NO_ERROR)
  }

  /** Ends all requests: the connection is gone. */
  abandonStreams(): void {
    for (const request of this.streams.values()) request.abandoned()
  }

  /** Ends the connection with an error (RFC 9113, 5.4.1). */
  fail(code: number): void {
    if (this.#hasFailed) return
    this.#hasFailed = true
    this.reader.stop()
    this.#writer.goaway(this.lastStreamId, code)
    this.#owner.failed()
  }

  // From the reader

  frame(type: number, flags: number, streamId: number, buffer: Buffer, start: number, end: number): void {
    if (!this.#hasSettings) {
      if (type !== h2.SETTINGS || (flags & h2.ACK) !== 0) return this.fail(h2.PROTOCOL_ERROR)
      this.#hasSettings = true
    }
    if (this.block.isOpen && type !== h2.CONTINUATION) return this.fail(h2.PROTOCOL_ERROR)
    switch (type) {
      case h2.DATA:
        return this.#data(flags, streamId, buffer, start, end)
      case h2.HEADERS:
        return this.#headers(flags, streamId, buffer, start, end)
      case h2.PRIORITY:
        return this.#priority(streamId, buffer, start, end)
      case h2.RST_STREAM:
        return this.#rstStream(streamId, end - start)
      case h2.SETTINGS:
        return this.#settings(flags, streamId, buffer, start, end)
      case h2.PUSH_PROMISE:
        return this.fail(h2.PROTOCOL_ERROR)
      case h2.PING:
        return this.#ping(flags, streamId, buffer, start, end)
      case h2.GOAWAY:
        // The client opens no more streams and ends the connection when it likes.
        if (streamId !== 0) this.fail(h2.PROTOCOL_ERROR)
        else if (end - start < 8) this.fail(h2.FRAME_SIZE_ERROR)
        return
      case h2.WINDOW_UPDATE:
        return this.#windowUpdate(streamId, buffer, start, end)
      case h2.CONTINUATION:
        return this.#continuation(flags, streamId, buffer, start, end)
      default:
        this.#countIdleFrame()
    }
  }

  frameTooLarge(): void {
    this.fail(h2.FRAME_SIZE_ERROR)
  }

  badPreface(): void {
    this.fail(h2.PROTOCOL_ERROR)
  }

  // From requests

  creditConnection(bytes: number): void {
    this.#window.giveBack(bytes)
  }

  resetStream(streamId: number, code: number): void {
    this.#closed.addReset(streamId)
    this.#writer.reset(streamId, code)
  }

  startWaiting(request: Http2Request): void {
    this.#owner.startWaiting(request)
  }

  stopWaiting(request: Http2Request): void {
    this.#owner.stopWaiting(request)
  }

  requestEnded(request: Http2Request, isWasted: boolean): void {
    const { id } = request.out
    this.streams.delete(id)
    this.#closed.addEnded(id)
    if (isWasted) this.#countWaste()
    this.#owner.requestEnded()
  }

  #data(flags: number, streamId: number, buffer: Buffer, start: number, end: number): void {
    const length = end - start
    if (this.#isIdle(streamId)) return this.fail(h2.PROTOCOL_ERROR)
    if (!this.#window.take(length)) return this.fail(h2.FLOW_CONTROL_ERROR)
    const error = this.#payload.read(flags, buffer, start, end)
    if (error !== h2.NO_ERROR) return this.fail(error)
    const { from, to } = this.#payload
    const isEnd = (flags & h2.END_STREAM) !== 0
    const request = this.streams.get(streamId)
    if (request === undefined) {
      this.creditConnection(length)
      if (streamId > this.lastStreamId || this.#closed.wasReset(streamId)) return
      this.resetStream(streamId, h2.STREAM_CLOSED)
      return this.#countWaste()
    }
    if (from === to && !isEnd) {
      this.#countIdleFrame()
      if (this.#hasFailed) return
    }
    request.dataReceived(buffer, from, to, length, isEnd)
  }

  #headers(flags: number, streamId: number, buffer: Buffer, start: number, end: number): void {
    if ((streamId & 1) === 0) return this.fail(h2.PROTOCOL_ERROR)
    const error = this.#payload.read(flags, buffer, start, end)
    if (error !== h2.NO_ERROR) return this.fail(error)
    const { to } = this.#payload
    let { from } = this.#payload
    if ((flags & h2.WITH_PRIORITY) !== 0) {
      if (end - from < 5) return this.fail(h2.FRAME_SIZE_ERROR)
      // A stream cannot depend on itself (RFC 7540, 5.3.1).
      if ((buffer.readUInt32BE(from) & 0x7fff_ffff) === streamId) return this.fail(h2.PROTOCOL_ERROR)
      from += 5
    }
    if (to < from) return this.fail(h2.PROTOCOL_ERROR)
    if ((flags & h2.END_HEADERS) !== 0) this.#fields(flags, streamId, buffer, from, to)
    else this.block.begin(streamId, flags, buffer, from, to)
  }

  #continuation(flags: number, streamId: number, buffer: Buffer, start: number, end: number): void {
    const { block } = this
    if (!block.isOpen || block.streamId !== streamId) return this.fail(h2.PROTOCOL_ERROR)
    const maxBytes = Math.max(h2.FRAME_BYTES, this.context.settings.maxHeadBytes) * MOST_CODED
    if (!block.append(buffer, start, end, maxBytes)) return this.fail(h2.ENHANCE_YOUR_CALM)
    if ((flags & h2.END_HEADERS) === 0) return
    const all = block.take()
    this.#fields(block.flags, streamId, all, 0, all.length)
  }

  /** A whole header block. It is decoded whatever becomes of it: the table is the connection's. */
  #fields(flags: number, streamId: number, buffer: Buffer, start: number, end: number): void {
    const { settings } = this.context
    const decoder = this.#decoder
    if (!decoder.decode(buffer, start, end, settings.maxHeadBytes, MOST_FIELDS)) {
      return this.fail(h2.COMPRESSION_ERROR)
    }
    if (decoder.listBytes > settings.maxHeadBytes * FAR_ABOVE) return this.fail(h2.ENHANCE_YOUR_CALM)
    const isEnd = (flags & h2.END_STREAM) !== 0
    const known = this.streams.get(streamId)
    if (known !== undefined) {
      known.trailersReceived(decoder.fields, decoder.isTooLarge, isEnd)
      return
    }
    if (streamId <= this.lastStreamId) {
      if (this.#closed.wasReset(streamId)) return
      return this.fail(this.#closed.hasEnded(streamId) ? h2.STREAM_CLOSED : h2.PROTOCOL_ERROR)
    }
    if (!this.#acceptsStreams) {
      this.#ignoredStreamId = Math.max(this.#ignoredStreamId, streamId)
      return
    }
    this.lastStreamId = streamId
    if (this.streams.size >= settings.http2MaxConcurrentStreams) {
      this.resetStream(streamId, h2.REFUSED_STREAM)
      return this.#countWaste()
    }
    const request = new Http2Request(this, streamId)
    this.streams.set(streamId, request)
    this.#owner.requestStarted()
    request.start(decoder.fields, decoder.isTooLarge, !isEnd)
  }

  #priority(streamId: number, buffer: Buffer, start: number, end: number): void {
    if (streamId === 0) return this.fail(h2.PROTOCOL_ERROR)
    if (end - start !== 5) {
      // An error of the stream (RFC 9113, 6.3), of which an idle one knows nothing.
      if (this.#isIdle(streamId)) return this.fail(h2.FRAME_SIZE_ERROR)
      this.streams.get(streamId)?.fail(h2.FRAME_SIZE_ERROR)
    } else if ((buffer.readUInt32BE(start) & 0x7fff_ffff) === streamId) {
      return this.fail(h2.PROTOCOL_ERROR)
    }
    this.#countIdleFrame()
  }

  #rstStream(streamId: number, length: number): void {
    if (length !== 4) return this.fail(h2.FRAME_SIZE_ERROR)
    if (this.#isIdle(streamId)) return this.fail(h2.PROTOCOL_ERROR)
    const request = this.streams.get(streamId)
    if (request === undefined) this.#countIdleFrame()
    else request.abandoned()
  }

  #settings(flags: number, streamId: number, buffer: Buffer, start: number, end: number): void {
    let error = checkSettingsFrame(flags, streamId, end - start)
    if (error !== h2.NO_ERROR) return this.fail(error)
    this.#countIdleFrame()
    if ((flags & h2.ACK) !== 0 || this.#hasFailed) return
    error = readSettings(buffer, start, end, this.#peer)
    if (error !== h2.NO_ERROR) return this.fail(error)
    // Before what a larger window sets free.
    this.#writer.numbers(h2.SETTINGS, h2.ACK, 0)
    if (!applySettings(this.#peer, this.outgoing, this.streams.values())) this.fail(h2.FLOW_CONTROL_ERROR)
  }

  #ping(flags: number, streamId: number, buffer: Buffer, start: number, end: number): void {
    if (streamId !== 0) return this.fail(h2.PROTOCOL_ERROR)
    if (end - start !== 8) return this.fail(h2.FRAME_SIZE_ERROR)
    if ((flags & h2.ACK) !== 0) return this.#owner.pingAnswered()
    this.#countIdleFrame()
    if (!this.#hasFailed) this.#writer.ping(h2.ACK, buffer, start)
  }

  #windowUpdate(streamId: number, buffer: Buffer, start: number, end: number): void {
    if (end - start !== 4) return this.fail(h2.FRAME_SIZE_ERROR)
    const increment = buffer.readUInt32BE(start) & 0x7fff_ffff
    if (streamId === 0) {
      if (increment === 0) this.fail(h2.PROTOCOL_ERROR)
      else if (!this.outgoing.widen(increment)) this.fail(h2.FLOW_CONTROL_ERROR)
      return
    }
    if (this.#isIdle(streamId)) return this.fail(h2.PROTOCOL_ERROR)
    const request = this.streams.get(streamId)
    if (request === undefined) return
    if (increment === 0) request.fail(h2.PROTOCOL_ERROR)
    else if (!this.outgoing.widenStream(request.out, increment)) request.fail(h2.FLOW_CONTROL_ERROR)
  }

  /** True for a stream that nobody opened. */
  #isIdle(streamId: number): boolean {
    return (streamId & 1) === 0 || (streamId > this.lastStreamId && streamId > this.#ignoredStreamId)
  }

  #countWaste(): void {
    if (!this.#resets.take(performance.now())) this.fail(h2.ENHANCE_YOUR_CALM)
  }

  #countIdleFrame(): void {
    if (!this.#idleFrames.take()) this.fail(h2.ENHANCE_YOUR_CALM)
  }
}
