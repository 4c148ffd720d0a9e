/**
 * A listening port and the connections that came through it: plain HTTP (with HTTP/2 by prior knowledge) or TLS with ALPN.
 * There is one way in, {@link Listener.accept}, whoever accepted the socket. The TLS server does not listen itself.
 */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { TlsClient } from '../routing/client-certificate-check.ts'
import type { Scheme } from '../routing/model.ts'
import { describeClient, peerAddressOf } from './client-info.ts'
import type { AcceptHttp2, ClientInfo, FrontConnection, FrontContext } from './downstream.ts'
import { shareReads } from './http1/front-socket.ts'
import { Http1Connection } from './http1/http1-connection.ts'
import type { Http1Owner } from './http1/http1-owner.ts'
import { ListenError } from './listen-error.ts'
import { Preface, type PrefaceOwner, type PrefaceReading } from './preface.ts'
import type { ProxiedClient } from './proxy-protocol/proxied-client.ts'
import type { TlsServers } from './tls/tls-servers.ts'

/** Connections that the kernel holds until we accept them. */
const BACKLOG = 4096

/** What Node's servers listen on: a bound TCP socket, which this module knows nothing else about. */
export type BoundSocket = object

export interface ListenerOptions {
  readonly host: string
  /** 0 means any free port. */
  readonly port: number
  readonly context: FrontContext
  readonly acceptHttp2: AcceptHttp2 | null
  /** Makes it a TLS listener. */
  readonly tls: TlsServers | null
  /** Several workers listen on the same port and the kernel spreads connections over them. */
  readonly reusePort: boolean
  /** A bound socket to listen on, in place of one of our own: whoever gave it may give it to others too. */
  readonly bound?: BoundSocket
  /** Asked for each accepted socket, still unread: true = it goes to another process, and is not ours any more. */
  readonly giveAway?: (socket: Socket) => boolean
  /** Told of each connection that is refused for its PROXY protocol header; `reason` reads after "the header ". */
  readonly headerRefused?: (peerAddress: string, port: number, reason: string) => void
}

export class Listener implements Http1Owner, PrefaceOwner {
  readonly context: FrontContext
  readonly acceptHttp2: AcceptHttp2 | null
  readonly server: Server
  readonly #tlsServers: TlsServers | null
  readonly #connections = new Set<FrontConnection>()
  readonly #tlsInfos = new WeakMap<FrontConnection, ClientInfo>()
  readonly #scheme: Scheme
  readonly #headerRefused: ListenerOptions['headerRefused']
  /** While a handshake runs: the clients of connections that began with a PROXY protocol header, by their peers. */
  readonly #proxied = new Map<string, ProxiedClient>()
  #port = 0
  #accepted = 0
  #isClosed = false
  #whenEmpty: (() => void) | null = null

  /** @throws {ListenError} when the port cannot be opened */
  static async open(options: ListenerOptions): Promise<Listener> {
    const listener = new Listener(options)
    await listener.#listen(options)
    return listener
  }

