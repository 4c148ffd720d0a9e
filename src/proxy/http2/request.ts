/**
 * One request of an HTTP/2 client: stands between its stream and the exchange with an upstream. What the client sends goes
 * through `request-body.ts`, the answer through `outgoing.ts`, both with backpressure.
 */
import { type AnswerEditor, withoutFields } from '../../routing/answer-edits.ts'
import type { GateRefusal } from '../../routing/gate.ts'
import type { LocalAnswer } from '../../routing/model.ts'
import { answerForFailure, linesForFailure, answerForRedirect, answerForStatus, OPTIONS_ANSWER } from '../answer.ts'
import { answerLines } from '../answer-lines.ts'
import {
  type Downstream,
  type Exchange,
  type ExchangeFailure,
  NO_BODY,
  type ResponseHead,
  UNKNOWN_LENGTH,
} from '../downstream.ts'
import { identifyClient, type RequestClient } from '../client-address.ts'
import type { GateRun } from '../filters/gate-run.ts'
import { parseTrailers } from '../http1/trailers.ts'
import { type ErrorPages, hasErrorPage, startErrorPage } from '../filters/error-intercept.ts'
import { RequestRecord } from '../request-record.ts'
import type { ForwardDecision } from '../upstream-lines.ts'
import { decideRequest } from './decide-request.ts'
import {
  CANCEL,
  FLOW_CONTROL_ERROR,
  INTERNAL_ERROR,
  NO_ERROR,
  PROTOCOL_ERROR,
  STREAM_CLOSED,
} from './frames/protocol.ts'
import { createGateRun, type Forwarding, prepareForwarding, toUpstreamRequest } from './forwarding.ts'
import { grpcLines, grpcTrailers, isGrpc } from './grpc-answer.ts'
import type { HeaderField } from './header-field.ts'
import { contentOf, linesOf, ownLines } from './local-answer.ts'
import { type OutgoingOwner, OutgoingStream } from './outgoing.ts'
import { fillHttp2Record } from './record-fill.ts'
import { RequestBody, type RequestBodyOwner } from './request-body.ts'
import { MALFORMED, parseHttp2Head, readTrailerFields } from './request-head.ts'
import type { RequestHost } from './request-host.ts'

/** Interim answers passed on; an upstream that sends more is not worth the client's memory. */
const MOST_INTERIM = 32
/** `:status: 200` as a line. */
const STATUS_LINE_BYTES = 14

export class Http2Request implements Downstream, OutgoingOwner, RequestBodyOwner {
  readonly record = new RequestRecord()
  readonly out: OutgoingStream
  /** `performance.now()` of the last progress while registered as waiting. */
  waitsSinceMs = 0
  readonly #host: RequestHost
  /** `null` when the head ended the stream. */
  #body: RequestBody | null = null
  #exchange: Exchange | null = null
  #errorPages: ErrorPages | null = null
  #gateRun: GateRun | null = null
  #editor: AnswerEditor | null = null
  /** As trusted proxies have it; `null` where the peer is the client. */
  #client: RequestClient | null = null
  #origin = ''
  #isGrpc = false
  #isWaiting = false
  #isClosed = false
  /** A head was sent: nothing else can be answered. */
  #hasHead = false
  /** Asks for a tunnel; open when the upstream agreed. */
  #isTunnelAsked = false
  #isTunnel = false
  #isUpstreamDone = false
  #interim = 0

  constructor(host: RequestHost, streamId: number) {
    this.#host = host
    this.out = new OutgoingStream(streamId, this, host.outgoing.initialWindow)
  }

