/**
 * The receiving half of a connection to an endpoint (RFC 9113): frames become what they mean to streams, windows and settings.
 * An upstream that breaks a rule of one stream loses that stream, one of the connection loses all of them. Ignored: priorities,
 * unknown frames and settings. Refused: server push. Floods are bounded as those of clients are (`http2/event-budget.ts`,
 * `http2/header-block.ts`).
 */
import { FramePayload } from '../../http2/frame-payload.ts'
import { FrameReader, type FrameSink } from '../../http2/frames/frame-reader.ts'
import type { FrameWriter } from '../../http2/frames/frame-writer.ts'
import * as h2 from '../../http2/frames/protocol.ts'
import { HeaderBlock } from '../../http2/header-block.ts'
import { HpackDecoder } from '../../http2/hpack/decoder.ts'
import { IdleFrames } from '../../http2/idle-frames.ts'
import type { Outgoing } from '../../http2/outgoing.ts'
import {
  applySettings,
  checkSettingsFrame,
  createPeerSettings,
  type PeerSettings,
  readSettings,
} from '../../http2/peer-settings.ts'
import { ReceiveWindow } from '../../http2/receive-window.ts'
import { STREAM_WINDOW, type UpstreamStream } from './upstream-stream.ts'

/** Large, since slow clients are dealt with stream by stream: one of them must not stop the others. */
const CONNECTION_WINDOW = 16_777_216
/** Longest header list, bytes by RFC 9113, 6.5.2; more is a broken upstream. */
const LONGEST_HEAD = 65_536
const MOST_FIELDS = 500
/** A head so many times longer ends the connection. */
const FAR_ABOVE = 8

/** The connection, as what it receives is told to it. */
export interface FramesOwner {
  readonly state: 'connecting' | 'open' | 'draining' | 'closed'
  readonly streams: ReadonlyMap<number, UpstreamStream>
  readonly outgoing: Outgoing
  /** True for a stream that we never opened: nobody else may. */
  isUnknown(streamId: number): boolean
  /** The upstream's settings, taken already as far as sending goes. */
  settingsTaken(settings: PeerSettings): void
  /** The upstream did not take a stream. */
  streamRefused(): void
  /** No further streams. */
  retire(): void
  /** The upstream broke a rule of the connection (5.4.1). */
  fail(code: number): void
}

export class UpstreamFrames implements FrameSink {
  #lastOfGoaway = 0x7fff_ffff
  readonly #owner: FramesOwner
  readonly #writer: FrameWriter
  readonly #reader = new FrameReader(this, false)
  readonly #decoder = new HpackDecoder()
  readonly #block = new HeaderBlock()
  readonly #peer = createPeerSettings()
  readonly #payload = new FramePayload()
  readonly #idleFrames: IdleFrames
  readonly #window: ReceiveWindow
  /** Got something in the read at hand. */
  #touched: UpstreamStream[] = []

  constructor(owner: FramesOwner, writer: FrameWriter) {
    this.#owner = owner
    this.#writer = writer
    this.#idleFrames = new IdleFrames(owner.outgoing)
    this.#window = new ReceiveWindow(writer, CONNECTION_WINDOW)
  }

  /** True between the frames of one header block. */
  get isInHead(): boolean {
    return this.#block.isOpen
  }

  /** Our own beginning of the connection (3.4). */
  writePreface(): void {
    const writer = this.#writer
    writer.reserve(h2.CLIENT_PREFACE.length)
    writer.at += h2.CLIENT_PREFACE.copy(writer.block, writer.at)
    writer.settings([
      [h2.ENABLE_PUSH, 0],
      [h2.INITIAL_WINDOW_SIZE, STREAM_WINDOW],
      [h2.MAX_HEADER_LIST_SIZE, LONGEST_HEAD],
    ])
    this.#window.announce()
  }

  read(buffer: Buffer, start: number, end: number): void {
    this.#reader.read(buffer, start, end)
    const touched = this.#touched
    if (touched.length === 0) return
    this.#touched = []
    for (const stream of touched) stream.flush()
  }

