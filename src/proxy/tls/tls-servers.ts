/**
 * Where TLS ends: one `tls.Server` for all hosts alike, and one more for each way of asking clients for certificates or of
 * choosing ciphers, because `node:tls` settles both before it knows the server name. None of them listens; the
 * listener reads the name in the ClientHello and hands its sockets over. Servers are made when first needed.
 *
 * A client's certificate is verified in every handshake: servers that ask for one resume no sessions, so nothing that was
 * found out for one host can be carried to another.
 */
import { constants } from 'node:crypto'
import { createServer, type Server, type TLSSocket, type TlsOptions } from 'node:tls'
import type { TlsClient } from '../../routing/client-certificate-check.ts'
import { type CompiledHost, type CompiledTable, findHost } from '../../routing/compile.ts'
import { DEFAULT_TLS_POLICY, type TlsPolicy } from '../../routing/tls-policy.ts'
import type { CertificateStore } from './certificate-store.ts'
import { fingerprintsOf, limitChains } from './path-length.ts'
import { readTlsClient } from './tls-client.ts'
import {
  cipherList,
  createContextOptions,
  createTlsOptions,
  deriveTicketKeys,
  type TlsSettings,
} from './tls-options.ts'

/** @param client `null` where nobody was asked for a certificate */
export type AcceptTls = (socket: TLSSocket, client: TlsClient | null) => void

/** What a host wants of the server that its connections come through. */
interface Wish {
  readonly policyKey: string
  readonly caPem: string
  readonly crlPem: string
  readonly depth: number
  /** Of TLS 1.2; empty = as the listener. */
  readonly ciphers: string
  readonly prefersServerCiphers: boolean
}

interface SpecialServer {
  readonly server: Server
  readonly wish: Wish
}

const NAMES_NOTHING: Wish = { policyKey: '', caPem: '', crlPem: '', depth: 0, ciphers: '', prefersServerCiphers: true }

export class TlsServers {
  /** Where connections end whose host wants nothing special. */
  readonly main: Server
  /** Set by the listener before it listens. */
  accept: AcceptTls = (socket) => socket.destroy()
  /** Likewise: hosts ask for other certificates than before. */
  policiesChanged: () => void = ignore
  readonly #store: CertificateStore
  readonly #options: TlsOptions
  readonly #ownTicketKeys: Buffer
  #table: CompiledTable
  #policy: TlsPolicy = DEFAULT_TLS_POLICY
  #special = new Map<string, SpecialServer>()
  #needsServerName = false
  /** Who asks for which certificates: to tell whether that changed. */
  #asked = ''

  constructor(store: CertificateStore, table: CompiledTable, settings: TlsSettings = {}) {
    this.#store = store
    this.#table = table
    const options = createTlsOptions(settings)
    this.#ownTicketKeys = options.ticketKeys as Buffer
    this.#options = options
    this.main = createServer(
      { ...options, SNICallback: (name, done) => done(null, store.find(name) ?? undefined) },
      (socket) => this.accept(socket, null),
    )
    // A failed handshake is the client's affair: its socket is destroyed already.
    this.main.on('tlsClientError', ignore)
    store.attach(this.main)
  }

  /** True while it depends on the server name where a connection ends. */
  get needsServerName(): boolean {
    return this.#needsServerName
  }

