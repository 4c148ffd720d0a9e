/** Reads the certificate of a `kubernetes.io/tls` Secret and checks that it can be served. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import type { Finding } from '../base/finding.ts'
import type { Result } from '../base/result.ts'
import { originOf } from './meta.ts'
import type { KubeSecret } from './objects.ts'

export interface TlsSecret {
  /** Leaf first, then its chain, as written. */
  readonly certPem: string
  readonly keyPem: string
  /** Lower-case DNS names that the leaf covers, one-label wildcards included. */
  readonly names: readonly string[]
  /** Milliseconds since the epoch. */
  readonly notBefore: number
  readonly notAfter: number
}

const KEY_TYPES = new Set(['rsa', 'rsa-pss', 'ec', 'ed25519', 'ed448'])
const read = new WeakMap<KubeSecret, Result<TlsSecret>>()

/**
 * The Secret's type is not asked, as ingress-nginx does not: keys `tls.crt` and `tls.key` are what counts.
 * Results are remembered for as long as the Secret object lives.
 *
 * @returns findings of code SECRET_INVALID at the Secret when it cannot be served; they never show key material
 */
export function readTlsSecret(secret: KubeSecret): Result<TlsSecret> {
  const known = read.get(secret)
  if (known !== undefined) return known
  const result = parseTlsSecret(secret)
  read.set(secret, result)
  return result
}

/** True when one of the certificate's names is the host, or a wildcard for its first label (RFC 6125, 6.4.3). */
export function coversHost(names: readonly string[], host: string): boolean {
  if (names.includes(host)) return true
  const dot = host.indexOf('.')
  return dot > 0 && names.includes(`*${host.slice(dot)}`)
}

function parseTlsSecret(secret: KubeSecret): Result<TlsSecret> {
  const certificateBytes = secret.data['tls.crt']
  const keyBytes = secret.data['tls.key']
  if (certificateBytes === undefined || keyBytes === undefined) {
    const found = Object.keys(secret.data).sort().join(', ')
    const missing = certificateBytes === undefined ? 'tls.crt' : 'tls.key'
    return refuse(
      secret,
      ['data'],
      `it has no key ${missing} (keys: ${found === '' ? 'none' : found})`,
      'tls.crt and tls.key',
    )
  }
  const certPem = certificateBytes.reveal().toString('latin1')
  const keyPem = keyBytes.reveal().toString('latin1')
  const certificate = attempt(() => new X509Certificate(certPem))
  if (certificate === null || !certPem.includes('-----BEGIN CERTIFICATE-----')) {
    return refuse(secret, ['data', 'tls.crt'], 'tls.crt is not a PEM certificate', '-----BEGIN CERTIFICATE-----')
  }
  const key = attempt(() => createPrivateKey(keyPem))
  if (key === null) {
    const state = keyPem.includes('ENCRYPTED') ? 'tls.key is encrypted' : 'tls.key is not a PEM private key'
    return refuse(secret, ['data', 'tls.key'], state, 'an unencrypted PEM private key')
  }
  if (!KEY_TYPES.has(key.asymmetricKeyType ?? '')) {
    const state = `tls.key is of type ${key.asymmetricKeyType ?? 'unknown'}`
    return refuse(secret, ['data', 'tls.key'], state, 'RSA, EC and Ed25519 keys')
  }
  if (!belongsTogether(certificate, key)) {
    return refuse(
      secret,
      ['data', 'tls.key'],
      'tls.key does not belong to tls.crt',
      'the key that the certificate was made for',
    )
  }
  return {
    ok: true,
    findings: [],
    value: {
      certPem,
      keyPem,
      names: readNames(certificate),
      notBefore: certificate.validFromDate.getTime(),
      notAfter: certificate.validToDate.getTime(),
    },
  }
}

function belongsTogether(certificate: X509Certificate, key: KeyObject): boolean {
  return attempt(() => certificate.checkPrivateKey(key)) ?? false
}

/** Subject alternative names; the common name only where there are none, as clients of old did. */
function readNames(certificate: X509Certificate): readonly string[] {
  const names: string[] = []
  // Node quotes names that hold separators; those are not host names.
  for (const entry of certificate.subjectAltName?.split(', ') ?? []) {
    if (entry.startsWith('DNS:')) names.push(entry.slice(4).toLowerCase())
    else if (entry.startsWith('IP Address:')) names.push(entry.slice(11).toLowerCase())
  }
  if (certificate.subjectAltName !== undefined) return names
  const commonName = /^CN=(.+)$/m.exec(certificate.subject)?.[1]
  return commonName === undefined ? names : [commonName.toLowerCase()]
}

function attempt<T>(run: () => T): T | null {
  try {
    return run()
  } catch {
    // The reason is an OpenSSL code that helps nobody; the caller says what was expected instead.
    return null
  }
}

function refuse(
  secret: KubeSecret,
  path: readonly string[],
  state: string,
  accepted: string,
): { readonly ok: false; readonly findings: readonly Finding[] } {
  const name = `${secret.meta.namespace}/${secret.meta.name}`
  return {
    ok: false,
    findings: [
      {
        code: 'SECRET_INVALID',
        severity: 'error',
        message: `Cannot use TLS Secret ${name}: ${state}; accepted is ${accepted}`,
        origin: originOf(secret, ...path),
      },
    ],
  }
}
