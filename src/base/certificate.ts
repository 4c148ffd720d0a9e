/**
 * Certificates for places that have none yet: self-signed ones, a small authority, and certificates signed by it
 * (RFC 5280 profile: ECDSA P-256, subject alternative names, server authentication).
 *
 * The X.509 library costs about 80 ms to load, so it is imported when the first certificate is made and never at
 * start-up.
 */
import { createPrivateKey, KeyObject, randomBytes, webcrypto, X509Certificate } from 'node:crypto'
import type * as X509 from '@peculiar/x509'
import { type CertificateHost, parseCertificateHost } from './certificate-host.ts'

/** PEM text, private key as PKCS#8. */
export interface CertificatePair {
  readonly certPem: string
  readonly keyPem: string
}

export interface CertificateOptions {
  /** Days of validity, 1 to 36500. Default 365; 3650 for an authority. */
  readonly days?: number
  /** Subject common name, at most 64 characters. Default: the first host that fits. */
  readonly commonName?: string
  /** Milliseconds since the epoch that count as now. Default: the clock. */
  readonly nowMs?: number
}

const DAY_MS = 86_400_000
/** Clients whose clock is a little behind accept a new certificate at once. */
const BACKDATE_MS = 300_000
const MAX_COMMON_NAME = 64
const EC_P256 = { name: 'ECDSA', namedCurve: 'P-256' } as const

/**
 * A certificate for `hosts` that is its own issuer.
 *
 * @param hosts DNS names, `*.` wildcards and IP addresses, at least one
 * @throws {RangeError} with a message for people when a host or an option cannot be used
 */
export async function createSelfSigned(
  hosts: readonly string[],
  options: CertificateOptions = {},
): Promise<CertificatePair> {
  const names = readHosts(hosts)
  const x509 = await loadX509()
  const keys = await webcrypto.subtle.generateKey(EC_P256, true, ['sign', 'verify'])
  const subject = toSubject(options.commonName ?? pickCommonName(names))
  const certificate = await x509.X509CertificateGenerator.create({
    ...toValidity(options, 365),
    subject,
    issuer: subject,
    publicKey: keys.publicKey,
    signingKey: keys.privateKey,
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    extensions: [...leafExtensions(x509, names), await x509.SubjectKeyIdentifierExtension.create(keys.publicKey)],
  })
  return { certPem: toPem(certificate), keyPem: exportKey(keys.privateKey) }
}

/**
 * A root authority whose certificate signs leaf certificates only.
 *
 * @throws {RangeError} when the name or an option cannot be used
 */
