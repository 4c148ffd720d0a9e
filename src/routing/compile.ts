/**
 * Turns a route table into the form that requests are matched against: hosts in a map, a host's routes indexed by
 * path where their order allows it. Built once per change, never mutated, swapped as a whole.
 */
import { type CompiledAddressPolicy, compileAddressPolicy } from './address-policy.ts'
import type { AffinityConfig } from './affinity.ts'
import { type AnswerEditor, compileAnswerEditor, type HostAnswerEdits } from './answer-edits.ts'
import { type CompiledCanary, compileCanary } from './canary.ts'
import { type CompiledClientCertificates, compileClientCertificates } from './client-certificate-check.ts'
import { DEFAULT_FORWARD } from './defaults.ts'
import { type CompiledErrorPages, compileErrorPages } from './error-pages.ts'
import { type Gate, type GateFactory, refusingGates } from './gate.ts'
import type { HostMemo } from './host-memo.ts'
import { type CompiledHeaderEdits, compileHeaderEdits } from './header-edits.ts'
import type {
  Fallback,
  LocalAnswer,
  Route,
  RouteAction,
  RouteLabels,
  RouteTable,
  Scheme,
  VirtualHost,
} from './model.ts'
import { compilePathMatch, describeMatch, type PathMatcher, toByteString } from './path-match.ts'
import { compileRewrite } from './rewrite.ts'
import type { HostTlsPolicy } from './tls-policy.ts'
import { type CompiledMirror, compileMirror } from './mirror.ts'
import { type CompiledRequestFilter, compileRequestFilter } from './request-filter.ts'
import { type CompiledBlocks, compileBlocks } from './request-blocks.ts'
import { createPathIndex, type PathIndex } from './path-index.ts'
import type { RouteTracing } from './tracing.ts'

/** Live state of a backend that routes point at. The proxy's cluster implements it; `explain` passes a plain one. */
export interface ClusterHandle {
  readonly id: string
  /** False when the backend has no ready endpoint. */
  isAvailable(): boolean
}

export type ClusterLookup<C extends ClusterHandle> = (backendId: string) => C | null

export interface CompiledRoute<C extends ClusterHandle = ClusterHandle> extends AnswerEditor {
  readonly id: string
  readonly route: Route
  readonly action: RouteAction
  readonly maxBodyBytes: number
  readonly httpsRedirectStatus: number
  readonly labels: RouteLabels
  /** `null` when the action forwards nowhere or the backend is unknown. */
  readonly cluster: C | null
  /** Takes requests while `cluster` is not available. */
  readonly fallbackCluster: C | null
  readonly errorPages: CompiledErrorPages<C> | null
  readonly canary: CompiledCanary<C> | null
  readonly affinity: AffinityConfig | null
  readonly matcher: PathMatcher
  /** Path (and query, if the target has one) to send upstream for a normalised path; `null` without a rewrite. */
  readonly rewrite: ((path: string) => string) | null
  readonly clientAddresses: CompiledAddressPolicy | null
  readonly gates: readonly Gate[]
  readonly requestHeaders: CompiledHeaderEdits | null
  /** Of the host; `null` where clients are asked for no certificate. */
  readonly clientCertificates: CompiledClientCertificates | null
  readonly tracing: RouteTracing | null
  /** `null` where nothing is refused or redirected by path, method or User-Agent. */
  readonly filter: CompiledRequestFilter | null
  /** True where something stands between exchanges and fronts: compression, a mirror, a rate. */
  readonly hasAnswerFilters: boolean
  readonly mirror: CompiledMirror<C> | null
}

/** Records why each candidate was or was not taken. Only `explain` passes one. */
export interface DecisionTrace {
  host(host: string | null, reason: string): void
  route(route: CompiledRoute, isTaken: boolean, reason: string): void
  phase(name: string, effect: string): void
}

