/** TLS of a whole host: the oldest Ingress that asks for something has its way, as in ingress-nginx. */
import { describeObject, originOf } from '../../kube/meta.ts'
import type { ClientCertificates } from '../../routing/client-certificates.ts'
import type { ForwardAction, VirtualHost } from '../../routing/model.ts'
import type { UpstreamTlsConfig } from '../../routing/upstream-tls.ts'
import { NGINX } from '../annotations/nginx.ts'
import type { Report } from '../report.ts'
import type { HostDraft, Location, ServedIngress } from './location.ts'
import type { TlsSettings } from './tls-settings.ts'

/** Where certificate authorities look whether a host is ours (RFC 8555, 8.3): over plain http. */
const CHALLENGES = '/.well-known/acme-challenge'

export function hostTlsFields(host: HostDraft, report: Report): Pick<VirtualHost, 'clientCertificates' | 'tls'> {
  const clientCertificates =
    chooseFirst(host, 'auth-tls-secret', ({ clientCertificates: own }) => own, report) ?? closeIfLacking(host, report)
  const ciphers = chooseFirst(host, 'ssl-ciphers', (tls) => tls.host.ciphers ?? null, report)
  const prefers = chooseFirst(host, 'ssl-prefer-server-ciphers', (tls) => tls.host.prefersServerCiphers ?? null, report)
  return {
    ...(clientCertificates === null ? {} : { clientCertificates }),
    ...(ciphers === null && prefers === null
      ? {}
      : {
          tls: {
            ...(ciphers === null ? {} : { ciphers }),
            ...(prefers === null ? {} : { prefersServerCiphers: prefers }),
          },
        }),
  }
}

/** Serving a host whose clients should show certificates to anybody would be serving unprotected. */
function closeIfLacking(host: HostDraft, report: Report): ClientCertificates | null {
  const member = host.members.find(({ settings }) => settings.tls.lacksAuthorities)
  if (member === undefined) return null
  report(
    'ANNOTATION_PROTECTS',
    `Cannot ask clients of ${host.host === '' ? 'all hosts' : host.host} for certificates: no Ingress of the host has ` +
      `${NGINX.prefix}auth-tls-secret with the authorities to trust; it answers 403 until one has`,
    originOf(member.ingress, 'metadata', 'annotations'),
  )
  return { denied: true }
}

function chooseFirst<T>(
  host: HostDraft,
  annotation: string,
  read: (settings: TlsSettings) => T | null,
  report: Report,
): T | null {
  let winner: ServedIngress | null = null
  let chosen: T | null = null
  for (const member of host.members) {
    const value = read(member.settings.tls)
    if (value === null) continue
    if (winner === null) {
      winner = member
      chosen = value
    } else if (JSON.stringify(value) !== JSON.stringify(chosen)) {
      report(
        'TLS_SETTING_CONFLICT',
        `Cannot use ${NGINX.prefix}${annotation} of ${describeObject(member.ingress)} for ${host.host === '' ? 'all hosts' : host.host}: ` +
          `the older ${describeObject(winner.ingress)} asks for something else, and a host has one such setting; accepted are equal ones`,
        originOf(member.ingress, 'metadata', 'annotations', NGINX.prefix + annotation),
      )
    }
  }
  return chosen
}

/** A challenge is answered on plain http even where clients need certificates: what answers it has none to ask. */
export function isChallenge({ path, settings }: Location): boolean {
  return path.startsWith(CHALLENGES) && settings.noHttpsRedirectPaths.some((prefix) => path.startsWith(prefix))
}

/** What holds for locations of the host that ask for nothing themselves; `null` = nothing. */
export function hostUpstreamTls(host: HostDraft): UpstreamTlsConfig | null {
  const member = host.members.find(({ settings }) => settings.tls.upstream !== null && !settings.tls.isUpstreamLocal)
  return member?.settings.tls.upstream ?? null
}

/**
 * @param backendId `namespace/service:port`
 * @param shared from {@link hostUpstreamTls}
 */
export function upstreamTlsFields(
  { settings }: Location,
  backendId: string,
  shared: UpstreamTlsConfig | null,
): Pick<ForwardAction, 'upstreamTls'> {
  const config = settings.tls.upstream ?? (settings.tls.isUpstreamLocal ? null : shared)
  const isPlain = settings.protocol === null || settings.protocol === 'http' || settings.protocol === 'h2c'
  if (config === null || isPlain) return {}
  return { upstreamTls: config.serverName === '' ? { ...config, serverName: serviceName(backendId) } : config }
}

/** The name that a Service has within the cluster. */
function serviceName(backendId: string): string {
  const slash = backendId.indexOf('/')
  return `${backendId.slice(slash + 1, backendId.lastIndexOf(':'))}.${backendId.slice(0, slash)}.svc`
}
