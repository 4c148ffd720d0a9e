/** Reads the authorities of a Secret: keys `ca.crt` and `ca.crl`, as ingress-nginx has them. */
import { X509Certificate } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import type { KubeSecret } from './objects.ts'

export interface Authorities {
  /** The certificates of `ca.crt`, nothing else of it. */
  readonly caPem: string
  /** Absent without `ca.crl`. */
  readonly crlPem?: string
}

export type AuthoritiesReading =
  | { readonly ok: true; readonly value: Authorities }
  /** Reads after the name of the Secret. */
  | { readonly ok: false; readonly state: string }

const CERTIFICATE = /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----[^-]+-----END (?:X509 |TRUSTED )?CERTIFICATE-----/g

const read = new WeakMap<KubeSecret, AuthoritiesReading>()

/** Results are remembered for as long as the Secret object lives. */
export function readAuthorities(secret: KubeSecret): AuthoritiesReading {
  const known = read.get(secret)
  if (known !== undefined) return known
  const result = parseAuthorities(secret)
  read.set(secret, result)
  return result
}

function parseAuthorities({ data }: KubeSecret): AuthoritiesReading {
  const bytes = data['ca.crt']
  if (bytes === undefined) return { ok: false, state: 'has no key ca.crt with the certificates to trust' }
  const blocks = bytes.reveal().toString('latin1').match(CERTIFICATE) ?? []
  if (blocks.length === 0 || !blocks.every(isCertificate)) {
    return { ok: false, state: 'has a ca.crt that is no list of PEM certificates' }
  }
  const caPem = `${blocks.join('\n')}\n`
  const list = data['ca.crl']
  if (list === undefined) return { ok: true, value: { caPem } }
  const crlPem = list.reveal().toString('latin1')
  if (!isRevocationList(crlPem)) return { ok: false, state: 'has a ca.crl that is no PEM revocation list' }
  return { ok: true, value: { caPem, crlPem } }
}

function isCertificate(pem: string): boolean {
  return attempt(() => new X509Certificate(pem))
}

function isRevocationList(pem: string): boolean {
  return pem.includes('-----BEGIN X509 CRL-----') && attempt(() => createSecureContext({ crl: pem }))
}

function attempt(make: () => unknown): boolean {
  try {
    make()
    return true
  } catch {
    return false
  }
}