export interface CompiledHost<C extends ClusterHandle = ClusterHandle> {
  readonly host: string
  /** False where the listener of this scheme does not know the host. */
  readonly servesHttp: boolean
  readonly servesHttps: boolean
  readonly appRoot: string
  readonly usesRelativeRedirects: boolean
  readonly redirectTo: { readonly host: string; readonly status: number } | null
  readonly notFound: LocalAnswer
  /** `null` where clients are asked for no certificate. */
  readonly clientCertificates: CompiledClientCertificates | null
  /** Absent = as the listener. */
  readonly tls: HostTlsPolicy | null
  /** For answers under no route. */
  readonly answers: AnswerEditor
  readonly routes: readonly CompiledRoute<C>[]
  /** Present when match order equals path specificity, so that a lookup replaces the scan. */
  readonly index: PathIndex<CompiledRoute<C>> | null
}

export interface CompiledTable<C extends ClusterHandle = ClusterHandle> {
  readonly exactHosts: ReadonlyMap<string, CompiledHost<C>>
  /** Keyed by the part after `*.`. */
  readonly wildcardHosts: ReadonlyMap<string, CompiledHost<C>>
  readonly anyHost: CompiledHost<C> | null
  readonly fallback: CompiledRoute<C> | null
  readonly notFound: LocalAnswer
  /** For answers under no host. */
  readonly answers: AnswerEditor
  readonly httpsPort: number
  /** `null` where nothing is blocked. */
  readonly blocks: CompiledBlocks | null
}

/**
 * @param createGates default: routes that ask for gates answer 503
 * @param httpsPort of the https listener, for redirects that name it
 * @param memo of a caller that compiles one table after the other, always with the same gates
 */
export function compileRoutes<C extends ClusterHandle>(
  table: RouteTable,
  clusters: ClusterLookup<C>,
  createGates: GateFactory = refusingGates,
  httpsPort = 443,
  memo?: HostMemo<C>,
): CompiledTable<C> {
  const exactHosts = new Map<string, CompiledHost<C>>()
  const wildcardHosts = new Map<string, CompiledHost<C>>()
  let anyHost: CompiledHost<C> | null = null
  for (const host of table.hosts) {
    const compile = (lookup: ClusterLookup<C>): CompiledHost<C> => compileHost(host, lookup, createGates)
    const compiled = memo === undefined ? compile(clusters) : memo.compile(host, clusters, compile)
    for (const name of [host.host, ...(host.aliases ?? [])]) {
      if (name === '') anyHost = compiled
      else if (name.startsWith('*.')) wildcardHosts.set(name.slice(2), compiled)
      else exactHosts.set(name, compiled)
    }
  }
  const fallback =
    table.fallback.backendId === undefined ? null : compileFallback(table.fallback, clusters, createGates)
  const { notFound } = table.fallback
  return {
    exactHosts,
    wildcardHosts,
    anyHost,
    fallback,
    notFound,
    answers: compileAnswerEditor(table.fallback, {}),
    httpsPort,
    blocks: table.blocks === undefined ? null : compileBlocks(table.blocks),
  }
}

/** Exact name, then one-label wildcard, then the host-less rule. `host` is lower-case without port. */
export function findHost<C extends ClusterHandle>(
  table: CompiledTable<C>,
  host: string,
  scheme: Scheme,
): CompiledHost<C> | null {
  let found = table.exactHosts.get(host)
  if (found === undefined && table.wildcardHosts.size > 0) {
    const dot = host.indexOf('.')
    if (dot > 0) found = table.wildcardHosts.get(host.slice(dot + 1))
  }
  const candidate = found ?? table.anyHost
  if (candidate === null) return null
  return (scheme === 'http' ? candidate.servesHttp : candidate.servesHttps) ? candidate : null
}

