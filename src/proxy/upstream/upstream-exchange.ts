/**
 * One request on its way to an endpoint and its answer on the way back: choice of endpoints, retries (RFC 9110, 9.2.2;
 * RFC 9112, 9.3.1), framing of the request, and what logs want to know.
 *
 * Retries: the route's policy says which failures and statuses are tried on the cluster's other endpoints, each once, while
 * tries and time last. Without one it is the failed connects, where nothing was sent. A kept connection that closes before
 * its first response byte is retried once on a new connection to the same endpoint: the peer may have closed it while idle.
 * What was sent is sent again only if it had no body (bodies are not kept) and an idempotent method, or the policy says
 * that any will do; never once anything of an answer was passed on.
 */
import {
  type Downstream,
  type Exchange,
  type ExchangeFailure,
  NO_BODY,
  type ResponseHead,
  type UpstreamRequest,
} from '../downstream.ts'
import { parseTrailers } from '../http1/trailers.ts'
import type { Cluster } from './cluster.ts'
import { editedHead } from './message-edits.ts'
import type { CarrierLoss, RequestCarrier } from './request-carrier.ts'
import { CONDITION_OF_LOSS, IDEMPOTENT } from './retry-conditions.ts'
import type { StickySession } from './sticky-session.ts'
import { type Transport, transportOf } from './transport.ts'
import type { UpstreamEndpoint } from './upstream-endpoint.ts'

export class UpstreamExchange implements Exchange {
  readonly method: string
  readonly #cluster: Cluster
  readonly #request: UpstreamRequest
  readonly #downstream: Downstream
  readonly #transport: Transport
  #carrier: RequestCarrier | null = null
  #isConnected = false
  /** True when the request went out on the current carrier. */
  #hasSent = false
  /** Body bytes that came before the connection did, latin1. */
  #early = ''
  #earlyTrailers = ''
  /** The client has nothing more to send. */
  isRequestComplete: boolean
  #isUpgraded = false
  #hasHead = false
  #isOver = false
  #hasReplayed = false
  /** True once the front was given anything: nothing is tried again. */
  #hasPassedOn = false
  #needsDrain = false
  #triesLeft: number
  readonly #session: StickySession | null
  #tried: UpstreamEndpoint[] | null = null
  /** Where the request counts as under way. */
  #busy: UpstreamEndpoint | null = null
  #endpoint: UpstreamEndpoint | null = null
  #hasTunnelEnded = false
  #startMs = 0
  #firstMs = 0
  #receivedBytes = 0
  #bodyBytes = 0

  /** @param session the client's affinity, if the route has any */
  constructor(cluster: Cluster, request: UpstreamRequest, downstream: Downstream, session: StickySession | null) {
    this.#cluster = cluster
    this.#session = session
    this.#request = request
    this.#downstream = downstream
    this.method = request.method
    this.#transport = transportOf(request.action, request.record.scheme)
    this.isRequestComplete =
      (request.contentLength === NO_BODY || request.contentLength === 0) && request.upgrade === ''
    this.#triesLeft = request.action.maxTries
  }

  get isWaitingForClient(): boolean {
    return !this.isRequestComplete && !this.#isUpgraded
  }

