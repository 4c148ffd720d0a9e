/**
 * What happens to a request. The proxy and `explain` call this one function, so an explanation cannot drift.
 * The phases come in the order of ingress-nginx (docs/architecture.md: One decision function).
 */
import type { AnswerEditor } from './answer-edits.ts'
import type { CompiledCanary } from './canary.ts'
import type { CertificateVerdict, TlsClient } from './client-certificate-check.ts'
import {
  type ClusterHandle,
  type CompiledRoute,
  type CompiledTable,
  type DecisionTrace,
  findHost,
  findRoute,
} from './compile.ts'
import type { LocalAnswer, Route, Scheme } from './model.ts'
import type { CompiledRequestFilter } from './request-filter.ts'
import { describeUpstreamTls } from './upstream-tls.ts'
import type { ForwardedFacts } from './trusted-proxies.ts'
import { normalizePath } from './normalize-path.ts'

/** What `decide` looks at. The proxy fills one per request. */
export interface RequestFacts {
  readonly scheme: Scheme
  /** Host as the client sent it (Host header or :authority), port included. */
  readonly authority: string
  /** Lower-case, without port and without trailing dot. */
  readonly host: string
  /** Path with query, in origin form, as received. */
  readonly target: string
  /** Declared body length, or -1 when unknown or none. */
  readonly contentLength: number
  readonly method: string
  /** Value of `Origin`, empty when absent. */
  readonly origin: string
  /** Text of the client's IP address. */
  readonly clientAddress: string
  /** Empty when absent. */
  readonly userAgent: string
  readonly referer: string
  /** What a trusted proxy said; `null` or absent = nothing. */
  readonly forwarded?: ForwardedFacts | null
  /** All header lines as received: `Name: value\r\n`..., latin1. */
  readonly rawLines: string
  /** See {@link TlsFacts.tlsClient}. */
  readonly tlsClient?: TlsClient | 'assumed' | null
  /** A random number in [0, 1), drawn only where chance decides. */
  readonly draw: () => number
}

export type Decision<C extends ClusterHandle = ClusterHandle> =
  | { readonly kind: 'forward'; readonly route: CompiledRoute<C>; readonly cluster: C; readonly target: string }
  /** As `forward`, once the gates of the route have let the request pass. */
  | { readonly kind: 'gated'; readonly route: CompiledRoute<C>; readonly cluster: C; readonly target: string }
  | {
      readonly kind: 'redirect'
      readonly status: number
      readonly location: string
      readonly route: CompiledRoute<C> | null
      /** Of the host, where no route took the request. */
      readonly editor: AnswerEditor | null
    }
  | {
      readonly kind: 'respond'
      readonly answer: LocalAnswer
      readonly route: CompiledRoute<C> | null
      readonly editor: AnswerEditor | null
    }

export const BAD_REQUEST: LocalAnswer = { status: 400, contentType: 'text/plain', body: '400 Bad Request\n' }
export const BODY_TOO_LARGE: LocalAnswer = {
  status: 413,
  contentType: 'text/plain',
  body: '413 Request Entity Too Large\n',
}

/** For clients whose address the route does not serve. */
export const FORBIDDEN: LocalAnswer = { status: 403, contentType: 'text/plain', body: '403 Forbidden\n' }
const PREFLIGHT: LocalAnswer = { status: 204, contentType: '', body: '' }

export function decide<C extends ClusterHandle>(
  table: CompiledTable<C>,
  request: RequestFacts,
  trace?: DecisionTrace,
): Decision<C> {
  if (table.blocks !== null) {
    const reason = table.blocks.reasonFor(request)
    if (reason !== null) {
      trace?.phase('blocks', reason)
      return { kind: 'respond', answer: FORBIDDEN, route: null, editor: table.answers }
    }
  }
  const queryAt = request.target.indexOf('?')
  const rawPath = queryAt === -1 ? request.target : request.target.slice(0, queryAt)
  const path = normalizePath(rawPath)
  if (path === null) {
    trace?.phase('path', 'it leads above /, or has a broken or zero escape (%)')
    return { kind: 'respond', answer: BAD_REQUEST, route: null, editor: null }
  }

  const host = findHost(table, request.host, request.scheme)
  if (host === null) {
    trace?.host(null, `no host matches ${request.host || '(none)'} on ${request.scheme}`)
    return table.fallback === null
      ? { kind: 'respond', answer: table.notFound, route: null, editor: table.answers }
      : forward(table.fallback, request, path, queryAt, trace)
  }
  trace?.host(host.host, host.host === '' ? 'rule without host takes every host' : `host rule ${host.host}`)

  let isUnverified = false
  if (host.clientCertificates !== null) {
    const verdict = host.clientCertificates.check(request)
    trace?.phase('client-certificate', verdict.reason)
    const refusal = refuseClient<C>(verdict, host.answers)
    if (refusal !== null) return refusal
    isUnverified = verdict.kind === 'plain'
  }
  if (host.redirectTo !== null) {
    const location = twinLocation(request, host.redirectTo.host)
    trace?.phase('from-to-www-redirect', `${host.redirectTo.status} to ${location}`)
    return { kind: 'redirect', status: host.redirectTo.status, location, route: null, editor: host.answers }
  }
  if (host.appRoot !== '' && path === '/') {
    trace?.phase('app-root', `redirect to ${host.appRoot}`)
    return {
      kind: 'redirect',
      status: 302,
      location: host.usesRelativeRedirects ? host.appRoot : `${request.scheme}://${request.authority}${host.appRoot}`,
      route: null,
      editor: host.answers,
    }
  }
  const route = findRoute(host, path, trace)
  if (route === null) return { kind: 'respond', answer: host.notFound, route: null, editor: host.answers }
  if (isUnverified && !isOpenOnHttp(route, request)) return { kind: 'respond', answer: FORBIDDEN, route, editor: route }
  return decideRoute(route, request, path, queryAt, table.httpsPort, trace)
}

