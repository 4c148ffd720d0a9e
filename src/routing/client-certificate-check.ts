/**
 * Client certificates: what a host asks of its TLS clients, and what becomes of a request whose client did or did not
 * show one (ingress-nginx, annotations.md: Client Certificate Authentication). TLS asks and verifies for the server name that the
 * client sent; a request for another host on the same connection was verified for nothing and is misdirected.
 */
import { createHash } from 'node:crypto'
import { compileLinearRegex } from '../base/linear-regex.ts'
import type { ClientCertificatePolicy, ClientCertificates } from './client-certificates.ts'
import type { LocalAnswer, Scheme } from './model.ts'

/** What TLS knows about a client that was asked for a certificate; one object per connection. */
export interface TlsClient {
  /** As the client sent it, in the form hosts are matched in; empty when it sent none. */
  readonly serverName: string
  /** {@link CompiledClientCertificates.key} of what the certificate was checked against. */
  readonly policyKey: string
  /** `null` = the client showed none. */
  readonly certificate: ClientCertificate | null
  /** Why the certificate is not good, in OpenSSL's words; empty = it is, or there is none. */
  readonly failure: string
  /** The only fault is that nobody we trust has signed it. */
  readonly isUntrusted: boolean
}

export interface ClientCertificate {
  readonly pem: string
  /** Distinguished names as RFC 2253 writes them, ASCII. */
  readonly subjectDn: string
  readonly issuerDn: string
  /** Hex digits, upper case. */
  readonly serial: string
  /** SHA-1 of the certificate, hex digits, lower case: what nginx calls the fingerprint. */
  readonly fingerprint: string
  /** `Nov 21 11:00:00 2026 GMT` */
  readonly validFrom: string
  readonly validTo: string
}

/** For {@link CompiledClientCertificates.check}: part of the facts of a request. */
export interface TlsFacts {
  readonly scheme: Scheme
  readonly host: string
  /** `null` or absent: nobody was asked. `assumed`: as if a good one had been shown, for explanations. */
  readonly tlsClient?: TlsClient | 'assumed' | null
}

export type CertificateVerdict =
  | { readonly kind: 'pass'; readonly reason: string }
  /** Nothing can be asked on plain http: the request may be redirected to https, and nothing else. */
  | { readonly kind: 'plain'; readonly reason: string }
  | { readonly kind: 'respond'; readonly answer: LocalAnswer; readonly reason: string }
  | { readonly kind: 'redirect'; readonly location: string; readonly reason: string }

export interface CompiledClientCertificates {
  readonly config: ClientCertificates
  /** Equal where certificates are verified alike; empty where nobody is asked. */
  readonly key: string
  check(facts: TlsFacts): CertificateVerdict
  /**
   * What upstreams and authentication services are told, in place of what the client may have said itself.
   *
   * @param lines `Name: value\r\n`... latin1
   */
  editLines(lines: string, client: TlsClient | null | undefined): string
}

const DENIED: LocalAnswer = { status: 403, contentType: 'text/plain', body: '403 Forbidden\n' }
const NO_CERTIFICATE: LocalAnswer = {
  status: 400,
  contentType: 'text/plain',
  body: '400 No required SSL certificate was sent\n',
}
const BAD_CERTIFICATE: LocalAnswer = { status: 400, contentType: 'text/plain', body: '400 The SSL certificate error\n' }
const WRONG_SUBJECT: LocalAnswer = { status: 403, contentType: 'text/plain', body: 'client certificate unauthorized' }
/** RFC 9110, 15.5.20: the client may try again on a connection of its own. */
export const MISDIRECTED: LocalAnswer = { status: 421, contentType: 'text/plain', body: '421 Misdirected Request\n' }

const PASS: CertificateVerdict = { kind: 'pass', reason: 'the client certificate is good' }

export function compileClientCertificates(config: ClientCertificates): CompiledClientCertificates {
  if ('denied' in config) return new DeniedClients(config)
  const regex = config.matchCn === '' ? null : compileLinearRegex(config.matchCn, false)
  // The dialect has refused such an expression; nobody gets in by a mistake between us.
  if (regex !== null && 'error' in regex) return new DeniedClients(config)
  const isSubjectGood = regex === null ? null : (subjectDn: string): boolean => regex.exec(subjectDn) !== null
  return new CheckedClients(config, isSubjectGood)
}

class DeniedClients implements CompiledClientCertificates {
  readonly config: ClientCertificates
  readonly key = ''

  constructor(config: ClientCertificates) {
    this.config = config
  }

  check(): CertificateVerdict {
    return {
      kind: 'respond',
      answer: DENIED,
      reason: 'nobody is served until the client certificate settings are mended',
    }
  }

  editLines(lines: string): string {
    return withoutClientFields(lines)
  }
}