  /** Begins with the next endpoint; failures come back later. */
  start(): void {
    const endpoint = this.#pick()
    if (endpoint === null) {
      if (this.#cluster.isResolving) this.#cluster.waitForEndpoints(this)
      else process.nextTick(failLater, this)
      return
    }
    this.#open(endpoint, false)
  }

  /** The cluster's name was resolved, or could not be. */
  endpointsSettled(): void {
    if (this.#isOver) return
    if (this.#cluster.isAvailable()) this.start()
    else this.#fail('unavailable')
  }

  /** Called by the carrier when it is made. */
  connected(): void {
    this.#send(performance.now() - this.#startMs)
  }

  /** Called by the carrier when it takes bytes again. */
  drained(): void {
    if (!this.#needsDrain || this.#isOver) return
    this.#needsDrain = false
    this.#downstream.requestDrained()
  }

  /** Lines that the front's answer carries besides the upstream's. */
  extraLines(): string {
    const cookie = this.#session === null ? '' : this.#session.cookieLine()
    if (!this.#request.action.addsUpstreamServiceTime) return cookie
    return `${cookie}x-envoy-upstream-service-time: ${Math.round(performance.now() - this.#startMs)}\r\n`
  }

  countResponseBytes(count: number): void {
    this.#receivedBytes += count
  }

  /** True for a 101 that the client asked for. */
  acceptsUpgrade(head: ResponseHead): boolean {
    return this.#request.upgrade !== '' && head.upgrade !== ''
  }

  interim(head: ResponseHead): void {
    this.#hasPassedOn = true
    this.#downstream.responseInterim(head)
  }

  head(head: ResponseHead): void {
    const { record } = this.#request
    if (this.#request.action.retry !== undefined && head.status >= 400 && this.#retryStatus(head.status)) return
    this.#hasHead = true
    record.upstreamHeaderMs = performance.now() - this.#startMs
    this.#cluster.endpoints.answered(this.#endpoint!, record.upstreamHeaderMs)
    record.upstreamStatus += record.upstreamStatus === '' ? String(head.status) : `, ${head.status}`
    this.#isUpgraded = head.status === 101
    // A client that asked to upgrade and was refused has nothing more to send upstream.
    if (!this.#isUpgraded && this.#request.upgrade !== '') this.isRequestComplete = true
    this.#downstream.responseHead(editedHead(this.#request.action, head))
  }

  data(buffer: Buffer, start: number, end: number): boolean {
    this.#bodyBytes += end - start
    return this.#downstream.responseData(buffer, start, end)
  }

  flushResponse(): void {
    this.#downstream.responseFlush()
  }

  /** The response is complete and the carrier no longer ours. */
  complete(trailerLines: string): void {
    this.#finish()
    const trailers = trailerLines === '' ? '' : parseTrailers(trailerLines, true)
    if (trailers === null) this.#downstream.responseFailed('bad-gateway')
    else this.#downstream.responseEnd(trailers)
  }

  /** The upstream half-closed the tunnel. */
  tunnelEnded(): void {
    this.#hasTunnelEnded = true
    if (!this.isRequestComplete) {
      this.#downstream.responseEnd('')
      return
    }
    this.#carrier?.destroy()
    this.#finish()
    this.#downstream.responseEnd('')
  }

  /** The carrier is gone before the response was complete. */
  carrierLost(loss: CarrierLoss): void {
    const { record } = this.#request
    const wasReused = this.#carrier?.isReused === true
    this.#carrier = null
    this.#isConnected = false
    if (this.#isUpgraded) {
      this.#fail('bad-gateway')
      return
    }
    const failure: ExchangeFailure =
      loss === 'timeout' || loss === 'connect-timeout' ? 'gateway-timeout' : 'bad-gateway'
    if (this.#hasHead) {
      this.#fail(failure)
      return
    }
    const status = failure === 'gateway-timeout' ? '504' : '502'
    record.upstreamStatus += record.upstreamStatus === '' ? status : `, ${status}`
    const isConnectFailure = loss === 'connect-failed' || loss === 'connect-timeout'
    if (!wasReused) this.#cluster.endpoints.failed(this.#endpoint!, performance.now() - this.#startMs, isConnectFailure)
    if (loss === 'lost' && wasReused && this.#canReplay()) {
      this.#hasReplayed = true
      this.#open(this.#endpoint!, true)
      return
    }
    const { retry } = this.#request.action
    const mayTry = retry === undefined ? isConnectFailure : retry.on.includes(CONDITION_OF_LOSS[loss])
    const next = mayTry ? this.#nextTry() : null
    if (next === null) this.#fail(failure)
    else this.#open(next, false)
  }

  /** Implements {@link Exchange}. */
  writeBody(buffer: Buffer, start: number, end: number): boolean {
    if (this.#isOver || start === end) return true
    if (!this.#isConnected || this.#carrier === null) {
      this.#early += buffer.toString('latin1', start, end)
      this.#needsDrain = true
      return false
    }
    if (this.#carrier.sendBody(buffer, start, end)) return true
    this.#needsDrain = true
    return false
  }

  /** Implements {@link Exchange}. */
  endBody(trailerLines: string): void {
    if (this.#isOver || this.isRequestComplete) return
    this.isRequestComplete = true
    if (!this.#isConnected || this.#carrier === null) {
      this.#earlyTrailers = trailerLines
    } else {
      this.#carrier.endBody(trailerLines)
      if (!this.#hasTunnelEnded) return
      this.#carrier.destroy()
      this.#finish()
    }
  }

  /** Implements {@link Exchange}. */
  resume(): void {
    this.#carrier?.resumeReading()
  }

  /** Implements {@link Exchange}. */
  abort(): void {
    if (this.#isOver) return
    this.#carrier?.destroy()
    this.#finish()
  }

  /** There is no endpoint at all. */
  failUnavailable(): void {
    if (!this.#isOver) this.#fail('unavailable')
  }

  #pick(): UpstreamEndpoint | null {
    return this.#cluster.endpoints.pick(this.#request.record, this.#session, this.#tried)
  }

  #open(endpoint: UpstreamEndpoint, isFresh: boolean): void {
    const { record, action } = this.#request
    this.#leave()
    this.#busy = endpoint
    endpoint.activeRequests++
    this.#endpoint = endpoint
    this.#isConnected = false
    this.#hasSent = false
    this.#receivedBytes = 0
    this.#startMs = performance.now()
    if (this.#firstMs === 0) this.#firstMs = this.#startMs
    record.upstreamAddress += record.upstreamAddress === '' ? endpoint.label : `, ${endpoint.label}`
    const carrier = this.#cluster.carrier(endpoint, this.#transport, isFresh)
    this.#carrier = carrier
    if (!carrier.attach(this, action)) return
    this.#send(0)
  }

  #send(connectMs: number): void {
    const carrier = this.#carrier!
    this.#isConnected = true
    this.#hasSent = true
    this.#cluster.endpoints.reached(this.#endpoint!)
    this.#request.record.upstreamConnectMs = connectMs
    const early = this.#early
    const { contentLength, upgrade } = this.#request
    const isWhole = (contentLength === NO_BODY || contentLength === 0) && upgrade === ''
    carrier.sendHead(this.#request, this.#cluster.id, isWhole)
    if (isWhole) return
    this.#early = ''
    const isTaken = early === '' || carrier.sendText(early)
    if (this.isRequestComplete) carrier.endBody(this.#earlyTrailers)
    else if (isTaken && this.#needsDrain) process.nextTick(drainLater, this)
  }

  #canReplay(): boolean {
    if (this.#hasReplayed || this.#receivedBytes > 0) return false
    if (this.#request.contentLength !== NO_BODY || this.#request.upgrade !== '') return false
    return !this.#hasSent || IDEMPOTENT.has(this.method)
  }

  /** @returns true when the answer is dropped and the next endpoint asked */
  #retryStatus(status: number): boolean {
    const { action, record } = this.#request
    if (action.retry?.on.some((condition) => condition === `http_${status}`) !== true) return false
    const carrier = this.#carrier
    const next = this.#nextTry()
    if (next === null) return false
    carrier?.destroy()
    record.upstreamStatus += record.upstreamStatus === '' ? String(status) : `, ${status}`
    this.#open(next, false)
    return true
  }

  /** The endpoint for a further try, counted as begun; `null` when there must be none. */
  #nextTry(): UpstreamEndpoint | null {
    if (this.#hasPassedOn || (this.#hasSent && !this.#canResend())) return null
    const timeoutMs = this.#request.action.retry?.timeoutMs ?? 0
    if (this.#triesLeft <= 1 || (timeoutMs > 0 && performance.now() - this.#firstMs >= timeoutMs)) return null
    this.#triesLeft--
    this.#tried ??= []
    this.#tried.push(this.#endpoint!)
    return this.#pick()
  }

  #canResend(): boolean {
    const { contentLength, upgrade, action } = this.#request
    if (contentLength !== NO_BODY || upgrade !== '') return false
    return IDEMPOTENT.has(this.method) || action.retry?.on.includes('non_idempotent') === true
  }

  #fail(failure: ExchangeFailure): void {
    this.#finish()
    this.#downstream.responseFailed(failure)
  }

  #leave(): void {
    if (this.#busy !== null) this.#busy.activeRequests--
    this.#busy = null
  }

  #finish(): void {
    this.#isOver = true
    this.#carrier = null
    this.#leave()
    const { record } = this.#request
    if (this.#startMs === 0) return
    // The body alone, as nginx's `$upstream_response_length`.
    record.upstreamResponseBytes = this.#bodyBytes
    record.upstreamResponseMs = performance.now() - this.#startMs
  }
}

// Functions of their own so that no closure is made per request.
function drainLater(exchange: UpstreamExchange): void {
  exchange.drained()
}

function failLater(exchange: UpstreamExchange): void {
  exchange.failUnavailable()
}
