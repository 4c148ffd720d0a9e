/**
 * From what annotations ask of TLS to what hosts and routes do: Secrets are read. What cannot be found or read closes the
 * hosts (client certificates, 403 as in ingress-nginx) or the routes (upstreams, 503).
 */
import { describeObject, originOf } from '../../kube/meta.ts'
import { readAuthorities } from '../../kube/ca-secret.ts'
import type { Ingress, KubeSecret } from '../../kube/objects.ts'
import type { Snapshot } from '../../kube/snapshot.ts'
import { readTlsSecret } from '../../kube/tls-secret.ts'
import type { ClientCertificates } from '../../routing/client-certificates.ts'
import type { UpstreamTlsConfig } from '../../routing/upstream-tls.ts'
import { NGINX } from '../annotations/nginx.ts'
import type { IngressSettings } from '../ingress/settings.ts'
import type { Report } from '../report.ts'
import { type Deny, denyRoutes, splitName } from './auth-context.ts'
import { idleParts } from './tls-remarks.ts'

interface TlsContext {
  readonly snapshot: Snapshot
  readonly report: Report
}

/** @returns the settings with what hosts and routes do, or denied */
export function settleTls(ingress: Ingress, settings: IngressSettings, context: TlsContext): IngressSettings {
  remarkParts(ingress, context.report)
  const clientCertificates = settleClients(ingress, settings, context)
  const upstream = settleUpstream(ingress, settings, context)
  const lacksAuthorities = clientCertificates === null && wantsCertificates(ingress)
  if (clientCertificates === null && upstream === null && !lacksAuthorities) return settings
  const tls = { ...settings.tls, clientCertificates, lacksAuthorities }
  if (upstream === 'denied') return { ...settings, isDenied: true, tls }
  return { ...settings, tls: { ...tls, upstream } }
}

/** Lists that were taken may still hold what has no effect. */
function remarkParts(ingress: Ingress, report: Report): void {
  for (const name of ['ssl-ciphers', 'proxy-ssl-ciphers', 'proxy-ssl-protocols']) {
    const value = ingress.meta.annotations[NGINX.prefix + name]?.trim()
    const idle = value === undefined ? null : idleParts(name, value)
    if (idle === null) continue
    report(
      'ANNOTATION_VALUE',
      `Cannot use all of ${NGINX.prefix}${name}: ${idle}`,
      originOf(ingress, 'metadata', 'annotations', NGINX.prefix + name),
    )
  }
}

function settleClients(ingress: Ingress, settings: IngressSettings, context: TlsContext): ClientCertificates | null {
  const { secret: text, isBroken, ...policy } = settings.tls.clientText
  const refuse: Deny = (annotation, state, absent) => {
    context.report(
      'ANNOTATION_PROTECTS',
      `Cannot ask clients of ${describeObject(ingress)} for certificates with ${NGINX.prefix}${annotation}: ${state}; its hosts answer 403 until that is mended`,
      originOf(ingress, 'metadata', 'annotations', NGINX.prefix + annotation),
      undefined,
      absent,
    )
    return null
  }
  if (isBroken) return { denied: true }
  if (text === '') {
    remarkLonelyClients(ingress, context.report)
    return null
  }
  const secret = findSecret(ingress, settings, 'auth-tls-secret', text, context.snapshot, refuse)
  if (secret === null) return { denied: true }
  const authorities = readAuthorities(secret)
  if (!authorities.ok) {
    refuse('auth-tls-secret', `Secret ${nameOf(secret)} ${authorities.state}`)
    return { denied: true }
  }
  const { caPem, crlPem } = authorities.value
  return { ...policy, caPem, ...(crlPem === undefined ? {} : { crlPem }) }
}

/** In so many words: without a Secret nothing of the group has an effect in ingress-nginx. */
function wantsCertificates({ meta: { annotations } }: Ingress): boolean {
  const verify = annotations[`${NGINX.prefix}auth-tls-verify-client`]?.trim()
  return verify === 'on' || annotations[`${NGINX.prefix}auth-tls-match-cn`] !== undefined
}

const CLIENT_PARTS = ['verify-client', 'verify-depth', 'error-page', 'pass-certificate-to-upstream', 'match-cn']

