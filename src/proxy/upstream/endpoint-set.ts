/** The endpoints of a cluster and the choice among them: balancer, affinity, weights, passive ejection, health. */
import { backendFingerprint, endpointKey } from '../../routing/affinity.ts'
import { type BalancerConfig, ROUND_ROBIN } from '../../routing/balancer.ts'
import { compileTemplate, type RequestTemplate } from '../../routing/request-template.ts'
import type { RequestRecord } from '../request-record.ts'
import { createBalancer, SYSTEM_PORTS } from './balancers/create-balancer.ts'
import { HashRing } from './balancers/hash-ring.ts'
import { Ejection } from './ejection.ts'
import { SlowStart } from './slow-start.ts'
import type { StickyCluster, StickySession } from './sticky-session.ts'
import type { UpstreamEndpoint } from './upstream-endpoint.ts'

type Endpoints = readonly UpstreamEndpoint[]

/** What an endpoint that failed counts for in averages of time: it must not look fast. */
const FAILURE_MS = 1000

export class EndpointSet implements StickyCluster {
  readonly #backendId: string
  #fingerprint: string | null = null
  readonly #ejection = new Ejection<UpstreamEndpoint>(SYSTEM_PORTS.nowMs)
  readonly #slowStart = new SlowStart<UpstreamEndpoint>(SYSTEM_PORTS.nowMs)
  #list: Endpoints = []
  /** Where the next choice begins when all are out. */
  #nextOfAll = 0
  #config: BalancerConfig = ROUND_ROBIN
  #balancer = createBalancer<UpstreamEndpoint>(ROUND_ROBIN)
  #hashKey: RequestTemplate | null = null
  /** For affinity, made when a request asks. */
  #ring: HashRing<UpstreamEndpoint> | null = null
  #byKey: ReadonlyMap<string, UpstreamEndpoint> | null = null

  constructor(backendId: string) {
    this.#backendId = backendId
  }

  get fingerprint(): string {
    this.#fingerprint ??= backendFingerprint(this.#backendId)
    return this.#fingerprint
  }

  get list(): Endpoints {
    return this.#list
  }

  setBalancer(config: BalancerConfig): void {
    // Models come anew with every change; a balancer that is as before goes on where it is.
    if (config === this.#config || JSON.stringify(config) === JSON.stringify(this.#config)) return
    this.#config = config
    const template = 'key' in config ? compileTemplate(config.key) : null
    this.#hashKey = template?.ok === true ? template.render : null
    this.#balancer = createBalancer(config)
    this.#balancer.setEndpoints(this.#list)
  }

  /** @param windowMs 0 = new endpoints have their whole share at once */
  setSlowStart(windowMs: number): void {
    this.#slowStart.configure(windowMs)
  }

  set(list: Endpoints): void {
    if (list.length === this.#list.length && list.every((endpoint, index) => endpoint === this.#list[index])) return
    this.#slowStart.setEndpoints(list, this.#list)
    this.#list = list
    this.#ring = null
    this.#byKey = null
    this.#balancer.setEndpoints(list)
    this.#ejection.setEndpoints(list)
  }

  /** The model gives endpoints that stay other weights. */
  weightsChanged(): void {
    this.#slowStart.setEndpoints(this.#list, this.#list)
    this.#balancer.weightsChanged()
  }

  /** @returns `null` when every endpoint was tried, or there is none */
  pick(record: RequestRecord, session: StickySession | null, tried: Endpoints | null): UpstreamEndpoint | null {
    this.#ejection.release()
    if (this.#slowStart.step()) this.#balancer.weightsChanged()
    const endpoint = session === null ? this.nextEndpoint(tried, record) : session.pick(tried)
    if (endpoint !== null) this.#ejection.chosen(endpoint)
    return endpoint
  }

  nextEndpoint(tried: Endpoints | null, record: RequestRecord): UpstreamEndpoint | null {
    const key = this.#hashKey === null ? '' : this.#hashKey(factsOf(record))
    const endpoint = this.#balancer.pick(key, tried)
    if (endpoint !== null) return endpoint
    // Ejection and checks are guesses: before nobody is asked, anybody is, those without weight last.
    return this.#nextUntried(tried, false) ?? this.#nextUntried(tried, true)
  }

  #nextUntried(tried: Endpoints | null, isWeightless: boolean): UpstreamEndpoint | null {
    const count = this.#list.length
    for (let i = 0; i < count; i++) {
      this.#nextOfAll = (this.#nextOfAll + 1) % count
      const candidate = this.#list[this.#nextOfAll]!
      if ((candidate.weight === 0) === isWeightless && tried?.includes(candidate) !== true) return candidate
    }
    return null
  }

  get ring(): HashRing<UpstreamEndpoint> {
    this.#ring ??= new HashRing(this.#list)
    return this.#ring
  }

  keyOf(endpoint: UpstreamEndpoint): string {
    return endpointKey(this.fingerprint, endpoint.label)
  }

  endpointOfKey(key: string): UpstreamEndpoint | null {
    this.#byKey ??= new Map(this.#list.map((endpoint) => [this.keyOf(endpoint), endpoint]))
    return this.#byKey.get(key) ?? null
  }

  /** A connection to the endpoint was made, or a kept one used. */
  reached(endpoint: UpstreamEndpoint): void {
    this.#ejection.reached(endpoint)
  }

  /** The head of an answer came, so long after the request went out. */
  answered(endpoint: UpstreamEndpoint, milliseconds: number): void {
    this.#balancer.answered(endpoint, milliseconds)
  }

  /** No answer came. */
  failed(endpoint: UpstreamEndpoint, milliseconds: number, isConnectFailure: boolean): void {
    if (isConnectFailure) this.#ejection.failed(endpoint)
    this.#balancer.answered(endpoint, Math.max(FAILURE_MS, milliseconds))
  }
}

function factsOf(record: RequestRecord): Parameters<RequestTemplate>[0] {
  const { method, target, authority, host, scheme, requestId } = record
  return {
    method,
    target,
    authority,
    host,
    scheme,
    requestId,
    clientAddress: record.remoteAddress,
    rawLines: record.headerLines,
  }
}
