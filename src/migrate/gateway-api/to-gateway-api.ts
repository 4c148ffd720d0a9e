/** The routes of a model as Gateway API objects, with a finding for each thing that has no equal. Pure. */
import { compareText, type Finding, type Origin } from '../../base/finding.ts'
import { describeObject } from '../../kube/meta.ts'
import type { Snapshot } from '../../kube/snapshot.ts'
import type { CertificateRequest, Translation } from '../../dialects/translation.ts'
import type { Route, RoutingModel, VirtualHost } from '../../routing/model.ts'
import {
  CONTROLLER_NAME,
  type GatewayObject,
  GROUP_VERSION,
  type HttpRouteRule,
  MOST_RULES,
  objectName,
} from './gateway-objects.ts'
import { createGateways, type Gateways } from './gateways.ts'
import { createHabits, type Habits } from './habits.ts'
import { rulesOf } from './http-rules.ts'
import { remarkLoadBalancers } from './load-balancers.ts'
import { planPath } from './path-rewrite.ts'
import { createRemarks, type Remarks } from './remarks.ts'
import { pathRedirect } from './route-filters.ts'
import { withoutTaken } from './taken-routes.ts'

export interface GatewayApiResult {
  /** GatewayClass, Gateways, ReferenceGrants, HTTPRoutes, sorted. */
  readonly objects: readonly GatewayObject[]
  readonly findings: readonly Finding[]
}

/** @param namespace of the Gateways */
export function toGatewayApi(
  { model, certificateRequests, served }: Pick<Translation, 'model' | 'certificateRequests' | 'served'>,
  snapshot: Snapshot,
  namespace: string,
): GatewayApiResult {
  const remarks = createRemarks()
  const gateways = createGateways(model, namespace, (id, host) => absentSecret(certificateRequests, id, host, snapshot))
  const habitsOf = createHabits(snapshot)
  const routes = model.routes.hosts.flatMap((host) => routesOf(host, snapshot, gateways, habitsOf, remarks))
  remarkRest(model, remarks)
  remarkLoadBalancers(served, snapshot, remarks)
  const gatewayClass: GatewayObject = {
    apiVersion: GROUP_VERSION,
    kind: 'GatewayClass',
    metadata: { name: 'genkan' },
    spec: { controllerName: CONTROLLER_NAME },
  }
  return { objects: [gatewayClass, ...gateways.objects, ...uniquelyNamed(routes)], findings: remarks.findings }
}

/** A certificate that is generated here stands for a Secret that is not among the manifests. */
function absentSecret(
  requests: readonly CertificateRequest[],
  id: string,
  host: string,
  { ingresses }: Snapshot,
): string | null {
  const request = requests.find((one) => one.id === id)
  const ingress = ingresses.find((one) => describeObject(one) === request?.origin.object)
  const entry = ingress?.spec.tls.find(({ hosts, secretName }) => secretName !== '' && hosts.includes(host))
  return ingress === undefined || entry === undefined ? null : `${ingress.meta.namespace}/${entry.secretName}`
}

/** One HTTPRoute for each Ingress and listener of a host. */
function routesOf(
  host: VirtualHost,
  snapshot: Snapshot,
  gateways: Gateways,
  habitsOf: (route: Route) => Habits,
  remarks: Remarks,
): readonly GatewayObject[] {
  if (host.clientCertificates !== undefined) {
    remarks.leftOut(
      host.routes[0]?.origin ?? WHOLE,
      `Cannot write the routes of ${host.host === '' ? 'all hosts' : host.host}: they are for clients with certificates, which a Gateway asks for at its listeners (tls.frontend), and would be open without; ` +
        'write them by hand',
    )
    return []
  }
  if (host.redirectTo !== undefined) return [twinRoute(host, host.redirectTo, gateways)]
  if (host.host.startsWith('*.') && host.routes[0] !== undefined) {
    remarks.differs(
      host.routes[0].origin,
      `Cannot write the host ${host.host} quite the same: in the Gateway API it matches any number of labels, in ingress-nginx one; check it`,
    )
  }
  const listener = host.schemes.includes('https') ? gateways.httpsListenerOf(host) : null
  const isPlain = host.schemes.includes('http')
  const objects: GatewayObject[] = []
  const inOrder = host.routes.every((route) => habitsOf(route).name === 'alb')
  const served = inOrder ? withoutTaken(host.routes, remarks) : host.routes
  for (const [ingress, routes] of groupByIngress(served)) {
    const namespace = routes[0]?.labels.namespace ?? ''
    const name = objectName(ingress, host.host)
    // The redirect to the application's root comes before all rules; the first Ingress of the host has it.
    const root = routes[0] === host.routes[0] ? appRootRule(host) : []
    const make = (suffix: string, parents: readonly object[], isTls: boolean, redirects: boolean): void => {
      const context = { host, snapshot, isTls, remarks }
      const rules = routes.flatMap((route) =>
        redirects && route.httpsRedirectStatus !== 0
          ? httpsRedirect(route)
          : rulesOf(route, { ...context, habits: habitsOf(route) }),
      )
      objects.push(...chunk(name + suffix, namespace, host, parents, [...root, ...rules]))
    }
    const redirected = routes.find((route) => route.httpsRedirectStatus !== 0)
    if (!isPlain) {
      if (listener !== null) make('', [listener], true, false)
      else
        remarks.leftOut(
          routes[0]?.origin ?? WHOLE,
          `Cannot write the routes of ${host.host}: they are for https alone, and no certificate of theirs is known; name one below spec.tls`,
        )
    } else if (listener === null) {
      if (redirected !== undefined) remarkNoRedirect(redirected, host, remarks)
      make('', [gateways.httpParent], false, false)
    } else if (redirected === undefined && (host.strictTransportSecurity ?? '') === '') {
      make('', [gateways.httpParent, listener], false, false)
    } else {
      make('', [listener], true, false)
      make('-http', [gateways.httpParent], false, true)
    }
  }
  return objects
}

