/**
 * Cookie affinity of one request (ingress-nginx, annotations.md: Cookie affinity): the endpoint that its cookie names, or a new choice
 * and the cookie for it.
 */
import { randomBytes } from 'node:crypto'
import { type AffinityConfig, formatAffinityCookie, readAffinityKey } from '../../routing/affinity.ts'
import type { RequestRecord } from '../request-record.ts'
import { isOut } from './balancers/balancer.ts'
import type { HashRing } from './balancers/hash-ring.ts'
import type { UpstreamEndpoint } from './upstream-endpoint.ts'

/** Random keys that are drawn to find one whose endpoint did not fail in this request. */
const MOST_DRAWS = 20

/** What a session asks its cluster. */
export interface StickyCluster {
  /** Of the backend, see `backendFingerprint`. */
  readonly fingerprint: string
  /** For random keys. */
  readonly ring: HashRing<UpstreamEndpoint>
  /** The endpoint that has this key; `null` when it is gone. */
  endpointOfKey(key: string): UpstreamEndpoint | null
  keyOf(endpoint: UpstreamEndpoint): string
  /** As for a request without affinity. */
  nextEndpoint(tried: readonly UpstreamEndpoint[] | null, record: RequestRecord): UpstreamEndpoint | null
}

export class StickySession {
  readonly #config: AffinityConfig
  readonly #cluster: StickyCluster
  readonly #record: RequestRecord
  /** From the cookie; `null` without a good one. */
  readonly #givenKey: string | null
  /** For a new cookie; `null` where the client keeps its own. */
  #newKey: string | null = null

  constructor(config: AffinityConfig, cluster: StickyCluster, record: RequestRecord) {
    this.#config = config
    this.#cluster = cluster
    this.#record = record
    this.#givenKey = readAffinityKey(config, record.headerLines, cluster.fingerprint)
  }

  pick(tried: readonly UpstreamEndpoint[] | null): UpstreamEndpoint | null {
    const given = this.#givenEndpoint()
    // One without weight gets no new clients, but keeps those that it has.
    if (given !== null && !isOut(given, tried)) return given
    if (given !== null && this.#config.changesOnFailure !== true) return this.#pickSubstitute(tried)
    return this.#config.mode === 'persistent' ? this.#pickNamed(tried) : this.#pickHashed(tried)
  }

  /** `Set-Cookie` for the answer; empty when the client keeps the cookie it has. */
  cookieLine(): string {
    if (this.#newKey === null) return ''
    const { scheme, userAgent } = this.#record
    const facts = { scheme, userAgent, nowMs: Date.now() }
    return formatAffinityCookie(this.#config, this.#newKey, this.#cluster.fingerprint, facts)
  }

  #givenEndpoint(): UpstreamEndpoint | null {
    if (this.#givenKey === null) return null
    return this.#config.mode === 'persistent'
      ? this.#cluster.endpointOfKey(this.#givenKey)
      : this.#cluster.ring.ownerOf(this.#givenKey)
  }

  /** Helps out once: the client keeps its cookie, and goes back when its endpoint does. */
  #pickSubstitute(tried: readonly UpstreamEndpoint[] | null): UpstreamEndpoint | null {
    const near = this.#config.mode === 'balanced' ? this.#cluster.ring.find(this.#givenKey ?? '', tried) : null
    return near ?? this.#cluster.nextEndpoint(tried, this.#record)
  }

  #pickNamed(tried: readonly UpstreamEndpoint[] | null): UpstreamEndpoint | null {
    const endpoint = this.#cluster.nextEndpoint(tried, this.#record)
    if (endpoint !== null) this.#newKey = this.#cluster.keyOf(endpoint)
    return endpoint
  }

  #pickHashed(tried: readonly UpstreamEndpoint[] | null): UpstreamEndpoint | null {
    for (let i = 0; i < MOST_DRAWS; i++) {
      const key = `${Date.now()}.${process.pid}.${randomBytes(6).toString('hex')}`
      const endpoint = this.#cluster.ring.ownerOf(key)
      if (endpoint === null) break
      if (this.#cluster.ring.find(key, tried) !== endpoint) continue
      this.#newKey = key
      return endpoint
    }
    return this.#cluster.nextEndpoint(tried, this.#record)
  }
}