export async function createAuthority(
  commonName: string,
  options: Omit<CertificateOptions, 'commonName'> = {},
): Promise<CertificatePair> {
  const x509 = await loadX509()
  const keys = await webcrypto.subtle.generateKey(EC_P256, true, ['sign', 'verify'])
  const subject = toSubject(commonName)
  const certificate = await x509.X509CertificateGenerator.create({
    ...toValidity(options, 3650),
    subject,
    issuer: subject,
    publicKey: keys.publicKey,
    signingKey: keys.privateKey,
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { certPem: toPem(certificate), keyPem: exportKey(keys.privateKey) }
}

/**
 * A certificate for `hosts` issued by an authority. It never outlives the authority. The authority's own certificate
 * is appended to the chain unless it is a root, which clients must know already.
 *
 * @param authority certificate (its first PEM block signs) and private key: EC, RSA or Ed25519
 * @throws {RangeError} when a host, an option or the authority cannot be used
 */
export async function createSignedBy(
  authority: CertificatePair,
  hosts: readonly string[],
  options: CertificateOptions = {},
): Promise<CertificatePair> {
  const names = readHosts(hosts)
  const nowMs = options.nowMs ?? Date.now()
  const { certificate: issuer, key } = readAuthority(authority, nowMs)
  const x509 = await loadX509()
  const issuerCertificate = new x509.X509Certificate(issuer.raw)
  const keys = await webcrypto.subtle.generateKey(EC_P256, true, ['sign', 'verify'])
  const validity = toValidity(options, 365)
  const certificate = await x509.X509CertificateGenerator.create({
    ...validity,
    notAfter: new Date(Math.min(validity.notAfter.getTime(), issuer.validToDate.getTime())),
    subject: toSubject(options.commonName ?? pickCommonName(names)),
    issuer: issuerCertificate.subjectName,
    publicKey: keys.publicKey,
    ...toSigner(key),
    extensions: [
      ...leafExtensions(x509, names),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuerCertificate.publicKey),
    ],
  })
  const isRoot = issuer.checkIssued(issuer)
  return {
    certPem: isRoot ? toPem(certificate) : toPem(certificate) + authority.certPem,
    keyPem: exportKey(keys.privateKey),
  }
}

async function loadX509(): Promise<typeof X509> {
  await import('reflect-metadata')
  return import('@peculiar/x509')
}

function readHosts(hosts: readonly string[]): readonly CertificateHost[] {
  if (hosts.length === 0) throw new RangeError('Cannot make a certificate: no host is given; give at least one')
  const names = new Map<string, CertificateHost>()
  for (const text of hosts) {
    const result = parseCertificateHost(text)
    if (!result.ok) throw new RangeError(result.message)
    names.set(result.host.value, result.host)
  }
  return [...names.values()]
}

/** A name longer than the field is left out: clients read the alternative names and ignore the common name. */
function pickCommonName(names: readonly CertificateHost[]): string {
  return names.find((name) => name.value.length <= MAX_COMMON_NAME)?.value ?? 'genkan'
}

function toSubject(commonName: string): X509.JsonName {
  if (commonName === '' || commonName.length > MAX_COMMON_NAME) {
    throw new RangeError(
      `Cannot make a certificate with common name "${commonName}": it has ${commonName.length} characters; ` +
        `accepted are 1 to ${MAX_COMMON_NAME}`,
    )
  }
  return [{ CN: [commonName] }]
}

interface Validity {
  readonly serialNumber: string
  readonly notBefore: Date
  readonly notAfter: Date
}

function toValidity(options: CertificateOptions, defaultDays: number): Validity {
  const days = options.days ?? defaultDays
  if (!Number.isInteger(days) || days < 1 || days > 36_500) {
    throw new RangeError(`Cannot make a certificate valid for ${days} days: accepted are whole numbers 1 to 36500`)
  }
  const nowMs = options.nowMs ?? Date.now()
  return {
    serialNumber: randomSerial(),
    notBefore: new Date(nowMs - BACKDATE_MS),
    notAfter: new Date(nowMs + days * DAY_MS),
  }
}

/** 127 random bits with a leading one: positive, and the same length always (RFC 5280 4.1.2.2). */
function randomSerial(): string {
  const bytes = randomBytes(16)
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40
  return bytes.toString('hex')
}

function leafExtensions(x509: typeof X509, names: readonly CertificateHost[]): X509.Extension[] {
  return [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
    new x509.SubjectAlternativeNameExtension(names.map(({ type, value }) => ({ type, value }))),
  ]
}

function readAuthority(pair: CertificatePair, nowMs: number): { certificate: X509Certificate; key: KeyObject } {
  const certificate = readPem('certificate', () => new X509Certificate(pair.certPem))
  const key = readPem('private key', () => createPrivateKey(pair.keyPem))
  if (!certificate.checkPrivateKey(key)) {
    throw new RangeError('Cannot sign with this authority: its private key belongs to another certificate')
  }
  if (!certificate.ca) {
    throw new RangeError(
      `Cannot sign with ${certificate.subject.replaceAll('\n', ', ')}: it is not an authority; ` +
        'accepted is a certificate with basicConstraints CA:TRUE',
    )
  }
  if (certificate.validToDate.getTime() <= nowMs) {
    throw new RangeError(`Cannot sign with this authority: it expired at ${certificate.validToDate.toISOString()}`)
  }
  return { certificate, key }
}

function readPem<T>(what: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new RangeError(`Cannot read the ${what} of the authority: ${reason}; accepted is unencrypted PEM`, {
      cause: error,
    })
  }
}

interface Signer {
  readonly signingKey: webcrypto.CryptoKey
  readonly signingAlgorithm: { readonly name: string; readonly hash: string }
}

const EC_SIGNERS: Readonly<Record<string, { readonly namedCurve: string; readonly hash: string }>> = {
  prime256v1: { namedCurve: 'P-256', hash: 'SHA-256' },
  secp384r1: { namedCurve: 'P-384', hash: 'SHA-384' },
  secp521r1: { namedCurve: 'P-521', hash: 'SHA-512' },
}

function toSigner(key: KeyObject): Signer {
  const type = key.asymmetricKeyType
  if (type === 'rsa') {
    const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
    return { signingKey: key.toCryptoKey(algorithm, false, ['sign']), signingAlgorithm: algorithm }
  }
  const curve = EC_SIGNERS[key.asymmetricKeyDetails?.namedCurve ?? '']
  if (type === 'ec' && curve !== undefined) {
    return {
      signingKey: key.toCryptoKey({ name: 'ECDSA', namedCurve: curve.namedCurve }, false, ['sign']),
      signingAlgorithm: { name: 'ECDSA', hash: curve.hash },
    }
  }
  if (type === 'ed25519') {
    const algorithm = { name: 'Ed25519', hash: '' }
    return { signingKey: key.toCryptoKey({ name: 'Ed25519' }, false, ['sign']), signingAlgorithm: algorithm }
  }
  throw new RangeError(
    `Cannot sign with an authority key of type ${type ?? 'unknown'}: accepted are EC P-256, P-384, P-521, RSA and Ed25519`,
  )
}

function exportKey(key: webcrypto.CryptoKey): string {
  return KeyObject.from(key).export({ type: 'pkcs8', format: 'pem' }).toString()
}

function toPem(certificate: X509.X509Certificate): string {
  return `${certificate.toString('pem')}\n`
}