function remarkNoRedirect({ origin }: Route, { host }: VirtualHost, remarks: Remarks): void {
  remarks.noEqual(
    origin,
    `Cannot redirect ${host === '' ? 'all hosts' : host} to https: it has no certificate here, and the Gateway API does not ask the proxy in front; let that one redirect`,
  )
}

function groupByIngress(routes: readonly Route[]): ReadonlyMap<string, readonly Route[]> {
  const groups = new Map<string, Route[]>()
  for (const route of routes) {
    const key = `${route.labels.namespace}/${route.labels.ingress}`
    const list = groups.get(key)
    if (list === undefined) groups.set(key, [route])
    else list.push(route)
  }
  return new Map([...groups].map(([key, list]) => [key.slice(key.indexOf('/') + 1), list] as const))
}

function appRootRule({ appRoot }: VirtualHost): readonly HttpRouteRule[] {
  if (appRoot === '') return []
  return [{ matches: [{ path: { type: 'Exact', value: '/' } }], filters: [pathRedirect(302, appRoot)] }]
}

/** Of the path alone: what has no equal is remarked on where the rule itself is written. */
function httpsRedirect({ match, action, httpsRedirectStatus }: Route): readonly HttpRouteRule[] {
  const plan = planPath(match, action.kind === 'forward' ? action.rewriteTarget : '')
  if ('impossible' in plan) return []
  const requestRedirect = { scheme: 'https', statusCode: httpsRedirectStatus }
  return [{ matches: [{ path: plan.match }], filters: [{ type: 'RequestRedirect', requestRedirect }] }]
}

function chunk(
  name: string,
  namespace: string,
  host: VirtualHost,
  parentRefs: readonly object[],
  rules: readonly HttpRouteRule[],
): readonly GatewayObject[] {
  const hostnames = [host.host, ...(host.aliases ?? [])].filter((one) => one !== '')
  const objects: GatewayObject[] = []
  for (let start = 0; start < rules.length; start += MOST_RULES) {
    objects.push({
      apiVersion: GROUP_VERSION,
      kind: 'HTTPRoute',
      metadata: { name: start === 0 ? name : `${name}-${start / MOST_RULES + 1}`, namespace },
      spec: {
        parentRefs,
        ...(hostnames.length === 0 ? {} : { hostnames }),
        rules: rules.slice(start, start + MOST_RULES),
      },
    })
  }
  return objects
}

function twinRoute(
  host: VirtualHost,
  target: { readonly host: string; readonly status: number },
  gateways: Gateways,
): GatewayObject {
  const listener = gateways.httpsListenerOf(host)
  const requestRedirect = { hostname: target.host, statusCode: target.status }
  return {
    apiVersion: GROUP_VERSION,
    kind: 'HTTPRoute',
    metadata: { name: objectName('redirect', host.host), namespace: gateways.namespace },
    spec: {
      parentRefs: [gateways.httpParent, ...(listener === null ? [] : [listener])],
      hostnames: [host.host],
      rules: [{ filters: [{ type: 'RequestRedirect', requestRedirect }] }],
    },
  }
}

/** Two hosts may lead to one name (`a.b` and `a-b`). */
function uniquelyNamed(objects: readonly GatewayObject[]): readonly GatewayObject[] {
  const taken = new Set<string>()
  return objects
    .map((object) => {
      const { name, namespace } = object.metadata
      let unique = name
      for (let number = 2; taken.has(`${namespace}/${unique}`); number++) unique = `${name.slice(0, 59)}-${number}`
      taken.add(`${namespace}/${unique}`)
      return { ...object, metadata: { ...object.metadata, name: unique } }
    })
    .sort(
      (a, b) =>
        compareText(a.metadata.namespace ?? '', b.metadata.namespace ?? '') ||
        compareText(a.metadata.name, b.metadata.name),
    )
}

const WHOLE: Origin = { object: 'Gateway', path: '' }

function remarkRest({ routes, streams }: RoutingModel, remarks: Remarks): void {
  if (routes.fallback.backendId !== undefined) {
    remarks.noEqual(
      WHOLE,
      `Cannot write the default backend ${routes.fallback.backendId}: hosts that no route names are answered 404; write an HTTPRoute without hostnames if that is meant`,
    )
  }
  if (routes.blocks !== undefined) {
    remarks.leftOut(
      WHOLE,
      'Cannot write block-cidrs, block-user-agents and block-referers: the Gateway API has no equal, and they are for every host; use a policy of your implementation',
    )
  }
  for (const { host } of routes.passthrough ?? []) {
    remarks.noEqual(
      WHOLE,
      `Cannot write TLS passthrough of ${host} here: write a TLSRoute and a listener with tls.mode Passthrough`,
    )
  }
  if (streams !== undefined && streams.length > 0) {
    remarks.noEqual(
      WHOLE,
      `Cannot write ${streams.length} TCP and UDP services here: write a listener and a TCPRoute or UDPRoute for each`,
    )
  }
}
