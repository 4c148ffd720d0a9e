/**
 * One request on its way to an endpoint and its answer on the way back: choice of endpoints, retries (RFC 9110, 9.2.2;
 * RFC 9112, 9.3.1), framing of the request, and what logs want to know.
 *
 * Retries: the route's policy says which failures and statuses are tried on the cluster's other endpoints, each once, while
 * tries and time last. Without one it is the failed connects, where nothing was sent. A kept connection that closes before
 * its first response byte is retried once on a new connection to the same endpoint: the peer may have closed it while idle.
 * Tries after anything was sent are bounded by the cluster's budget (`cluster-load.ts`).
 * What was sent is sent again only if it had no body (bodies are not kept) and an idempotent method, or the policy says
 * that any will do; never once anything of an answer was passed on.
 */
import {
  type Downstream,
  type Exchange,
  type ExchangeFailure,
  type ResponseHead,
  type UpstreamRequest,
} from '../downstream.ts'
import { parseTrailers } from '../http1/trailers.ts'
import type { Cluster } from './cluster.ts'
import type { ConnectionWaiter } from './cluster-load.ts'
import { ClusterPlace } from './cluster-place.ts'
import type { TimedExchange } from './exchange-timers.ts'
import { FurtherTries } from './further-tries.ts'
import { HeldBody } from './held-body.ts'
import { timeLeft } from './http2/grpc-timeout.ts'
import { editedHead } from './message-edits.ts'
import type { CarrierLoss, RequestCarrier } from './request-carrier.ts'
import { failureOf, hasBody, isWhole, mayRepeat, repeatsAny, retriesLoss, retriesStatus } from './retry-conditions.ts'
import type { StickySession } from './sticky-session.ts'
import { type Transport, transportTo } from './transport.ts'
import { noteAddress, noteLoss, noteStatus } from './try-record.ts'
import type { UpstreamEndpoint } from './upstream-endpoint.ts'

export class UpstreamExchange implements Exchange, ConnectionWaiter, TimedExchange {
  readonly method: string
  readonly #cluster: Cluster
  readonly #request: UpstreamRequest
  readonly #downstream: Downstream
  readonly #transport: Transport
  #carrier: RequestCarrier | null = null
  #isConnected = false
  /** True when the request went out on the current carrier. */
  #hasSent = false
  /** `null` when nothing follows the head. */
  readonly #body: HeldBody | null
  /** The client has nothing more to send. */
  isRequestComplete: boolean
  #isUpgraded = false
  #hasHead = false
  #isOver = false
  #hasReplayed = false
  /** True once the front was given anything: nothing is tried again. */
  #hasPassedOn = false
  readonly #session: StickySession | null
  #tries: FurtherTries | null = null
  readonly #place: ClusterPlace
  #endpoint: UpstreamEndpoint | null = null
  #hasTunnelEnded = false
  #startMs = 0
  #receivedBytes = 0
  #bodyBytes = 0

  /** @param session the client's affinity, if the route has any */
  constructor(cluster: Cluster, request: UpstreamRequest, downstream: Downstream, session: StickySession | null) {
    this.#cluster = cluster
    this.#session = session
    this.#request = request
    this.#downstream = downstream
    this.method = request.method
    this.#place = new ClusterPlace(cluster, this)
    this.#transport = transportTo(request, cluster.id)
    this.isRequestComplete = isWhole(request)
    this.#body = this.isRequestComplete ? null : new HeldBody(this.#transport.isHttp2)
  }

  get isWaitingForClient(): boolean {
    return !this.isRequestComplete && !this.#isUpgraded
  }

  /** Begins; failures come back later. */
  start(): void {
    const requestTimeoutMs = this.#transport.isHttp2 ? timeLeft(this.#request) : this.#request.action.requestTimeoutMs
    if (!this.#place.take(requestTimeoutMs)) {
      process.nextTick(refuseLater, this)
      return
    }
    this.#begin()
  }

  /** With the next endpoint. */
  #begin(): void {
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
    if (this.#cluster.isAvailable()) this.#begin()
    else this.#fail('unavailable')
  }

  /** Implements {@link ConnectionWaiter}. */
  connectionFreed(): void {
    if (this.#isOver) {
      this.#cluster.load.connectionFreed()
      return
    }
    const endpoint = this.#pick()
    if (endpoint === null) this.#fail('unavailable')
    else this.#open(endpoint, false)
  }