/** @returns `null` where the request goes on */
function refuseClient<C extends ClusterHandle>(verdict: CertificateVerdict, editor: AnswerEditor): Decision<C> | null {
  switch (verdict.kind) {
    case 'respond':
      return { kind: 'respond', answer: verdict.answer, route: null, editor }
    case 'redirect':
      return { kind: 'redirect', status: 302, location: verdict.location, route: null, editor }
    case 'pass':
    case 'plain':
      return null
  }
}

/** On plain http, where nobody could be asked for a certificate: all that may follow is the redirect to https. */
function isOpenOnHttp(route: CompiledRoute, request: RequestFacts): boolean {
  if (route.route.isOpenOnHttp === true) return true
  return route.httpsRedirectStatus !== 0 && (request.forwarded?.scheme ?? request.scheme) === 'http'
}

function decideRoute<C extends ClusterHandle>(
  route: CompiledRoute<C>,
  request: RequestFacts,
  path: string,
  queryAt: number,
  httpsPort: number,
  trace: DecisionTrace | undefined,
): Decision<C> {
  const { filter } = route
  if (filter !== null) {
    const reason = filter.denialOf(path, request.userAgent)
    if (reason !== null) {
      trace?.phase('deny', reason)
      return { kind: 'respond', answer: filter.denied, route, editor: route }
    }
  }
  if (route.maxBodyBytes !== 0 && request.contentLength > route.maxBodyBytes) {
    trace?.phase('body-size', `Content-Length ${request.contentLength} exceeds ${route.maxBodyBytes}`)
    return { kind: 'respond', answer: BODY_TOO_LARGE, route, editor: route }
  }
  const action = route.action
  if (route.cors !== null && request.method === 'OPTIONS' && action.kind !== 'respond') {
    if (route.cors.preflightLines(request.origin) !== null) {
      trace?.phase('cors', `preflight of ${request.origin || 'no origin'} is answered here`)
      return { kind: 'respond', answer: PREFLIGHT, route, editor: route }
    }
  }
  if (filter !== null) {
    const early = filterRequest(filter, route, request, path, queryAt, trace)
    if (early !== null) return early
  }
  if (action.kind === 'redirect') {
    trace?.phase('redirect', `${action.status} to ${action.location}`)
    return { kind: 'redirect', status: action.status, location: action.location, route, editor: route }
  }
  if (route.httpsRedirectStatus !== 0 && (request.forwarded?.scheme ?? request.scheme) === 'http') {
    const location = httpsLocation(request, route.route, httpsPort)
    trace?.phase('ssl-redirect', `${route.httpsRedirectStatus} to ${location}`)
    return { kind: 'redirect', status: route.httpsRedirectStatus, location, route, editor: route }
  }
  // After the redirect to https: an unknown path of a TLS host is redirected before it is a 404, as in ingress-nginx.
  // A route that refuses all requests has no such redirect in the model.
  if (action.kind === 'respond') return { kind: 'respond', answer: action.answer, route, editor: route }
  if (action.kind === 'redirect-path') {
    const query = queryAt === -1 ? '' : request.target.slice(queryAt)
    const base = route.route.usesRelativeRedirects === true ? '' : `${request.scheme}://${request.authority}`
    const location = `${base}${action.path}${query}`
    trace?.phase('trailing-slash', `${action.status} to ${location}`)
    return { kind: 'redirect', status: action.status, location, route, editor: route }
  }
  return forward(route, request, path, queryAt, trace)
}

/** Methods that the route does not allow, and paths that are redirected within the host. */
function filterRequest<C extends ClusterHandle>(
  filter: CompiledRequestFilter,
  route: CompiledRoute<C>,
  request: RequestFacts,
  path: string,
  queryAt: number,
  trace: DecisionTrace | undefined,
): Decision<C> | null {
  const refusal = filter.refusalOf(request.method)
  if (refusal !== null) {
    trace?.phase('methods', `${request.method} is not allowed`)
    return { kind: 'respond', answer: refusal, route, editor: route }
  }
  const redirect = filter.redirectOf(path)
  if (redirect === null) return null
  const { status, location: to } = redirect
  const isPath = to.startsWith('/') && route.route.usesRelativeRedirects !== true
  const base = isPath ? `${request.forwarded?.scheme ?? request.scheme}://${request.authority}` : ''
  const location = `${base}${queryAt === -1 ? to : appendQuery(to, request.target.slice(queryAt + 1))}`
  trace?.phase('redirects', `${status} to ${location}`)
  return { kind: 'redirect', status, location, route, editor: route }
}