  /** Nothing more is read. */
  stop(): void {
    this.#reader.stop()
  }

  // From the reader

  frame(type: number, flags: number, streamId: number, buffer: Buffer, start: number, end: number): void {
    const owner = this.#owner
    if (owner.state === 'connecting') {
      if (type !== h2.SETTINGS || (flags & h2.ACK) !== 0) return owner.fail(h2.PROTOCOL_ERROR)
    }
    if (this.#block.isOpen && type !== h2.CONTINUATION) return owner.fail(h2.PROTOCOL_ERROR)
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
        return owner.fail(h2.PROTOCOL_ERROR)
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
    this.#owner.fail(h2.FRAME_SIZE_ERROR)
  }

  badPreface(): void {
    this.#owner.fail(h2.PROTOCOL_ERROR)
  }

  #touch(stream: UpstreamStream): void {
    if (stream.isTouched) return
    stream.isTouched = true
    this.#touched.push(stream)
  }

  #data(flags: number, streamId: number, buffer: Buffer, start: number, end: number): void {
    const owner = this.#owner
    const length = end - start
    if (owner.isUnknown(streamId)) return owner.fail(h2.PROTOCOL_ERROR)
    if (!this.#window.take(length)) return owner.fail(h2.FLOW_CONTROL_ERROR)
    this.#window.giveBack(length)
    const error = this.#payload.read(flags, buffer, start, end)
    if (error !== h2.NO_ERROR) return owner.fail(error)
    const { from, to } = this.#payload
    const isEnd = (flags & h2.END_STREAM) !== 0
    if (from === to && !isEnd) this.#countIdleFrame()
    const stream = owner.streams.get(streamId)
    // Some is on its way after a reset, no more than a window.
    if (stream === undefined) return this.#countIdleFrame()
    this.#touch(stream)
    stream.dataReceived(buffer, from, to, length, isEnd)
  }

