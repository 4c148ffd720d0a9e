/** The Gateway API objects that are written (gateway.networking.k8s.io v1, release 1.6), as far as they are used. */

export const CONTROLLER_NAME = 'genkan.dev/gateway-controller'
export const GROUP_VERSION = 'gateway.networking.k8s.io/v1'
/** API limits: what is more goes into a further object. */
export const MOST_RULES = 16
export const MOST_LISTENERS = 64

export interface Metadata {
  readonly name: string
  readonly namespace?: string
}

export interface GatewayObject {
  readonly apiVersion: string
  readonly kind: 'GatewayClass' | 'Gateway' | 'HTTPRoute' | 'ReferenceGrant'
  readonly metadata: Metadata
  readonly spec: object
}

export interface HttpRouteMatch {
  readonly path: { readonly type: 'Exact' | 'PathPrefix' | 'RegularExpression'; readonly value: string }
  readonly headers?: readonly HeaderMatch[]
}

export interface HeaderMatch {
  readonly type: 'Exact' | 'RegularExpression'
  readonly name: string
  readonly value: string
}

export interface BackendRef {
  readonly name: string
  readonly namespace?: string
  readonly port: number
  readonly weight?: number
}

export type HttpRouteFilter =
  | { readonly type: 'RequestRedirect'; readonly requestRedirect: object }
  | { readonly type: 'URLRewrite'; readonly urlRewrite: object }
  | { readonly type: 'RequestHeaderModifier'; readonly requestHeaderModifier: object }
  | { readonly type: 'ResponseHeaderModifier'; readonly responseHeaderModifier: object }
  | { readonly type: 'CORS'; readonly cors: object }

export interface HttpRouteRule {
  readonly matches: readonly HttpRouteMatch[]
  readonly filters?: readonly HttpRouteFilter[]
  readonly backendRefs?: readonly BackendRef[]
  readonly timeouts?: { readonly backendRequest: string }
}

/** A name for an object from parts that are none: lower case, `-` for the rest, at most 63 characters. */
export function objectName(...parts: readonly string[]): string {
  const text = parts
    .filter((part) => part !== '')
    .join('-')
    .toLowerCase()
    .replaceAll('*', 'any')
    .replaceAll(/[^a-z0-9-]+/g, '-')
    .replaceAll(/-{2,}/g, '-')
  return text.slice(0, 63).replaceAll(/^-+|-+$/g, '') || 'route'
}
