/**
 * The built-in data plane: listeners, the current route table, the clusters and the certificates. Every change swaps a
 * pointer or an array between two requests; no listener closes and no connection is cut for it.
 */
import type { Socket } from 'node:net'
import { type CompiledTable, compileRoutes } from '../routing/compile.ts'
import { DEFAULT_SETTINGS, NOT_FOUND_NGINX } from '../routing/defaults.ts'
import type { GateFactory } from '../routing/gate.ts'
import { HostMemo } from '../routing/host-memo.ts'
import { diffLists } from '../routing/list-delta.ts'
import type { Backend, CertificateTable, RouteTable, RoutingModel, Scheme } from '../routing/model.ts'
import { DEFAULT_TLS_POLICY } from '../routing/tls-policy.ts'
import { TrustedClients } from './client-address.ts'
import type { FrontContext, UpstreamCluster } from './downstream.ts'
import { acceptHttp2 } from './http2/connection.ts'
import type { FindLimitOwner, LimitCounter } from './filters/limit-owners.ts'
import { GateStore } from './filters/gate-store.ts'
import { findOwnListener } from './filters/own-listener.ts'
import { type BoundSocket, Listener, type ListenerOptions } from './listener.ts'
import { ProxyProtocolReader } from './proxy-protocol/proxied-client.ts'
import { HeaderRefusals } from './proxy-protocol/refusals.ts'
import type { RequestObserver } from './request-record.ts'
import { StreamPlane } from './stream/stream-plane.ts'
import type { StreamObserver } from './stream/stream-record.ts'
import { TimerWheel } from './timer-wheel.ts'
import type { TracerHolder } from './tracing-switch.ts'
import { CertificateStore, type ReportBadCertificate } from './tls/certificate-store.ts'
import type { TlsSettings } from './tls/tls-options.ts'
import { TlsServers } from './tls/tls-servers.ts'
import type { BackendState } from './upstream/backend-states.ts'
import { Cluster } from './upstream/cluster.ts'
import type { ResolveAddresses } from './upstream/dns-target.ts'
import { chooseFamilies, createResolver } from './upstream/resolve-addresses.ts'
import { UpstreamPool } from './upstream/upstream-pool.ts'

export interface DataPlaneOptions {
  /** Address to listen on. */
  readonly host: string
  /** 0 means any free one. */
  readonly httpPort: number
  /** `null` for no https listener. */
  readonly httpsPort: number | null
  readonly observer: RequestObserver
  /** Told of connections that are passed on unread. Default: nobody. */
  readonly streamObserver?: StreamObserver
  /** Told about certificates that cannot be served. Default: nobody. */
  readonly reportBadCertificate?: ReportBadCertificate
  /** Told, not too often, of connections that are refused before they say anything. Default: nobody. */
  readonly reportProblem?: (message: string) => void
  readonly tls?: TlsSettings
  readonly reusePort?: boolean
  /** Bound sockets to listen on; the ports above only name them. */
  readonly bound?: { readonly http: BoundSocket; readonly https: BoundSocket | null }
  /** See {@link DataPlane.takeIn}: the other end of it. Asked for each accepted socket, still unread. */
  readonly giveAway?: (socket: Socket, scheme: Scheme) => boolean
  /** Served from the first connection on. Default: every request is answered 404 until {@link DataPlane.apply}. */
  readonly model?: RoutingModel
  /** Resolves host names of `dns` backends. Default: DNS, then the system. */
  readonly resolve?: ResolveAddresses
  /** Default: gates with state of their own, see `filters/gate-store.ts`. */
  readonly createGates?: GateFactory
  /** Begins the spans of traced routes. Default: no route is traced. */
  readonly tracing?: TracerHolder
  /** Who counts a client for limits, where several processes serve. Default: this one. */
  readonly limitOwnerOf?: FindLimitOwner
  /**
   * Authentication services at the usual port of a host that is served here are asked at our own listener, whatever DNS says.
   * Default: false.
   */
  readonly asksItself?: boolean
  /** Resolution of timeouts in milliseconds; tests take a small one. */
  readonly tickMs?: number
}

export interface ConnectionCounts {
  /** Client connections since the start. */
  readonly accepted: number
  readonly open: number
  /** Open and between requests. */
  readonly idle: number
  readonly upstreamOpen: number
  readonly upstreamIdle: number
}