  #headers(flags: number, streamId: number, buffer: Buffer, start: number, end: number): void {
    const owner = this.#owner
    if (owner.isUnknown(streamId)) return owner.fail(h2.PROTOCOL_ERROR)
    const error = this.#payload.read(flags, buffer, start, end)
    if (error !== h2.NO_ERROR) return owner.fail(error)
    const { to } = this.#payload
    const from = this.#payload.from + ((flags & h2.WITH_PRIORITY) !== 0 ? 5 : 0)
    if (to < from) return owner.fail(h2.PROTOCOL_ERROR)
    if ((flags & h2.END_HEADERS) !== 0) this.#fields(flags, streamId, buffer, from, to)
    else this.#block.begin(streamId, flags, buffer, from, to)
  }

  #continuation(flags: number, streamId: number, buffer: Buffer, start: number, end: number): void {
    const block = this.#block
    if (!block.isOpen || block.streamId !== streamId) return this.#owner.fail(h2.PROTOCOL_ERROR)
    if (!block.append(buffer, start, end, LONGEST_HEAD * 2)) return this.#owner.fail(h2.ENHANCE_YOUR_CALM)
    if ((flags & h2.END_HEADERS) === 0) return
    const all = block.take()
    this.#fields(block.flags, streamId, all, 0, all.length)
  }

  /** A whole header block. It is decoded whatever becomes of it: the table is the connection's. */
  #fields(flags: number, streamId: number, buffer: Buffer, start: number, end: number): void {
    const decoder = this.#decoder
    if (!decoder.decode(buffer, start, end, LONGEST_HEAD, MOST_FIELDS)) return this.#owner.fail(h2.COMPRESSION_ERROR)
    if (decoder.listBytes > LONGEST_HEAD * FAR_ABOVE) return this.#owner.fail(h2.ENHANCE_YOUR_CALM)
    const stream = this.#owner.streams.get(streamId)
    if (stream === undefined) return this.#countIdleFrame()
    this.#touch(stream)
    stream.fieldsReceived(decoder.fields, decoder.isTooLarge, (flags & h2.END_STREAM) !== 0, end - start)
  }

  #rstStream(streamId: number, buffer: Buffer, start: number, end: number): void {
    const owner = this.#owner
    if (end - start !== 4) return owner.fail(h2.FRAME_SIZE_ERROR)
    if (owner.isUnknown(streamId)) return owner.fail(h2.PROTOCOL_ERROR)
    const stream = owner.streams.get(streamId)
    if (stream === undefined) return this.#countIdleFrame()
    const code = buffer.readUInt32BE(start)
    if (code === h2.REFUSED_STREAM) owner.streamRefused()
    stream.resetReceived(code)
  }

  #settings(flags: number, streamId: number, buffer: Buffer, start: number, end: number): void {
    const owner = this.#owner
    let error = checkSettingsFrame(flags, streamId, end - start)
    if (error !== h2.NO_ERROR) return owner.fail(error)
    this.#countIdleFrame()
    if ((flags & h2.ACK) !== 0 || owner.state === 'closed') return
    error = readSettings(buffer, start, end, this.#peer)
    if (error !== h2.NO_ERROR) return owner.fail(error)
    if (this.#peer.push === 1) return owner.fail(h2.PROTOCOL_ERROR)
    // Before what a larger window sets free.
    this.#writer.numbers(h2.SETTINGS, h2.ACK, 0)
    if (!applySettings(this.#peer, owner.outgoing, owner.streams.values())) return owner.fail(h2.FLOW_CONTROL_ERROR)
    owner.settingsTaken(this.#peer)
  }

  #ping(flags: number, streamId: number, buffer: Buffer, start: number, end: number): void {
    if (streamId !== 0) return this.#owner.fail(h2.PROTOCOL_ERROR)
    if (end - start !== 8) return this.#owner.fail(h2.FRAME_SIZE_ERROR)
    this.#countIdleFrame()
    if ((flags & h2.ACK) === 0 && this.#owner.state !== 'closed') this.#writer.ping(h2.ACK, buffer, start)
  }

  /** The upstream takes no more streams, and those above the last one it did not look at (6.8). */
  #goaway(streamId: number, buffer: Buffer, start: number, end: number): void {
    const owner = this.#owner
    if (streamId !== 0) return owner.fail(h2.PROTOCOL_ERROR)
    if (end - start < 8) return owner.fail(h2.FRAME_SIZE_ERROR)
    const last = buffer.readUInt32BE(start) & 0x7fff_ffff
    // Ours have odd numbers, and what was given up once does not come back (RFC 9113, 5.1.1 and 6.8).
    if ((last !== 0 && last % 2 === 0) || last > this.#lastOfGoaway) return owner.fail(h2.PROTOCOL_ERROR)
    this.#lastOfGoaway = last
    owner.retire()
    for (const [id, stream] of owner.streams) if (id > last) stream.lost('refused')
    this.#countIdleFrame()
  }

  #windowUpdate(streamId: number, buffer: Buffer, start: number, end: number): void {
    const owner = this.#owner
    if (end - start !== 4) return owner.fail(h2.FRAME_SIZE_ERROR)
    const increment = buffer.readUInt32BE(start) & 0x7fff_ffff
    if (streamId === 0) {
      if (increment === 0) owner.fail(h2.PROTOCOL_ERROR)
      else if (!owner.outgoing.widen(increment)) owner.fail(h2.FLOW_CONTROL_ERROR)
      return
    }
    if (owner.isUnknown(streamId)) return owner.fail(h2.PROTOCOL_ERROR)
    const stream = owner.streams.get(streamId)
    const out = stream?.out ?? null
    if (stream === undefined || out === null) return
    if (increment === 0) stream.fail(h2.PROTOCOL_ERROR)
    else if (!owner.outgoing.widenStream(out, increment)) stream.fail(h2.FLOW_CONTROL_ERROR)
  }

  #countIdleFrame(): void {
    if (!this.#idleFrames.take()) this.#owner.fail(h2.ENHANCE_YOUR_CALM)
  }
}
