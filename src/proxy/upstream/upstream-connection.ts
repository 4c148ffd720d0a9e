/**
 * One HTTP/1.1 connection to an endpoint: reads responses (RFC 9112, 6 and 9) off the buffer that all upstream sockets share
 * and hands them to the exchange in progress, or waits idle for the next one. Its bytes are valid only while
 * `#read` runs, so whatever is kept is copied.
 */
import type { Socket } from 'node:net'
import type { ForwardAction } from '../../routing/model.ts'
import { UNKNOWN_LENGTH, type UpstreamRequest } from '../downstream.ts'
import { ChunkedDecoder, type ChunkSink } from '../http1/chunked-decoder.ts'
import { type ParsedResponseHead, parseResponseHead } from '../http1/response-head.ts'
import { type TimerOwner, WheelTimer } from '../timer-wheel.ts'
import { formatRequestHead } from './format-request-head.ts'
import { describeSocketError, openSocket } from './open-socket.ts'
import type { CarrierLoss, RequestCarrier } from './request-carrier.ts'
import { RequestWriter } from './request-writer.ts'
import type { Transport } from './transport.ts'
import type { UpstreamEndpoint } from './upstream-endpoint.ts'
import type { UpstreamExchange } from './upstream-exchange.ts'
import type { UpstreamPool } from './upstream-pool.ts'

/** Longest response head; longer is a broken upstream. */
const LONGEST_HEAD = 65_536
/** Interim answers of one request, as for HTTP/2. */
const MOST_INTERIM = 64
/** Most heads look like this; the rest of a first read is body and need not become text. */
const USUAL_HEAD = 1024
/** nginx's keepalive_time. */
const KEPT_MS = 3_600_000

/** One buffer for all upstream sockets of the worker: each read is used up before the next begins. */
const READ_BUFFER = Buffer.allocUnsafeSlow(65_536)

const CONNECTING = 0
const IDLE = 1
const HEAD = 2
const LENGTH = 3
const CHUNKED = 4
const UNTIL_CLOSE = 5
const TUNNEL = 6
const CLOSED = 7

export class UpstreamConnection implements RequestCarrier, TimerOwner, ChunkSink {
  readonly endpoint: UpstreamEndpoint
  readonly transport: Transport
  failure = ''
  readonly #pool: UpstreamPool
  readonly #socket: Socket
  readonly #writer: RequestWriter
  readonly #timer: WheelTimer
  #exchange: UpstreamExchange | null = null
  #state: number = CONNECTING
  #remaining = 0
  /** Beginning of a head that did not arrive in one read. */
  #headText = ''
  #decoder: ChunkedDecoder | null = null
  #isPersistent = true
  #isPaused = false
  #served = 0
  readonly #openedMs = performance.now()
  #interim = 0
  #readTimeoutMs = 0
  #sendTimeoutMs = 0
  #longestHead = LONGEST_HEAD
  #passesServer = false