function forward<C extends ClusterHandle>(
  route: CompiledRoute<C>,
  request: RequestFacts,
  path: string,
  queryAt: number,
  trace: DecisionTrace | undefined,
): Decision<C> {
  const { action } = route
  if (action.kind !== 'forward') throw new TypeError(`Cannot forward route ${route.id}: its action is ${action.kind}`)
  let { cluster } = route
  if (route.canary !== null) cluster = chooseCanary(route.canary, request, trace) ?? cluster
  if (cluster === null || !cluster.isAvailable()) {
    trace?.phase('endpoints', 'the backend has no ready endpoint')
    cluster = route.fallbackCluster
  }
  if (cluster === null || !cluster.isAvailable()) {
    return { kind: 'respond', answer: action.unavailable, route, editor: route }
  }
  if (route.clientAddresses !== null && !route.clientAddresses.admits(request.clientAddress)) {
    trace?.phase('addresses', `${request.clientAddress} is not among those served`)
    return { kind: 'respond', answer: FORBIDDEN, route, editor: route }
  }
  if (trace !== undefined && route.errorPages !== null) {
    trace.phase('errors', `${[...route.errorPages.statuses].join(', ')} are answered by ${route.errorPages.cluster.id}`)
  }
  if (trace !== undefined) for (const gate of route.gates) trace.phase('gate', gate.description)
  if (trace !== undefined) traceFilters(route.route, trace)
  const kind = route.gates.length === 0 ? 'forward' : 'gated'
  if (cluster === route.fallbackCluster) trace?.phase('default-backend', `${cluster.id} answers instead`)
  // A default backend sees the path as the client wrote it.
  if (route.rewrite === null || cluster === route.fallbackCluster)
    return { kind, route, cluster, target: request.target }
  const rewritten = route.rewrite(path)
  const target = queryAt === -1 ? rewritten : appendQuery(rewritten, request.target.slice(queryAt + 1))
  trace?.phase('rewrite', `${path} becomes ${target}`)
  return { kind, route, cluster, target }
}

/** What stands between the upstream and the client, for explanations. */
function traceFilters({ compression, mirror, bandwidth, action }: Route, trace: DecisionTrace): void {
  if (action.kind === 'forward' && action.upstreamTls !== undefined) {
    trace.phase('upstream-tls', describeUpstreamTls(action.upstreamTls))
  }
  if (mirror !== undefined) trace.phase('mirror', `a copy goes to ${mirror.backendId}`)
  if (compression !== undefined) {
    const codings = compression.codings.map(({ coding }) => coding).join(', ')
    trace.phase('compression', `text is sent as ${codings}, whichever the client likes best`)
  }
  if (bandwidth !== undefined) trace.phase('bandwidth', `${bandwidth.bytesPerSecond} bytes a second`)
}

/** @returns the canary where it takes the request; a canary without endpoints takes none */
function chooseCanary<C extends ClusterHandle>(
  canary: CompiledCanary<C>,
  request: RequestFacts,
  trace: DecisionTrace | undefined,
): C | null {
  const { cluster } = canary
  if (!cluster.isAvailable()) {
    trace?.phase('canary', `${cluster.id} has no ready endpoint`)
    return null
  }
  const { isCanary, reason } = canary.choose(request)
  trace?.phase('canary', `${reason}: ${isCanary ? `to ${cluster.id}` : 'not this one'}`)
  return isCanary ? cluster : null
}

/** nginx's rewrite: arguments written in the target come first, the request's follow. */
function appendQuery(target: string, query: string): string {
  if (query === '') return target
  return target.includes('?') ? `${target}&${query}` : `${target}?${query}`
}

/** `https://<host without port><URI>`, one trailing slash cut unless told otherwise (ingress-nginx does it so). */
function httpsLocation(request: RequestFacts, route: Route, httpsPort: number): string {
  const target = route.keepsTrailingSlash === true ? request.target : withoutSlash(request.target)
  return `https://${request.forwarded?.host ?? request.host}${route.namesPortInRedirects === true ? `:${httpsPort}` : ''}${target}`
}

/**
 * The same URL on the other name, one trailing slash cut and the port always there, as in ingress-nginx: the one that the
 * client used, not the listener's as there, which may be behind another.
 */
function twinLocation(request: RequestFacts, host: string): string {
  const port = /:(\d+)$/.exec(request.authority)?.[1] ?? (request.scheme === 'https' ? '443' : '80')
  return `${request.scheme}://${host}:${port}${withoutSlash(request.target)}`
}

function withoutSlash(target: string): string {
  return target.endsWith('/') ? target.slice(0, -1) : target
}
