/** What a route does with requests and answers, as filters of an HTTPRoute. */
import type { CorsPolicy } from '../../routing/cors.ts'
import type { HeaderEdits } from '../../routing/header-edits.ts'
import type { ForwardAction, Route, VirtualHost } from '../../routing/model.ts'
import type { HttpRouteFilter } from './gateway-objects.ts'
import type { Remarks } from './remarks.ts'

/**
 * @param rewrite of the path; `null` = it stays
 * @param isTls whether the rule is attached to the https listener
 */
export function forwardFilters(
  route: Route & { readonly action: ForwardAction },
  host: VirtualHost,
  rewrite: object | null,
  isTls: boolean,
  remarks: Remarks,
): readonly HttpRouteFilter[] {
  const filters: HttpRouteFilter[] = []
  const { upstreamHeaders } = route.action
  const hostHeader = upstreamHeaders?.set.find(({ name }) => name.toLowerCase() === 'host')?.value
  const urlRewrite = { ...(hostHeader === undefined ? {} : { hostname: hostHeader }), ...rewrite }
  if (Object.keys(urlRewrite).length > 0) filters.push({ type: 'URLRewrite', urlRewrite })
  const request = [route.requestHeaders, upstreamHeaders].map((edits) => modifierOf(edits, ['host']))
  const requestHeaderModifier = mergeModifiers(request)
  if (requestHeaderModifier !== null) filters.push({ type: 'RequestHeaderModifier', requestHeaderModifier })
  if (JSON.stringify(requestHeaderModifier).includes('$')) {
    remarks.differs(
      route.origin,
      'Cannot keep variables in headers to upstreams: the Gateway API has fixed values only, so they are sent as text; edit them',
    )
  }
  const hsts = isTls && (host.strictTransportSecurity ?? '') !== '' ? host.strictTransportSecurity : undefined
  const responseHeaderModifier = mergeModifiers([
    modifierOf(host.responseHeaders, []),
    modifierOf(route.responseHeaders, []),
    hsts === undefined ? null : { set: [{ name: 'Strict-Transport-Security', value: hsts }] },
    route.action.hiddenHeaders === undefined ? null : { remove: route.action.hiddenHeaders },
  ])
  if (responseHeaderModifier !== null) filters.push({ type: 'ResponseHeaderModifier', responseHeaderModifier })
  if (route.cors !== undefined) filters.push({ type: 'CORS', cors: corsOf(route.cors) })
  return filters
}

interface Modifier {
  readonly set?: HeaderEdits['set']
  readonly add?: HeaderEdits['add']
  readonly remove?: readonly string[]
}

function modifierOf(edits: HeaderEdits | undefined, except: readonly string[]): Modifier | null {
  if (edits === undefined) return null
  const kept = ({ name }: { readonly name: string }): boolean => !except.includes(name.toLowerCase())
  return { set: edits.set.filter(kept), add: edits.add.filter(kept), remove: edits.remove }
}

/** One modifier of several, empty parts left out; later values of a name win. */
function mergeModifiers(modifiers: readonly (Modifier | null)[]): Modifier | null {
  const set = new Map<string, { readonly name: string; readonly value: string }>()
  const add: { readonly name: string; readonly value: string }[] = []
  const remove = new Set<string>()
  for (const modifier of modifiers) {
    for (const header of modifier?.set ?? []) set.set(header.name.toLowerCase(), header)
    add.push(...(modifier?.add ?? []))
    for (const name of modifier?.remove ?? []) remove.add(name)
  }
  const merged: Modifier = {
    ...(set.size === 0 ? {} : { set: [...set.values()] }),
    ...(add.length === 0 ? {} : { add }),
    ...(remove.size === 0 ? {} : { remove: [...remove] }),
  }
  return Object.keys(merged).length === 0 ? null : merged
}

function corsOf(policy: CorsPolicy): object {
  const list = (text: string): readonly string[] =>
    text
      .split(',')
      .map((entry) => entry.trim())
      .filter((entry) => entry !== '')
  return {
    // `null` is no origin to the Gateway API.
    allowOrigins: policy.allowOrigins.filter((origin) => origin !== 'null'),
    allowMethods: list(policy.allowMethods),
    allowHeaders: list(policy.allowHeaders),
    ...(policy.allowsCredentials ? { allowCredentials: true } : {}),
    ...(policy.exposeHeaders === '' ? {} : { exposeHeaders: list(policy.exposeHeaders) }),
    maxAge: Math.max(1, policy.maxAgeSeconds),
  }
}

/** @returns `null` for a location that a redirect filter cannot say */
export function redirectFilter(status: number, location: string): HttpRouteFilter | null {
  if (location.startsWith('/')) return pathRedirect(status, location)
  if (!URL.canParse(location)) return null
  const { protocol, hostname, port, pathname, search, hash } = new URL(location)
  if (search !== '' || hash !== '' || !/^https?:$/.test(protocol)) return null
  return {
    type: 'RequestRedirect',
    requestRedirect: {
      scheme: protocol.slice(0, -1),
      hostname,
      ...(port === '' ? {} : { port: Number(port) }),
      path: { type: 'ReplaceFullPath', replaceFullPath: pathname },
      statusCode: status,
    },
  }
}

export function pathRedirect(status: number, path: string): HttpRouteFilter {
  return {
    type: 'RequestRedirect',
    requestRedirect: { path: { type: 'ReplaceFullPath', replaceFullPath: path }, statusCode: status },
  }
}
