/**
 * From Kubernetes objects to the routing model: a pure function of the Snapshot and the options. It never throws on
 * what users wrote; whatever cannot be honoured becomes a finding.
 */
import { compareFindings, compareText } from '../base/finding.ts'
import type { Service } from '../kube/objects.ts'
import type { Snapshot } from '../kube/snapshot.ts'
import type { Fallback, VirtualHost } from '../routing/model.ts'
import { readAlbSettings } from './alb/annotations.ts'
import { albGroupOf, shareSslRedirects } from './alb/groups.ts'
import { readContourSettings } from './contour/annotations.ts'
import { type BackendRegistry, createBackendRegistry } from './ingress/backends.ts'
import { collectServiceAddressed, withBalancers } from './ingress/balancing-routes.ts'
import { attachCanaries } from './ingress/canaries.ts'
import { chooseCertificates } from './ingress/certificates.ts'
import { type ClassifiedIngress, fallbackPersonality, selectIngresses } from './ingress/class.ts'
import { readGenkanSettings } from './genkan/ingress-annotations.ts'
import { createErrorFields } from './ingress/error-backends.ts'
import { collectExtraHosts, twinOf } from './ingress/extra-hosts.ts'
import { collectHosts } from './ingress/hosts.ts'
import type { ServedIngress } from './ingress/location.ts'
import { PERSONALITIES } from './ingress/personality.ts'
import { withResilience } from './ingress/resilience-routes.ts'
import { type DefaultBackend, DENIED_ANSWER, toVirtualHost } from './ingress/routes.ts'
import type { IngressSettings } from './ingress/settings.ts'
import { remarkTlsHosts } from './ingress/tls-hosts.ts'
import { type AnnotationPolicy, settlePolicy } from './nginx/annotation-policy.ts'
import { readNginxSettings } from './nginx/annotations.ts'
import { settleAuth } from './nginx/auth-gates.ts'
import { readNginxConfig } from './nginx/config-map.ts'
import { settleCustomHeaders } from './nginx/header-annotations.ts'
import { collectPassthrough } from './nginx/passthrough.ts'
import { readStreamServices } from './nginx/stream-services.ts'
import { resolveHeaderConfig } from './nginx/header-config.ts'
import { settleMirror } from './nginx/mirror.ts'
import { readControllerArgs, type Sourced } from './nginx/controller-args.ts'
import { viewOf, withPrefix } from './nginx/controller-view.ts'
import { settleTls } from './nginx/tls-gates.ts'
import { remarkTracing, settleTracing } from './nginx/tracing.ts'
import { createFindingLog, type Report } from './report.ts'
import type { TranslateOptions, Translation } from './translation.ts'