export interface DataPlane {
  readonly httpPort: number
  /** `null` without an https listener. */
  readonly httpsPort: number | null
  /** Makes a model live, as a whole. @throws {TypeError} on a model no dialect makes; nothing has changed then */
  apply(model: RoutingModel): void
  /** Replaces endpoints alone. Backends that the table does not know yet wait for the next {@link DataPlane.apply}. */
  applyBackends(backends: readonly Backend[]): void
  applyCertificates(certificates: CertificateTable): void
  /** Current addresses of a backend as `address:port`, `null` when it is unknown. */
  addressesOf(backendId: string): readonly string[] | null
  /** What is to be said about backends besides what the model says, see {@link BackendState}. */
  backendStates(): readonly BackendState[]
  connectionCounts(): ConnectionCounts
  /** Open connections of the listener of this scheme; of https, those that finished their handshake. */
  openCount(scheme: Scheme): number
  /** What limits of this process have counted, for others that ask. */
  readonly limits: LimitCounter
  /** Takes in a connection that another process accepted on the listener of this scheme: paused, unread, half-open. */
  takeIn(socket: Socket, scheme: Scheme): void
  /** Resolves when the ports of TCP and UDP services of the last model are open; those that cannot be were reported. */
  streamsSettled(): Promise<void>
  /** Ports of TCP and UDP services as bound. */
  streamPorts(): StreamPlane['bound']
  /** Stops accepting, closes idle connections, lets requests finish for at most `graceMs`, then ends the rest. */
  /** @param isPatient idle HTTP/1.1 connections are not closed before they had one more answer, or the time is over */
  drain(graceMs: number, isPatient?: boolean): Promise<void>
}

/** @throws {ListenError} when a port cannot be opened; none is open then */
export async function startDataPlane(options: DataPlaneOptions): Promise<DataPlane> {
  const timers = new TimerWheel(options.tickMs)
  const context: FrontContext = {
    table: compileRoutes<UpstreamCluster>({ hosts: [], fallback: { notFound: NOT_FOUND_NGINX } }, () => null),
    settings: DEFAULT_SETTINGS,
    observer: options.observer,
    timers,
    isDraining: false,
    trustedClients: null,
    proxyProtocol: null,
    passthrough: null,
    ...(options.tracing === undefined ? {} : { tracing: options.tracing }),
  }
  const certificates = new CertificateStore(options.reportBadCertificate ?? (() => undefined))
  const reportProblem = options.reportProblem ?? (() => undefined)
  const refusals = new HeaderRefusals(reportProblem)
  const shared = {
    host: options.host,
    context,
    acceptHttp2,
    reusePort: options.reusePort ?? false,
    headerRefused: (peerAddress: string, port: number, reason: string) => refusals.note(peerAddress, port, reason),
  }
  const gates = new GateStore(
    (id) => plane.clusterOf(id),
    reportProblem,
    options.limitOwnerOf,
    (scheme, host) =>
      options.asksItself === true ? findOwnListener(scheme, host, context.table, options.host, plane) : null,
  )
  const streams = new StreamPlane({
    host: options.host,
    reusePort: options.reusePort ?? false,
    timers,
    observer: options.streamObserver ?? { observeStream: () => undefined },
    refusals,
    reportProblem,
    clusterOf: (id) => plane.clusterOf(id),
  })
  const tlsServers = new TlsServers(certificates, context.table, options.tls)
  const plane = new BuiltInDataPlane(
    context,
    options.httpsPort,
    certificates,
    tlsServers,
    chooseFamilies(options.resolve ?? createResolver(), () => context.settings.resolvesIpv6 !== false),
    options.createGates ?? gates.factory,
    gates,
    streams,
    options.reportProblem,
  )
  // Before anybody can connect: a worker that has just started knows every route.
  if (options.model !== undefined) plane.apply(options.model)
  const listeners: Listener[] = []
  try {
    listeners.push(
      await Listener.open({ ...shared, ...ownOptions(options, 'http'), port: options.httpPort, tls: null }),
    )
    if (options.httpsPort !== null) {
      listeners.push(
        await Listener.open({ ...shared, ...ownOptions(options, 'https'), port: options.httpsPort, tls: tlsServers }),
      )
    }
  } catch (error) {
    for (const listener of listeners) listener.destroy()
    await plane.drain(0)
    throw error
  }
  plane.listens(listeners)
  return plane
}