/** Parts of a group whose head is missing change nothing; another Ingress of the host may have it. */
function remarkLonelyClients(ingress: Ingress, report: Report): void {
  for (const part of CLIENT_PARTS) {
    const annotation = `${NGINX.prefix}auth-tls-${part}`
    const value = ingress.meta.annotations[annotation]?.trim()
    // Without a Secret nothing is asked of clients, which is what `off` wants.
    if (value === undefined || (part === 'verify-client' && value === 'off')) continue
    report(
      'ANNOTATION_VALUE',
      `Cannot use ${annotation}: it has no effect without ${NGINX.prefix}auth-tls-secret on the same Ingress`,
      originOf(ingress, 'metadata', 'annotations', annotation),
    )
  }
}

const UPSTREAM_PARTS = ['verify-depth', 'ciphers', 'protocols', 'name', 'server-name']

function settleUpstream(
  ingress: Ingress,
  settings: IngressSettings,
  { snapshot, report }: TlsContext,
): UpstreamTlsConfig | 'denied' | null {
  const {
    secret: text,
    isVerified,
    depth,
    ciphers,
    minVersion,
    maxVersion,
    name,
    sendsName,
  } = settings.tls.upstreamText
  const refuse = denyRoutes(ingress, report)
  if (text === '') {
    for (const part of UPSTREAM_PARTS) {
      const annotation = `${NGINX.prefix}proxy-ssl-${part}`
      if (ingress.meta.annotations[annotation] === undefined) continue
      report(
        'ANNOTATION_VALUE',
        `Cannot use ${annotation}: it has no effect without ${NGINX.prefix}proxy-ssl-secret on the same Ingress`,
        originOf(ingress, 'metadata', 'annotations', annotation),
      )
    }
    if (!isVerified) return null
    refuse('proxy-ssl-verify', 'there is no proxy-ssl-secret with the authorities to trust')
    return 'denied'
  }
  const secret = findSecret(ingress, settings, 'proxy-ssl-secret', text, snapshot, refuse)
  if (secret === null) return 'denied'
  const authorities = readAuthorities(secret)
  const hasPair = secret.data['tls.crt'] !== undefined || secret.data['tls.key'] !== undefined
  if (!authorities.ok && (isVerified || secret.data['ca.crt'] !== undefined || !hasPair)) {
    refuse('proxy-ssl-secret', `Secret ${nameOf(secret)} ${authorities.state}`)
    return 'denied'
  }
  const pair = hasPair ? readTlsSecret(secret) : null
  if (pair !== null && !pair.ok) {
    refuse(
      'proxy-ssl-secret',
      `tls.crt and tls.key of Secret ${nameOf(secret)} are no certificate with its private key`,
    )
    return 'denied'
  }
  if (settings.protocol === null || settings.protocol === 'http' || settings.protocol === 'h2c') {
    report(
      'ANNOTATION_VALUE',
      `Cannot use ${NGINX.prefix}proxy-ssl-secret: backends of the Ingress are spoken to in plain text; add ${NGINX.prefix}backend-protocol: "HTTPS"`,
      originOf(ingress, 'metadata', 'annotations', `${NGINX.prefix}proxy-ssl-secret`),
    )
  }
  return {
    serverName: name,
    sendsServerName: sendsName,
    verify: isVerified && authorities.ok ? { caPem: authorities.value.caPem, depth } : null,
    clientCertificate: pair === null ? null : { certPem: pair.value.certPem, keyPem: pair.value.keyPem },
    ciphers,
    minVersion,
    maxVersion,
  }
}

function findSecret(
  ingress: Ingress,
  settings: IngressSettings,
  annotation: string,
  text: string,
  snapshot: Snapshot,
  refuse: Deny,
): KubeSecret | null {
  const [namespace, name] = splitName(text, ingress.meta.namespace)
  if (namespace !== ingress.meta.namespace && !settings.auth.allowsOtherNamespaces) {
    return refuse(
      annotation,
      `Secret ${namespace}/${name} is in another namespace, which the ConfigMap must allow with allow-cross-namespace-resources`,
    )
  }
  const path = `Secret ${namespace}/${name}`
  return snapshot.secret(namespace, name) ?? refuse(annotation, `${path} does not exist`, path)
}

function nameOf({ meta }: KubeSecret): string {
  return `${meta.namespace}/${meta.name}`
}
