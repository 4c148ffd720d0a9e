/** For tests: authorities of any depth, certificates of clients and servers, revocation lists. */
import { KeyObject, webcrypto } from 'node:crypto'
import 'reflect-metadata'
import * as x509 from '@peculiar/x509'

export interface Authority {
  readonly certPem: string
  readonly keyPem: string
  readonly name: string
  readonly keys: webcrypto.CryptoKeyPair
}

export interface IssuedCertificate {
  readonly certPem: string
  readonly keyPem: string
  readonly serialNumber: string
}

const EC = { name: 'ECDSA', namedCurve: 'P-256' }
const SIGNATURE = { name: 'ECDSA', hash: 'SHA-256' }
const DAY_MS = 86_400_000

let serial = 0x1000

/**
 * @param issuer absent = a root
 * @param isForAll it may also be shown by a client or a server, as what `openssl req -x509` makes
 */
export async function createTestAuthority(name: string, issuer?: Authority, isForAll = false): Promise<Authority> {
  const keys = await webcrypto.subtle.generateKey(EC, true, ['sign', 'verify'])
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: (serial++).toString(16),
    subject: name,
    issuer: issuer?.name ?? name,
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + DAY_MS),
    publicKey: keys.publicKey,
    signingKey: issuer?.keys.privateKey ?? keys.privateKey,
    signingAlgorithm: SIGNATURE,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      ...(isForAll
        ? []
        : [new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true)]),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { certPem: toPem(certificate), keyPem: exportKey(keys.privateKey), name, keys }
}

export interface IssueOptions {
  /** Default: a client. */
  readonly serverNames?: readonly string[]
  readonly isExpired?: boolean
}

export async function issueCertificate(
  authority: Authority,
  subject: string,
  { serverNames = [], isExpired = false }: IssueOptions = {},
): Promise<IssuedCertificate> {
  const keys = await webcrypto.subtle.generateKey(EC, true, ['sign', 'verify'])
  const serialNumber = (serial++).toString(16)
  const usage = serverNames.length === 0 ? x509.ExtendedKeyUsage.clientAuth : x509.ExtendedKeyUsage.serverAuth
  const names = serverNames.map((value) => ({ type: 'dns' as const, value }))
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber,
    subject,
    issuer: authority.name,
    notBefore: new Date(Date.now() - 2 * DAY_MS),
    notAfter: new Date(Date.now() + (isExpired ? -DAY_MS : DAY_MS)),
    publicKey: keys.publicKey,
    signingKey: authority.keys.privateKey,
    signingAlgorithm: SIGNATURE,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.ExtendedKeyUsageExtension([usage]),
      ...(names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names)]),
    ],
  })
  return { certPem: toPem(certificate), keyPem: exportKey(keys.privateKey), serialNumber }
}

export async function createRevocationList(
  authority: Authority,
  revoked: readonly IssuedCertificate[],
): Promise<string> {
  const crl = await x509.X509CrlGenerator.create({
    issuer: authority.name,
    thisUpdate: new Date(Date.now() - DAY_MS),
    nextUpdate: new Date(Date.now() + DAY_MS),
    entries: revoked.map(({ serialNumber }) => ({ serialNumber, revocationDate: new Date(Date.now() - DAY_MS) })),
    signingAlgorithm: SIGNATURE,
    signingKey: authority.keys.privateKey,
  })
  return `${crl.toString('pem').replaceAll(' CRL-----', ' X509 CRL-----')}\n`
}

function exportKey(key: webcrypto.CryptoKey): string {
  return KeyObject.from(key).export({ type: 'pkcs8', format: 'pem' }).toString()
}

function toPem(certificate: x509.X509Certificate): string {
  return `${certificate.toString('pem')}\n`
}