/** First route in match order whose path matches the normalised path. */
export function findRoute<C extends ClusterHandle>(
  host: CompiledHost<C>,
  path: string,
  trace?: DecisionTrace,
): CompiledRoute<C> | null {
  if (host.index !== null && trace === undefined) return host.index.find(path)
  for (const route of host.routes) {
    const isTaken = route.matcher.matches(path)
    trace?.route(
      route,
      isTaken,
      `${describeMatch(route.route.match)} ${isTaken ? 'matches' : 'does not match'} ${path}`,
    )
    if (isTaken) return route
  }
  return null
}

function compileHost<C extends ClusterHandle>(
  host: VirtualHost,
  clusters: ClusterLookup<C>,
  createGates: GateFactory,
): CompiledHost<C> {
  const clientCertificates =
    host.clientCertificates === undefined ? null : compileClientCertificates(host.clientCertificates)
  const routes = host.routes.map((route) => compileRoute(route, host, clusters, createGates, clientCertificates))
  return {
    host: host.host,
    servesHttp: host.schemes.includes('http'),
    servesHttps: host.schemes.includes('https'),
    appRoot: toByteString(host.appRoot),
    usesRelativeRedirects: host.usesRelativeRedirects === true,
    redirectTo: host.redirectTo ?? null,
    notFound: host.notFound,
    clientCertificates,
    tls: host.tls ?? null,
    answers: compileAnswerEditor(host, {}),
    routes,
    index: createPathIndex(routes),
  }
}

function compileRoute<C extends ClusterHandle>(
  route: Route,
  host: HostAnswerEdits,
  clusters: ClusterLookup<C>,
  createGates: GateFactory,
  clientCertificates: CompiledClientCertificates | null = null,
): CompiledRoute<C> {
  const { action } = route
  const matcher = compilePathMatch(route.match)
  return {
    id: route.id,
    route,
    action,
    maxBodyBytes: route.maxBodyBytes,
    httpsRedirectStatus: route.httpsRedirectStatus,
    labels: route.labels,
    cluster: action.kind === 'forward' ? clusters(action.backendId) : null,
    fallbackCluster: route.fallbackBackendId === undefined ? null : clusters(route.fallbackBackendId),
    errorPages: compileErrorPages(route.errorPages, clusters),
    canary:
      action.kind === 'forward'
        ? compileCanary(route.canary, { backendId: action.backendId, affinity: route.affinity }, clusters)
        : null,
    affinity: route.affinity ?? null,
    matcher,
    rewrite:
      action.kind === 'forward' && action.rewriteTarget !== '' ? compileRewrite(action.rewriteTarget, matcher) : null,
    clientAddresses: route.clientAddresses === undefined ? null : compileAddressPolicy(route.clientAddresses),
    gates: createGates(route),
    requestHeaders: route.requestHeaders === undefined ? null : compileHeaderEdits(route.requestHeaders),
    clientCertificates,
    tracing: route.tracing ?? null,
    hasAnswerFilters: route.compression !== undefined || route.mirror !== undefined || route.bandwidth !== undefined,
    mirror: compileMirror(route.mirror, clusters),
    filter: route.filter === undefined ? null : compileRequestFilter(route.filter),
    ...compileAnswerEditor(host, route),
  }
}

function compileFallback<C extends ClusterHandle>(
  fallback: Fallback,
  clusters: ClusterLookup<C>,
  createGates: GateFactory,
): CompiledRoute<C> {
  const backendId = fallback.backendId ?? ''
  return compileRoute(
    {
      id: 'fallback',
      match: { kind: 'prefix', path: '/' },
      maxBodyBytes: 1_048_576,
      httpsRedirectStatus: 0,
      action: {
        ...DEFAULT_FORWARD,
        backendId,
        // A default backend without endpoints is as if there were none.
        unavailable: fallback.notFound,
      },
      labels: { namespace: '', ingress: '', service: '', servicePort: '', path: '', pathType: '', host: '' },
      origin: { object: 'default backend', path: '' },
    },
    fallback,
    clusters,
    createGates,
  )
}