function ownOptions(
  { bound, giveAway }: DataPlaneOptions,
  scheme: Scheme,
): Pick<ListenerOptions, 'bound' | 'giveAway'> {
  const socket = bound?.[scheme] ?? null
  return {
    ...(socket === null ? {} : { bound: socket }),
    ...(giveAway === undefined ? {} : { giveAway: (accepted) => giveAway(accepted, scheme) }),
  }
}

class BuiltInDataPlane implements DataPlane {
  readonly #context: FrontContext
  #plain: Listener | null = null
  #secure: Listener | null = null
  #httpsPort: number | null
  readonly #certificates: CertificateStore
  readonly #tlsServers: TlsServers
  readonly #resolve: ResolveAddresses
  readonly #pool: UpstreamPool
  readonly #createGates: GateFactory
  readonly #gates: GateStore
  readonly #streams: StreamPlane
  readonly #compiledHosts = new HostMemo<UpstreamCluster>()
  #clusters: ReadonlyMap<string, Cluster> = new Map()
  /** What is live, to tell what a new model changes. Models share the objects of what they do not change. */
  #routes: RouteTable | null = null
  #backends: readonly Backend[] = []
  #certificateTable: CertificateTable | null = null

  constructor(
    context: FrontContext,
    httpsPort: number | null,
    certificates: CertificateStore,
    tlsServers: TlsServers,
    resolve: ResolveAddresses,
    createGates: GateFactory,
    gates: GateStore,
    streams: StreamPlane,
    reportProblem?: (message: string) => void,
  ) {
    this.#context = context
    this.#httpsPort = httpsPort
    this.#certificates = certificates
    this.#tlsServers = tlsServers
    this.#resolve = resolve
    this.#createGates = createGates
    this.#gates = gates
    this.#streams = streams
    this.#pool = new UpstreamPool(context.settings, context.timers, reportProblem)
  }

  get httpPort(): number {
    return this.#plain?.port ?? 0
  }

  get httpsPort(): number | null {
    return this.#httpsPort
  }

  /** Called once, with the plain listener and, if there is one, that for TLS. */
  listens([plain, secure]: readonly Listener[]): void {
    this.#plain = plain ?? null
    this.#secure = secure ?? null
    if (secure === undefined) return
    this.#httpsPort = secure.port
    this.#context.table = { ...this.#context.table, httpsPort: secure.port }
  }

