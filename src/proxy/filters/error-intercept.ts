/**
 * Custom error answers (ingress-nginx, custom-errors.md): an answer with one of a route's listed statuses is dropped before the
 * client sees anything of it, and a backend for errors is asked instead. What that one says goes out as it is.
 *
 * Stands between an exchange and its front, so that both fronts have it: {@link ErrorIntercept}. Answers that never came
 * near an upstream are the fronts' own: they ask {@link startErrorPage}.
 */
import { DEFAULT_FORWARD } from '../../routing/defaults.ts'
import type { CompiledErrorPages } from '../../routing/error-pages.ts'
import type { ForwardAction } from '../../routing/model.ts'
import {
  type Downstream,
  type Exchange,
  type ExchangeFailure,
  NO_BODY,
  type ResponseHead,
  type UpstreamCluster,
  type UpstreamRequest,
} from '../downstream.ts'
import type { RequestRecord } from '../request-record.ts'
import { identityLines } from './identity-lines.ts'
import { PassingFilter } from './passing-filter.ts'
import { requestIdLine } from '../forwarding-headers.ts'

export type ErrorPages = CompiledErrorPages<UpstreamCluster>

/** Body bytes of a request whose answer is settled: more are not read. */
const MOST_DISCARDED = 65_536

const STATUS_OF_FAILURE = {
  'bad-gateway': 502,
  'gateway-timeout': 504,
  unavailable: 503,
  overloaded: 503,
} as const satisfies Record<ExchangeFailure, number>

const PAGE_ACTION: Omit<ForwardAction, 'backendId'> = {
  ...DEFAULT_FORWARD,
  unavailable: { status: 503, contentType: '', body: '' },
}

/** True when an answer of this status, made by the proxy itself, is to be replaced. Once for each request. */
export function hasErrorPage(pages: ErrorPages | null, record: RequestRecord, status: number): pages is ErrorPages {
  return pages !== null && !record.isErrorPage && pages.statuses.has(status) && pages.cluster.isAvailable()
}

/**
 * Asks the backend for errors about a status. The request's own body is not sent: what still comes of it is dropped.
 *
 * @param pages {@link hasErrorPage} said yes
 */
export function startErrorPage(
  pages: ErrorPages,
  record: RequestRecord,
  status: number,
  downstream: Downstream,
): Exchange {
  record.isErrorPage = true
  const exchange = pages.cluster.start(
    {
      method: record.method,
      target: '/',
      headerLines:
        `Host: ${record.authority}\r\n${identityLines(record, status)}X-Original-URI: ${record.target}\r\n` +
        `${requestIdLine(record.requestId)}X-Forwarded-For: ${record.remoteAddress}\r\n`,
      contentLength: NO_BODY,
      upgrade: '',
      action: { ...PAGE_ACTION, backendId: pages.cluster.id },
      record,
    },
    downstream,
  )
  return new BodilessExchange(exchange)
}

/** An exchange whose request has no body, though the client's has one. */
class BodilessExchange implements Exchange {
  readonly #exchange: Exchange
  #discarded = 0

  constructor(exchange: Exchange) {
    this.#exchange = exchange
  }

  writeBody(_: Buffer, start: number, end: number): boolean {
    this.#discarded += end - start
    return this.#discarded <= MOST_DISCARDED
  }

  endBody(): void {}

  resume(): void {
    this.#exchange.resume()
  }

  abort(): void {
    this.#exchange.abort()
  }
}

export class ErrorIntercept extends PassingFilter {
  readonly #pages: ErrorPages
  readonly #record: RequestRecord
  readonly #isHeadOnly: boolean
  #hasHead = false

  constructor(pages: ErrorPages, request: UpstreamRequest, downstream: Downstream) {
    super(downstream)
    this.#pages = pages
    this.#record = request.record
    this.#isHeadOnly = request.upgrade !== ''
  }

  override responseHead(head: ResponseHead): void {
    const { status } = head
    const isTunnel = this.#isHeadOnly && status === 101
    if (this.#pages.interceptsUpstream && !isTunnel && hasErrorPage(this.#pages, this.#record, status)) {
      this.exchange?.abort()
      this.#ask(status)
      return
    }
    this.#hasHead = true
    this.downstream.responseHead(head)
  }

  override responseFailed(failure: ExchangeFailure): void {
    const status = STATUS_OF_FAILURE[failure]
    if (!this.#hasHead && hasErrorPage(this.#pages, this.#record, status)) this.#ask(status)
    else this.downstream.responseFailed(failure)
  }

  #ask(status: number): void {
    this.exchange = startErrorPage(this.#pages, this.#record, status, this)
    // A client that was told to wait may go on: what it sends is dropped.
    this.downstream.requestDrained()
  }
}