  /** Implements {@link TimedExchange}. */
  tryExpired(): void {
    this.#carrier?.destroy()
    this.carrierLost(this.#isConnected ? 'timeout' : 'connect-timeout')
  }

  /** Implements {@link TimedExchange}. */
  requestExpired(): void {
    const { record } = this.#request
    if (!this.#hasHead && this.#carrier !== null) noteStatus(record, 504)
    this.#carrier?.destroy()
    this.#fail('gateway-timeout')
  }

  /** Implements {@link TimedExchange}. */
  waitExpired(): void {
    this.#cluster.load.refusedRequests++
    this.#fail('overloaded')
  }

  /** Called by the carrier when it is made. */
  connected(): void {
    this.#send(performance.now() - this.#startMs)
  }

  /** Called by the carrier when it takes bytes again. */
  drained(): void {
    if (this.#body?.needsDrain !== true || this.#isOver) return
    this.#body.needsDrain = false
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
    this.#body?.letGo()
    this.#tries?.settle()
    this.#place.trySettled()
    record.upstreamHeaderMs = performance.now() - this.#startMs
    this.#cluster.endpoints.answered(this.#endpoint!, record.upstreamHeaderMs)
    noteStatus(record, head.status)
    this.#isUpgraded = head.status === 101
    // A tunnel is no longer a request: it lives as long as both sides talk.
    if (this.#isUpgraded) this.#place.requestSettled()
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
    noteLoss(record, loss, this.#carrier?.failure ?? '')
    this.#carrier = null
    this.#isConnected = false
    if (this.#isUpgraded) {
      this.#fail('bad-gateway')
      return
    }
    const failure = failureOf(loss)
    if (this.#hasHead) {
      this.#fail(failure)
      return
    }
    noteStatus(record, failure === 'gateway-timeout' ? 504 : 502)
    const isConnectFailure = loss === 'connect-failed' || loss === 'connect-timeout'
    const isRefused = loss === 'refused'
    if (!wasReused && !isRefused)
      this.#cluster.endpoints.failed(this.#endpoint!, performance.now() - this.#startMs, isConnectFailure)
    if (isRefused ? this.#restoreBody() && !this.#hasReplayed : loss === 'lost' && wasReused && this.#canReplay()) {
      this.#hasReplayed = true
      this.#open(this.#endpoint!, true)
      return
    }
    const { retry } = this.#request.action
    const mayTry = retriesLoss(retry, loss)
    const next = mayTry ? this.#nextTry(!isConnectFailure && !isRefused) : null
    if (next === null) this.#fail(failure)
    else this.#open(next, false)
  }

  /** Implements {@link Exchange}. */
  writeBody(buffer: Buffer, start: number, end: number): boolean {
    const body = this.#body
    if (this.#isOver || start === end || body === null) return true
    if (this.#isConnected && this.#carrier !== null) return body.send(this.#carrier, buffer, start, end)
    body.hold(buffer, start, end)
    return false
  }

  /** Implements {@link Exchange}. */
  endBody(trailerLines: string): void {
    if (this.#isOver || this.isRequestComplete) return
    this.isRequestComplete = true
    this.#body?.end(trailerLines)
    if (this.#isConnected && this.#carrier !== null) {
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

  /** The cluster has as many requests under way as it may. */
  refuse(): void {
    if (!this.#isOver) this.#fail('overloaded')
  }

  /** There is no endpoint at all. */
  failUnavailable(): void {
    if (!this.#isOver) this.#fail('unavailable')
  }

  #pick(): UpstreamEndpoint | null {
    return this.#cluster.endpoints.pick(this.#request.record, this.#session, this.#tries?.failed ?? null)
  }

  #open(endpoint: UpstreamEndpoint, isFresh: boolean): void {
    const { record, action } = this.#request
    this.#place.leave()
    const carrier = this.#cluster.carrier(endpoint, this.#transport, isFresh)
    if (carrier === null) {
      if (!this.#place.waitForConnection(action.connectTimeoutMs)) process.nextTick(refuseLater, this)
      return
    }
    this.#place.occupy(endpoint, action.perTryTimeoutMs)
    this.#endpoint = endpoint
    this.#isConnected = false
    this.#hasSent = false
    this.#receivedBytes = 0
    this.#startMs = performance.now()
    noteAddress(record, endpoint.label)
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
    const body = this.#body
    carrier.sendHead(this.#request, this.#cluster.id, body === null)
    if (body === null) return
    const isTaken = body.sendHeld(carrier, this.isRequestComplete)
    if (!this.isRequestComplete && isTaken && body.needsDrain) process.nextTick(drainLater, this)
  }

  /** @returns false when the request went out and is not all here any more */
  #restoreBody(): boolean {
    if (this.#hasPassedOn || !this.#hasSent) return false
    if (hasBody(this.#request) && this.#body?.restore() !== true) return false
    this.#hasSent = false
    return true
  }

  #canReplay(): boolean {
    if (this.#hasReplayed || this.#receivedBytes > 0) return false
    return mayRepeat(this.#request, !this.#hasSent)
  }

  /** @returns true when the answer is dropped and the next endpoint asked */
  #retryStatus(status: number): boolean {
    const { action, record } = this.#request
    if (!retriesStatus(action, status)) return false
    const carrier = this.#carrier
    const next = this.#nextTry(true)
    if (next === null) return false
    carrier?.destroy()
    noteStatus(record, status)
    this.#open(next, false)
    return true
  }

  /** The endpoint for a further try, counted as begun; `null` when there must be none. */
  #nextTry(hasCost: boolean): UpstreamEndpoint | null {
    if (this.#hasPassedOn || (this.#hasSent && !mayRepeat(this.#request, repeatsAny(this.#request)))) return null
    this.#tries ??= new FurtherTries(this.#request.action, this.#cluster.load, this.#startMs)
    const next = this.#tries.mayFollow(this.#endpoint!, hasCost) ? this.#pick() : null
    if (next !== null) this.#tries.begin(hasCost)
    return next
  }

  #fail(failure: ExchangeFailure): void {
    this.#finish()
    this.#downstream.responseFailed(failure)
  }

  #finish(): void {
    this.#isOver = true
    this.#carrier = null
    this.#tries?.settle()
    this.#place.giveUp()
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

function refuseLater(exchange: UpstreamExchange): void {
  exchange.refuse()
}

function failLater(exchange: UpstreamExchange): void {
  exchange.failUnavailable()
}
