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
  UNKNOWN_LENGTH,
  type UpstreamRequest,
} from '../downstream.ts'
import { SMALL_BYTES } from '../http1/gathered-write.ts'
import { parseTrailers } from '../http1/trailers.ts'
import type { Cluster } from './cluster.ts'
import { formatRequestHead } from './format-request-head.ts'
import { editedHead } from './message-edits.ts'
import { CONDITION_OF_LOSS, IDEMPOTENT } from './retry-conditions.ts'
import type { StickySession } from './sticky-session.ts'
import { type Transport, transportOf } from './transport.ts'
import type { ConnectionLoss, UpstreamConnection } from './upstream-connection.ts'
import type { UpstreamEndpoint } from './upstream-endpoint.ts'

export class UpstreamExchange implements Exchange {
  readonly method: string
  readonly #cluster: Cluster
  readonly #request: UpstreamRequest
  readonly #downstream: Downstream
  readonly #transport: Transport
  #connection: UpstreamConnection | null = null
  /** Request text that was not written yet: the head, and body bytes while they are few. */
  #out: string
  #isConnected = false
  #isFlushQueued = false
  /** True when any byte went to the current connection. */
  #hasWritten = false
  #isRequestComplete: boolean
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
    this.#out = formatRequestHead(request, cluster.id)
    this.#isRequestComplete =
      (request.contentLength === NO_BODY || request.contentLength === 0) && request.upgrade === ''
    this.#triesLeft = request.action.maxTries
  }

  /** True when the whole request was written: only then may its connection be kept. */
  get isRequestSent(): boolean {
    return this.#isRequestComplete && this.#out === ''
  }

  get isWaitingForClient(): boolean {
    return !this.#isRequestComplete && !this.#isUpgraded && this.#out === ''
  }

  /** Begins with the next endpoint; failures come back later. */
  start(): void {
    const endpoint = this.#pick()
    if (endpoint === null) {
      if (this.#cluster.isResolving) this.#cluster.waitForEndpoints(this)
      else process.nextTick(failLater, this)
      return
    }
    this.#open(endpoint, endpoint.takeIdle(this.#transport))
  }

  /** The cluster's name was resolved, or could not be. */
  endpointsSettled(): void {
    if (this.#isOver) return
    if (this.#cluster.isAvailable()) this.start()
    else this.#fail('unavailable')
  }

  /** Called by the connection when it is made. */
  connected(): void {
    this.#isConnected = true
    this.#cluster.endpoints.reached(this.#endpoint!)
    this.#request.record.upstreamConnectMs = performance.now() - this.#startMs
    this.#flush()
    if (this.#needsDrain && !this.#isOver) this.drained()
  }

  /** Called by the connection when it takes bytes again. */
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
    if (!this.#isUpgraded && this.#request.upgrade !== '') this.#isRequestComplete = true
    this.#downstream.responseHead(editedHead(this.#request.action, head))
  }

  data(buffer: Buffer, start: number, end: number): boolean {
    this.#bodyBytes += end - start
    return this.#downstream.responseData(buffer, start, end)
  }

  flushResponse(): void {
    this.#downstream.responseFlush()
  }

  /** The response is complete and the connection no longer ours. */
  complete(trailerLines: string): void {
    this.#finish()
    const trailers = trailerLines === '' ? '' : parseTrailers(trailerLines, true)
    if (trailers === null) this.#downstream.responseFailed('bad-gateway')
    else this.#downstream.responseEnd(trailers)
  }

  /** The upstream half-closed the tunnel. */
  tunnelEnded(): void {
    this.#hasTunnelEnded = true
    if (!this.#isRequestComplete) {
      this.#downstream.responseEnd('')
      return
    }
    this.#connection?.destroy()
    this.#finish()
    this.#downstream.responseEnd('')
  }

  /** The connection is gone before the response was complete. */
  connectionLost(loss: ConnectionLoss): void {
    const { record } = this.#request
    const wasReused = this.#connection?.isReused === true
    this.#connection = null
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
      this.#out = formatRequestHead(this.#request, this.#cluster.id)
      this.#open(this.#endpoint!, undefined)
      return
    }
    const { retry } = this.#request.action
    const mayTry = retry === undefined ? isConnectFailure : retry.on.includes(CONDITION_OF_LOSS[loss])
    const next = mayTry ? this.#nextTry() : null
    if (next === null) this.#fail(failure)
    else this.#openNext(next)
  }

  /** Implements {@link Exchange}. */
  writeBody(buffer: Buffer, start: number, end: number): boolean {
    if (this.#isOver || start === end) return true
    const isChunked = !this.#isUpgraded && this.#request.contentLength === UNKNOWN_LENGTH
    const connection = this.#connection
    if (this.#isConnected) connection?.expectWithin(this.#request.action.readTimeoutMs)
    if (!this.#isConnected || end - start <= SMALL_BYTES) {
      const text = buffer.toString('latin1', start, end)
      this.#out += isChunked ? `${(end - start).toString(16)}\r\n${text}\r\n` : text
      if (!this.#isConnected || connection === null) {
        this.#needsDrain = true
        return false
      }
      this.#queueFlush()
      if (this.#out.length > SMALL_BYTES) this.#flush()
    } else {
      const prefix = isChunked ? `${this.#out}${(end - start).toString(16)}\r\n` : this.#out
      this.#out = ''
      this.#hasWritten = true
      connection!.writeBytes(prefix, buffer, start, end, isChunked ? '\r\n' : '')
    }
    if (!connection!.isBlocked) return true
    connection!.expectWithin(this.#request.action.sendTimeoutMs)
    this.#needsDrain = true
    return false
  }

  /** Implements {@link Exchange}. */
  endBody(trailerLines: string): void {
    if (this.#isOver || this.#isRequestComplete) return
    this.#isRequestComplete = true
    if (this.#isUpgraded) {
      this.#flush()
      if (!this.#hasTunnelEnded) {
        this.#connection?.endWriting()
        return
      }
      this.#connection?.destroy()
      this.#finish()
      return
    }
    if (this.#request.contentLength === UNKNOWN_LENGTH) this.#out += `0\r\n${trailerLines}\r\n`
    // While the connection is being made its own time runs on.
    if (!this.#isConnected) return
    this.#flush()
    this.#connection?.expectWithin(this.#request.action.readTimeoutMs)
  }

  /** Implements {@link Exchange}. */
  resume(): void {
    this.#connection?.resumeReading()
  }

  /** Implements {@link Exchange}. */
  abort(): void {
    if (this.#isOver) return
    this.#connection?.destroy()
    this.#finish()
  }

  /** Writes what is left over from this turn of the event loop. Called by {@link queueFlush}. */
  flushQueued(): void {
    this.#isFlushQueued = false
    if (this.#isConnected && !this.#isOver) this.#flush()
  }

  /** There is no endpoint at all. */
  failUnavailable(): void {
    if (!this.#isOver) this.#fail('unavailable')
  }

  #pick(): UpstreamEndpoint | null {
    return this.#cluster.endpoints.pick(this.#request.record, this.#session, this.#tried)
  }

  #open(endpoint: UpstreamEndpoint, idle: UpstreamConnection | undefined): void {
    const { record, action } = this.#request
    this.#leave()
    this.#busy = endpoint
    endpoint.activeRequests++
    this.#endpoint = endpoint
    this.#hasWritten = false
    this.#startMs = performance.now()
    if (this.#firstMs === 0) this.#firstMs = this.#startMs
    record.upstreamAddress += record.upstreamAddress === '' ? endpoint.label : `, ${endpoint.label}`
    const connection = idle ?? this.#cluster.connect(endpoint, this.#transport)
    this.#connection = connection
    connection.attach(this, action.connectTimeoutMs, action.readTimeoutMs)
    if (idle === undefined) return
    record.upstreamConnectMs = 0
    this.#isConnected = true
    this.#cluster.endpoints.reached(endpoint)
    // With a body, the first bytes of it may come in this very turn and share the write.
    if (this.#isRequestComplete) this.#flush()
    else this.#queueFlush()
  }

  #queueFlush(): void {
    if (this.#isFlushQueued) return
    this.#isFlushQueued = true
    process.nextTick(flushLater, this)
  }

  #flush(): void {
    if (this.#out === '' || this.#connection === null) return
    const text = this.#out
    this.#out = ''
    this.#hasWritten = true
    this.#connection.writeText(text)
  }

  #canReplay(): boolean {
    if (this.#hasReplayed || this.#receivedBytes > 0) return false
    if (this.#request.contentLength !== NO_BODY || this.#request.upgrade !== '') return false
    return !this.#hasWritten || IDEMPOTENT.has(this.method)
  }

  /** @returns true when the answer is dropped and the next endpoint asked */
  #retryStatus(status: number): boolean {
    const { action, record } = this.#request
    if (action.retry?.on.some((condition) => condition === `http_${status}`) !== true) return false
    const connection = this.#connection
    const next = this.#nextTry()
    if (next === null) return false
    connection?.destroy()
    record.upstreamStatus += record.upstreamStatus === '' ? String(status) : `, ${status}`
    this.#openNext(next)
    return true
  }

  /** The endpoint for a further try, counted as begun; `null` when there must be none. */
  #nextTry(): UpstreamEndpoint | null {
    if (this.#hasPassedOn || (this.#hasWritten && !this.#canResend())) return null
    const timeoutMs = this.#request.action.retry?.timeoutMs ?? 0
    if (this.#triesLeft <= 1 || (timeoutMs > 0 && performance.now() - this.#firstMs >= timeoutMs)) return null
    this.#triesLeft--
    this.#tried ??= []
    this.#tried.push(this.#endpoint!)
    return this.#pick()
  }

  #openNext(endpoint: UpstreamEndpoint): void {
    this.#isConnected = false
    this.#receivedBytes = 0
    if (this.#hasWritten) this.#out = formatRequestHead(this.#request, this.#cluster.id)
    this.#open(endpoint, endpoint.takeIdle(this.#transport))
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
    this.#connection = null
    this.#leave()
    const { record } = this.#request
    if (this.#startMs === 0) return
    // The body alone, as nginx's `$upstream_response_length`.
    record.upstreamResponseBytes = this.#bodyBytes
    record.upstreamResponseMs = performance.now() - this.#startMs
  }
}

// Functions of their own so that no closure is made per request.
function flushLater(exchange: UpstreamExchange): void {
  exchange.flushQueued()
}

function failLater(exchange: UpstreamExchange): void {
  exchange.failUnavailable()
}
