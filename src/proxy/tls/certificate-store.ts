/**
 * Certificates by server name, as OpenSSL contexts. A new table replaces the old one at once for new handshakes and
 * touches no connection. Contexts are built at the first handshake that needs them and kept for as long as the same
 * certificate stays in the table, so a table of ten thousand certificates costs nothing until they are asked for.
 */
import { createSecureContext, type SecureContext, type Server } from 'node:tls'
import type { Certificate, CertificateTable } from '../../routing/model.ts'
import { CONTEXT_OPTIONS } from './tls-options.ts'

/** Told once per certificate content that OpenSSL refuses; the default certificate is served in its place. */
export type ReportBadCertificate = (certificate: Certificate, reason: string) => void

interface Entry {
  readonly certificate: Certificate
  /** `null` until first asked for, and for good when OpenSSL refuses it. */
  context: SecureContext | null
  state: 'new' | 'ready' | 'refused'
}

export class CertificateStore {
  readonly #report: ReportBadCertificate
  readonly #servers = new Set<Server>()
  #entries: ReadonlyMap<string, Entry> = new Map()
  #exact: ReadonlyMap<string, Entry> = new Map()
  /** Keyed by what follows `*.`. */
  #wildcard: ReadonlyMap<string, Entry> = new Map()
  #default: Entry | null = null

  constructor(report: ReportBadCertificate) {
    this.#report = report
  }

  /** Replaces all certificates. A default that OpenSSL refuses leaves the previous default in place. */
  apply(table: CertificateTable): void {
    const entries = new Map<string, Entry>()
    for (const certificate of table.certificates) entries.set(certificate.id, this.#keepOrCreate(certificate))
    const exact = new Map<string, Entry>()
    const wildcard = new Map<string, Entry>()
    for (const { name, certificateId } of table.bySni) {
      const entry = entries.get(certificateId)
      if (entry === undefined) continue
      if (name.startsWith('*.')) wildcard.set(name.slice(2), entry)
      else exact.set(name, entry)
    }
    this.#entries = entries
    this.#exact = exact
    this.#wildcard = wildcard
    const byDefault = entries.get(table.defaultCertificateId)
    if (byDefault !== undefined && byDefault !== this.#default && this.#contextOf(byDefault) !== null) {
      this.#default = byDefault
      for (const server of this.#servers) useAsDefault(server, byDefault.certificate)
    }
  }

  /**
   * Context for a server name as the client sent it: exact, then one-label wildcard, then default.
   *
   * @returns `null` when there is no usable certificate at all
   */
  find(servername: string): SecureContext | null {
    const lower = servername.toLowerCase()
    const name = lower.endsWith('.') ? lower.slice(0, -1) : lower
    const dot = name.indexOf('.')
    const entry = this.#exact.get(name) ?? (dot > 0 ? this.#wildcard.get(name.slice(dot + 1)) : undefined)
    const context = entry === undefined ? null : this.#contextOf(entry)
    return context ?? this.#default?.context ?? null
  }

  /** Keeps the certificate for clients without SNI up to date on a server, until the server closes. */
  attach(server: Server): void {
    this.#servers.add(server)
    server.once('close', () => this.#servers.delete(server))
    if (this.#default !== null) useAsDefault(server, this.#default.certificate)
  }

  #keepOrCreate(certificate: Certificate): Entry {
    const old = this.#entries.get(certificate.id)
    const isSame =
      old !== undefined &&
      old.certificate.certPem === certificate.certPem &&
      old.certificate.keyPem === certificate.keyPem
    return isSame ? old : { certificate, context: null, state: 'new' }
  }

  #contextOf(entry: Entry): SecureContext | null {
    if (entry.state !== 'new') return entry.context
    const { certPem, keyPem } = entry.certificate
    try {
      entry.context = createSecureContext({ ...CONTEXT_OPTIONS, cert: certPem, key: keyPem })
      entry.state = 'ready'
    } catch (error) {
      entry.state = 'refused'
      this.#report(entry.certificate, error instanceof Error ? error.message : String(error))
    }
    return entry.context
  }
}

/** Ticket keys and session limits of the server stay as they are. */
function useAsDefault(server: Server, certificate: Certificate): void {
  server.setSecureContext({
    ...CONTEXT_OPTIONS,
    cert: certificate.certPem,
    key: certificate.keyPem,
  })
}
