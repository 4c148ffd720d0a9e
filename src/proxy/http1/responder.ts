/**
 * The answering half of a client connection: decides what happens to a request, runs its exchange with an upstream and
 * writes the answer. One object serves all requests of a connection, one at a time.
 */
import type { Socket } from 'node:net'
import type { AnswerEditor } from '../../routing/answer-edits.ts'
import { BODY_TOO_LARGE, decide } from '../../routing/decide.ts'
import type { GateRefusal } from '../../routing/gate.ts'
import type { LocalAnswer } from '../../routing/model.ts'
import { answerForFailure, answerForRedirect, answerForStatus, linesForFailure, OPTIONS_ANSWER } from '../answer.ts'
import { answerLines } from '../answer-lines.ts'
import { identifyClient, type RequestClient } from '../client-address.ts'
import {
  type Downstream,
  type Exchange,
  type ExchangeFailure,
  type ResponseHead,
  UNKNOWN_LENGTH,
} from '../downstream.ts'
import { chooseRequestId } from '../forwarding-headers.ts'
import { type ErrorPages, hasErrorPage, startErrorPage } from '../filters/error-intercept.ts'
import type { GateRun } from '../filters/gate-run.ts'
import { RequestRecord } from '../request-record.ts'
import { startSpan } from '../tracing-switch.ts'
import type { ForwardDecision } from '../upstream-lines.ts'
import { createGateRun, toUpstreamRequest } from './forwarding.ts'
import { fillHttp1Record } from './record-fill.ts'
import type { ResponderHost } from './responder-host.ts'
import { ResponseWriter } from './response-writer.ts'

/** Body bytes that are read and dropped after an early answer, so that the connection can be used again. */
export const MOST_DISCARDED = 65_536

export class Responder implements Downstream {
  readonly #host: ResponderHost
  readonly #writer: ResponseWriter
  #record: RequestRecord | null = null
  #exchange: Exchange | null = null
  #gateRun: GateRun | null = null
  #editor: AnswerEditor | null = null
  /** As trusted proxies have it; `null` where the peer is the client. */
  #client: RequestClient | null = null
  #errorPages: ErrorPages | null = null
  /** True while a gate takes its time. */
  isGated = false
  #maxBodyBytes = 0
  #bodyBytes = 0
  #isPersistent = true
  #isUpgraded = false
  /** True from the moment an answer began: nothing else can be said any more. */
  #hasHead = false
  #hasContinued = false

  constructor(socket: Socket, host: ResponderHost) {
    this.#host = host
    this.#writer = new ResponseWriter(socket)
  }

  /** Body bytes of the current request so far. */
  get bodyBytes(): number {
    return this.#bodyBytes
  }

  /** True while an upstream is at work. */
  get isForwarding(): boolean {
    return this.#exchange !== null
  }

  /**
   * Takes the request in `host.head`.
   *
   * @param startMs when its first byte came
   * @param headBytes as received
   * @param mayPersist false when this is the connection's last request
   */
  begin(startMs: number, headBytes: number, mayPersist: boolean): void {
    const { head, info, context } = this.#host
    const record = this.#open(startMs)
    fillHttp1Record(record, head, info)
    this.#client = identifyClient(context, info, head.authority, head.rawLines, record)
    head.clientAddress = record.remoteAddress
    head.forwarded = this.#client?.forwarded ?? null
    record.requestBytes = headBytes
    record.requestId = chooseRequestId(head.requestId, context.settings.generatesRequestIds)
    this.#isPersistent = mayPersist && head.isPersistent && !context.isDraining
    if (head.target === '*') {
      this.answer(OPTIONS_ANSWER, '')
      return
    }
    const decision = decide(context.table, head)
    record.route = decision.route
    if (decision.route !== null && decision.route.tracing !== null)
      record.span = startSpan(decision.route, head.rawLines, context.tracing)
    this.#errorPages = decision.route?.errorPages ?? null
    this.#editor = decision.kind === 'forward' || decision.kind === 'gated' ? decision.route : decision.editor
    if (decision.kind === 'respond') this.answer(decision.answer, decision.answer.extraLines ?? '')
    else if (decision.kind === 'forward') this.#forward(decision, record)
    else if (decision.kind === 'gated') this.#passGates(decision, record)
    else this.answer(answerForRedirect(decision.status), `Location: ${decision.location}\r\n`)
  }