  private constructor(options: ListenerOptions) {
    this.context = options.context
    this.acceptHttp2 = options.acceptHttp2
    this.#scheme = options.tls === null ? 'http' : 'https'
    this.#headerRefused = options.headerRefused
    this.#tlsServers = options.tls
    if (options.tls !== null) {
      options.tls.accept = (socket, client) => this.#acceptTls(socket, client)
      options.tls.policiesChanged = () => this.#endStale()
    }
    // Nothing is read before it is known who reads: see `http1/front-socket.ts`.
    const { giveAway } = options
    this.server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, (socket) => {
      if (giveAway === undefined || !giveAway(socket)) this.accept(socket)
    })
    // Failures of accept (too many open files) pass; connections that exist go on.
    this.server.on('error', ignore)
  }

  /** The port as bound. */
  get port(): number {
    return this.#port
  }

  /** Connections since the start. */
  get accepted(): number {
    return this.#accepted
  }

  get openCount(): number {
    return this.#connections.size
  }

  /** Counts by looking at each connection: for scrapes, not per request. */
  countIdle(): number {
    let idle = 0
    for (const connection of this.#connections) if (connection.isIdle) idle++
    return idle
  }

  /**
   * Stops accepting and lets connections finish. Resolves when the last one is gone.
   *
   * @param isPatient HTTP/1.1 connections get one more answer, which closes them: a client may be about to send
   */
  async drain(isPatient = false): Promise<void> {
    this.#stopAccepting()
    for (const connection of this.#connections) {
      if (!isPatient || !(connection instanceof Http1Connection)) connection.drain()
    }
    if (this.#connections.size === 0) return
    await new Promise<void>((resolve) => {
      this.#whenEmpty = resolve
    })
  }

  /** Ends everything now. */
  destroy(): void {
    this.#isClosed = true
    this.#stopAccepting()
    for (const connection of this.#connections) connection.destroy()
    this.#whenEmpty?.()
  }

  /** Implements {@link Http1Owner}. */
  connectionClosed(connection: FrontConnection): void {
    this.#connections.delete(connection)
    if (this.#connections.size === 0) this.#whenEmpty?.()
  }

  /** Implements {@link Http1Owner}. */
  connectionReplaced(connection: FrontConnection, by: FrontConnection): void {
    this.#connections.add(by)
    this.#connections.delete(connection)
  }

  #listen(options: ListenerOptions): Promise<void> {
    return new Promise((resolve, reject) => {
      const onError = (error: Error): void => reject(new ListenError(options.host, options.port, error))
      this.server.once('error', onError)
      const { host, port, reusePort, bound } = options
      const listens = (): void => {
        this.server.off('error', onError)
        this.#port = (this.server.address() as AddressInfo).port
        resolve()
      }
      if (bound === undefined) this.server.listen({ host, port, reusePort, backlog: BACKLOG }, listens)
      else this.server.listen(bound, BACKLOG, listens)
    })
  }

  /**
   * Takes a connection in, whichever process accepted it.
   *
   * @param socket paused, nobody has read from it, with `allowHalfOpen`
   */
  accept(socket: Socket): void {
    this.#accepted++
    // The peer may be gone before we looked.
    const { maxConnections } = this.context.settings
    const isFull = maxConnections !== undefined && this.#connections.size >= maxConnections
    if (socket.remoteAddress === undefined || this.#isClosed || isFull) {
      socket.destroy()
      return
    }
    const { settings, timers } = this.context
    const proxyProtocol = this.context.proxyProtocol ?? null
    const hasPassthrough = (this.context.passthrough ?? null) !== null
    const needsHello = this.#tlsServers !== null && (hasPassthrough || this.#tlsServers.needsServerName)
    if (proxyProtocol === null && !needsHello) {
      this.#begin(this.#tlsServers === null ? shareReads(socket) : socket, null, NOTHING, '')
      return
    }
    const options = { timers, proxyProtocol, helloTimeoutMs: needsHello ? settings.clientHeaderTimeoutMs : null }
    this.#connections.add(new Preface(this.#tlsServers === null ? shareReads(socket) : socket, this, options))
  }

  /** Implements {@link PrefaceOwner}. */
  prefaceRead(preface: Preface, socket: Socket, { proxied, firstBytes, serverName }: PrefaceReading): void {
    if (!this.#passThrough(socket, proxied, firstBytes, serverName))
      this.#begin(socket, proxied, firstBytes, serverName)
    this.connectionClosed(preface)
  }

  /** Implements {@link PrefaceOwner}. */
  prefaceRefused(socket: Socket, reason: string): void {
    this.#headerRefused?.(peerAddressOf(socket), this.#port, reason)
  }

  /** @returns false where the server name is none of a host that is passed through */
  #passThrough(socket: Socket, proxied: ProxiedClient | null, hello: Buffer, serverName: string): boolean {
    const passthrough = this.context.passthrough ?? null
    if (this.#tlsServers === null || passthrough === null || serverName === '') return false
    const host = passthrough.find(serverName)
    if (host === null) return false
    const tunnel = passthrough.begin(host, { socket, serverPort: this.#port, proxied, serverName, hello }, this)
    if (tunnel !== null) this.#connections.add(tunnel)
    return true
  }

  /**
   * @param firstBytes of the connection, read already
   * @param serverName of the ClientHello among them, empty when nobody needs it
   */
  #begin(socket: Socket, proxied: ProxiedClient | null, firstBytes: Buffer, serverName: string): void {
    if (this.#tlsServers === null) {
      const info = describeClient(socket, this.#scheme, this.#port, proxied, '', '')
      const connection = new Http1Connection(socket, this, info)
      this.#connections.add(connection)
      if (firstBytes.length > 0) connection.received(firstBytes, 0, firstBytes.length)
      return
    }
    const server = this.#tlsServers.needsServerName ? this.#tlsServers.serverFor(serverName) : this.#tlsServers.main
    if (server === null) {
      socket.end(UNRECOGNIZED_NAME)
      socket.resume()
      socket.setTimeout(REFUSAL_MS, () => socket.destroy())
      return
    }
    if (proxied !== null) {
      const peer = describePeer(socket)
      this.#proxied.set(peer, proxied)
      socket.once('close', () => this.#proxied.delete(peer))
    }
    // OpenSSL reads what is put back before it reads the socket.
    if (firstBytes.length > 0) socket.unshift(firstBytes)
    server.emit('connection', socket)
  }

  /** A second call does no harm. */
  #stopAccepting(): void {
    this.server.close()
    this.#tlsServers?.close()
  }

  #acceptTls(socket: TLSSocket, client: TlsClient | null): void {
    if (socket.remoteAddress === undefined || this.#isClosed) {
      socket.destroy()
      return
    }
    const proxied = this.#proxied.size === 0 ? null : (this.#proxied.get(describePeer(socket)) ?? null)
    const info = describeClient(
      socket,
      this.#scheme,
      this.#port,
      proxied,
      socket.getProtocol() ?? '',
      socket.getCipher().name,
      client,
    )
    if (socket.alpnProtocol !== 'h2' || this.acceptHttp2 === null) {
      const connection = new Http1Connection(socket, this, info)
      this.#connections.add(connection)
      this.#tlsInfos.set(connection, info)
      return
    }
    const connection: FrontConnection = this.acceptHttp2(socket, null, info, this.context, () =>
      this.connectionClosed(connection),
    )
    this.#connections.add(connection)
    this.#tlsInfos.set(connection, info)
  }

  /** Their requests would be misdirected: clients come again and show what is asked for now. */
  #endStale(): void {
    for (const connection of this.#connections) {
      const info = this.#tlsInfos.get(connection)
      if (info === undefined) continue
      const serverName = info.connection?.serverName ?? ''
      if (this.#tlsServers?.isCurrent(serverName, info.tlsClient ?? null) === false) connection.drain()
    }
  }
}

const NOTHING: Buffer = Buffer.alloc(0)
/** Fatal alert unrecognized_name (RFC 8446, 6.2). */
const UNRECOGNIZED_NAME = Buffer.from([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x70])
/** For a refused client to read its alert and close. */
const REFUSAL_MS = 2000

/** Names a connection of a port while it is open. */
function describePeer(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort} ${socket.localAddress}`
}

function ignore(): void {
  // See the callers.
}