  /**
   * Follows a new table. Connections that exist go on.
   *
   * @throws what OpenSSL says about a policy that it cannot use; nothing has changed then
   */
  apply(table: CompiledTable, policy: TlsPolicy): void {
    const isSame = JSON.stringify(policy) === JSON.stringify(this.#policy)
    if (isSame && table === this.#table) return
    if (!isSame) this.#usePolicy(policy)
    this.#table = table
    this.#needsServerName = policy.rejectsUnknownNames
    const wanted = new Set<string>()
    let asked = ''
    for (const host of [...table.exactHosts.values(), ...table.wildcardHosts.values(), table.anyHost]) {
      if (host === null) continue
      const wish = this.#wishOf(host)
      if (this.#isPlain(wish)) continue
      if (wish.policyKey !== '') asked += `${host.host} ${wish.policyKey}\n`
      this.#needsServerName = true
      wanted.add(keyOf(wish))
    }
    for (const [key, { server }] of this.#special) if (!wanted.has(key)) this.#forget(key, server)
    if (asked === this.#asked) return
    this.#asked = asked
    this.policiesChanged()
  }

  /** False for connections whose clients showed less than their host asks for now, or something else. */
  isCurrent(serverName: string, client: TlsClient | null): boolean {
    const lower = serverName.toLowerCase()
    const host = findHost(this.#table, lower.endsWith('.') ? lower.slice(0, -1) : lower, 'https')
    return (host?.clientCertificates?.key ?? '') === (client?.policyKey ?? '')
  }

  /**
   * The server for connections to a name.
   *
   * @param serverName of the ClientHello, lower-case; empty when it has none
   * @returns `null` when the handshake is to be refused
   */
  serverFor(serverName: string): Server | null {
    const name = serverName.endsWith('.') ? serverName.slice(0, -1) : serverName
    const host = findHost(this.#table, name, 'https')
    if (this.#policy.rejectsUnknownNames && (host === null || host.host === '')) return null
    const wish = this.#wishOf(host)
    if (this.#isPlain(wish)) return this.main
    const known = this.#special.get(keyOf(wish))
    if (known !== undefined) return known.server
    try {
      return this.#createSpecial(wish)
    } catch {
      // Authorities that OpenSSL cannot read: nobody could be verified.
      return null
    }
  }

  /** What handshakes from now on agree on: HTTP/2 or HTTP/1.1, or HTTP/1.1 alone. */
  offerHttp2(isOffered: boolean): void {
    const protocols = isOffered ? ['h2', 'http/1.1'] : ['http/1.1']
    if (JSON.stringify(this.#options.ALPNProtocols) === JSON.stringify(protocols)) return
    this.#options.ALPNProtocols = protocols
    // A server reads its own property at each connection; there is no setter for it.
    Object.assign(this.main, { ALPNProtocols: encodeProtocols(protocols) })
    for (const [key, { server }] of this.#special) this.#forget(key, server)
  }

  /** No further handshakes. A second call does no harm. */
  close(): void {
    this.#store.detach(this.main)
    this.main.close()
    for (const [key, { server }] of this.#special) this.#forget(key, server)
  }

  #usePolicy(policy: TlsPolicy): void {
    this.#store.setOptions(createContextOptions(policy))
    this.#policy = policy
    // They have the old policy; connections through them go on.
    for (const [key, { server }] of this.#special) this.#forget(key, server)
    const { sessionTicketKey, sessionTimeoutSeconds } = policy
    const ticketKeys =
      sessionTicketKey === '' ? this.#ownTicketKeys : deriveTicketKeys(Buffer.from(sessionTicketKey, 'base64'))
    Object.assign(this.#options, { ...createContextOptions(policy), ticketKeys, sessionTimeout: sessionTimeoutSeconds })
    this.#store.attach(this.main, { key: '', options: { ticketKeys, sessionTimeout: sessionTimeoutSeconds } })
  }

  #wishOf(host: CompiledHost | null): Wish {
    const config = host?.clientCertificates?.config
    const prefersServerCiphers = host?.tls?.prefersServerCiphers ?? this.#policy.prefersServerCiphers
    const ciphers = host?.tls?.ciphers ?? ''
    const policyKey = host?.clientCertificates?.key ?? ''
    if (config === undefined || 'denied' in config || policyKey === '')
      return { ...NAMES_NOTHING, ciphers, prefersServerCiphers }
    const { caPem, crlPem = '', depth } = config
    return { policyKey, caPem, crlPem, depth, ciphers, prefersServerCiphers }
  }

  #isPlain(wish: Wish): boolean {
    return (
      wish.policyKey === '' && wish.ciphers === '' && wish.prefersServerCiphers === this.#policy.prefersServerCiphers
    )
  }

  #createSpecial(wish: Wish): Server {
    const asks = wish.policyKey !== ''
    // With revocation lists OpenSSL wants one for everybody.
    const trusted = asks && wish.crlPem === '' ? fingerprintsOf(wish.caPem) : new Set<string>()
    const own = {
      honorCipherOrder: wish.prefersServerCiphers,
      ...(wish.ciphers === '' ? {} : { ciphers: cipherList(wish.ciphers) }),
      ...(asks ? { ca: limitChains(wish.caPem, wish.depth) } : {}),
      ...(wish.crlPem === '' ? {} : { crl: wish.crlPem }),
      ...(asks
        ? { secureOptions: constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_NO_TICKET, sessionIdContext: 'client' }
        : {}),
    }
    const variant = { key: keyOf(wish), options: own }
    const server = createServer(
      {
        ...this.#options,
        ...own,
        requestCert: asks,
        // Who comes without a good one is answered, not cut off.
        rejectUnauthorized: false,
        SNICallback: (name, done) => {
          const context = this.#store.find(name, variant)
          // Any other context would verify against others than this host's authorities.
          if (context === null) done(new Error('Cannot serve TLS: no certificate can be used'))
          else done(null, context)
        },
      },
      (socket) => this.accept(socket, asks ? readTlsClient(socket, wish.policyKey, trusted) : null),
    )
    server.on('tlsClientError', ignore)
    this.#store.attach(server, variant)
    this.#special.set(variant.key, { server, wish })
    return server
  }

  #forget(key: string, server: Server): void {
    this.#special.delete(key)
    this.#store.detach(server)
    server.close()
  }
}

/** RFC 7301, 3.1: each name behind its length. */
function encodeProtocols(names: readonly string[]): Buffer {
  return Buffer.concat(names.map((name) => Buffer.from(`${String.fromCharCode(name.length)}${name}`, 'latin1')))
}

function keyOf({ policyKey, ciphers, prefersServerCiphers }: Wish): string {
  return `${policyKey} ${ciphers} ${prefersServerCiphers}`
}

function ignore(): void {
  // See the callers.
}
