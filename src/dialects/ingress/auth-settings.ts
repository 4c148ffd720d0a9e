/** Who may use an Ingress's routes: what annotations and ConfigMap ask for, and the gates that come of it. Plain data. */
import type { BasicAuthConfig, ExternalAuthConfig } from '../../routing/gate-config.ts'

export type AuthGateConfig = BasicAuthConfig | ExternalAuthConfig

/** An authentication service as it is asked for; texts may hold variables. */
export interface ExternalAuthText {
  /** Empty = none. */
  readonly url: string
  readonly method: string
  readonly signinUrl: string
  readonly signinRedirectParam: string
  /** Lower-case. */
  readonly responseHeaders: readonly string[]
  /** `[namespace/]name` of a ConfigMap; empty = none. */
  readonly requestHeadersFrom: string
  readonly requestRedirect: string
  readonly cacheKey: string
  readonly cacheDurations: ExternalAuthConfig['cacheDurations']
  readonly alwaysSetCookie: boolean
}

export interface AuthSettings {
  /** Empty = no password is asked for. */
  readonly type: '' | 'basic' | 'digest'
  /** `[namespace/]name`; empty = none. */
  readonly secret: string
  readonly secretType: 'auth-file' | 'auth-map'
  readonly realm: string
  readonly external: ExternalAuthText
  /** For Ingresses without a service of their own. */
  readonly globalExternal: ExternalAuthText
  /** A ConfigMap key of the global service could not be read. */
  readonly isGlobalBroken: boolean
  readonly usesGlobal: boolean
  /** One of address list, password and service is enough. */
  readonly satisfiesAny: boolean
  /** Rule paths that begin with one of these are not asked for anything. */
  readonly exemptPaths: readonly string[]
  readonly allowsOtherNamespaces: boolean
  /** What the above comes to, in the order in which it is asked. */
  readonly gates: readonly AuthGateConfig[]
}

const NO_EXTERNAL_AUTH: ExternalAuthText = {
  url: '',
  method: '',
  signinUrl: '',
  signinRedirectParam: 'rd',
  responseHeaders: [],
  requestHeadersFrom: '',
  requestRedirect: '',
  cacheKey: '',
  cacheDurations: [{ statuses: [200, 202, 401], seconds: 300 }],
  alwaysSetCookie: false,
}

/** ingress-nginx's defaults (docs/nginx-annotations.md: Password authentication, Authentication by a service). */
export const NO_AUTH: AuthSettings = {
  type: '',
  secret: '',
  secretType: 'auth-file',
  realm: '',
  external: NO_EXTERNAL_AUTH,
  globalExternal: NO_EXTERNAL_AUTH,
  isGlobalBroken: false,
  usesGlobal: true,
  satisfiesAny: false,
  exemptPaths: ['/.well-known/acme-challenge'],
  allowsOtherNamespaces: false,
  gates: [],
}
