/** How the https listener talks TLS: plain data of the routing model (ingress-nginx, configmap.md: ssl-protocols and others). */

export type TlsVersion = 'TLSv1.2' | 'TLSv1.3'

export interface TlsPolicy {
  readonly minVersion: TlsVersion
  readonly maxVersion: TlsVersion
  /** Suites of TLS 1.2, separated by `:`; empty = the default. TLS 1.3 has its own, which are always offered. */
  readonly ciphers: string
  /** Groups for key exchange, separated by `:`; empty = OpenSSL's. */
  readonly curves: string
  /** False: the client's order of suites decides. */
  readonly prefersServerCiphers: boolean
  readonly sessionTimeoutSeconds: number
  /** False: nobody resumes a session. */
  readonly usesSessionTickets: boolean
  /** Secret, Base64, shared by replicas; empty = made at start. Lives in memory only, see `redactModel`. */
  readonly sessionTicketKey: string
  /** Handshakes for names that no host has, or without a name, are refused instead of served the default certificate. */
  readonly rejectsUnknownNames: boolean
}

/** Of one host; absent members = as the listener. */
export interface HostTlsPolicy {
  readonly ciphers?: string
  readonly prefersServerCiphers?: boolean
}

export const DEFAULT_TLS_POLICY: TlsPolicy = {
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.3',
  ciphers: '',
  curves: '',
  prefersServerCiphers: true,
  sessionTimeoutSeconds: 600,
  usesSessionTickets: true,
  sessionTicketKey: '',
  rejectsUnknownNames: false,
}

/** The same without its key, for printing. */
export function redactTlsPolicy(policy: TlsPolicy): TlsPolicy {
  return policy.sessionTicketKey === '' ? policy : { ...policy, sessionTicketKey: '[redacted]' }
}
