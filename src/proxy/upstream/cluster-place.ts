/**
 * What a request takes of its cluster while it is under way: a place among those that may be, one at an endpoint, perhaps a turn
 * in the queue for connections, and timers if anything is timed.
 */
import type { Cluster } from './cluster.ts'
import type { ConnectionWaiter } from './cluster-load.ts'
import type { ExchangeTimers, TimedExchange } from './exchange-timers.ts'
import type { UpstreamEndpoint } from './upstream-endpoint.ts'

export class ClusterPlace {
  readonly #cluster: Cluster
  readonly #exchange: ConnectionWaiter & TimedExchange
  #endpoint: UpstreamEndpoint | null = null
  #isCounted = false
  #isWaiting = false
  #timers: ExchangeTimers | null = null

  constructor(cluster: Cluster, exchange: ConnectionWaiter & TimedExchange) {
    this.#cluster = cluster
    this.#exchange = exchange
  }

  /**
   * @param requestTimeoutMs of the whole request; `undefined` = none
   * @returns false when the cluster has as many requests as it may
   */
  take(requestTimeoutMs: number | undefined): boolean {
    const { load } = this.#cluster
    if (load.isFull) {
      load.refusedRequests++
      return false
    }
    load.active++
    this.#isCounted = true
    if (requestTimeoutMs !== undefined) this.#timersNow().expectRequest(requestTimeoutMs)
    return true
  }

  /** @param tryTimeoutMs of this try; `undefined` = none */
  occupy(endpoint: UpstreamEndpoint, tryTimeoutMs: number | undefined): void {
    if (this.#isWaiting) {
      this.#isWaiting = false
      this.#timers!.connectionSettled()
    }
    this.#endpoint = endpoint
    endpoint.activeRequests++
    if (tryTimeoutMs !== undefined) this.#timersNow().expectTry(tryTimeoutMs)
  }

  /** The endpoint has nothing to do with the request any more. */
  leave(): void {
    if (this.#endpoint !== null) this.#endpoint.activeRequests--
    this.#endpoint = null
  }

  /**
   * As long as a connection may take to be made.
   *
   * @returns false when too many wait already
   */
  waitForConnection(connectTimeoutMs: number): boolean {
    const { load } = this.#cluster
    if (!load.wait(this.#exchange, this.#isWaiting)) {
      load.refusedRequests++
      return false
    }
    if (this.#isWaiting) return true
    this.#isWaiting = true
    const timers = this.#timersNow()
    timers.trySettled()
    timers.expectConnection(connectTimeoutMs)
    return true
  }

  trySettled(): void {
    this.#timers?.trySettled()
  }

  requestSettled(): void {
    this.#timers?.requestSettled()
  }

  /** Gives everything back; harmless the second time. */
  giveUp(): void {
    this.leave()
    if (this.#isCounted) this.#cluster.load.active--
    this.#isCounted = false
    if (this.#isWaiting) this.#cluster.load.forget(this.#exchange)
    this.#timers?.release()
    this.#timers = null
  }

  #timersNow(): ExchangeTimers {
    return (this.#timers ??= this.#cluster.timersFor(this.#exchange))
  }
}
