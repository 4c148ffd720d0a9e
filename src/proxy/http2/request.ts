/**
 * One request of an HTTP/2 client: stands between its stream and the exchange with an upstream, both ways with
 * backpressure. A small answer leaves as one HEADERS and one DATA frame; nothing is gathered beyond one network read.
 */
import type { ServerHttp2Stream } from 'node:http2'
import { constants } from 'node:http2'
import type { Decision } from '../../routing/decide.ts'
import { decide } from '../../routing/decide.ts'
import type { LocalAnswer } from '../../routing/model.ts'
import {
  answerForFailure,
  answerForRedirect,
  answerForStatus,
  dateLine,
  OPTIONS_ANSWER,
  SERVER_LINE,
} from '../answer.ts'
import {
  type ClientInfo,
  type Downstream,
  type Exchange,
  type ExchangeFailure,
  type FrontContext,
  NO_BODY,
  type ResponseHead,
  UNKNOWN_LENGTH,
  type UpstreamCluster,
} from '../downstream.ts'
import { formatForwardingLines } from '../forwarding-headers.ts'
import { parseTrailers } from '../http1/trailers.ts'
import { RequestRecord } from '../request-record.ts'
import { type StreamEvents, watchBody, watchDrain, watchTrailersWanted } from './owned-stream.ts'
import { fillRecord } from './record-fill.ts'
import { type Http2RequestHead, parseHttp2Head } from './request-head.ts'
import { type HeaderList, toHeaderList, toHeaderObject, toLines } from './response-headers.ts'

/** What a request needs of its connection. */
export interface RequestHost {
  readonly info: ClientInfo
  readonly context: FrontContext
  /** Reused for every request: parsing and starting happen in one go. */
  readonly head: Http2RequestHead
  /** The request waits for its client: a stalled one must not wait for ever. */
  startWaiting(request: Http2Request): void
  stopWaiting(request: Http2Request): void
  /** All of the answer is handed to the stream; its client has yet to take it. */
  requestAnswered(): void
  /** Called once, the stream is gone. `isWasted` when the client made us work for nothing. */
  requestEnded(wasAnswered: boolean, isWasted: boolean): void
}

/** Where the answer is: nothing yet, head known but not sent, head sent, all handed to the stream. */
type AnswerState = 'none' | 'gathering' | 'streaming' | 'complete'

const NO_DATA = Buffer.alloc(0)

export class Http2Request implements Downstream, StreamEvents {
  readonly record = new RequestRecord()
  /** `performance.now()` of the last progress while registered as waiting. */
  waitsSinceMs = 0
  readonly #host: RequestHost
  readonly #stream: ServerHttp2Stream
  #exchange: Exchange | null = null
  #answer: AnswerState = 'none'
  #head: ResponseHead | null = null
  #gathered: Buffer = NO_DATA
  #trailerLines = ''
  #requestTrailers = ''
  /** The client has more body to send. */
  #hasBodyLeft = false
  #contentLength = NO_BODY
  #bodyBytes = 0
  #maxBodyBytes = 0
  /** The exchange was told to stop until the stream drains. */
  #isPaused = false
  #watchesDrain = false
  /** We reset the stream ourselves, for a reason that is not the client's. */
  #isOurReset = false

  constructor(host: RequestHost, stream: ServerHttp2Stream) {
    this.#host = host
    this.#stream = stream
  }

  /**
   * Reads the head and starts whatever is to be done.
   *
   * @param fields name and value list as received
   * @param hasBody false when the head ended the stream
   */
  start(fields: readonly string[], hasBody: boolean): void {
    const { head, context, info } = this.#host
    const { settings } = context
    this.#hasBodyLeft = hasBody
    const refusal = parseHttp2Head(fields, hasBody, settings.maxHeadBytes, settings.allowsUnderscoresInHeaders, head)
    this.#contentLength = head.contentLength
    fillRecord(this.record, head, info)
    if (refusal !== 0) return this.#answerLocally(answerForStatus(refusal), '')
    if (head.target === '*') return this.#answerLocally(OPTIONS_ANSWER, '')
    const decision = decide(context.table, {
      scheme: info.scheme,
      authority: head.authority,
      host: head.host,
      target: head.target,
      contentLength: head.contentLength < 0 ? -1 : head.contentLength,
      method: head.method,
      origin: '',
      clientAddress: info.remoteAddress,
    })
    this.record.route = decision.route
    if (decision.kind === 'forward') this.#forward(decision, head)
    else if (decision.kind === 'gated') this.#answerLocally(answerForStatus(503), '')
    else if (decision.kind === 'respond') this.#answerLocally(decision.answer, '')
    else this.#answerLocally(answerForRedirect(decision.status), `location: ${decision.location}\r\n`)
  }

  // From the exchange

