/** Turns what is claimed on a host into routes in match order. */
import { originOf } from '../../kube/meta.ts'
import type { HostAnswerEdits } from '../../routing/answer-edits.ts'
import { UNAVAILABLE_NGINX } from '../../routing/defaults.ts'
import type { LocalAnswer, Route, RouteAction, RouteLabels, Scheme, VirtualHost } from '../../routing/model.ts'
import { compareAlbLocations } from '../alb/locations.ts'
import { spreadHttpsRedirects } from '../alb/https-redirect.ts'
import { filterField } from '../genkan/filters.ts'
import { answerEditsOf } from '../genkan/headers.ts'
import { compareContourLocations } from '../contour/locations.ts'
import { compareNginxLocations, finishNginxLocations, isRewriteEffective } from '../nginx/locations.ts'
import type { UpstreamTlsConfig } from '../../routing/upstream-tls.ts'
import type { Report } from '../report.ts'
import { guardFields } from './access-routes.ts'
import { type BackendRegistry, portText } from './backends.ts'
import { compressionField } from './compression-settings.ts'
import { balancingFields } from './balancing-routes.ts'
import type { ErrorFieldsOf } from './error-backends.ts'
import { tracingFields } from './tracing-settings.ts'
import { upstreamHeaderFields } from './upstream-headers.ts'
import { hostTlsFields, hostUpstreamTls, isChallenge, upstreamTlsFields } from './host-tls.ts'
import type { HostDraft, Location } from './location.ts'
import type { IngressSettings } from './settings.ts'
import { bandwidthField, transferFields } from './transfer-settings.ts'
import type { PersonalityName } from './personality.ts'
import { timeoutFields } from './resilience-routes.ts'

/** The default backend Service of the installation. */
export interface DefaultBackend {
  readonly id: string
  readonly service: string
  readonly port: string
}

export interface RouteContext {
  readonly backends: BackendRegistry
  readonly defaultBackend: DefaultBackend | null
  readonly tlsHosts: ReadonlySet<string>
  /** Changes to the answers of every host that belongs to an nginx Ingress. */
  readonly nginxAnswers: HostAnswerEdits
  /** Further names by host. */
  readonly errorFieldsOf: ErrorFieldsOf
  readonly aliases: ReadonlyMap<string, readonly string[]>
  readonly report: Report
}

const COMPARE = {
  nginx: compareNginxLocations,
  contour: compareContourLocations,
  alb: compareAlbLocations,
} as const satisfies Record<PersonalityName, (a: Location, b: Location) => number>

/** @returns `null` for a host that the owner's personality would not know */
export function toVirtualHost(host: HostDraft, context: RouteContext): VirtualHost | null {
  const owner = host.members[0]
  if (owner === undefined) return null
  const locations = spreadHttpsRedirects(finishNginxLocations(host, context.report))
  const ordered = [...locations].sort(COMPARE[owner.personality.name])
  const schemes = schemesOf(host, context)
  const isClosed = host.members.some((member) => member.settings.closesHosts)
  const aliases = context.aliases.get(host.host)
  const tlsFields = hostTlsFields(host, context.report)
  const asksForCertificates = tlsFields.clientCertificates !== undefined
  const hostContext = { ...context, upstreamTls: hostUpstreamTls(host), asksForCertificates }
  return {
    host: host.host,
    ...(aliases === undefined ? {} : { aliases }),
    schemes,
    ...(owner.settings.redirects.isRelative ? { usesRelativeRedirects: true } : {}),
    appRoot: host.members.find((member) => member.settings.appRoot !== '')?.settings.appRoot ?? '',
    ...(owner.personality.name === 'nginx' ? context.nginxAnswers : {}),
    routes: ordered.map((location) =>
      toRoute(isClosed ? closed(location) : location, host.host, schemes.includes('http'), hostContext),
    ),
    notFound: owner.personality.notFound,
    ...tlsFields,
  }
}