  /** Refuses a request whose head could not be read; `host.head` holds what could be. The connection ends after it. */
  refuse(status: number, startMs: number): void {
    const record = this.#open(startMs)
    fillHttp1Record(record, this.#host.head, this.#host.info)
    record.requestId = chooseRequestId('')
    this.#isPersistent = false
    this.answer(answerForStatus(status), '')
  }

  /** Answers without an upstream. */
  answer(answer: LocalAnswer, extraLines: string): void {
    const { head, isBodyOpen } = this.#host
    // Too much to read and drop, or a client that may never send it (RFC 9110, 10.1.1).
    if (
      isBodyOpen &&
      (head.contentLength === UNKNOWN_LENGTH || head.contentLength > MOST_DISCARDED || head.expectsContinue)
    ) {
      this.#isPersistent = false
    }
    const record = this.#record
    if (record !== null && hasErrorPage(this.#errorPages, record, answer.status)) {
      this.#exchange = startErrorPage(this.#errorPages, record, answer.status, this)
      return
    }
    this.#hasHead = true
    if (record !== null) record.status = answer.status
    const lines = this.#edit(extraLines)
    if (record !== null) {
      const hasType = answer.body !== '' && answer.contentType !== ''
      record.answerLines = hasType ? `Content-Type: ${answer.contentType}\r\n${lines}` : lines
    }
    this.#writer.local(answer, lines, this.#connectionLine(), head.method === 'HEAD')
    this.#finish()
  }

  /** The client broke its side of the request: says so if that is still possible. */
  giveUp(answer: LocalAnswer): void {
    this.#exchange?.abort()
    this.#exchange = null
    this.#isPersistent = false
    if (this.#hasHead) this.#host.destroy()
    else this.answer(answer, '')
  }

  /** Body bytes, or raw bytes after an upgrade. @returns false to stop reading until `host.bodyWanted` */
  body(buffer: Buffer, start: number, end: number): boolean {
    this.#bodyBytes += end - start
    if (this.#exchange === null) return true
    if (this.#maxBodyBytes !== 0 && this.#bodyBytes > this.#maxBodyBytes && !this.#isUpgraded) {
      this.giveUp(BODY_TOO_LARGE)
      return true
    }
    return this.#exchange.writeBody(buffer, start, end)
  }

  /** The request body is complete, or the client half-closed the upgraded connection. */
  bodyEnded(trailerLines: string): void {
    this.#exchange?.endBody(trailerLines)
  }

  /** The client takes bytes again. */
  clientDrained(): void {
    this.#exchange?.resume()
  }

  /** No further request on this connection. */
  closeAfterThis(): void {
    if (!this.#hasHead) this.#isPersistent = false
  }

  /** The connection is gone. */
  connectionClosed(): void {
    this.#exchange?.abort()
    this.#exchange = null
    if (this.#record !== null) this.#observe(this.#record, !this.#isUpgraded)
  }

  /** Implements {@link Downstream}. */
  requestDrained(): void {
    this.#host.bodyWanted()
  }

  /** Implements {@link Downstream}. */
  responseInterim(head: ResponseHead): void {
    if (head.status === 100) this.#hasContinued = true
    if (this.#host.head.isHttp11) this.#writer.interim(head)
  }

  /** Implements {@link Downstream}. */
  responseHead(head: ResponseHead): void {
    this.#hasHead = true
    if (this.#record !== null) this.#record.status = head.status
    if (head.upgrade !== '') {
      this.#isUpgraded = true
      this.#writer.begin(this.#editHead(head), true, '')
      this.#writer.flush()
      this.#host.upgraded()
      return
    }
    const { isHttp11, expectsContinue } = this.#host.head
    if (
      this.#host.context.isDraining ||
      (expectsContinue && !this.#hasContinued && this.#host.isBodyOpen) ||
      (!isHttp11 && head.hasBody && head.contentLength === UNKNOWN_LENGTH)
    ) {
      this.#isPersistent = false
    }
    this.#writer.begin(this.#editHead(head), isHttp11, this.#connectionLine())
  }

  /** Implements {@link Downstream}. */
  responseData(buffer: Buffer, start: number, end: number): boolean {
    this.#writer.data(buffer, start, end)
    if (!this.#writer.isBlocked) return true
    this.#host.clientBlocked()
    return false
  }

  /** Implements {@link Downstream}. */
  responseFlush(): void {
    this.#writer.flush()
  }

  /** Implements {@link Downstream}. */
  responseEnd(trailerLines: string): void {
    if (this.#isUpgraded) {
      this.#writer.flush()
      this.#host.tunnelHalfClosed()
      return
    }
    this.#exchange = null
    this.#writer.end(trailerLines)
    this.#finish()
  }

  /** Implements {@link Downstream}. */
  responseFailed(failure: ExchangeFailure): void {
    this.#exchange = null
    if (this.#isUpgraded) {
      if (this.#record !== null) this.#observe(this.#record, false)
      this.#host.tunnelClosed()
    } else if (this.#hasHead) {
      // A truncated message must look truncated: no orderly end of the chunked coding, nothing in place of what is missing.
      this.#host.destroy()
    } else {
      this.answer(answerForFailure(failure), linesForFailure(failure))
    }
  }

  #open(startMs: number): RequestRecord {
    const record = new RequestRecord()
    record.startMs = startMs
    record.connectionRequests = this.#host.requestNumber
    this.#record = record
    this.#writer.reset()
    this.#editor = null
    this.#errorPages = null
    this.#hasHead = false
    this.#hasContinued = false
    this.#isUpgraded = false
    this.#bodyBytes = 0
    this.#maxBodyBytes = 0
    return record
  }

  #passGates(decision: ForwardDecision, record: RequestRecord): void {
    const run = createGateRun(decision, this.#host.head, record.requestId)
    this.#gateRun = run
    const outcome = run.run()
    if (!(outcome instanceof Promise)) {
      this.#leaveGates(outcome, decision, record)
      return
    }
    this.isGated = true
    void outcome.then((refusal) => {
      // The client may have gone, and the connection with it.
      if (this.#gateRun !== run) return
      this.isGated = false
      this.#host.gateLeft()
      this.#leaveGates(refusal, decision, record)
      this.#host.gateOpened()
    })
  }

  #leaveGates(refusal: GateRefusal | null, decision: ForwardDecision, record: RequestRecord): void {
    if (refusal === null) {
      this.#forward(decision, record)
      return
    }
    // A body that waited behind the gate is not read any more.
    if (this.#host.isBodyOpen) this.#isPersistent = false
    this.answer(refusal, refusal.responseLines)
  }

  /** Lines of an answer with what the route and its gates have to say. */
  #edit(lines: string): string {
    const { head, info } = this.#host
    return answerLines(lines, this.#record?.status ?? 0, this.#editor, head.origin, info.scheme, this.#gateRun)
  }

  #editHead(head: ResponseHead): ResponseHead {
    const headerLines = this.#edit(head.headerLines)
    if (this.#record !== null) {
      this.#record.upstreamLines = head.headerLines
      this.#record.answerLines = headerLines
    }
    return headerLines === head.headerLines ? head : { ...head, headerLines }
  }

  #forward(decision: ForwardDecision, record: RequestRecord): void {
    const { head, info, isBodyOpen } = this.#host
    this.#maxBodyBytes = decision.route.maxBodyBytes
    const request = toUpstreamRequest(decision, head, info, this.#client, this.#gateRun, record, isBodyOpen)
    this.#exchange = decision.cluster.start(request, this)
  }

  #connectionLine(): string {
    if (!this.#isPersistent) return 'Connection: close\r\n'
    return this.#host.head.isHttp11 ? '' : 'Connection: keep-alive\r\n'
  }

  #finish(): void {
    if (this.#record !== null) this.#observe(this.#record, false)
    this.#host.answered(this.#isPersistent)
  }

  #observe(record: RequestRecord, isAborted: boolean): void {
    this.#record = null
    this.#gateRun?.release()
    this.#gateRun = null
    this.isGated = false
    record.requestBytes += this.#bodyBytes
    record.bytesSent = this.#writer.bytesSent
    record.bodyBytesSent = Math.max(0, this.#writer.bytesSent - this.#writer.headBytes)
    if (isAborted) {
      record.isAborted = true
      if (record.status === 0) record.status = 499
    }
    this.#host.context.observer.observe(record)
  }
}