export function translate(objects: Snapshot, options: TranslateOptions): Translation {
  const log = createFindingLog()
  const args = readControllerArgs(objects, options, log.report)
  const report = withPrefix(log.report, args.annotationsPrefix)
  const snapshot = viewOf(objects, args, report)
  const config = readNginxConfig(snapshot, args.configMap, options, report)
  const headers = resolveHeaderConfig(config.headers, { snapshot, report, originOf: config.originOf })
  const nginxDefaults = { ...config.defaults, headers: headers.settings }
  const choice = {
    classes: options.classes,
    controllers: args.controllers,
    isAmongOthers: options.controller !== undefined,
  }
  const classified = selectIngresses(snapshot, choice, report)
  const all = shareSslRedirects(
    classified.map((item): ServedIngress => ({
      ...item,
      settings: readGenkanSettings(item.ingress, readSettings(item, nginxDefaults, config.policy, report), report),
      group: albGroupOf(item, snapshot),
    })),
  )
  const backends = createBackendRegistry(snapshot, options.endpoints, report, {
    serviceAddressed: collectServiceAddressed(all),
    nodeZone: options.nodeZone ?? '',
  })
  const canaries = all.filter(({ settings }) => settings.balancing.canary.isOn && !settings.isDenied)
  const served = all
    .filter((item) => !item.settings.balancing.canary.isOn)
    .map((item) => ({
      ...item,
      settings: settleCustomHeaders(item.ingress, item.settings, headers.allowedResponseHeaders, snapshot, report),
    }))
    .map((item) => ({ ...item, settings: settleAuth(item.ingress, item.settings, { snapshot, backends, report }) }))
    .map((item) => ({ ...item, settings: settleMirror(item.ingress, item.settings, { snapshot, backends, report }) }))
    .map((item) => ({ ...item, settings: settleTls(item.ingress, item.settings, { snapshot, report }) }))

  const drafts = collectHosts(served, report)
  attachCanaries(drafts, canaries, report)
  const extra = collectExtraHosts(drafts, report)
  remarkTlsHosts(served, report)
  const certificates = chooseCertificates(drafts, snapshot, options.nowMs, log, extra, args.defaultCertificate)
  const defaultBackend = findDefaultBackend(snapshot, args.defaultBackendService, backends, report)
  const errorFieldsOf = createErrorFields(snapshot, backends, defaultBackend?.id ?? null, report)
  const context = {
    backends,
    defaultBackend,
    tlsHosts: certificates.tlsHosts,
    nginxAnswers: headers.answers,
    aliases: extra.aliases,
    errorFieldsOf,
    report,
  }
  const hosts = drafts
    .map((draft) => toVirtualHost(draft, context))
    .filter((host): host is VirtualHost => host !== null)
  for (const [twin, name] of extra.twins) {
    const target = hosts.find(({ host }) => host === name)
    if (target !== undefined) hosts.push(twinOf(twin, target, config.defaults.httpsRedirectStatus))
  }
  hosts.sort((a, b) => compareText(a.host, b.host))
  const passthrough = collectPassthrough(drafts, hosts, args.allowsPassthrough, report)
  const streams = readStreamServices(
    snapshot,
    {
      tcp: args.tcpServices,
      udp: args.udpServices,
      reservedPorts: options.reservedPorts ?? new Map(),
      endpoints: options.endpoints,
      nodeZone: options.nodeZone ?? '',
    },
    report,
  )

  const isTraced = all.some(({ settings }) => settings.tracing.isOn)
  const tracing = settleTracing(config.tracing, isTraced)
  if (isTraced) {
    remarkTracing(config.tracing, all, config.defaults.tracing.isOn, config.originOf('enable-opentelemetry'), report)
  }
  const { name, notFound } = PERSONALITIES[fallbackPersonality(snapshot, choice, classified)]
  const answers = name === 'nginx' ? headers.answers : {}
  const fallback: Fallback = config.defaults.isDenied
    ? { notFound: DENIED_ANSWER, ...answers }
    : defaultBackend === null
      ? { notFound, ...answers }
      : { backendId: defaultBackend.id, notFound, ...answers }
  return {
    model: {
      routes: {
        hosts,
        fallback,
        ...(config.blocks === null ? {} : { blocks: config.blocks }),
        ...(passthrough.length === 0 ? {} : { passthrough }),
      },
      backends: withResilience(withBalancers(backends.list(), all, report), all, hosts, snapshot, report).concat(
        streams.backends,
      ),
      certificates: certificates.table,
      settings: { ...config.proxy, ...tracing },
      ...(streams.services.length === 0 ? {} : { streams: streams.services }),
    },
    certificateRequests: certificates.requests,
    findings: [...log.findings].sort(compareFindings),
    served: classified.map(({ ingress }) => ingress),
  }
}

function readSettings(
  { ingress, personality }: ClassifiedIngress,
  nginxDefaults: IngressSettings,
  policy: AnnotationPolicy,
  report: Report,
): IngressSettings {
  switch (personality.name) {
    case 'nginx':
      return settlePolicy(ingress, readNginxSettings(ingress, nginxDefaults, report), policy, report)
    case 'contour':
      return readContourSettings(ingress, report)
    case 'alb':
      return readAlbSettings(ingress, report)
  }
}

/** The Service that answers unknown hosts and paths, by its first port. */
function findDefaultBackend(
  snapshot: Snapshot,
  { value, origin }: Sourced,
  backends: BackendRegistry,
  report: Report,
): DefaultBackend | null {
  if (value === '') return null
  const slash = value.indexOf('/')
  const service: Service | undefined = snapshot.service(value.slice(0, slash), value.slice(slash + 1))
  if (slash <= 0 || service === undefined) {
    const state = slash > 0 ? 'it does not exist' : 'it is not namespace/name'
    report(
      'SERVICE_NOT_FOUND',
      `Cannot use ${value} as default backend: ${state}; unknown hosts and paths are answered 404 until it does`,
      origin,
      undefined,
      slash > 0 ? `Service ${value}` : undefined,
    )
    return null
  }
  const port = backends.resolveFirstPort(service)
  return port === null ? null : { id: port.id, service: service.meta.name, port: port.port }
}