function closed(location: Location): Location {
  return { ...location, settings: { ...location.settings, isDenied: true } }
}

/** Plain http unless every Ingress of the host forbids it; https where TLS is on or the personality always has it. */
function schemesOf(host: HostDraft, context: RouteContext): readonly Scheme[] {
  const isHttps = context.tlsHosts.has(host.host) || host.members.some((member) => member.personality.alwaysServesHttps)
  const isHttp = host.members.some((member) => member.settings.allowsHttp)
  return [...(isHttp ? (['http'] as const) : []), ...(isHttps ? (['https'] as const) : [])]
}

/** With what holds for a whole host. */
interface HostContext extends RouteContext {
  readonly upstreamTls: UpstreamTlsConfig | null
  readonly asksForCertificates: boolean
}

function toRoute(location: Location, host: string, servesHttp: boolean, context: HostContext): Route {
  const { served, settings } = location
  const { namespace, name } = served.ingress.meta
  const role = location.role === '' ? location.pathType : location.role
  const id = `${namespace}/${name}|${host}|${role}|${location.path}`
  const responseHeaders = answerEditsOf(settings.genkan, settings.headers.responseHeaders)
  const action = settings.isDenied ? respond(served.personality.unavailable) : toAction(location, context)
  return {
    id,
    match: location.match,
    maxBodyBytes: settings.maxBodyBytes,
    httpsRedirectStatus: httpsRedirectOf(location, host, servesHttp, context),
    ...(settings.redirects.keepsTrailingSlash ? { keepsTrailingSlash: true } : {}),
    ...(settings.redirects.namesPort ? { namesPortInRedirects: true } : {}),
    ...(settings.redirects.isRelative ? { usesRelativeRedirects: true } : {}),
    ...(responseHeaders === undefined ? {} : { responseHeaders }),
    ...(settings.isDenied ? {} : filterField(settings.genkan)),
    ...guardFields(location, id),
    ...context.errorFieldsOf(location),
    ...(settings.answers.isLogged ? {} : { isLogged: false }),
    ...tracingFields(settings.tracing),
    ...(action.kind === 'forward' ? compressionField(settings.compression) : {}),
    ...(action.kind === 'forward' ? bandwidthField(settings.transfer) : {}),
    ...(action.kind === 'forward' && settings.mirror.config !== null ? { mirror: settings.mirror.config } : {}),
    ...(action.kind === 'forward' ? balancingFields(location, context.backends) : {}),
    ...(context.asksForCertificates && isChallenge(location) ? { isOpenOnHttp: true } : {}),
    action,
    labels: labelsOf(location, host, context),
    origin: originOf(served.ingress, ...location.field),
  }
}

function httpsRedirectOf(
  location: Location,
  host: string,
  servesHttp: boolean,
  context: RouteContext,
): Route['httpsRedirectStatus'] {
  const { settings, path, role } = location
  // A refused route says so on both listeners; a missing slash is mended before all else.
  if (settings.isDenied || role === 'slash') return 0
  // Neighbours keep plain http open on this host; this Ingress's own paths must still not be served over it.
  if (!settings.allowsHttp && servesHttp) return settings.httpsRedirectStatus
  const isExempt = settings.noHttpsRedirectPaths.some((prefix) => path.startsWith(prefix))
  if (isExempt || settings.httpsRedirect === 'never') return 0
  return settings.httpsRedirect === 'always' || hasTls(host, context.tlsHosts) ? settings.httpsRedirectStatus : 0
}

/** A certificate for the host, or for the wildcard that covers it, is enough to redirect (ingress-nginx, tls.md). */
function hasTls(host: string, tlsHosts: ReadonlySet<string>): boolean {
  // Which names the catch-all host is asked for is not known here.
  if (host === '') return false
  const dot = host.indexOf('.')
  return tlsHosts.has(host) || (dot > 0 && tlsHosts.has(`*${host.slice(dot)}`))
}

