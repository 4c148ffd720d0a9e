/**
 * What a TLS connection says about its client's certificate. OpenSSL has verified the chain against the authorities of the
 * server that the connection came through, their revocation lists, the clock and the depth (see `path-length.ts`).
 */
import type { X509Certificate } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import type { ClientCertificate, TlsClient } from '../../routing/client-certificate-check.ts'
import { toRfc2253 } from './distinguished-name.ts'

/** OpenSSL's words, which `ssl-client-verify` and logs carry. Others appear by their code. */
const FAILURES: Readonly<Record<string, string>> = {
  UNABLE_TO_GET_ISSUER_CERT: 'unable to get issuer certificate',
  UNABLE_TO_GET_CRL: 'unable to get certificate CRL',
  CERT_SIGNATURE_FAILURE: 'certificate signature failure',
  CRL_SIGNATURE_FAILURE: 'CRL signature failure',
  CERT_NOT_YET_VALID: 'certificate is not yet valid',
  CERT_HAS_EXPIRED: 'certificate has expired',
  CRL_NOT_YET_VALID: 'CRL is not yet valid',
  CRL_HAS_EXPIRED: 'CRL has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'self-signed certificate',
  SELF_SIGNED_CERT_IN_CHAIN: 'self-signed certificate in certificate chain',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'unable to get local issuer certificate',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'unable to verify the first certificate',
  CERT_CHAIN_TOO_LONG: 'certificate chain too long',
  CERT_REVOKED: 'certificate revoked',
  INVALID_CA: 'invalid CA certificate',
  PATH_LENGTH_EXCEEDED: 'path length constraint exceeded',
  INVALID_PURPOSE: 'unsuitable certificate purpose',
  CERT_UNTRUSTED: 'certificate not trusted',
  CERT_REJECTED: 'certificate rejected',
}

/** What nginx forgives with `optional_no_ca`. */
const UNTRUSTED: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])

/**
 * @param socket whose handshake is over, of a server that asks for certificates
 * @param policyKey of what that server verifies against
 * @param trusted SHA-256 fingerprints of certificates that are good by themselves
 */
export function readTlsClient(socket: TLSSocket, policyKey: string, trusted: ReadonlySet<string>): TlsClient {
  const serverName = serverNameOf(socket)
  const certificate = socket.getPeerX509Certificate()
  if (certificate === undefined) return { serverName, policyKey, certificate: null, failure: '', isUntrusted: false }
  let code = codeOf(socket)
  if (code === 'DEPTH_ZERO_SELF_SIGNED_CERT' && trusted.has(certificate.fingerprint256)) code = faultOf(certificate)
  return {
    serverName,
    policyKey,
    certificate: toClientCertificate(certificate),
    failure: code === '' ? '' : (FAILURES[code] ?? code),
    isUntrusted: UNTRUSTED.has(code),
  }
}

/** Server name in the form hosts are matched in. */
export function serverNameOf(socket: TLSSocket): string {
  const { servername } = socket as { servername?: string | false }
  const lower = typeof servername === 'string' ? servername.toLowerCase() : ''
  return lower.endsWith('.') ? lower.slice(0, -1) : lower
}

/** Empty when the chain is good. */
function codeOf(socket: TLSSocket): string {
  if (socket.authorized) return ''
  // Typed as an error, but a server's is the code.
  const reason: unknown = socket.authorizationError
  return typeof reason === 'string' && reason !== '' ? reason : 'CERT_UNTRUSTED'
}

const CLIENT_AUTHENTICATION = '1.3.6.1.5.5.7.3.2'

/** What OpenSSL would have said of a certificate that is its own issuer; empty = nothing. */
function faultOf({ validFromDate, validToDate, keyUsage }: X509Certificate): string {
  const now = Date.now()
  if (validFromDate.getTime() > now) return 'CERT_NOT_YET_VALID'
  if (validToDate.getTime() < now) return 'CERT_HAS_EXPIRED'
  // Typed as always there, but absent where the certificate is for every purpose.
  const purposes = keyUsage as readonly string[] | undefined
  return purposes === undefined || purposes.includes(CLIENT_AUTHENTICATION) ? '' : 'INVALID_PURPOSE'
}

function toClientCertificate(certificate: X509Certificate): ClientCertificate {
  return {
    pem: certificate.toString(),
    subjectDn: toRfc2253(certificate.subject ?? ''),
    issuerDn: toRfc2253(certificate.issuer ?? ''),
    serial: certificate.serialNumber,
    fingerprint: certificate.fingerprint.replaceAll(':', '').toLowerCase(),
    validFrom: certificate.validFrom,
    validTo: certificate.validTo,
  }
}
