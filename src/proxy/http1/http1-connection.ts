/**
 * One HTTP/1.1 client connection (RFC 9112, 9): reads requests one after the other, decides, hands them to an upstream
 * exchange, and writes the answers in order. A pipelined request waits, unread beyond one network read, until the answer
 * before it is complete. Nothing is buffered for an idle connection.
 *
 * `Expect: 100-continue` goes to the upstream, whose `100` is passed on; we never send one ourselves. When a final answer
 * comes first, the connection closes after it, because nobody can know whether the body will follow.
 *
 * A client that half-closes after its request (`FIN`) gets its answer if it is ready within a second; after that it
 * counts as gone (499), as nginx does at once.
 */
import type { Socket } from 'node:net'
import { BODY_TOO_LARGE, decide } from '../../routing/decide.ts'
import type { LocalAnswer } from '../../routing/model.ts'
import { answerForFailure, answerForRedirect, answerForStatus, OPTIONS_ANSWER } from '../answer.ts'
import {
  type AcceptHttp2,
  type ClientInfo,
  type Downstream,
  type Exchange,
  type ExchangeFailure,
  type FrontConnection,
  type FrontContext,
  NO_BODY,
  type ResponseHead,
  UNKNOWN_LENGTH,
} from '../downstream.ts'
import { chooseRequestId, formatForwardingLines } from '../forwarding-headers.ts'
import { RequestRecord } from '../request-record.ts'
import { type TimerOwner, WheelTimer } from '../timer-wheel.ts'
import { ChunkedDecoder, type ChunkSink } from './chunked-decoder.ts'
import { isHopeless, parseRequestHead, RequestHead } from './request-head.ts'
import { fillRecord } from './request-record-fill.ts'
import { ResponseWriter } from './response-writer.ts'
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

/** Why the timer runs. */
const T_IDLE = 0
const T_HEAD = 1
const T_BODY = 2
const T_SEND = 3
const T_LINGER = 4
const T_LEFT = 5

/** Most heads are shorter; longer ones are looked at again whole. */
const USUAL_HEAD = 4096
/** Body bytes that we read and drop so that a connection can be used again after an early answer. */
const MOST_DISCARDED = 65_536
const LINGER_MS = 2000
const HALF_CLOSE_GRACE_MS = 1000
/** Longest pause of a client that is being sent to. */
const SEND_TIMEOUT_MS = 60_000
const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'

/** What a connection needs from its listener. */
export interface Http1Owner {
  readonly context: FrontContext
  readonly acceptHttp2: AcceptHttp2 | null
  /** The connection is gone. */
  connectionClosed(connection: FrontConnection): void
  /** HTTP/2 took over: count the other one instead of this. */
  connectionReplaced(connection: FrontConnection, by: FrontConnection): void
}

/** The socket knows its connection, so that the listeners are shared functions instead of closures. */
interface FrontSocket extends Socket {
  genkanFront?: Http1Connection
}

export class Http1Connection implements Downstream, ChunkSink, TimerOwner, FrontConnection {
  readonly #socket: FrontSocket
  readonly #owner: Http1Owner
  readonly #info: ClientInfo
  readonly #timer: WheelTimer
  readonly #head = new RequestHead()
  readonly #writer: ResponseWriter
  #state: number = HEAD
  #timerKind: number = T_HEAD
  /** Bytes received and not yet used: part of a head, or pipelined requests. */
  #pending: Buffer | null = null
  #isConsuming = false
  #hasClientEnded = false
  #requests = 0
  #startMs = 0

  // The request in progress.
  #record: RequestRecord | null = null
  #exchange: Exchange | null = null
  #decoder: ChunkedDecoder | null = null
  #remaining = 0
  #bodyBytes = 0
  #maxBodyBytes = 0
  #isKeepAlive = true
  #hasHead = false
  #hasContinued = false

