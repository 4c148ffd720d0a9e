/** The route table as `routes`, the admin API and the dashboard show it. */
import type { Origin } from '../base/finding.ts'
import type { PathMatch, Route, RoutingModel, Scheme, UpstreamProtocol } from './model.ts'
import type { StreamService } from './streams.ts'
import { describeMatch } from './path-match.ts'
import { describeRequestFilter } from './request-filter.ts'

const PROTOCOL_NAMES = {
  http: 'http',
  https: 'https',
  h2c: 'HTTP/2',
  h2: 'HTTP/2 over TLS',
  client: "client's scheme",
} as const satisfies Record<UpstreamProtocol, string>

/** One line of the route table as `routes` prints it. */
export interface RouteRow {
  readonly host: string
  readonly path: string
  readonly pathType: string
  /** How the path is compared in the end: a rule's `Prefix` may have become a regex. */
  readonly match: string
  /** `namespace/name:port`, empty when the route forwards nowhere. */
  readonly service: string
  /** What the route does when it does not forward, or does besides: redirects, rewrite, answer. */
  readonly action: string
  readonly schemes: readonly Scheme[]
  readonly origin: Origin
}

/** TLS passed through first, then all routes, hosts in text order with the catch-all last, in match order; then streams. */
export function listRoutes(model: RoutingModel): readonly RouteRow[] {
  const hosts = [...model.routes.hosts].sort((a, b) => Number(a.host === '') - Number(b.host === ''))
  const routes = hosts.flatMap((host) =>
    host.routes.map((route): RouteRow => {
      const { action, labels } = route
      return {
        host: host.host === '' ? '*' : host.host,
        path: labels.path,
        pathType: labels.pathType === '' ? pathTypeOf(route.match) : labels.pathType,
        match: describeMatch(route.match),
        service: action.kind === 'forward' ? action.backendId : '',
        action: describeAction(route),
        schemes: host.schemes,
        origin: route.origin,
      }
    }),
  )
  const passthrough = (model.routes.passthrough ?? []).map(({ host, backendId, origin }): RouteRow => ({
    host,
    path: '/',
    pathType: 'Passthrough',
    match: 'TLS by server name',
    service: backendId,
    action: 'TLS passed through unopened',
    schemes: ['https'],
    origin,
  }))
  return [...passthrough, ...routes, ...(model.streams ?? []).map(toStreamRow)]
}

function toStreamRow(stream: StreamService): RouteRow {
  const { protocol, port, labels, origin } = stream
  const kind = protocol.toUpperCase()
  const parts = [
    `${kind} passed on unread`,
    ...(stream.decodesProxyProtocol ? ['PROXY protocol read'] : []),
    ...(stream.encodesProxyProtocol ? ['PROXY protocol written'] : []),
  ]
  return {
    host: '*',
    path: `:${port}`,
    pathType: kind,
    match: `${kind} port ${port}`,
    service: `${labels.namespace}/${labels.service}:${labels.servicePort}`,
    action: parts.join(', '),
    schemes: [],
    origin,
  }
}

function pathTypeOf(match: PathMatch): string {
  return match.kind === 'exact' ? 'Exact' : match.kind === 'prefix' ? 'Prefix' : 'ImplementationSpecific'
}

function describeAction(route: Route): string {
  const { action } = route
  const parts: string[] = []
  if (route.httpsRedirectStatus !== 0) parts.push(`http: ${route.httpsRedirectStatus} to https`)
  switch (action.kind) {
    case 'redirect':
      parts.push(`${action.status} to ${action.location}`)
      break
    case 'redirect-path':
      parts.push(`${action.status} to ${action.path}`)
      break
    case 'respond':
      parts.push(`answers ${action.answer.status}`)
      break
    case 'forward':
      if (action.rewriteTarget !== '') parts.push(`rewrite to ${action.rewriteTarget}`)
      if (action.protocol !== 'http') parts.push(`${PROTOCOL_NAMES[action.protocol]} upstream`)
      break
  }
  if (route.filter !== undefined) parts.push(describeRequestFilter(route.filter))
  return parts.join(', ')
}
