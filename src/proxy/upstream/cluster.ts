/**
 * A backend of the routing model as the proxy uses it: its endpoints, replaced in place without touching a route, and the
 * choice among them, which all connections of the worker share.
 */
import { type BalancerConfig, ROUND_ROBIN } from '../../routing/balancer.ts'
import type { BackendTarget, Endpoint } from '../../routing/model.ts'
import type { BackendResilience } from '../../routing/resilience.ts'
import type { Downstream, Exchange, UpstreamCluster, UpstreamRequest } from '../downstream.ts'
import { startFiltered } from '../filters/answer-filters.ts'
import { ErrorIntercept, type ErrorPages } from '../filters/error-intercept.ts'
import type { RequestRecord } from '../request-record.ts'
import type { BackendState } from './backend-states.ts'
import { ClusterLoad } from './cluster-load.ts'
import { UpstreamStream } from './http2/upstream-stream.ts'
import { DnsTarget, type ResolveAddresses } from './dns-target.ts'
import { EndpointSet } from './endpoint-set.ts'
import { ExchangeTimers, type TimedExchange } from './exchange-timers.ts'
import { HealthChecker, setUnrefTimer } from './health/health-checker.ts'
import { probe } from './health/probe.ts'
import { StickySession } from './sticky-session.ts'
import type { RequestCarrier } from './request-carrier.ts'
import type { Transport } from './transport.ts'
import { UpstreamConnection } from './upstream-connection.ts'
import { UpstreamEndpoint } from './upstream-endpoint.ts'
import { UpstreamExchange } from './upstream-exchange.ts'
import type { UpstreamPool } from './upstream-pool.ts'

/** Told once when the backend's name was resolved, or could not be. */
export interface EndpointWaiter {
  endpointsSettled(): void
}

export class Cluster implements UpstreamCluster {
  readonly id: string
  upstreamName: string
  readonly #pool: UpstreamPool
  readonly #resolve: ResolveAddresses
  readonly endpoints: EndpointSet
  readonly load = new ClusterLoad()
  #health: HealthChecker<UpstreamEndpoint> | null = null
  /** The model has checks or limits for it. */
  #isWatched = false
  #dns: DnsTarget | null = null
  #waiting: EndpointWaiter[] = []

  constructor(id: string, upstreamName: string, pool: UpstreamPool, resolve: ResolveAddresses) {
    this.id = id
    this.upstreamName = upstreamName
    this.#pool = pool
    this.#resolve = resolve
    this.endpoints = new EndpointSet(id)
  }

  /** Absent = round robin. */
  setBalancer(config: BalancerConfig | undefined): void {
    this.endpoints.setBalancer(config ?? ROUND_ROBIN)
  }