class CheckedClients implements CompiledClientCertificates {
  readonly config: ClientCertificatePolicy
  readonly key: string
  readonly #isSubjectGood: ((subjectDn: string) => boolean) | null
  /** Of the last connection: clients send many requests over one. */
  #linesFor: TlsClient | null = null
  #lines = ''

  constructor(config: ClientCertificatePolicy, isSubjectGood: ((subjectDn: string) => boolean) | null) {
    this.config = config
    this.key = config.mode === 'off' ? '' : verificationKey(config)
    this.#isSubjectGood = isSubjectGood
  }

  check(facts: TlsFacts): CertificateVerdict {
    const { mode, errorPage, matchCn } = this.config
    if (mode === 'off') return { kind: 'pass', reason: 'client certificates are not asked for' }
    if (facts.scheme === 'http') return { kind: 'plain', reason: 'plain http: no client certificate can be asked for' }
    const client = facts.tlsClient ?? null
    if (client === 'assumed') return { kind: 'pass', reason: describePolicy(this.config) }
    if (
      client === null ||
      client.policyKey !== this.key ||
      (client.serverName !== facts.host && client.serverName !== '')
    ) {
      return { kind: 'respond', answer: MISDIRECTED, reason: 'the connection was made for another host' }
    }
    const { certificate, failure } = client
    if (certificate === null && mode === 'required') {
      return this.#refuse(NO_CERTIFICATE, errorPage, 'the client showed no certificate')
    }
    if (failure !== '' && !(mode === 'optional-no-ca' && client.isUntrusted)) {
      return this.#refuse(BAD_CERTIFICATE, errorPage, `the client certificate is not good: ${failure}`)
    }
    if (this.#isSubjectGood !== null && !this.#isSubjectGood(certificate?.subjectDn ?? '')) {
      return { kind: 'respond', answer: WRONG_SUBJECT, reason: `the subject does not match ${matchCn}` }
    }
    return PASS
  }

  editLines(lines: string, client: TlsClient | null | undefined): string {
    const known = client ?? null
    if (known === null || known.policyKey !== this.key)
      return `${withoutClientFields(lines)}ssl-client-verify: NONE\r\n`
    if (this.#linesFor !== known) {
      this.#linesFor = known
      this.#lines = clientLines(known, this.config.passesCertificate)
    }
    return withoutClientFields(lines) + this.#lines
  }

  #refuse(answer: LocalAnswer, errorPage: string, reason: string): CertificateVerdict {
    return errorPage === '' ? { kind: 'respond', answer, reason } : { kind: 'redirect', location: errorPage, reason }
  }
}

function verificationKey({ caPem, crlPem, depth }: ClientCertificatePolicy): string {
  return createHash('sha256')
    .update(JSON.stringify([caPem, crlPem ?? '', depth]))
    .digest('base64')
}

/** One short sentence for explanations. */
export function describePolicy({ mode, depth, crlPem, matchCn }: ClientCertificatePolicy): string {
  const asked =
    mode === 'required'
      ? 'required'
      : mode === 'optional'
        ? 'asked for, none is fine'
        : 'asked for, any authority is fine'
  const revocation = crlPem === undefined ? '' : ', not revoked'
  const subject = matchCn === '' ? '' : `, subject matching ${matchCn}`
  return `a client certificate is ${asked} (depth ${depth}${revocation}${subject}); shown here as if a good one came`
}

/** As ingress-nginx writes them; nginx sends no field whose value is empty. */
function clientLines({ certificate, failure }: TlsClient, passesCertificate: boolean): string {
  if (certificate === null) return 'ssl-client-verify: NONE\r\n'
  const escaped = passesCertificate ? `ssl-client-cert: ${encodeURIComponent(certificate.pem)}\r\n` : ''
  const subject = certificate.subjectDn === '' ? '' : `ssl-client-subject-dn: ${certificate.subjectDn}\r\n`
  const issuer = certificate.issuerDn === '' ? '' : `ssl-client-issuer-dn: ${certificate.issuerDn}\r\n`
  return `${escaped}ssl-client-verify: ${verifyText(failure)}\r\n${subject}${issuer}`
}

function verifyText(failure: string): string {
  return failure === '' ? 'SUCCESS' : `FAILED:${failure}`
}

/** nginx's `$ssl_client_verify`. */
export function describeVerification(client: TlsClient): string {
  return client.certificate === null ? 'NONE' : verifyText(client.failure)
}

const CLIENT_FIELDS = /^ssl[-_]client[-_](?:verify|cert|subject[-_]dn|issuer[-_]dn)$/i

/** Many servers read `_` as `-`, so a client cannot say these with either. */
function withoutClientFields(lines: string): string {
  if (!/^ssl[-_]client/im.test(lines)) return lines
  let out = ''
  for (let at = 0; at < lines.length;) {
    const next = lines.indexOf('\n', at) + 1
    if (!CLIENT_FIELDS.test(lines.slice(at, lines.indexOf(':', at)))) out += lines.slice(at, next)
    at = next
  }
  return out
}