  constructor(socket: Socket, owner: Http1Owner, info: ClientInfo) {
    this.#socket = socket
    this.#owner = owner
    this.#info = info
    this.#timer = new WheelTimer(this)
    this.#writer = new ResponseWriter(socket)
    this.#head.scheme = info.scheme
    this.#socket.genkanFront = this
    socket.on('data', onData)
    socket.on('end', onEnd)
    socket.on('drain', onDrain)
    socket.on('error', onError)
    socket.on('close', onClose)
    this.#expect(T_HEAD, owner.context.settings.clientHeaderTimeoutMs)
  }

  /** Implements {@link FrontConnection}. */
  get isIdle(): boolean {
    return this.#state === HEAD && this.#pending === null
  }

  /** Implements {@link FrontConnection}. */
  drain(): void {
    if (this.isIdle) this.destroy()
    else if (!this.#hasHead) this.#isKeepAlive = false
  }

  /** Implements {@link FrontConnection}. */
  destroy(): void {
    this.#socket.destroy()
    this.closed()
  }

  /** Bytes from the client. */
  received(chunk: Buffer): void {
    switch (this.#state) {
      case HEAD:
      case BODY:
        this.#consume(this.#pending === null ? chunk : this.#takePending(chunk))
        break
      case ANSWER:
        this.#pending = this.#takePending(chunk)
        this.#socket.pause()
        break
      case TUNNEL:
        this.#sendBody(chunk, 0, chunk.length)
        break
      case LINGER:
        this.#remaining += chunk.length
        if (this.#remaining > MOST_DISCARDED * 16) this.destroy()
        break
      default:
    }
  }

  /** The client's FIN. */
  clientEnded(): void {
    this.#hasClientEnded = true
    switch (this.#state) {
      case ANSWER:
        this.#isKeepAlive = false
        this.#expect(T_LEFT, HALF_CLOSE_GRACE_MS)
        break
      case TUNNEL:
        this.#exchange?.endBody('')
        break
      case LINGER:
        this.#socket.destroySoon()
        break
      default:
        // Idle, or a request that will never be complete.
        this.destroy()
    }
  }

  /** The client takes bytes again. */
  drained(): void {
    if (this.#timerKind === T_SEND) this.#timer.clear()
    this.#exchange?.resume()
  }

  /** The socket is gone, or goes with our consent. */
  closed(): void {
    if (this.#state === CLOSED) return
    const wasTunnel = this.#state === TUNNEL
    this.#state = CLOSED
    this.#timer.clear()
    this.#pending = null
    this.#exchange?.abort()
    this.#exchange = null
    if (this.#record !== null) this.#observe(this.#record, !wasTunnel)
    this.#owner.connectionClosed(this)
  }

  /** Implements {@link TimerOwner}. */
  timerExpired(): void {
    switch (this.#timerKind) {
      case T_HEAD:
        if (this.#pending === null) this.destroy()
        else this.#refuse(408)
        break
      case T_BODY:
        this.#giveUp(answerForStatus(408))
        break
      case T_LINGER:
        if (this.#socket.writableLength > 0) {
          // The answer is still going out to a slow reader: one longer wait, then it is over.
          this.#expect(T_SEND, SEND_TIMEOUT_MS)
          break
        }
        this.destroy()
        break
      default:
        this.destroy()
    }
  }

  /** Implements {@link ChunkSink}: decoded request body. */
  chunkData(buffer: Buffer, start: number, end: number): void {
    this.#countBody(end - start)
    if (this.#exchange !== null) this.#sendBody(buffer, start, end)
  }

  /** Implements {@link Downstream}. */
  requestDrained(): void {
    if (this.#state === BODY || this.#state === TUNNEL) {
      if (this.#state === BODY) this.#expect(T_BODY, this.#owner.context.settings.clientBodyTimeoutMs)
      this.#socket.resume()
    }
  }

  /** Implements {@link Downstream}. */
  responseInterim(head: ResponseHead): void {
    if (head.status === 100) this.#hasContinued = true
    if (this.#head.isHttp11) this.#writer.interim(head)
  }

  /** Implements {@link Downstream}. */
  responseHead(head: ResponseHead): void {
    this.#hasHead = true
    const record = this.#record
    if (record !== null) record.status = head.status
    if (head.upgrade !== '') {
      this.#beginTunnel(head)
      return
    }
    const { isHttp11, expectsContinue } = this.#head
    if (this.#owner.context.isDraining) this.#isKeepAlive = false
    if (expectsContinue && !this.#hasContinued && this.#state === BODY) this.#isKeepAlive = false
    if (!isHttp11 && head.hasBody && head.contentLength === UNKNOWN_LENGTH) this.#isKeepAlive = false
    this.#writer.begin(head, isHttp11, this.#connectionLine())
  }

  /** Implements {@link Downstream}. */
  responseData(buffer: Buffer, start: number, end: number): boolean {
    this.#writer.data(buffer, start, end)
    if (!this.#writer.isBlocked) return true
    this.#expect(T_SEND, SEND_TIMEOUT_MS)
    return false
  }

  /** Implements {@link Downstream}. */
  responseFlush(): void {
    this.#writer.flush()
  }

  /** Implements {@link Downstream}. */
  responseEnd(trailerLines: string): void {
    if (this.#state === CLOSED) return
    if (this.#state === TUNNEL) {
      this.#writer.flush()
      if (this.#hasClientEnded) this.#finishTunnel()
      else this.#socket.end()
      return
    }
    this.#exchange = null
    this.#writer.end(trailerLines)
    this.#finishAnswer()
  }

  /** Implements {@link Downstream}. */
  responseFailed(failure: ExchangeFailure): void {
    if (this.#state === TUNNEL) {
      this.#finishTunnel()
      return
    }
    this.#exchange = null
    // A truncated message must look truncated: no orderly end of the chunked coding, no FIN after the promised length.
    if (this.#hasHead) this.destroy()
    else this.#answer(answerForFailure(failure), '')
  }

  #expect(kind: number, timeoutMs: number): void {
    this.#timerKind = kind
    this.#owner.context.timers.set(this.#timer, timeoutMs)
  }

  #takePending(chunk: Buffer): Buffer {
    const before = this.#pending
    this.#pending = null
    return before === null ? chunk : Buffer.concat([before, chunk])
  }

  /** Uses up bytes: heads, bodies, the next request, as far as they may be looked at. */
  #consume(chunk: Buffer): void {
    this.#isConsuming = true
    let at = 0
    while (at < chunk.length) {
      if (this.#state === HEAD) at = this.#readHead(chunk, at)
      else if (this.#state === BODY) at = this.#readBody(chunk, at)
      else break
    }
    this.#isConsuming = false
    if (at < chunk.length && this.#state === ANSWER) {
      this.#pending = chunk.subarray(at)
      this.#socket.pause()
    }
  }

  /** @returns the position after the head; all of the chunk when it is not complete or was refused */
  #readHead(chunk: Buffer, from: number): number {
    let start = from
    if (this.#startMs === 0) this.#startMs = performance.now()
    const { maxHeadBytes, clientHeaderTimeoutMs } = this.#owner.context.settings
    // One empty line before a request is forgiven (RFC 9112, 2.2).
    if (chunk[start] === 0x0d && chunk[start + 1] === 0x0a) start += 2
    const limit = Math.min(chunk.length, start + maxHeadBytes + 4)
    const usual = Math.min(limit, start + USUAL_HEAD)
    let text = chunk.toString('latin1', start, usual)
    let end = text.indexOf('\r\n\r\n')
    if (end === -1 && usual < limit) {
      text = chunk.toString('latin1', start, limit)
      end = text.indexOf('\r\n\r\n')
    }
    if (this.#requests === 0 && text.startsWith('PRI * HTTP/2.0\r\n')) return this.#readPreface(chunk, start, text)
    if (end === -1) {
      if (text.length > maxHeadBytes) this.#refuse(431)
      else if (isHopeless(text)) this.#refuse(400)
      else {
        if (this.#timerKind !== T_HEAD || this.#timer.deadline === 0 || this.#pending === null) {
          if (this.#timerKind !== T_HEAD) this.#expect(T_HEAD, clientHeaderTimeoutMs)
        }
        this.#pending = chunk.subarray(from)
      }
      return chunk.length
    }
    this.#timer.clear()
    this.#requests++
    const head = this.#head
    const { allowsUnderscoresInHeaders } = this.#owner.context.settings
    const refusal = end + 4 > maxHeadBytes ? 431 : parseRequestHead(text, 0, end + 2, allowsUnderscoresInHeaders, head)
    if (refusal !== 0) {
      this.#refuse(refusal)
      return chunk.length
    }
    this.#dispatch(end + 4)
    return start + end + 4
  }

  #readPreface(chunk: Buffer, start: number, text: string): number {
    if (text.length < PREFACE.length && PREFACE.startsWith(text)) {
      this.#pending = chunk.subarray(start)
      return chunk.length
    }
    const { acceptHttp2, context } = this.#owner
    if (acceptHttp2 === null || !text.startsWith(PREFACE) || this.#info.scheme === 'https') {
      this.#refuse(400)
      return chunk.length
    }
    const socket = this.#socket
    socket.off('data', onData).off('end', onEnd).off('drain', onDrain).off('error', onError).off('close', onClose)
    delete socket.genkanFront
    // A flowing stream would give the bytes that are put back to nobody before the session looks for them.
    socket.pause()
    this.#timer.clear()
    this.#state = CLOSED
    const owner = this.#owner
    const connection: FrontConnection = acceptHttp2(socket, chunk.subarray(start), this.#info, context, () =>
      owner.connectionClosed(connection),
    )
    owner.connectionReplaced(this, connection)
    return chunk.length
  }

  /** A complete head: decide what happens to the request. */
  #dispatch(headBytes: number): void {
    const head = this.#head
    const { context } = this.#owner
    const record = new RequestRecord()
    record.startMs = this.#startMs
    fillRecord(record, head, this.#info)
    record.requestBytes = headBytes
    record.requestId = chooseRequestId(head.requestId)
    this.#beginRequest(record)
    this.#isKeepAlive = head.isPersistent && !context.isDraining && this.#requests < context.settings.keepAliveRequests
    if (head.contentLength > 0) {
      this.#state = BODY
      this.#remaining = head.contentLength
    } else if (head.contentLength === UNKNOWN_LENGTH) {
      this.#state = BODY
      this.#decoder ??= new ChunkedDecoder()
      this.#decoder.reset()
    } else {
      this.#state = ANSWER
    }
    if (head.target === '*') {
      this.#answer(OPTIONS_ANSWER, '')
      return
    }
    const decision = decide(context.table, head)
    record.route = decision.route
    if (decision.kind === 'respond') {
      this.#answer(decision.answer, '')
      return
    }
    if (decision.kind === 'redirect') {
      this.#answer(answerForRedirect(decision.status), `Location: ${decision.location}\r\n`)
      return
    }
    const { action } = decision.route
    if (action.kind !== 'forward')
      throw new TypeError(`Cannot forward route ${decision.route.id}: it is ${action.kind}`)
    this.#maxBodyBytes = decision.route.maxBodyBytes
    record.upstreamTarget = decision.target
    const { forwardingLines } = this.#info
    const { authority } = head
    const forwarding = formatForwardingLines(
      authority,
      record.requestId,
      forwardingLines,
      head.forwardedFor,
      head.forwardedHost,
    )
    if (this.#state === BODY) this.#expect(T_BODY, context.settings.clientBodyTimeoutMs)
    this.#exchange = decision.cluster.start(
      {
        method: head.method,
        target: decision.target,
        headerLines: `Host: ${authority}\r\n${head.lines}${forwarding}`,
        contentLength: head.contentLength,
        // A body before the switch leaves no clear point where the other protocol begins.
        upgrade: this.#state === ANSWER && head.contentLength === NO_BODY ? head.upgrade : '',
        action,
        record,
      },
      this,
    )
  }

  #beginRequest(record: RequestRecord): void {
    this.#record = record
    this.#writer.reset()
    this.#hasHead = false
    this.#hasContinued = false
    this.#bodyBytes = 0
    this.#maxBodyBytes = 0
  }

  /** @returns the position up to which the body was read */
  #readBody(chunk: Buffer, start: number): number {
    const exchange = this.#exchange
    let at: number
    let isComplete = false
    let trailers: string | null = ''
    if (this.#head.contentLength === UNKNOWN_LENGTH) {
      const decoder = this.#decoder!
      at = decoder.decode(chunk, start, chunk.length, this)
      if (this.#state !== BODY) return chunk.length
      if (at !== -1 && decoder.isDone) {
        isComplete = true
        trailers = parseTrailers(decoder.trailerLines, this.#owner.context.settings.allowsUnderscoresInHeaders)
      }
      if (at === -1 || trailers === null) {
        this.#giveUp(answerForStatus(400))
        return chunk.length
      }
    } else {
      at = Math.min(chunk.length, start + this.#remaining)
      this.#remaining -= at - start
      isComplete = this.#remaining === 0
      this.#countBody(at - start)
      if (exchange !== null) this.#sendBody(chunk, start, at)
    }
    if (isComplete) this.#finishBody(trailers)
    else if (this.#timerKind === T_BODY && this.#exchange !== null) {
      if (!this.#socket.isPaused()) this.#expect(T_BODY, this.#owner.context.settings.clientBodyTimeoutMs)
    }
    return at
  }

  #finishBody(trailers: string): void {
    if (this.#timerKind === T_BODY) this.#timer.clear()
    this.#state = ANSWER
    if (this.#record !== null) this.#record.requestBytes += this.#bodyBytes
    if (this.#exchange !== null) this.#exchange.endBody(trailers)
    else this.#next()
  }

  #countBody(bytes: number): void {
    this.#bodyBytes += bytes
    if (this.#exchange === null) {
      // The answer is out already; a little more is read so that the connection can go on.
      if (this.#bodyBytes > MOST_DISCARDED && this.#state === BODY) this.#linger()
    } else if (this.#maxBodyBytes !== 0 && this.#bodyBytes > this.#maxBodyBytes) {
      this.#giveUp(BODY_TOO_LARGE)
    }
  }

  #sendBody(buffer: Buffer, start: number, end: number): void {
    if (this.#exchange === null || this.#exchange.writeBody(buffer, start, end)) return
    this.#socket.pause()
    if (this.#timerKind === T_BODY) this.#timer.clear()
  }

  /** The exchange cannot go on for a reason on the client's side: say so if that is still possible. */
  #giveUp(answer: LocalAnswer): void {
    this.#exchange?.abort()
    this.#exchange = null
    this.#isKeepAlive = false
    if (this.#hasHead || this.#record === null) {
      this.destroy()
      return
    }
    this.#answer(answer, '')
  }

  /** Refuses a head that could not be read. The connection ends: nobody knows where the next request would begin. */
  #refuse(status: number): void {
    const record = new RequestRecord()
    record.startMs = this.#startMs
    fillRecord(record, this.#head, this.#info)
    record.requestId = chooseRequestId('')
    this.#beginRequest(record)
    this.#pending = null
    this.#isKeepAlive = false
    this.#state = BODY
    this.#answer(answerForStatus(status), '')
  }

  /** Answers without an upstream. */
  #answer(answer: LocalAnswer, extraLines: string): void {
    this.#hasHead = true
    if (this.#state === BODY) {
      const { contentLength, expectsContinue } = this.#head
      if (contentLength === UNKNOWN_LENGTH || contentLength > MOST_DISCARDED || expectsContinue) {
        this.#isKeepAlive = false
      }
    }
    if (this.#record !== null) this.#record.status = answer.status
    this.#writer.local(answer, extraLines, this.#connectionLine(), this.#head.method === 'HEAD')
    this.#finishAnswer()
  }

  #connectionLine(): string {
    if (!this.#isKeepAlive) return 'Connection: close\r\n'
    return this.#head.isHttp11 ? '' : 'Connection: keep-alive\r\n'
  }

  /** The answer is out: go on with the rest of the body, with the next request, or close. */
  #finishAnswer(): void {
    if (this.#record !== null) this.#observe(this.#record, false)
    if (!this.#isKeepAlive) this.#linger()
    else if (this.#state === ANSWER) this.#next()
    else {
      this.#expect(T_BODY, this.#owner.context.settings.clientBodyTimeoutMs)
      this.#socket.resume()
    }
  }

  #next(): void {
    this.#state = HEAD
    this.#startMs = 0
    this.#head.reset()
    const { context } = this.#owner
    if (this.#pending === null) {
      if (context.isDraining && !this.#isConsuming) {
        this.destroy()
        return
      }
      this.#expect(T_IDLE, context.settings.keepAliveMs)
      return
    }
    const pending = this.#pending
    this.#pending = null
    this.#socket.resume()
    if (!this.#isConsuming) this.#consume(pending)
  }

  /** Ends the connection so that the last answer arrives: unread bytes would turn our FIN into a reset. */
  #linger(): void {
    const hasUnread = this.#state !== ANSWER || this.#pending !== null
    this.#state = LINGER
    this.#pending = null
    this.#remaining = 0
    if (this.#hasClientEnded || !hasUnread) {
      this.#expect(T_LINGER, LINGER_MS)
      this.#socket.destroySoon()
      return
    }
    this.#expect(T_LINGER, LINGER_MS)
    this.#socket.end()
    this.#socket.resume()
  }

  #beginTunnel(head: ResponseHead): void {
    this.#state = TUNNEL
    this.#timer.clear()
    this.#writer.begin(head, true, '')
    this.#writer.flush()
    const pending = this.#pending
    this.#pending = null
    if (pending !== null) this.#sendBody(pending, 0, pending.length)
    this.#socket.resume()
    if (this.#hasClientEnded) this.#exchange?.endBody('')
  }

  #finishTunnel(): void {
    this.#exchange = null
    if (this.#record !== null) this.#observe(this.#record, false)
    this.#state = LINGER
    this.#expect(T_LINGER, LINGER_MS)
    this.#socket.destroySoon()
  }

  #observe(record: RequestRecord, isAborted: boolean): void {
    this.#record = null
    record.bytesSent = this.#writer.bytesSent
    record.bodyBytesSent = Math.max(0, this.#writer.bytesSent - this.#writer.headBytes)
    if (this.#state === BODY) record.requestBytes += this.#bodyBytes
    if (isAborted) {
      record.isAborted = true
      if (record.status === 0) record.status = 499
    }
    this.#owner.context.observer.observe(record)
  }
}

function onData(this: FrontSocket, chunk: Buffer): void {
  this.genkanFront?.received(chunk)
}

function onEnd(this: FrontSocket): void {
  this.genkanFront?.clientEnded()
}

function onDrain(this: FrontSocket): void {
  this.genkanFront?.drained()
}

function onError(this: FrontSocket): void {
  // 'close' follows and is where it is dealt with.
}

function onClose(this: FrontSocket): void {
  this.genkanFront?.closed()
}
