/**
 * How the https listener talks TLS: versions, ciphers and limits (ingress-nginx reference, 2.3), and what each
 * certificate's context needs of them.
 *
 * OpenSSL takes ciphers from the context of the certificate that SNI chose, but session tickets, ALPN and protocol
 * options from the listener's own. Hence two option sets, with the ciphers in both.
 */
import { constants, randomBytes } from 'node:crypto'
import type { SecureContextOptions, TlsOptions } from 'node:tls'
import type { CertificateStore } from './certificate-store.ts'

/** TLS 1.3 suites first, the cheapest in front; then TLS 1.2 suites with forward secrecy and authenticated encryption. */
const CIPHERS = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
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

const SESSION_TIMEOUT_SECONDS = 600
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
export const CONTEXT_OPTIONS = {
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.3',
  ciphers: CIPHERS,
  honorCipherOrder: true,
  // Client-started renegotiation is a cheap attack on TLS 1.2 servers and forbidden in HTTP/2 (RFC 9113, 9.2.1).
  secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
  // The same in every worker, so that sessions resume anywhere; Node would derive it from the command line.
  sessionIdContext: 'genkan',
} as const satisfies SecureContextOptions

/**
 * Options for `tls.createServer`. Pass the server to {@link CertificateStore.attach} afterwards, so that clients
 * without SNI see a replaced default certificate too.
 */
export function createTlsOptions(store: CertificateStore, settings: TlsSettings = {}): TlsOptions {
  return {
    ...CONTEXT_OPTIONS,
    SNICallback: (name, done) => done(null, store.find(name) ?? undefined),
    ALPNProtocols: [...(settings.alpnProtocols ?? ['h2', 'http/1.1'])],
    handshakeTimeout: settings.handshakeTimeoutMs ?? HANDSHAKE_TIMEOUT_MS,
    ticketKeys: settings.ticketKeys ?? randomBytes(TICKET_KEY_BYTES),
    sessionTimeout: SESSION_TIMEOUT_SECONDS,
  }
}