  responseInterim(head: ResponseHead): void {
    // 101 does not exist in HTTP/2 (RFC 9113, 8.6), and an exchange without upgrade never gets one.
    if (this.#stream.closed || this.#answer !== 'none') return
    try {
      this.#stream.additionalHeaders({ ...toHeaderObject(head.headerLines), ':status': head.status })
    } catch {
      // An interim answer that HTTP/2 cannot carry is left out; the final one follows.
    }
  }

  responseHead(head: ResponseHead): void {
    this.#head = head
    this.#answer = 'gathering'
    this.record.status = head.status
  }

  responseData(buffer: Buffer, start: number, end: number): boolean {
    if (end > start) {
      const part = Buffer.allocUnsafe(end - start)
      buffer.copy(part, 0, start, end)
      this.#gathered = this.#gathered.length === 0 ? part : Buffer.concat([this.#gathered, part])
    }
    if (!this.#stream.writableNeedDrain) return true
    this.#isPaused = true
    return false
  }

  responseFlush(): void {
    if (this.#answer === 'gathering') this.#sendHead(false)
    if (this.#answer !== 'streaming' || this.#gathered.length === 0) return
    if (this.#write(this.#takeGathered())) return
    if (!this.#watchesDrain) watchDrain(this.#stream)
    this.#watchesDrain = true
    this.#host.startWaiting(this)
  }

  responseEnd(trailerLines: string): void {
    this.#exchange = null
    this.#trailerLines = trailerLines
    if (this.#answer === 'gathering') {
      const isEmpty = this.#gathered.length === 0 && trailerLines === ''
      this.#sendHead(isEmpty)
      if (isEmpty) return this.#completed()
    }
    if (this.#answer !== 'streaming') return
    this.#end(this.#takeGathered())
  }

  responseFailed(failure: ExchangeFailure): void {
    this.#exchange = null
    if (this.#answer === 'streaming') return this.#reset()
    if (this.#answer === 'complete') return
    this.#gathered = NO_DATA
    this.#answer = 'none'
    this.#answerLocally(answerForFailure(failure), '')
  }

  requestDrained(): void {
    if (!this.#hasBodyLeft || this.#exchange === null) return
    this.#host.startWaiting(this)
    this.#stream.resume()
  }

  // From the stream

  bodyReceived(chunk: Buffer): void {
    this.record.requestBytes += chunk.length
    if (this.#exchange === null) return
    this.#bodyBytes += chunk.length
    if (this.#contentLength >= 0 && this.#bodyBytes > this.#contentLength) return this.#refuseBody(400)
    if (this.#maxBodyBytes !== 0 && this.#bodyBytes > this.#maxBodyBytes) return this.#refuseBody(413)
    this.waitsSinceMs = performance.now()
    if (!this.#exchange.writeBody(chunk, 0, chunk.length)) {
      this.#host.stopWaiting(this)
      this.#stream.pause()
    }
  }

  trailersReceived(fields: readonly string[]): void {
    this.#requestTrailers = toLines(fields)
  }

  bodyEnded(): void {
    if (!this.#hasBodyLeft) return
    // A stream that the client reset ends too, and a cut body must never look complete.
    if (this.#stream.closed) return
    this.#hasBodyLeft = false
    this.#host.stopWaiting(this)
    if (this.#exchange === null) return
    if (this.#contentLength >= 0 && this.#bodyBytes !== this.#contentLength) return this.#refuseBody(400)
    if (this.#contentLength !== UNKNOWN_LENGTH || this.#requestTrailers === '') return this.#exchange.endBody('')
    const trailers = parseTrailers(this.#requestTrailers, this.#host.context.settings.allowsUnderscoresInHeaders)
    if (trailers === null) return this.#refuseBody(400)
    this.#exchange.endBody(trailers)
  }

  drained(): void {
    if (!this.#hasBodyLeft) this.#host.stopWaiting(this)
    if (!this.#isPaused) return
    this.#isPaused = false
    this.#exchange?.resume()
  }

  trailersWanted(): void {
    // Without trailers this sends an empty DATA frame that ends the stream.
    this.#stream.sendTrailers(this.#trailerLines === '' ? {} : toHeaderObject(this.#trailerLines))
  }

  /** The client neither sent nor took anything for too long. */
  timedOut(): void {
    if (this.#answer === 'none' && this.#hasBodyLeft) {
      this.#dropExchange()
      this.#answerLocally(answerForStatus(408), '')
    } else {
      this.record.isAborted = true
      this.#reset()
    }
  }

  streamClosed(): void {
    const { record } = this
    const isTaken = this.#stream.writableFinished && this.#stream.rstCode === constants.NGHTTP2_NO_ERROR
    const isComplete = this.#answer === 'complete' && isTaken
    this.#dropExchange()
    this.#host.stopWaiting(this)
    if (!isComplete && !this.#isOurReset) {
      record.isAborted = true
      if (this.#answer === 'none' || this.#answer === 'gathering') record.status = 499
    }
    this.#host.context.observer.observe(record)
    this.#host.requestEnded(this.#answer === 'complete', !isComplete && !this.#isOurReset)
  }

  #forward(decision: Extract<Decision<UpstreamCluster>, { kind: 'forward' }>, head: Http2RequestHead): void {
    const { record } = this
    const { action } = decision.route
    if (action.kind !== 'forward') throw new TypeError(`Cannot forward route ${decision.route.id}: no forward action`)
    record.upstreamName = decision.cluster.upstreamName
    record.upstreamTarget = decision.target
    this.#maxBodyBytes = decision.route.maxBodyBytes
    this.#exchange = decision.cluster.start(
      {
        method: head.method,
        target: decision.target,
        headerLines:
          `Host: ${head.authority}\r\n${head.lines}` +
          formatForwardingLines(
            head.authority,
            record.requestId,
            this.#host.info.forwardingLines,
            head.forwardedFor,
            head.forwardedHost,
          ),
        contentLength: head.contentLength,
        upgrade: '',
        action,
        record,
      },
      this,
    )
    if (this.#hasBodyLeft) this.#readBody()
    else if (head.contentLength === 0) this.#exchange.endBody('')
  }

  #readBody(): void {
    this.#host.startWaiting(this)
    watchBody(this.#stream)
  }

  #answerLocally(answer: LocalAnswer, extraLines: string): void {
    this.record.status = answer.status
    const hasType = answer.body !== '' && answer.contentType !== ''
    const type = hasType ? `content-type: ${answer.contentType}\r\n` : ''
    const body = Buffer.from(answer.body, 'utf8')
    const headers = toHeaderList(answer.status, SERVER_LINE + dateLine() + type + extraLines, body.length)
    const isBodyless = body.length === 0 || this.record.method === 'HEAD'
    if (!this.#respond(headers, isBodyless, false)) return
    this.#answer = 'streaming'
    if (isBodyless) this.#completed()
    else this.#end(body)
  }

  #sendHead(endsStream: boolean): void {
    const head = this.#head!
    const headers = toHeaderList(head.status, head.headerLines, head.contentLength)
    // A declared length leaves no room for trailers in HTTP/1.1, where the answer comes from.
    const mayHaveTrailers =
      this.#trailerLines !== '' || (this.#exchange !== null && head.hasBody && head.contentLength < 0)
    if (!this.#respond(headers, endsStream || !head.hasBody, mayHaveTrailers)) return
    this.#answer = 'streaming'
    if (mayHaveTrailers) watchTrailersWanted(this.#stream)
  }

  #respond(headers: HeaderList, endStream: boolean, waitForTrailers: boolean): boolean {
    const stream = this.#stream
    if (stream.destroyed || stream.closed) return false
    for (let i = 1; i < headers.length; i += 2) {
      // As HTTP/1.1 counts it: name, colon, blank, value, line end.
      this.record.bytesSent += headers[i - 1]!.length + headers[i]!.length + 4
    }
    try {
      stream.respond(headers, { endStream, waitForTrailers })
      return true
    } catch {
      // A status or field that HTTP/2 cannot carry.
      this.#reset()
      return false
    }
  }

  #takeGathered(): Buffer {
    const gathered = this.#gathered
    this.#gathered = NO_DATA
    return gathered
  }

  #write(data: Buffer): boolean {
    if (this.#stream.closed) return true
    this.#count(data)
    return this.#stream.write(data)
  }

  #end(data: Buffer): void {
    if (this.#stream.closed) return
    this.#count(data)
    if (data.length === 0) this.#stream.end()
    else this.#stream.end(data)
    this.#completed()
  }

  #count(data: Buffer): void {
    this.record.bytesSent += data.length
    this.record.bodyBytesSent += data.length
  }

  /** Everything is handed to the stream. A client that still sends its body is told to stop (RFC 9113, 8.1). */
  #completed(): void {
    this.#answer = 'complete'
    this.#host.requestAnswered()
    if (this.#hasBodyLeft) {
      this.#dropExchange()
      this.#host.stopWaiting(this)
      this.#stream.close(constants.NGHTTP2_NO_ERROR)
    }
  }

  #refuseBody(status: number): void {
    this.#dropExchange()
    if (this.#answer === 'none' || this.#answer === 'gathering') {
      this.#gathered = NO_DATA
      this.#answerLocally(answerForStatus(status), '')
    } else {
      this.record.isAborted = true
      this.#reset()
    }
  }

  #dropExchange(): void {
    const exchange = this.#exchange
    this.#exchange = null
    exchange?.abort()
  }

  /**
   * RST_STREAM with INTERNAL_ERROR. Not by `close(code)`: that first ends the stream, and what was sent would look
   * complete.
   */
  #reset(): void {
    this.#isOurReset = true
    this.#dropExchange()
    if (!this.#stream.closed) this.#stream.destroy(new Error('The answer cannot be completed'))
  }
}
