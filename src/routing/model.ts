/**
 * The routing model: what dialects say and drivers make true. Plain readonly data that survives
 * `JSON.stringify`, compares with `deepEqual`, and holds no Kubernetes and no Envoy words besides `origin`
 * and the labels that logs and metrics print.
 *
 * Routes refer to backends and certificates by id, so that endpoints and certificates change on their own path
 * without touching a route.
 */
import type { Origin } from '../base/finding.ts'
import type { AddressPolicy } from './address-policy.ts'
import type { AffinityConfig } from './affinity.ts'
import type { BalancerConfig } from './balancer.ts'
import type { CanaryConfig } from './canary.ts'
import type { ClientCertificates } from './client-certificates.ts'
import type { AnswerRewrites } from './answer-rewrites.ts'
import type { CorsPolicy } from './cors.ts'
import type { ErrorPagesConfig } from './error-pages.ts'
import { type GateConfig, redactGate } from './gate-config.ts'
import type { BackendResilience } from './resilience.ts'
import type { ProxyProtocolSettings } from './proxy-protocol.ts'
import type { RetryPolicy } from './retry-policy.ts'
import type { HeaderEdits } from './header-edits.ts'
import type { BandwidthLimit } from './bandwidth.ts'
import type { CompressionPolicy } from './compression.ts'
import type { MirrorConfig } from './mirror.ts'
import type { RequestFilter } from './request-filter.ts'
import type { RequestBlocks, TextPattern } from './request-blocks.ts'
import type { PassthroughHost, StreamService, StreamSettings } from './streams.ts'
import type { RouteTracing, TracingSettings } from './tracing.ts'
import { type HostTlsPolicy, redactTlsPolicy, type TlsPolicy } from './tls-policy.ts'
import type { TrustedProxies } from './trusted-proxies.ts'
import { redactUpstreamTls, type UpstreamTlsConfig } from './upstream-tls.ts'

/** Everything a data plane needs. Each part may be replaced alone. */
export interface RoutingModel {
  readonly routes: RouteTable
  readonly backends: readonly Backend[]
  readonly certificates: CertificateTable
  readonly settings: ProxySettings
  /** Ports of TCP and UDP services, sorted by protocol and port; absent = none. */
  readonly streams?: readonly StreamService[]
}

export interface RouteTable {
  /** Sorted by host text; host names are unique. */
  readonly hosts: readonly VirtualHost[]
  /** For hosts that no virtual host takes. */
  readonly fallback: Fallback
  /** Requests that nobody serves, asked before hosts; absent = none. */
  readonly blocks?: RequestBlocks
  /** Hosts whose TLS connections end elsewhere, sorted by host; absent = none. Their plain requests are as of others. */
  readonly passthrough?: readonly PassthroughHost[]
}

/** One host name and its routes in match order: the first route whose path matches takes the request. */
export interface VirtualHost {
  /** Lower-case name; `*.example.com` matches exactly one label; empty matches every host. */
  readonly host: string
  /** Further names of the same form; no other host's name or alias. */
  readonly aliases?: readonly string[]
  /** Every request is redirected to the same URL on this host, before all else. */
  readonly redirectTo?: { readonly host: string; readonly status: number }
  /** True: the app root's redirect has no scheme and host. */
  readonly usesRelativeRedirects?: boolean
  /** Which listeners know this host. A request on another one is answered as for an unknown host. */
  readonly schemes: readonly Scheme[]
  /** A request for exactly `/` is redirected (302) to `scheme://host` + this path, before all else. Empty = off. */
  readonly appRoot: string
  /** Value of Strict-Transport-Security on every answer over TLS; absent or empty = none. */
  readonly strictTransportSecurity?: string
  /** Changes to every answer of this host; a route's own come first. */
  readonly responseHeaders?: HeaderEdits
  readonly routes: readonly Route[]
  /** Answer when no route matches. */
  readonly notFound: LocalAnswer
  /** What TLS clients of this host must show; absent = nothing. */
  readonly clientCertificates?: ClientCertificates
  /** Absent = as the listener. */
  readonly tls?: HostTlsPolicy
}

export interface Fallback {
  /** Backend that answers unknown hosts; absent = `notFound`. */
  readonly backendId?: string
  readonly notFound: LocalAnswer
  /** As of a virtual host. */
  readonly strictTransportSecurity?: string
  readonly responseHeaders?: HeaderEdits
}

