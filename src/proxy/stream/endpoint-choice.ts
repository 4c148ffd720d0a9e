/** The endpoints of one session: which is tried next, and where the session counts as under way. */
import { RequestRecord } from '../request-record.ts'
import type { Cluster } from '../upstream/cluster.ts'
import type { UpstreamEndpoint } from '../upstream/upstream-endpoint.ts'
import type { StreamContext } from './stream-context.ts'
import type { StreamRecord } from './stream-record.ts'

export class EndpointChoice {
  readonly #cluster: Cluster
  readonly #record: StreamRecord
  /** Balancers by hash know requests; of a stream they know the client. */
  readonly #facts = new RequestRecord()
  readonly #maxTries: number
  readonly #untilMs: number
  #tried: UpstreamEndpoint[] = []
  #current: UpstreamEndpoint | null = null
  #startMs = 0

  constructor(cluster: Cluster, record: StreamRecord, { settings }: StreamContext) {
    this.#cluster = cluster
    this.#record = record
    this.#facts.remoteAddress = record.remoteAddress
    const { triesNext, maxTries, triesTimeoutMs } = settings
    this.#maxTries = triesNext ? maxTries || Number.POSITIVE_INFINITY : 1
    this.#untilMs = triesTimeoutMs === 0 ? Number.POSITIVE_INFINITY : record.startMs + triesTimeoutMs
  }

  /** @returns `null` when no further one may be tried */
  next(): UpstreamEndpoint | null {
    this.release()
    if (this.#tried.length >= this.#maxTries) return null
    if (this.#tried.length > 0 && performance.now() >= this.#untilMs) return null
    const endpoint = this.#cluster.endpoints.pick(this.#facts, null, this.#tried.length === 0 ? null : this.#tried)
    if (endpoint === null || this.#tried.includes(endpoint)) return null
    this.#tried.push(endpoint)
    this.#current = endpoint
    this.#startMs = performance.now()
    endpoint.activeRequests++
    this.#record.addUpstream(endpoint.label)
    return endpoint
  }

  /** The connection was made. */
  reached(): void {
    if (this.#current === null) return
    const connectMs = performance.now() - this.#startMs
    this.#record.upstreamConnectMs = connectMs
    this.#cluster.endpoints.reached(this.#current)
    this.#cluster.endpoints.answered(this.#current, connectMs)
  }

  failed(): void {
    if (this.#current !== null) this.#cluster.endpoints.failed(this.#current, performance.now() - this.#startMs, true)
  }

  /** The session is over, or leaves this endpoint. */
  release(): void {
    if (this.#current !== null) this.#current.activeRequests--
    this.#current = null
  }
}