  /** What is absent is off. */
  setResilience({ slowStartMs, healthCheck, limits, retryBudgetPercent }: BackendResilience): void {
    this.endpoints.setSlowStart(slowStartMs ?? 0)
    this.load.configure(limits, retryBudgetPercent)
    this.#isWatched = healthCheck !== undefined || limits !== undefined
    if (healthCheck === undefined && this.#health === null) return
    this.#health ??= new HealthChecker({
      probe,
      slots: this.#pool.checkSlots,
      random: Math.random,
      setTimer: setUnrefTimer,
    })
    this.#health.configure(healthCheck)
    this.#health.setEndpoints(this.endpoints.list)
  }

  /** Follows a changed backend. Endpoints that stay keep their connections. */
  setTarget(target: BackendTarget): void {
    if (target.kind === 'endpoints') {
      this.#closeDns()
      this.setEndpoints(target.endpoints)
      return
    }
    if (this.#dns !== null && this.#dns.hostname === target.hostname && this.#dns.port === target.port) return
    this.#closeDns()
    this.setEndpoints([])
    this.#dns = new DnsTarget(target.hostname, target.port, this.#resolve, this)
    this.#dns.start()
  }

  /** Replaces the endpoints. Removed ones finish what they do and keep no connection. */
  setEndpoints(endpoints: readonly Pick<Endpoint, 'address' | 'port' | 'weight'>[]): void {
    const before = new Map(this.endpoints.list.map((endpoint) => [endpoint.label, endpoint]))
    const after: UpstreamEndpoint[] = []
    let hasNewWeights = false
    for (const { address, port, weight = 1 } of endpoints) {
      const fresh = new UpstreamEndpoint(address, port, this.load)
      const endpoint = before.get(fresh.label) ?? fresh
      before.delete(fresh.label)
      if (endpoint.baseWeight !== weight) hasNewWeights = true
      endpoint.baseWeight = weight
      after.push(endpoint)
    }
    this.endpoints.set(after)
    if (hasNewWeights) this.endpoints.weightsChanged()
    this.#health?.setEndpoints(after)
    for (const removed of before.values()) removed.remove()
    if (after.length === 0) this.load.wakeAll()
  }

  /** Called when a name was resolved or could not be: whoever waited goes on. */
  targetSettled(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const exchange of waiting) exchange.endpointsSettled()
  }

  /** Addresses as `address:port`, for admin pages and explanations. */
  get addresses(): readonly string[] {
    return this.endpoints.list.map((endpoint) => endpoint.label)
  }

  /** `null` for a backend about which there is nothing to say: no checks, no limits, all as the model has it. */
  get state(): BackendState | null {
    const { load } = this
    const { list } = this.endpoints
    const isOrdinary =
      !this.#isWatched &&
      load.refusedRequests + load.refusedRetries === 0 &&
      list.every(({ isEjected, weight }) => !isEjected && weight === 1)
    if (isOrdinary) return null
    return {
      id: this.id,
      activeRequests: load.active,
      waitingRequests: load.waitingCount,
      refusedRequests: load.refusedRequests,
      refusedRetries: load.refusedRetries,
      endpoints: list.map(({ label, isUnhealthy, isEjected, weight }) => ({
        endpoint: label,
        unhealthyWorkers: isUnhealthy ? 1 : 0,
        ejectedWorkers: isEjected ? 1 : 0,
        share: Math.round(weight * 1000) / 1000,
      })),
    }
  }

  /** True while a name waits for its first answer: requests wait with it. */
  get isResolving(): boolean {
    return this.#dns?.isPending === true
  }

  isAvailable(): boolean {
    return this.endpoints.list.length > 0 || this.isResolving
  }

  start(request: UpstreamRequest, downstream: Downstream): Exchange {
    const { record } = request
    if (record.route !== null && record.route.hasAnswerFilters && !record.isFiltered) {
      return startFiltered(this, request, downstream, this.#pool.timers)
    }
    this.#name(record)
    const session = this.#sessionOf(record)
    const pages = record.isErrorPage ? null : (record.route?.errorPages ?? null)
    if (pages === null) {
      const exchange = new UpstreamExchange(this, request, downstream, session)
      exchange.start()
      return exchange
    }
    // Records know routes without the data plane's part; their clusters are all of this one.
    const intercept = new ErrorIntercept(pages as ErrorPages, request, downstream)
    const exchange = new UpstreamExchange(this, request, intercept, session)
    intercept.exchange = exchange
    exchange.start()
    return intercept
  }

  waitForEndpoints(waiting: EndpointWaiter): void {
    this.#waiting.push(waiting)
  }

  /** For an exchange whose route has timeouts of its own. */
  timersFor(exchange: TimedExchange): ExchangeTimers {
    return ExchangeTimers.take(exchange, this.#pool.timers)
  }

  /**
   * Something to send one request on.
   *
   * @param isFresh a connection that is kept will not do
   * @returns `null` when there are as many connections as may be: see {@link ClusterLoad.wait}
   */
  carrier(endpoint: UpstreamEndpoint, transport: Transport, isFresh: boolean): RequestCarrier | null {
    if (transport.isHttp2) return new UpstreamStream(endpoint.http2Sessions(transport, this.#pool))
    const kept = isFresh ? undefined : endpoint.takeIdle(transport)
    if (kept !== undefined) return kept
    if (!this.load.mayConnect && !this.endpoints.list.some((other) => other.closeOneIdle())) return null
    return new UpstreamConnection(endpoint, transport, this.#pool)
  }

  /** The backend is gone: idle connections close, running exchanges finish. */
  close(): void {
    this.#closeDns()
    this.#health?.close()
    this.setEndpoints([])
    this.targetSettled()
  }

  /** Of a canary logs name the route's own backend, and the canary beside it. */
  #name(record: RequestRecord): void {
    record.upstreamName = this.upstreamName
    const route = record.route
    if (route === null || route.canary === null || record.isErrorPage || route.canary.cluster.id !== this.id) return
    record.alternativeUpstreamName = this.upstreamName
    if (route.cluster !== null) record.upstreamName = (route.cluster as UpstreamCluster).upstreamName
  }

  #sessionOf(record: RequestRecord): StickySession | null {
    const { route } = record
    if (route === null || (route.affinity === null && route.canary === null) || record.isErrorPage) return null
    let { affinity } = route
    if (route.cluster?.id !== this.id) {
      affinity = route.canary?.cluster.id === this.id ? (route.canary.config.affinity ?? null) : null
    }
    return affinity === null ? null : new StickySession(affinity, this.endpoints, record)
  }

  #closeDns(): void {
    this.#dns?.close()
    this.#dns = null
  }
}