export type Scheme = 'http' | 'https'

/**
 * How the request path is compared, always in its normalised form (percent-decoded, slashes merged, dots resolved).
 * A regex is anchored at the front only and runs in linear time; `caseInsensitive` as ingress-nginx's regex mode.
 */
export type PathMatch =
  | { readonly kind: 'exact'; readonly path: string }
  /** Segment prefix: `/foo` matches `/foo` and `/foo/bar`, not `/foobar`. Written without trailing slash, except `/`. */
  | { readonly kind: 'prefix'; readonly path: string }
  /** Plain text prefix: `/foo` matches `/foobar` (Contour's ImplementationSpecific, and nginx `/foo/`). */
  | { readonly kind: 'string-prefix'; readonly path: string }
  | { readonly kind: 'regex'; readonly source: string; readonly caseInsensitive: boolean }

export interface Route {
  /** Unique in the table and stable over changes elsewhere. */
  readonly id: string
  readonly match: PathMatch
  /** Largest request body; 0 = unlimited. Larger Content-Length or longer chunked body answers 413. */
  readonly maxBodyBytes: number
  /** Redirect plain-http requests to https with this status. 0 = off. Location is `https://host` + URI. */
  readonly httpsRedirectStatus: 0 | 301 | 302 | 307 | 308
  /** Otherwise one final `/` is cut from the Location of the redirect to https. */
  readonly keepsTrailingSlash?: boolean
  /** Name the https listener's port in the redirect to https. */
  readonly namesPortInRedirects?: boolean
  /** `redirect-path` answers without scheme and host. */
  readonly usesRelativeRedirects?: boolean
  /** Cross-origin policy; absent = the upstream's affair. */
  readonly cors?: CorsPolicy
  /** Who is served; absent = everybody. */
  readonly clientAddresses?: AddressPolicy
  /** Asked in this order before a request is forwarded; absent = none. */
  readonly gates?: readonly GateConfig[]
  /** Changes to the head that goes upstream. Names that the proxy owns (Host, forwarding, framing) stay its own. */
  readonly requestHeaders?: HeaderEdits
  /** Changes to every answer under this route. */
  readonly responseHeaders?: HeaderEdits
  /** Takes requests while the action's backend has no ready endpoint. */
  readonly fallbackBackendId?: string
  /** Answers that another backend gives instead. */
  readonly errorPages?: ErrorPagesConfig
  /** False: the access log has no line of its requests. */
  readonly isLogged?: boolean
  /** A share of the requests goes elsewhere. */
  readonly canary?: CanaryConfig
  /** Keeps clients at one endpoint of the action's backend. */
  readonly affinity?: AffinityConfig
  /** True: served on plain http even where the host asks for client certificates (ACME challenges). */
  readonly isOpenOnHttp?: boolean
  /** Refuses and redirects by path, method and User-Agent. */
  readonly filter?: RequestFilter
  /** How answers are compressed for clients that accept it; absent = not. */
  readonly compression?: CompressionPolicy
  /** Where copies of the requests go. */
  readonly mirror?: MirrorConfig
  /** How fast each answer may go out; absent = as the client takes it. */
  readonly bandwidth?: BandwidthLimit
  /** Requests become spans, and upstreams are told of them; absent = trace contexts pass as they are. */
  readonly tracing?: RouteTracing
  readonly action: RouteAction
  readonly labels: RouteLabels
  readonly origin: Origin
}

export type RouteAction =
  /** `location` is literal text. */
  | { readonly kind: 'redirect'; readonly status: number; readonly location: string }
  /** Redirect to the path that the match names, query kept: nginx's missing-slash 301. */
  | { readonly kind: 'redirect-path'; readonly status: number; readonly path: string }
  | { readonly kind: 'respond'; readonly answer: LocalAnswer }
  | ForwardAction

/**
 * `h2c` is HTTP/2 by prior knowledge, `h2` HTTP/2 over TLS, `client` `http` or `https` as the client's own connection
 * (AUTO_HTTP).
 */
export type UpstreamProtocol = 'http' | 'https' | 'h2c' | 'h2' | 'client'

