/** The port of a TCP service: its connections, each passed to one endpoint of the service's backend. */
import type { AddressInfo, Server, Socket } from 'node:net'
import { createServer } from 'node:net'
import type { StreamService } from '../../routing/streams.ts'
import { peerAddressOf } from '../client-info.ts'
import type { FrontConnection } from '../downstream.ts'
import { ListenError } from '../listen-error.ts'
import { Preface, type PrefaceOwner, type PrefaceReading } from '../preface.ts'
import type { ProxiedAddresses } from '../proxy-protocol/header-reading.ts'
import type { ProxiedClient, ProxyProtocolReader } from '../proxy-protocol/proxied-client.ts'
import { writeTextHeader } from '../proxy-protocol/write-header.ts'
import type { StreamContext } from './stream-context.ts'
import { StreamRecord } from './stream-record.ts'
import { Tunnel } from './tunnel.ts'

/** Sessions of one UDP port; each has a file descriptor. */
export const MOST_SESSIONS = 4096

export interface StreamPortOptions {
  readonly host: string
  readonly reusePort: boolean
  readonly context: StreamContext
  /** For services that decode the PROXY protocol. */
  readonly headerReader: () => ProxyProtocolReader
  readonly headerRefused: (peerAddress: string, port: number, reason: string) => void
  /** Of one UDP port; default {@link MOST_SESSIONS}. */
  readonly mostSessions?: number
}

export class TcpPort implements PrefaceOwner {
  /** May be replaced: new connections follow it. */
  service: StreamService
  readonly #options: StreamPortOptions
  readonly #server: Server
  readonly #connections = new Set<FrontConnection>()
  #port = 0
  #whenEmpty: (() => void) | null = null

  /** @throws {ListenError} when the port cannot be opened */
  static async open(service: StreamService, options: StreamPortOptions): Promise<TcpPort> {
    const opened = new TcpPort(service, options)
    await opened.#listen()
    return opened
  }

  private constructor(service: StreamService, options: StreamPortOptions) {
    this.service = service
    this.#options = options
    this.#server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, (socket) =>
      this.#accept(socket),
    )
    // Failures of accept (too many open files) pass; connections that exist go on.
    this.#server.on('error', () => undefined)
  }

  /** As bound. */
  get port(): number {
    return this.#port
  }

  get openCount(): number {
    return this.#connections.size
  }

  /** Stops accepting. Connections go on until they end, or are idle for too long. */
  close(): void {
    this.#server.close()
  }

  /** Resolves when the last connection is gone. */
  async drain(): Promise<void> {
    this.close()
    for (const connection of this.#connections) connection.drain()
    if (this.#connections.size === 0) return
    await new Promise<void>((resolve) => {
      this.#whenEmpty = resolve
    })
  }

  destroy(): void {
    this.close()
    for (const connection of this.#connections) connection.destroy()
  }

  /** Implements {@link PrefaceOwner}. */
  prefaceRead(preface: Preface, socket: Socket, { proxied, firstBytes }: PrefaceReading): void {
    this.#begin(socket, proxied, firstBytes)
    this.connectionClosed(preface)
  }

  /** Implements {@link PrefaceOwner}. */
  prefaceRefused(socket: Socket, reason: string): void {
    this.#options.headerRefused(peerAddressOf(socket), this.#port, reason)
  }

  /** Implements {@link PrefaceOwner}. */
  connectionClosed(connection: FrontConnection): void {
    this.#connections.delete(connection)
    if (this.#connections.size === 0) this.#whenEmpty?.()
  }

  #listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      const { host, reusePort } = this.#options
      const { port } = this.service
      const onError = (error: Error): void => reject(new ListenError(host, port, error))
      this.#server.once('error', onError)
      this.#server.listen({ host, port, reusePort, backlog: 4096 }, () => {
        this.#server.off('error', onError)
        this.#port = (this.#server.address() as AddressInfo).port
        resolve()
      })
    })
  }

  #accept(socket: Socket): void {
    const { context, headerReader } = this.#options
    if (socket.remoteAddress === undefined) socket.destroy()
    else if (this.service.decodesProxyProtocol) {
      const options = { timers: context.timers, proxyProtocol: headerReader(), helloTimeoutMs: null }
      this.#connections.add(new Preface(socket, this, options))
    } else this.#begin(socket, null, Buffer.alloc(0))
  }

  #begin(socket: Socket, proxied: ProxiedClient | null, firstBytes: Buffer): void {
    const { context } = this.#options
    const { backendId, encodesProxyProtocol } = this.service
    const cluster = context.clusterOf(backendId)
    if (cluster === null || !cluster.isAvailable()) {
      // As near to a closed port as a port can be that is not closed.
      socket.resetAndDestroy()
      return
    }
    const record = describeSession(socket, this.#port, proxied)
    const header = encodesProxyProtocol ? writeTextHeader(addressesOf(socket, record, proxied)) : null
    let isOver = false
    const tunnel = new Tunnel(socket, {
      context,
      cluster,
      record,
      header,
      firstBytes,
      onClose: (closed) => {
        isOver = true
        this.connectionClosed(closed)
      },
    })
    if (!isOver) this.#connections.add(tunnel)
  }
}

/** The record of a session that begins. */
export function describeSession(socket: Socket, serverPort: number, proxied: ProxiedClient | null): StreamRecord {
  const record = new StreamRecord('TCP')
  const named = proxied?.isTrusted === true ? proxied.addresses : null
  record.remoteAddress = named?.sourceAddress ?? peerAddressOf(socket)
  record.remotePort = named?.sourcePort ?? socket.remotePort ?? 0
  record.serverPort = serverPort
  if (proxied !== null) {
    record.peerAddress = proxied.isTrusted ? proxied.peerAddress : ''
    record.proxyProtocolAddress = proxied.addresses.sourceAddress
    record.proxyProtocolPort = proxied.addresses.sourcePort
  }
  return record
}

/** For the endpoint: who came, and to which address. */
function addressesOf(socket: Socket, record: StreamRecord, proxied: ProxiedClient | null): ProxiedAddresses {
  const named = proxied?.isTrusted === true ? proxied.addresses : null
  return {
    sourceAddress: record.remoteAddress,
    sourcePort: record.remotePort,
    destinationAddress: named?.destinationAddress ?? (socket.localAddress ?? '').replace(/^::ffff:(?=\d+\.)/, ''),
    destinationPort: named?.destinationPort ?? socket.localPort ?? 0,
  }
}
