/**
 * How the https listener talks TLS: versions, ciphers and limits (ingress-nginx, configmap.md: ssl-protocols and others), and what
 * each certificate's context needs of them.
 *
 * Node takes the certificate and the authorities for clients from the context that SNI chose, and all else from the
 * server's own: versions, ciphers and their order, groups, session tickets, ALPN. Hosts that want one of these otherwise have
 * a server of their own, see `tls-servers.ts`.
 */
import { constants, hkdfSync, randomBytes } from 'node:crypto'
import type { SecureContextOptions, TlsOptions } from 'node:tls'
import { DEFAULT_TLS_POLICY, type TlsPolicy } from '../../routing/tls-policy.ts'

/** The cheapest in front. */
const TLS13_CIPHERS = 'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256'
/** With forward secrecy and authenticated encryption. */
const TLS12_CIPHERS = [
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
  // Effective only with Diffie-Hellman parameters, which nobody gets by default.
  'DHE-RSA-AES256-GCM-SHA384',
  'DHE-RSA-AES128-GCM-SHA256',
].join(':')

/** As long as a client may take for the head of its first request, as in nginx. */
const HANDSHAKE_TIMEOUT_MS = 60_000

/** Bytes of {@link TlsSettings.ticketKeys}. */
export const TICKET_KEY_BYTES = 48

export interface TlsSettings {
  /**
   * 48 secret bytes that encrypt session tickets. Workers that share a port must share them, or a client resumes only
   * where it was before. Default: random, for this listener alone. To rotate, call `server.setTicketKeys`.
   */
  readonly ticketKeys?: Buffer
  /** Protocols offered by ALPN in order of preference. Default `h2`, `http/1.1`. */
  readonly alpnProtocols?: readonly string[]
  /** Longest handshake in milliseconds. Default 60 000. */
  readonly handshakeTimeoutMs?: number
}

/** Options shared by the listener and by every certificate's context. */
export function createContextOptions(policy: TlsPolicy = DEFAULT_TLS_POLICY): SecureContextOptions {
  return {
    minVersion: policy.minVersion,
    maxVersion: policy.maxVersion,
    ciphers: cipherList(policy.ciphers),
    honorCipherOrder: policy.prefersServerCiphers,
    ...(policy.curves === '' ? {} : { ecdhCurve: policy.curves }),
    // Client-started renegotiation is a cheap attack on TLS 1.2 servers and forbidden in HTTP/2 (RFC 9113, 9.2.1).
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION | (policy.usesSessionTickets ? 0 : constants.SSL_OP_NO_TICKET),
    // The same in every worker, so that sessions resume anywhere; Node would derive it from the command line.
    sessionIdContext: 'genkan',
  }
}

/** @param tls12 suites of TLS 1.2 as an administrator wrote them; empty = the default. Without suites of its own OpenSSL would drop 1.3. */
export function cipherList(tls12: string): string {
  return `${TLS13_CIPHERS}:${tls12 === '' ? TLS12_CIPHERS : tls12}`
}

/** Of a server that asks nobody for a certificate. Its context and callback for names come from {@link TlsServers}. */
export function createTlsOptions(settings: TlsSettings = {}): TlsOptions {
  return {
    ...createContextOptions(),
    ALPNProtocols: [...(settings.alpnProtocols ?? ['h2', 'http/1.1'])],
    handshakeTimeout: settings.handshakeTimeoutMs ?? HANDSHAKE_TIMEOUT_MS,
    ticketKeys: settings.ticketKeys ?? randomBytes(TICKET_KEY_BYTES),
    sessionTimeout: DEFAULT_TLS_POLICY.sessionTimeoutSeconds,
  }
}

/** Keys for tickets from a secret of any length that replicas share. */
export function deriveTicketKeys(secret: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', 'genkan session tickets', TICKET_KEY_BYTES))
}