  /**
   * Reads the head and starts whatever is to be done. See {@link parseHttp2Head}.
   *
   * @param hasBody false when the head ended the stream
   */
  start(fields: readonly HeaderField[], isTooLarge: boolean, hasBody: boolean): void {
    const { head, context, info } = this.#host
    const { record } = this
    const allowsUnderscores = context.settings.allowsUnderscoresInHeaders
    const refusal = parseHttp2Head(fields, isTooLarge, hasBody, allowsUnderscores, head)
    if (hasBody) this.#body = new RequestBody(this, this.#host, this.out.id, head.contentLength)
    fillHttp2Record(record, head, info, context.settings.generatesRequestIds)
    // Clients have the odd numbers.
    record.connectionRequests = (this.out.id + 1) >> 1
    this.#isGrpc = isGrpc(head.contentType)
    this.#client = identifyClient(context, info, head.authority, record.headerLines, record)
    if (refusal === MALFORMED) return this.bodyMalformed()
    if (refusal !== 0) return this.#answerLocally(answerForStatus(refusal), '')
    if (head.target === '*') return this.#answerLocally(OPTIONS_ANSWER, '')
    const decision = decideRequest(context, info, head, record, this.#client)
    this.#errorPages = decision.route?.errorPages ?? null
    this.#origin = head.origin
    this.#editor = decision.kind === 'forward' || decision.kind === 'gated' ? decision.route : decision.editor
    if (decision.kind === 'forward') this.#forward(this.#prepare(decision))
    else if (decision.kind === 'respond') this.#answerLocally(decision.answer, decision.answer.extraLines ?? '')
    else if (decision.kind === 'gated') this.#passGates(this.#prepare(decision))
    else this.#answerLocally(answerForRedirect(decision.status), `location: ${decision.location}\r\n`)
  }

  // From the exchange

  responseInterim(head: ResponseHead): void {
    // 101 does not exist in HTTP/2 (RFC 9113, 8.6), and an exchange without upgrade never gets one.
    if (this.#isClosed || this.#hasHead || head.status === 101 || ++this.#interim > MOST_INTERIM) return
    this.#host.outgoing.head(this.out, head.status, head.headerLines, UNKNOWN_LENGTH)
  }

  responseHead(head: ResponseHead): void {
    if (this.#isTunnelAsked && head.upgrade !== '') return this.#openTunnel(head)
    if (this.#isTunnelAsked) this.#body?.discard()
    this.#isTunnelAsked = false
    this.record.upstreamLines = head.headerLines
    this.#sendHead(head.status, head.headerLines, head.contentLength)
  }

  responseData(buffer: Buffer, start: number, end: number): boolean {
    if (this.#isClosed || start === end) return true
    const { record } = this
    record.bytesSent += end - start
    record.bodyBytesSent += end - start
    if (this.#host.outgoing.data(this.out, buffer, start, end)) return true
    this.bodyMoved()
    return false
  }

  responseFlush(): void {
    // The connection flushes once for all its streams.
  }

  responseEnd(trailerLines: string): void {
    if (!this.#isTunnel) this.#exchange = null
    if (!this.#isClosed) this.#host.outgoing.end(this.out, trailerLines)
  }

  responseFailed(failure: ExchangeFailure): void {
    this.#exchange = null
    if (this.#isClosed) return
    if (!this.#hasHead) return this.#answerLocally(answerForFailure(failure), linesForFailure(failure))
    if (this.#isGrpc && !this.#isTunnel) return this.#host.outgoing.end(this.out, grpcTrailers(failure))
    // An end of stream would make the part look like the whole. For tunnels RFC 8441, 5, names the code.
    this.#reset(this.#isTunnel ? CANCEL : INTERNAL_ERROR, false)
  }

  requestDrained(): void {
    this.#body?.drained()
  }

  // From the sending half

  outgoingMoved(): void {
    this.waitsSinceMs = performance.now()
  }

  outgoingDrained(): void {
    this.bodyMoved()
    this.#exchange?.resume()
  }

  /** A client that still sends its body is told to stop, without error (RFC 9113, 8.1). */
  outgoingDone(): void {
    this.#isUpstreamDone = true
    if (this.#body !== null && this.#body.hasMore) {
      if (this.#isTunnel) return this.bodyMoved()
      this.#host.resetStream(this.out.id, NO_ERROR)
    }
    this.#close(false)
  }

  // From the body

  /** Registers with the connection while the client is to act: to send its body, or to take the answer. */
  bodyMoved(): void {
    const isWaiting =
      !this.#isClosed && (this.out.waiting !== null || (this.#body !== null && this.#body.waitsForClient))
    if (isWaiting === this.#isWaiting) return
    this.#isWaiting = isWaiting
    if (isWaiting) this.#host.startWaiting(this)
    else this.#host.stopWaiting(this)
  }

  /** The client broke a rule of HTTP (RFC 9113, 8.1.1). */
  bodyMalformed(): void {
    if (this.#hasHead) this.record.isAborted = true
    else this.record.status = 400
    this.#reset(PROTOCOL_ERROR, true)
  }

  bodyTooLarge(): void {
    this.#dropExchange()
    if (!this.#hasHead) return this.#answerLocally(answerForStatus(413), '')
    this.record.isAborted = true
    this.#reset(CANCEL, true)
  }

  // From the client

  /** DATA. @param length of the payload, padding included */
  dataReceived(buffer: Buffer, start: number, end: number, length: number, isEnd: boolean): void {
    const body = this.#body
    if (body === null || !body.hasMore || length > body.window) {
      this.#host.creditConnection(length)
      return this.fail(body === null || !body.hasMore ? STREAM_CLOSED : FLOW_CONTROL_ERROR)
    }
    this.record.requestBytes += end - start
    this.waitsSinceMs = performance.now()
    body.received(buffer, start, end, length)
    if (isEnd && !this.#isClosed) this.#bodyEnded(body, '')
  }

  /** A second header block, which must end the stream. */
  trailersReceived(fields: readonly HeaderField[], isTooLarge: boolean, isEnd: boolean): void {
    const body = this.#body
    if (body === null || !body.hasMore) return this.fail(STREAM_CLOSED)
    const lines = isEnd && !isTooLarge ? readTrailerFields(fields) : null
    const allowsUnderscores = this.#host.context.settings.allowsUnderscoresInHeaders
    const trailers = lines === null || lines === '' ? lines : parseTrailers(lines, allowsUnderscores)
    if (trailers === null) this.bodyMalformed()
    else this.#bodyEnded(body, trailers)
  }

  /** The client broke a rule of its stream. */
  fail(code: number): void {
    this.#markAborted()
    this.#reset(code, true)
  }

  /** RST_STREAM came, or the connection is gone. */
  abandoned(): void {
    // Nobody says which end of a tunnel is the proper one.
    if (!this.#isTunnel) this.#markAborted()
    this.#close(!this.#isTunnel)
  }

  /** The client neither sent nor took anything for too long. */
  timedOut(): void {
    if (this.#hasHead || this.#body === null || !this.#body.hasMore) return this.fail(CANCEL)
    this.#dropExchange()
    this.#answerLocally(answerForStatus(408), '')
  }

  #bodyEnded(body: RequestBody, trailerLines: string): void {
    body.ended(trailerLines)
    if (this.#isTunnel && this.#isUpstreamDone) this.#close(false)
  }

  #prepare(decision: ForwardDecision): Forwarding {
    return prepareForwarding(decision, this.#host.head, this.#host.info, this.#client, this.record)
  }

  /** Asks the gates of the route; the body waits meanwhile. */
  #passGates(forwarding: Forwarding): void {
    const run = createGateRun(forwarding, this.#host.head, this.#host.info, this.record)
    this.#gateRun = run
    const outcome = run.run()
    if (!(outcome instanceof Promise)) return this.#leaveGates(outcome, forwarding)
    this.#body?.hold()
    void outcome.then((refusal) => {
      if (this.#isClosed) run.release()
      else this.#leaveGates(refusal, forwarding)
    })
  }

  #leaveGates(refusal: GateRefusal | null, forwarding: Forwarding): void {
    if (refusal === null) this.#forward(forwarding)
    else this.#answerLocally(refusal, refusal.responseLines)
  }

  #forward(forwarding: Forwarding): void {
    const { decision, contentLength } = forwarding
    this.#isTunnelAsked = forwarding.protocol !== ''
    const request = toUpstreamRequest(forwarding, this.#gateRun, this.record)
    const exchange = decision.cluster.start(request, this)
    this.#exchange = exchange
    const body = this.#body
    if (body === null) {
      if (contentLength === 0) exchange.endBody('')
      return
    }
    body.maxBytes = decision.route.maxBodyBytes
    // Before the upstream agreed it would take a tunnel's bytes for a request.
    if (this.#isTunnelAsked) body.hold()
    else body.pass(exchange)
  }

  /** The upstream switched protocols: from here on DATA frames carry raw bytes. */
  #openTunnel(head: ResponseHead): void {
    this.#isTunnel = true
    const lines = withoutFields(head.headerLines, ['sec-websocket-accept'])
    this.#sendHead(200, lines + ownLines(), UNKNOWN_LENGTH)
    const body = this.#body
    if (body === null || this.#exchange === null) return
    body.isTunnel = true
    body.pass(this.#exchange)
  }

  #answerLocally(answer: LocalAnswer, extraLines: string): void {
    this.#isTunnelAsked = false
    this.#body?.discard()
    if (this.#isGrpc && answer.status >= 400) {
      this.#sendHead(200, ownLines() + grpcLines(answer.status) + extraLines, UNKNOWN_LENGTH)
      if (!this.#isClosed) this.#host.outgoing.end(this.out, '')
      return
    }
    if (hasErrorPage(this.#errorPages, this.record, answer.status)) {
      this.#exchange = startErrorPage(this.#errorPages, this.record, answer.status, this)
      return
    }
    const { content, contentLength } = contentOf(answer)
    this.#sendHead(answer.status, linesOf(answer) + extraLines, contentLength)
    if (contentLength !== NO_BODY && this.record.method !== 'HEAD') this.responseData(content, 0, content.length)
    if (!this.#isClosed) this.#host.outgoing.end(this.out, '')
  }

  /** Sends the head of the final answer, with what the route and its gates have to say. */
  #sendHead(status: number, headerLines: string, contentLength: number): void {
    const { record } = this
    const lines = answerLines(headerLines, status, this.#editor, this.#origin, this.#host.info.scheme, this.#gateRun)
    this.#hasHead = true
    record.status = status
    record.answerLines = lines
    // As HTTP/1.1 counts it.
    record.bytesSent += STATUS_LINE_BYTES + lines.length
    if (contentLength >= 0) record.bytesSent += 18 + String(contentLength).length
    if (!this.#isClosed) this.#host.outgoing.head(this.out, status, lines, contentLength)
  }

  #dropExchange(): void {
    const exchange = this.#exchange
    this.#exchange = null
    exchange?.abort()
  }

  #markAborted(): void {
    this.record.isAborted = true
    if (!this.#hasHead) this.record.status = 499
  }

  #reset(code: number, isWasted: boolean): void {
    if (this.#isClosed) return
    this.#host.resetStream(this.out.id, code)
    this.#close(isWasted)
  }

  #close(isWasted: boolean): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#host.outgoing.forget(this.out)
    this.#dropExchange()
    this.#gateRun?.release()
    this.#body?.close()
    this.bodyMoved()
    this.#host.context.observer.observe(this.record)
    this.#host.requestEnded(this, isWasted)
  }
}
