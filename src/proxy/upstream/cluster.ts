/**
 * A backend of the routing model as the proxy uses it: its endpoints, replaced in place without touching a route, and a
 * round robin that all connections of the worker share.
 */
import type { BackendTarget, Endpoint } from '../../routing/model.ts'
import type { Downstream, Exchange, UpstreamCluster, UpstreamRequest } from '../downstream.ts'
import { ErrorIntercept, type ErrorPages } from '../filters/error-intercept.ts'
import { DnsTarget, type ResolveAddresses } from './dns-target.ts'
import { UpstreamConnection } from './upstream-connection.ts'
import { UpstreamEndpoint } from './upstream-endpoint.ts'
import { UpstreamExchange } from './upstream-exchange.ts'
import type { UpstreamPool } from './upstream-pool.ts'

export class Cluster implements UpstreamCluster {
  readonly id: string
  upstreamName: string
  readonly #pool: UpstreamPool
  readonly #resolve: ResolveAddresses
  #endpoints: readonly UpstreamEndpoint[] = []
  #next = 0
  #dns: DnsTarget | null = null
  #waiting: UpstreamExchange[] = []

  constructor(id: string, upstreamName: string, pool: UpstreamPool, resolve: ResolveAddresses) {
    this.id = id
    this.upstreamName = upstreamName
    this.#pool = pool
    this.#resolve = resolve
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
  setEndpoints(endpoints: readonly Pick<Endpoint, 'address' | 'port'>[]): void {
    const before = new Map(this.#endpoints.map((endpoint) => [endpoint.label, endpoint]))
    const after: UpstreamEndpoint[] = []
    for (const { address, port } of endpoints) {
      const fresh = new UpstreamEndpoint(address, port)
      const known = before.get(fresh.label)
      before.delete(fresh.label)
      after.push(known ?? fresh)
    }
    this.#endpoints = after
    for (const removed of before.values()) removed.remove()
  }

  /** Called when a name was resolved or could not be: whoever waited goes on. */
  targetSettled(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const exchange of waiting) exchange.endpointsSettled()
  }

  /** Addresses as `address:port`, for admin pages and explanations. */
  get addresses(): readonly string[] {
    return this.#endpoints.map((endpoint) => endpoint.label)
  }

  /** True while a name waits for its first answer: requests wait with it. */
  get isResolving(): boolean {
    return this.#dns?.isPending === true
  }

  isAvailable(): boolean {
    return this.#endpoints.length > 0 || this.isResolving
  }

  start(request: UpstreamRequest, downstream: Downstream): Exchange {
    const { record } = request
    record.upstreamName = this.upstreamName
    const pages = record.isErrorPage ? null : (record.route?.errorPages ?? null)
    if (pages === null) {
      const exchange = new UpstreamExchange(this, request, downstream)
      exchange.start()
      return exchange
    }
    // Records know routes without the data plane's part; their clusters are all of this one.
    const intercept = new ErrorIntercept(pages as ErrorPages, request, downstream)
    const exchange = new UpstreamExchange(this, request, intercept)
    intercept.exchange = exchange
    exchange.start()
    return intercept
  }

  /** The next endpoint in turn that is not among those tried, or `null` when none is left. */
  nextEndpoint(tried: readonly UpstreamEndpoint[] | null): UpstreamEndpoint | null {
    const endpoints = this.#endpoints
    for (let i = 0; i < endpoints.length; i++) {
      if (this.#next >= endpoints.length) this.#next = 0
      const endpoint = endpoints[this.#next++]!
      if (tried === null || !tried.includes(endpoint)) return endpoint
    }
    return null
  }

  waitForEndpoints(exchange: UpstreamExchange): void {
    this.#waiting.push(exchange)
  }

  connect(endpoint: UpstreamEndpoint, isTls: boolean): UpstreamConnection {
    return new UpstreamConnection(endpoint, isTls, this.#pool)
  }

  /** The backend is gone: idle connections close, running exchanges finish. */
  close(): void {
    this.#closeDns()
    this.setEndpoints([])
    this.targetSettled()
  }

  #closeDns(): void {
    this.#dns?.close()
    this.#dns = null
  }
}