  constructor(endpoint: UpstreamEndpoint, transport: Transport, pool: UpstreamPool) {
    this.endpoint = endpoint
    this.transport = transport
    this.#pool = pool
    this.#timer = new WheelTimer(this)
    const onread = { buffer: READ_BUFFER, callback: (count: number) => this.#read(count) }
    this.#socket = openSocket(endpoint, transport, onread, pool.tlsProblems, () => this.#connected())
    this.#writer = new RequestWriter(this.#socket)
    pool.openCount++
    endpoint.load.connections++
    this.#socket.on('end', () => this.#ended())
    this.#socket.on('drain', () => this.#drained())
    // 'close' follows each error and is where it is dealt with.
    this.#socket.on('error', (error) => (this.failure = describeSocketError(error)))
    this.#socket.once('close', () => this.#lost(this.#state === CONNECTING ? 'connect-failed' : 'lost'))
  }

  /** False while the connection is being made. */
  get isConnected(): boolean {
    return this.#state !== CONNECTING
  }

  /** Implements {@link RequestCarrier}. */
  get isReused(): boolean {
    return this.#served > 0
  }

  /** Bytes that wait for the peer. */
  get isBlocked(): boolean {
    return this.#socket.writableLength >= this.#socket.writableHighWaterMark
  }

  /** Implements {@link RequestCarrier}: the connection is new or was idle. */
  attach(exchange: UpstreamExchange, action: ForwardAction): boolean {
    this.#exchange = exchange
    this.#interim = 0
    this.#readTimeoutMs = action.readTimeoutMs
    this.#sendTimeoutMs = action.sendTimeoutMs
    this.#longestHead = action.maxAnswerHeadBytes ?? LONGEST_HEAD
    this.#passesServer = action.passesServer === true
    if (this.#state === CONNECTING) {
      this.#expectWithin(action.connectTimeoutMs)
      return false
    }
    this.#pool.idleCount--
    this.#state = HEAD
    this.#expectWithin(action.readTimeoutMs)
    return true
  }

  /** Implements {@link RequestCarrier}. */
  sendHead(request: UpstreamRequest, clusterId: string, isWhole: boolean): void {
    const isChunked = request.contentLength === UNKNOWN_LENGTH
    this.#writer.begin(formatRequestHead(request, clusterId), isChunked, isWhole)
  }

  /** Implements {@link RequestCarrier}. */
  sendBody(buffer: Buffer, start: number, end: number): boolean {
    this.#writer.body(buffer, start, end)
    return this.#bodySent()
  }

  /** Implements {@link RequestCarrier}. */
  sendText(text: string): boolean {
    this.#writer.text(text)
    return this.#bodySent()
  }

  /** Implements {@link RequestCarrier}. */
  endBody(trailerLines: string): void {
    if (this.#state === TUNNEL) {
      this.#writer.flush()
      this.#socket.end()
      return
    }
    this.#writer.end(trailerLines)
    this.#expectWithin(this.#readTimeoutMs)
  }

  /** Implements {@link RequestCarrier}. */
  resumeReading(): void {
    if (!this.#isPaused || this.#state === CLOSED) return
    this.#isPaused = false
    this.#pool.timers.set(this.#timer, this.#readTimeoutMs)
    this.#socket.resume()
  }

  /** Implements {@link RequestCarrier}. */
  destroy(): void {
    if (this.#state === CLOSED) return
    this.#close()
    this.#exchange = null
  }

  /** A pause was longer than allowed. Implements {@link TimerOwner}. */
  timerExpired(): void {
    if (this.#state === IDLE) this.destroy()
    else if (this.#state === CONNECTING) this.#lost('connect-timeout')
    // Waiting for the client's body is not the upstream's silence; the front has its own limit for that.
    else if (this.#exchange?.isWaitingForClient && !this.isBlocked) this.#expectWithin(this.#readTimeoutMs)
    else this.#lost('timeout')
  }

  /** Implements {@link ChunkSink}. */
  chunkData(buffer: Buffer, start: number, end: number): void {
    this.#deliver(buffer, start, end)
  }

  #connected(): void {
    if (this.#state !== CONNECTING) return
    this.#state = HEAD
    if (this.#exchange === null) {
      this.destroy()
      return
    }
    this.#pool.timers.set(this.#timer, this.#readTimeoutMs)
    this.#exchange.connected()
  }

  /** The longest pause from now on until the next read, or until the peer takes bytes. */
  #expectWithin(timeoutMs: number): void {
    this.#pool.timers.set(this.#timer, timeoutMs)
  }

  #bodySent(): boolean {
    const isTaken = !this.isBlocked
    this.#expectWithin(isTaken ? this.#readTimeoutMs : this.#sendTimeoutMs)
    return isTaken
  }

  #drained(): void {
    this.#exchange?.drained()
  }

  /** @returns true: reading goes on unless paused */
  #read(count: number): boolean {
    const exchange = this.#exchange
    if (exchange === null) {
      // Bytes that nobody asked for: whatever they are, they would be taken for the next request's answer.
      this.destroy()
      return true
    }
    this.#pool.timers.set(this.#timer, this.#readTimeoutMs)
    exchange.countResponseBytes(count)
    let at = 0
    while (this.#state === HEAD && at < count) {
      at = this.#readHead(exchange, at, count)
      if (at === -1) return true
    }
    if (at < count) this.#readBody(exchange, at, count)
    if (this.#exchange === exchange) {
      exchange.flushResponse()
      if (this.#isPaused) this.#timer.clear()
    }
    return true
  }

  /** @returns the position after the head, or -1 when there is nothing left to do with this read */
  #readHead(exchange: UpstreamExchange, start: number, count: number): number {
    const held = this.#headText.length
    const isPart = held === 0 && count - start > USUAL_HEAD
    let text = this.#headText + READ_BUFFER.toString('latin1', start, isPart ? start + USUAL_HEAD : count)
    let end = text.indexOf('\r\n\r\n', Math.max(0, held - 3))
    if (end === -1 && isPart) {
      text = READ_BUFFER.toString('latin1', start, count)
      end = text.indexOf('\r\n\r\n')
    }
    if (end === -1 || end > this.#longestHead) {
      if (text.length > this.#longestHead) this.#lost('malformed')
      else this.#headText = text
      return end === -1 ? count : -1
    }
    this.#headText = ''
    const head = parseResponseHead(text, 0, end + 2, exchange.method, exchange.extraLines(), this.#passesServer)
    if (head === null) {
      this.#lost('malformed')
      return -1
    }
    const next = start + end + 4 - held
    if (head.status < 200 && head.status !== 101) {
      if (++this.#interim > MOST_INTERIM) {
        this.#lost('malformed')
        return -1
      }
      exchange.interim(head)
      return this.#exchange === exchange ? next : -1
    }
    return this.#beginResponse(exchange, head, next, count)
  }

  #beginResponse(exchange: UpstreamExchange, head: ParsedResponseHead, next: number, count: number): number {
    this.#isPersistent = head.isPersistent
    if (head.status === 101) {
      if (!exchange.acceptsUpgrade(head)) {
        this.#lost('malformed')
        return -1
      }
      this.#state = TUNNEL
    } else if (head.isChunked) {
      this.#decoder ??= new ChunkedDecoder()
      this.#decoder.reset()
      this.#state = CHUNKED
    } else if (!head.hasBody || head.contentLength === 0) {
      this.#remaining = 0
      this.#state = LENGTH
    } else if (head.contentLength > 0) {
      this.#remaining = head.contentLength
      this.#state = LENGTH
    } else {
      this.#isPersistent = false
      this.#state = UNTIL_CLOSE
    }
    exchange.head(head)
    if (this.#exchange !== exchange) return -1
    if (this.#state === LENGTH && this.#remaining === 0) {
      this.#complete(exchange, '', next < count)
      return -1
    }
    return next
  }

  #readBody(exchange: UpstreamExchange, start: number, count: number): void {
    switch (this.#state) {
      case LENGTH: {
        const end = Math.min(count, start + this.#remaining)
        this.#remaining -= end - start
        this.#deliver(READ_BUFFER, start, end)
        if (this.#remaining === 0 && this.#exchange === exchange) this.#complete(exchange, '', end < count)
        break
      }
      case CHUNKED: {
        const decoder = this.#decoder!
        const end = decoder.decode(READ_BUFFER, start, count, this)
        if (this.#exchange !== exchange) return
        if (end === -1) this.#lost('malformed')
        else if (decoder.isDone) this.#complete(exchange, decoder.trailerLines, end < count)
        break
      }
      case UNTIL_CLOSE:
      case TUNNEL:
        this.#deliver(READ_BUFFER, start, count)
        break
      default:
    }
  }

  #deliver(buffer: Buffer, start: number, end: number): void {
    if (this.#exchange === null || this.#exchange.data(buffer, start, end)) return
    if (this.#isPaused || this.#exchange === null) return
    this.#isPaused = true
    this.#socket.pause()
  }

  /** The response is complete. The connection is free before the front hears of it, so that it can be used at once. */
  #complete(exchange: UpstreamExchange, trailerLines: string, hasSurplus: boolean): void {
    this.#exchange = null
    this.#served++
    if (this.#isPaused) {
      this.#isPaused = false
      this.#socket.resume()
    }
    const pool = this.#pool
    const isKept =
      this.#isPersistent &&
      !hasSurplus &&
      exchange.isRequestComplete &&
      this.#writer.isEmpty &&
      !this.endpoint.isRemoved &&
      this.#served < pool.settings.upstreamKeepaliveRequests &&
      performance.now() - this.#openedMs < (pool.settings.upstreamKeepaliveTimeMs ?? KEPT_MS) &&
      pool.hasRoom()
    if (isKept) {
      this.#state = IDLE
      pool.idleCount++
      pool.timers.set(this.#timer, pool.settings.upstreamKeepaliveMs)
      this.endpoint.putIdle(this)
    } else {
      this.#close()
    }
    exchange.complete(trailerLines)
  }

  /** The peer sent its FIN. */
  #ended(): void {
    const exchange = this.#exchange
    if (exchange === null) {
      this.destroy()
    } else if (this.#state === UNTIL_CLOSE) {
      this.#complete(exchange, '', false)
    } else if (this.#state === TUNNEL) {
      exchange.tunnelEnded()
    } else {
      this.#lost('lost')
    }
  }

  #lost(loss: CarrierLoss): void {
    if (this.#state === CLOSED) return
    const exchange = this.#exchange
    this.#close()
    this.#exchange = null
    exchange?.carrierLost(loss)
  }

  #close(): void {
    if (this.#state === IDLE) {
      this.#pool.idleCount--
      this.endpoint.dropIdle(this)
    }
    this.#state = CLOSED
    this.#pool.openCount--
    this.endpoint.load.connectionClosed()
    this.#timer.clear()
    this.#writer.close()
    this.#socket.destroy()
  }
}
