/**
 * Certificates by server name, as OpenSSL contexts. A new table replaces the old one at once for new handshakes and
 * touches no connection. Contexts are built at the first handshake that needs them and kept for as long as the same
 * certificate stays in the table, so a table of ten thousand certificates costs nothing until they are asked for.
 */
import { createSecureContext, type SecureContext, type SecureContextOptions, type Server } from 'node:tls'
import type { Certificate, CertificateTable } from '../../routing/model.ts'
import { renewTickets } from './renewing-tickets.ts'
import { createContextOptions } from './tls-options.ts'

/** Told once per certificate content that OpenSSL refuses; the default certificate is served in its place. */
export type ReportBadCertificate = (certificate: Certificate, reason: string) => void

/** What a host or a server has of its own: other ciphers, authorities for clients. */
export interface ContextVariant {
  /** Equal for equal options. */
  readonly key: string
  readonly options: SecureContextOptions
}

/** As all others. */
export const PLAIN_VARIANT: ContextVariant = { key: '', options: {} }

/** One certificate serves few kinds of hosts; the oldest is forgotten and made anew. */
const MOST_VARIANTS = 16

interface Entry {
  readonly certificate: Certificate
  /** By the key of the variant, built when first asked for; `null` where OpenSSL refuses it. */
  readonly contexts: Map<string, SecureContext | null>
}

export class CertificateStore {
  readonly #report: ReportBadCertificate
  readonly #servers = new Map<Server, ContextVariant>()
  #options: SecureContextOptions = createContextOptions()
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
    if (byDefault !== undefined && byDefault !== this.#default && this.#contextOf(byDefault, PLAIN_VARIANT) !== null) {
      this.#default = byDefault
      this.#refreshServers()
    }
  }

  /** What all contexts are made with from now on. @throws what OpenSSL says about options that it cannot use */
  setOptions(options: SecureContextOptions): void {
    createSecureContext(options)
    this.#options = options
    for (const entry of this.#entries.values()) entry.contexts.clear()
    this.#default?.contexts.clear()
    this.#refreshServers()
  }

  /**
   * Context for a server name as the client sent it: exact, then one-label wildcard, then default.
   *
   * @returns `null` when there is no usable certificate at all
   */
  find(servername: string, variant: ContextVariant = PLAIN_VARIANT): SecureContext | null {
    const lower = servername.toLowerCase()
    const name = lower.endsWith('.') ? lower.slice(0, -1) : lower
    const dot = name.indexOf('.')
    const entry = this.#exact.get(name) ?? (dot > 0 ? this.#wildcard.get(name.slice(dot + 1)) : undefined)
    const context = entry === undefined ? null : this.#contextOf(entry, variant)
    return context ?? (this.#default === null ? null : this.#contextOf(this.#default, variant))
  }

  /**
   * Keeps the certificate for clients without SNI up to date on a server, until {@link detach}.
   *
   * @throws what OpenSSL says about a variant that it cannot use
   */
  attach(server: Server, variant: ContextVariant = PLAIN_VARIANT): void {
    this.#refresh(server, variant)
    this.#servers.set(server, variant)
  }

  detach(server: Server): void {
    this.#servers.delete(server)
  }

  #refreshServers(): void {
    for (const [server, variant] of this.#servers) this.#refresh(server, variant)
  }

  /** Ticket keys and session limits of the server stay as they are. */
  #refresh(server: Server, variant: ContextVariant): void {
    const pair =
      this.#default === null ? {} : { cert: this.#default.certificate.certPem, key: this.#default.certificate.keyPem }
    server.setSecureContext({ ...this.#options, ...variant.options, ...pair })
    renewTickets(server)
  }

  #keepOrCreate(certificate: Certificate): Entry {
    const old = this.#entries.get(certificate.id)
    const isSame =
      old !== undefined &&
      old.certificate.certPem === certificate.certPem &&
      old.certificate.keyPem === certificate.keyPem
    return isSame ? old : { certificate, contexts: new Map() }
  }

  #contextOf(entry: Entry, variant: ContextVariant): SecureContext | null {
    const known = entry.contexts.get(variant.key)
    if (known !== undefined) return known
    const { certPem, keyPem } = entry.certificate
    let context: SecureContext | null = null
    try {
      context = createSecureContext({ ...this.#options, ...variant.options, cert: certPem, key: keyPem })
    } catch (error) {
      this.#report(entry.certificate, error instanceof Error ? error.message : String(error))
    }
    entry.contexts.set(variant.key, context)
    if (entry.contexts.size > MOST_VARIANTS) {
      for (const oldest of entry.contexts.keys()) {
        entry.contexts.delete(oldest)
        break
      }
    }
    return context
  }
}
