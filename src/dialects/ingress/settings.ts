/** What one Ingress asks for its routes, whoever's annotations said so. Plain data; personalities give the defaults. */
import { type AccessSettings, OPEN_ACCESS } from './access-settings.ts'
import { type AuthSettings, NO_AUTH } from './auth-settings.ts'
import { type BalancingSettings, PLAIN_BALANCING } from './balancing-settings.ts'
import type { UpstreamProtocol } from '../../routing/model.ts'
import type { RetryPolicy } from '../../routing/retry-policy.ts'
import { type AnswerSettings, PLAIN_ANSWERS } from './answer-settings.ts'
import { type ErrorSettings, PLAIN_ERRORS } from './error-settings.ts'
import { type CompressionSettings, PLAIN_COMPRESSION } from './compression-settings.ts'
import { type GenkanSettings, PLAIN_GENKAN } from './genkan-settings.ts'
import { type HeaderSettings, NO_HEADERS } from './header-settings.ts'
import { NO_RESILIENCE, type ResilienceSettings } from './resilience-settings.ts'
import { type MirrorSettings, NO_MIRROR } from './mirror-settings.ts'
import { PLAIN_REDIRECTS, type RedirectSettings } from './redirect-settings.ts'
import { NO_TRACING, type TracingSettings } from './tracing-settings.ts'
import { PLAIN_TLS, type TlsSettings } from './tls-settings.ts'
import { PLAIN_TRANSFER, type TransferSettings } from './transfer-settings.ts'

export interface IngressSettings {
  /** Redirect plain http: never, when the host has TLS, or always. */
  readonly httpsRedirect: 'never' | 'with-tls' | 'always'
  readonly httpsRedirectStatus: 301 | 302 | 307 | 308
  /** Rule paths that begin with one of these are not redirected to https. */
  readonly noHttpsRedirectPaths: readonly string[]
  /** Answers every request below the Ingress's paths. */
  readonly redirect: { readonly status: number; readonly location: string } | null
  /** Empty = off. */
  readonly rewriteTarget: string
  readonly usesRegex: boolean
  /** Empty = off. */
  readonly appRoot: string
  /** `null` = as the Service's port says. */
  readonly protocol: UpstreamProtocol | null
  /** 0 = unlimited. */
  readonly maxBodyBytes: number
  readonly connectTimeoutMs: number
  readonly sendTimeoutMs: number
  readonly readTimeoutMs: number
  readonly maxTries: number
  /** `null` = the next endpoint is tried only when no connection could be made. */
  readonly retry: RetryPolicy | null
  readonly headers: HeaderSettings
  readonly errors: ErrorSettings
  readonly answers: AnswerSettings
  readonly redirects: RedirectSettings
  readonly auth: AuthSettings
  readonly access: AccessSettings
  /** False where the Ingress must not be reachable over plain http. */
  readonly allowsHttp: boolean
  /** A protection was asked for that is not available: answer 503. */
  readonly isDenied: boolean
  /** The same for all routes of the Ingress's hosts, whoever wrote them. */
  readonly closesHosts: boolean
  /** TLS of the Ingress's hosts goes to the Service of path `/` unopened. */
  readonly passesTls?: boolean
  readonly balancing: BalancingSettings
  readonly tls: TlsSettings
  readonly resilience: ResilienceSettings
  readonly tracing: TracingSettings
  /** What `genkan.dev/*` annotations said. */
  readonly genkan: GenkanSettings
  readonly compression: CompressionSettings
  readonly mirror: MirrorSettings
  readonly transfer: TransferSettings
}

/** Longest time a timer can wait, milliseconds; stands for "no limit". */
export const LONGEST_MS = 2_147_483_647

/** ingress-nginx's defaults (docs/nginx-annotations.md: Routing, Upstreams). */
export const NGINX_SETTINGS: IngressSettings = {
  httpsRedirect: 'with-tls',
  httpsRedirectStatus: 308,
  noHttpsRedirectPaths: ['/.well-known/acme-challenge'],
  redirect: null,
  rewriteTarget: '',
  usesRegex: false,
  appRoot: '',
  protocol: null,
  maxBodyBytes: 1_048_576,
  connectTimeoutMs: 5000,
  sendTimeoutMs: 60_000,
  readTimeoutMs: 60_000,
  maxTries: 3,
  retry: { on: ['error', 'timeout'], timeoutMs: 0 },
  headers: NO_HEADERS,
  errors: PLAIN_ERRORS,
  answers: PLAIN_ANSWERS,
  redirects: PLAIN_REDIRECTS,
  auth: NO_AUTH,
  access: OPEN_ACCESS,
  allowsHttp: true,
  isDenied: false,
  closesHosts: false,
  balancing: PLAIN_BALANCING,
  tls: PLAIN_TLS,
  resilience: NO_RESILIENCE,
  tracing: NO_TRACING,
  genkan: PLAIN_GENKAN,
  compression: PLAIN_COMPRESSION,
  mirror: NO_MIRROR,
  transfer: PLAIN_TRANSFER,
}

/** Of those who redirect nothing from TLS alone, limit no body and try once. */
const QUIET_SETTINGS: IngressSettings = {
  ...NGINX_SETTINGS,
  retry: null,
  httpsRedirect: 'never',
  httpsRedirectStatus: 301,
  noHttpsRedirectPaths: [],
  maxBodyBytes: 0,
}

/** Contour's: 2 s to connect, 5 min of silence on a stream. */
export const CONTOUR_SETTINGS: IngressSettings = {
  ...QUIET_SETTINGS,
  connectTimeoutMs: 2000,
  sendTimeoutMs: 300_000,
  readTimeoutMs: 300_000,
}

/** An ALB's: idle timeout 60 s, 10 s to connect. */
export const ALB_SETTINGS: IngressSettings = {
  ...QUIET_SETTINGS,
  connectTimeoutMs: 10_000,
  redirects: { ...PLAIN_REDIRECTS, keepsTrailingSlash: true },
}