function toAction(location: Location, context: HostContext): RouteAction {
  const { target, settings, served } = location
  switch (target.kind) {
    case 'respond':
      return respond(target.answer)
    case 'redirect':
    case 'redirect-path':
      return target
    case 'https-redirect':
      throw new TypeError('Unhandled https-redirect: spreadHttpsRedirects replaces it')
    case 'default':
    case 'backend':
      break
  }
  if (settings.redirect !== null) return { kind: 'redirect', ...settings.redirect }
  if (settings.genkan.respond !== null && target.kind === 'backend') return respondTo(settings.genkan)
  const { notFound, unavailable } = served.personality
  if (target.kind === 'default') return forwardToDefault(location, context)
  const { backend } = target
  switch (backend.kind) {
    case 'invalid':
      return respond(unavailable)
    case 'resource':
      context.report(
        'BACKEND_RESOURCE',
        `Cannot route to ${backend.resourceKind} ${backend.name}: resource backends are not served and the default backend answers; accepted is a service`,
        originOf(served.ingress, ...location.backendField, 'resource'),
      )
      return context.defaultBackend === null ? respond(notFound) : forwardToDefault(location, context)
    case 'service': {
      const backendId = context.backends.resolve(backend.name, backend.port, {
        ingress: served.ingress,
        field: location.backendField,
        acceptsTargetPort: served.personality.acceptsTargetPort,
      })
      return backendId === null ? respond(unavailable) : forward(location, backendId, unavailable, context)
    }
  }
}

/** The default backend without endpoints is as if there were none (ingress-nginx, default-backend.md). */
function forwardToDefault(location: Location, context: HostContext): RouteAction {
  const { notFound } = location.served.personality
  return context.defaultBackend === null
    ? respond(notFound)
    : forward(location, context.defaultBackend.id, notFound, context)
}

function forward(location: Location, backendId: string, unavailable: LocalAnswer, context: HostContext): RouteAction {
  const { settings, served } = location
  return {
    kind: 'forward',
    backendId,
    rewriteTarget: isRewriteEffective(location) ? settings.rewriteTarget : '',
    protocol: settings.protocol ?? context.backends.protocolOf(backendId),
    connectTimeoutMs: settings.connectTimeoutMs,
    sendTimeoutMs: settings.sendTimeoutMs,
    readTimeoutMs: settings.readTimeoutMs,
    maxTries: settings.maxTries,
    ...(settings.retry === null ? {} : { retry: settings.retry }),
    unavailable,
    addsUpstreamServiceTime: served.personality.addsUpstreamServiceTime,
    ...upstreamHeaderFields(location),
    ...transferFields(settings.transfer),
    ...timeoutFields(settings.resilience),
    ...upstreamTlsFields(location, backendId, context.upstreamTls),
  }
}

function respond(answer: LocalAnswer): RouteAction {
  return { kind: 'respond', answer }
}

function respondTo({ respond: asked, respondContentType }: IngressSettings['genkan']): RouteAction {
  if (asked === null) throw new TypeError('Cannot answer: nothing is to be said')
  return respond({ ...asked, contentType: respondContentType })
}

function labelsOf(location: Location, host: string, context: RouteContext): RouteLabels {
  const { target, served, path, pathType } = location
  const { namespace, name } = served.ingress.meta
  const base = { namespace, ingress: name, service: '', servicePort: '', path, pathType, host }
  if (target.kind === 'backend' && target.backend.kind === 'service') {
    return { ...base, service: target.backend.name, servicePort: portText(target.backend.port) }
  }
  if (target.kind !== 'default' || context.defaultBackend === null) return base
  return { ...base, service: context.defaultBackend.service, servicePort: context.defaultBackend.port }
}

/** Where a ConfigMap asks for a protection of everything that is not available, unknown hosts are refused too. */
export const DENIED_ANSWER: LocalAnswer = UNAVAILABLE_NGINX
