/** Contour's annotations on an Ingress (Contour, annotations.md). Values are judged by lint; here a bad one has Contour's effect. */
import { originOfKey } from '../../kube/meta.ts'
import type { Ingress } from '../../kube/objects.ts'
import { CONTOUR_SETTINGS, type IngressSettings, LONGEST_MS } from '../ingress/settings.ts'
import type { Report } from '../report.ts'

const FORCE_SSL_REDIRECT = 'ingress.kubernetes.io/force-ssl-redirect'
const ALLOW_HTTP = 'kubernetes.io/ingress.allow-http'
const RESPONSE_TIMEOUTS = ['projectcontour.io/response-timeout', 'projectcontour.io/request-timeout'] as const
const UNSUPPORTED = [
  'num-retries',
  'per-try-timeout',
  'retry-on',
  'tls-minimum-protocol-version',
  'tls-maximum-protocol-version',
  'tls-cert-namespace',
  'websocket-routes',
]

const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
}

export function readContourSettings(ingress: Ingress, report: Report): IngressSettings {
  const { annotations } = ingress.meta
  let settings = CONTOUR_SETTINGS
  if (annotations[FORCE_SSL_REDIRECT] === 'true') settings = { ...settings, httpsRedirect: 'always' }
  // A forced redirect needs the http listener, so it beats the other.
  else if (annotations[ALLOW_HTTP] === 'false') settings = { ...settings, allowsHttp: false }
  const timeout = RESPONSE_TIMEOUTS.map((name) => annotations[name]).find((value) => value !== undefined)
  if (timeout !== undefined) settings = { ...settings, readTimeoutMs: parseTimeoutMs(timeout) }
  for (const name of UNSUPPORTED) {
    const full = `projectcontour.io/${name}`
    if (annotations[full] === undefined) continue
    report(
      'ANNOTATION_UNSUPPORTED',
      `Cannot use ${full}: it has no effect in this version; remove it to be rid of this remark`,
      originOfKey(ingress, 'metadata', 'annotations', full),
    )
  }
  return settings
}

/** A Go duration in milliseconds; `infinity`, zero and whatever cannot be read have no limit, as in Contour. */
function parseTimeoutMs(text: string): number {
  if (!/^(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+$/.test(text)) return LONGEST_MS
  let total = 0
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g)) {
    total += Number(amount) * (UNIT_MS[unit ?? ''] ?? 0)
  }
  return total === 0 ? LONGEST_MS : Math.min(Math.max(1, Math.ceil(total)), LONGEST_MS)
}