export interface ForwardAction {
  readonly kind: 'forward'
  readonly backendId: string
  /** Replaces the whole path; `$1`..`$9` are captures of the route's regex. Query string is kept. Empty = off. */
  readonly rewriteTarget: string
  readonly protocol: UpstreamProtocol
  readonly connectTimeoutMs: number
  /** Longest pause between two writes to the upstream. */
  readonly sendTimeoutMs: number
  /** Longest pause between two reads from the upstream; also ends idle upgraded connections. */
  readonly readTimeoutMs: number
  /** How many endpoints are tried for one request, each once; >= 1. */
  readonly maxTries: number
  /** When the next one is tried; absent = when no connection could be made. */
  readonly retry?: RetryPolicy
  /** Answer when the backend has no ready endpoint. */
  readonly unavailable: LocalAnswer
  /** Add `x-envoy-upstream-service-time: MS` to proxied answers (Contour). */
  readonly addsUpstreamServiceTime: boolean
  /** Last changes to the head that goes upstream; Host and forwarding headers give way, framing does not. */
  readonly upstreamHeaders?: HeaderEdits
  /** Value of Connection towards the upstream; absent = none. Upgrades have their own. */
  readonly connectionHeader?: 'close' | 'keep-alive'
  /** Send the client's target as X-Original-URI. */
  readonly addsOriginalUri?: boolean
  /** Lower-case names of fields that upstreams say in vain. */
  readonly hiddenHeaders?: readonly string[]
  readonly answerRewrites?: AnswerRewrites
  /** For the protocols over TLS; absent = no verification, no SNI, no certificate of ours. */
  readonly upstreamTls?: UpstreamTlsConfig
  /** Longest time from the begin of a try to the head of its answer; over it the try has timed out. */
  readonly perTryTimeoutMs?: number
  /** Longest time from the first try to the end of the answer, further tries included. */
  readonly requestTimeoutMs?: number
  /** Longest head of an answer, characters; longer is a 502. Absent = 64 KiB, which is the most. */
  readonly maxAnswerHeadBytes?: number
  /** Speak HTTP/1.0 to upstreams of protocol `http` and `https`, wherever a request can be said in it. */
  readonly usesHttp10?: boolean
  /** Answers keep the upstream's Server field. */
  readonly passesServer?: boolean
}

/** An answer made by the proxy itself. `Date` and `Server: genkan` are always added. */
export interface LocalAnswer {
  readonly status: number
  /** Empty body sends no Content-Type. */
  readonly contentType: string
  readonly body: string
  /** Further header lines, `Name: value\r\n`... */
  readonly extraLines?: string
}

/** Names for logs and metrics. `path` is the rule's path, not the request's. All may be empty. */
export interface RouteLabels {
  readonly namespace: string
  readonly ingress: string
  readonly service: string
  /** Port as written in the rule: number or name. */
  readonly servicePort: string
  /** Path and path type as written in the rule (`Exact`, `Prefix`, `ImplementationSpecific`). */
  readonly path: string
  readonly pathType: string
  /** The rule's host, empty for all hosts: a bounded label, unlike the request's. */
  readonly host: string
}

export interface Backend extends BackendResilience {
  /** `namespace/service:port`, port as written in the rule. */
  readonly id: string
  /** `namespace-service-port`: `$proxy_upstream_name` and upstream labels. */
  readonly upstreamName: string
  readonly target: BackendTarget
  /** Absent = round robin. */
  readonly balancer?: BalancerConfig
}

export type BackendTarget =
  | { readonly kind: 'endpoints'; readonly endpoints: readonly Endpoint[] }
  /** Resolved by the data plane, re-resolved by TTL; all addresses are used. */
  | { readonly kind: 'dns'; readonly hostname: string; readonly port: number }

export interface Endpoint {
  /** IPv4 or IPv6 text without brackets. */
  readonly address: string
  readonly port: number
  /** Pod name for explanations; empty when unknown. */
  readonly pod: string
  /** Its part of a whole share, from 0 (nothing while there are others) to 1; absent = 1. */
  readonly weight?: number
}

export interface CertificateTable {
  readonly certificates: readonly Certificate[]
  /** SNI name (exact or `*.` one label) to certificate id. Sorted by name; lower-case. */
  readonly bySni: readonly { readonly name: string; readonly certificateId: string }[]
  /** Served for other names and without SNI. */
  readonly defaultCertificateId: string
}