  apply(model: RoutingModel): void {
    const { clusters, changed, gone } = this.#follow(model.backends)
    // Compiled before anything is touched: a model that cannot be compiled changes nothing.
    const table: CompiledTable<UpstreamCluster> =
      model.routes === this.#routes && clusters === this.#clusters
        ? this.#context.table
        : compileRoutes<UpstreamCluster>(
            model.routes,
            (id) => clusters.get(id) ?? null,
            this.#createGates,
            this.#httpsPort ?? undefined,
            this.#compiledHosts,
          )
    const { trustedProxies, proxyProtocol } = model.settings
    const trustedClients = trustedProxies === undefined ? null : new TrustedClients(trustedProxies)
    const headerReader = proxyProtocol === undefined ? null : new ProxyProtocolReader(proxyProtocol)
    this.#tlsServers.apply(table, model.settings.tls ?? DEFAULT_TLS_POLICY)
    this.#tlsServers.offerHttp2(model.settings.usesHttp2 !== false)
    this.#clusters = clusters
    this.#backends = model.backends
    this.#pool.settings = model.settings
    for (const backend of changed) this.#update(backend)
    this.applyCertificates(model.certificates)
    this.#context.settings = model.settings
    this.#context.table = table
    this.#context.trustedClients = trustedClients
    this.#context.proxyProtocol = headerReader
    this.#streams.apply(model)
    this.#context.passthrough = this.#streams.passthrough
    if (model.routes !== this.#routes) this.#gates.tableApplied(model.routes)
    this.#routes = model.routes
    for (const cluster of gone) cluster.close()
  }

  applyBackends(backends: readonly Backend[]): void {
    const { clusters, changed, gone } = this.#follow(backends)
    // Routes may still point at those that are gone, until the next table: they answer 503 until then.
    if (clusters !== this.#clusters) this.#routes = null
    this.#clusters = clusters
    this.#backends = backends
    for (const backend of changed) this.#update(backend)
    for (const cluster of gone) cluster.close()
  }

  applyCertificates(certificates: CertificateTable): void {
    if (certificates === this.#certificateTable) return
    this.#certificates.apply(certificates)
    this.#certificateTable = certificates
  }

  /** A backend of the live model, for gates that ask one. */
  clusterOf(backendId: string): Cluster | null {
    return this.#clusters.get(backendId) ?? null
  }

  addressesOf(backendId: string): readonly string[] | null {
    return this.#clusters.get(backendId)?.addresses ?? null
  }

  get limits(): LimitCounter {
    return this.#gates.limits
  }

  openCount(scheme: Scheme): number {
    return (scheme === 'http' ? this.#plain : this.#secure)?.openCount ?? 0
  }

  takeIn(socket: Socket, scheme: Scheme): void {
    const listener = scheme === 'http' ? this.#plain : this.#secure
    if (listener === null) socket.destroy()
    else listener.accept(socket)
  }

  backendStates(): readonly BackendState[] {
    return [...this.#clusters.values()].map((cluster) => cluster.state).filter((state) => state !== null)
  }

  connectionCounts(): ConnectionCounts {
    return {
      accepted: (this.#plain?.accepted ?? 0) + (this.#secure?.accepted ?? 0),
      open: (this.#plain?.openCount ?? 0) + (this.#secure?.openCount ?? 0) + this.#streams.openCount,
      idle: (this.#plain?.countIdle() ?? 0) + (this.#secure?.countIdle() ?? 0),
      upstreamOpen: this.#pool.openCount,
      upstreamIdle: this.#pool.idleCount,
    }
  }

  streamsSettled(): Promise<void> {
    return this.#streams.settled()
  }

  streamPorts(): StreamPlane['bound'] {
    return this.#streams.bound
  }

  async drain(graceMs: number, isPatient = false): Promise<void> {
    this.#context.isDraining = true
    this.#context.isPatient = isPatient
    const listeners = [this.#plain, this.#secure].filter((listener) => listener !== null)
    const timeout = setTimeout(() => {
      listeners.forEach(destroyListener)
      this.#streams.destroy()
    }, graceMs)
    await Promise.all([...listeners.map((listener) => listener.drain(isPatient)), this.#streams.drain()])
    clearTimeout(timeout)
    listeners.forEach(destroyListener)
    await this.#gates.close()
    for (const cluster of this.#clusters.values()) cluster.close()
    this.#context.timers.close()
  }

  #keepOrCreate(id: string, upstreamName: string): Cluster {
    return this.#clusters.get(id) ?? new Cluster(id, upstreamName, this.#pool, this.#resolve)
  }

  /** The clusters of these backends: the very same map when none came or went. Touches nothing that is live. */
  #follow(backends: readonly Backend[]): {
    readonly clusters: ReadonlyMap<string, Cluster>
    readonly changed: readonly Backend[]
    readonly gone: readonly Cluster[]
  } {
    const delta = diffLists(this.#backends, backends, ({ id }) => id)
    const changed = delta.flatMap(({ added }) => added)
    const kept = new Set(changed.map(({ id }) => id))
    const removed = delta
      .flatMap((splice) => this.#backends.slice(splice.at, splice.at + splice.removed))
      .filter(({ id }) => !kept.has(id))
    if (removed.length === 0 && changed.every(({ id }) => this.#clusters.has(id))) {
      return { clusters: this.#clusters, changed, gone: [] }
    }
    const clusters = new Map(this.#clusters)
    for (const { id, upstreamName } of changed) clusters.set(id, this.#keepOrCreate(id, upstreamName))
    const gone: Cluster[] = []
    for (const { id } of removed) {
      const cluster = clusters.get(id)
      if (cluster !== undefined) gone.push(cluster)
      clusters.delete(id)
    }
    return { clusters, changed, gone }
  }

  #update(backend: Backend): void {
    const cluster = this.#clusters.get(backend.id)
    if (cluster === undefined) return
    cluster.upstreamName = backend.upstreamName
    cluster.setBalancer(backend.balancer)
    cluster.setResilience(backend)
    cluster.setTarget(backend.target)
  }
}

function destroyListener(listener: Listener): void {
  listener.destroy()
}