/** PEM text. Lives in memory only: printers of models must drop `keyPem`, see {@link redactModel}. */
export interface Certificate {
  readonly id: string
  readonly certPem: string
  readonly keyPem: string
  readonly origin: Origin
}

export interface ProxySettings {
  readonly accessLog: AccessLogSettings
  /** Idle keep-alive time of client connections. */
  readonly keepAliveMs: number
  /** Requests per client connection before it is closed. */
  readonly keepAliveRequests: number
  readonly clientHeaderTimeoutMs: number
  readonly clientBodyTimeoutMs: number
  /** Upper bound for a request head; more is 431. */
  readonly maxHeadBytes: number
  /** Idle upstream connections kept per worker, all endpoints together. */
  readonly upstreamKeepaliveConnections: number
  readonly upstreamKeepaliveMs: number
  readonly upstreamKeepaliveRequests: number
  /** Headers with `_` in the name are dropped unless true (ingress-nginx: enable-underscores-in-headers). */
  readonly allowsUnderscoresInHeaders: boolean
  readonly http2MaxConcurrentStreams: number
  /** Whose word about clients is taken; absent = nobody's. */
  readonly trustedProxies?: TrustedProxies
  /** Where the spans of routes with `tracing` go; absent = no route is traced. */
  readonly tracing?: TracingSettings
  /** False: a request without X-Request-ID goes on without one. */
  readonly generatesRequestIds?: boolean
  /** False: clients are not offered HTTP/2. */
  readonly usesHttp2?: boolean
  /** False: IPv6 addresses of names are left aside. */
  readonly resolvesIpv6?: boolean
  /** Client connections of each worker and listener; absent = as many as the system allows. */
  readonly maxConnections?: number
  /** Age at which a kept upstream connection is closed after its answer; absent = 1 h. */
  readonly upstreamKeepaliveTimeMs?: number
  /** How long requests may go on once the program is told to end; absent = whoever ends it says. */
  readonly shutdownTimeoutMs?: number
  /** Connections of both ports begin with a PROXY protocol header; absent = they do not. */
  readonly proxyProtocol?: ProxyProtocolSettings
  /** Of TCP and UDP services and of TLS passed through; absent = the defaults in `streams.ts`. */
  readonly streams?: StreamSettings
  /** How the https listener talks TLS; absent = the default. */
  readonly tls?: TlsPolicy
}

export interface AccessLogSettings {
  readonly isEnabled: boolean
  /** nginx log_format template with `$variables`. */
  readonly format: string
  readonly escape: 'default' | 'json' | 'none'
  /** Requests for these URIs (path and query) leave no line. */
  readonly skippedUris?: readonly TextPattern[]
  /** File of the log where the command line names none; absent = standard output. */
  readonly path?: string
  /** Lines go there (RFC 3164 over UDP) instead of to a file. */
  readonly syslog?: { readonly host: string; readonly port: number }
}

/** The same model with private keys and password hashes replaced, for printing and goldens. */
export function redactModel(model: RoutingModel): RoutingModel {
  return {
    ...model,
    routes: { ...model.routes, hosts: model.routes.hosts.map(redactHost) },
    certificates: {
      ...model.certificates,
      certificates: model.certificates.certificates.map((certificate) => ({ ...certificate, keyPem: '[redacted]' })),
    },
    settings: redactSettings(model.settings),
  }
}

function redactSettings(settings: ProxySettings): ProxySettings {
  return settings.tls === undefined ? settings : { ...settings, tls: redactTlsPolicy(settings.tls) }
}

function redactHost(host: VirtualHost): VirtualHost {
  return {
    ...host,
    routes: host.routes.map(redactRoute),
  }
}

function redactRoute(route: Route): Route {
  const { gates, action } = route
  const hasKey = action.kind === 'forward' && action.upstreamTls !== undefined
  if (gates === undefined && !hasKey) return route
  return {
    ...route,
    ...(gates === undefined ? {} : { gates: gates.map(redactGate) }),
    action: hasKey ? { ...action, upstreamTls: redactUpstreamTls(action.upstreamTls) } : action,
  }
}
