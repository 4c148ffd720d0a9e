/** The hosts whose TLS connections are passed on unopened, by the server name of their ClientHello. */
import type { Socket } from 'node:net'
import type { PassthroughHost } from '../../routing/streams.ts'
import type { FrontConnection } from '../downstream.ts'
import type { ProxiedClient } from '../proxy-protocol/proxied-client.ts'
import type { StreamContext } from '../stream/stream-context.ts'
import { describeSession } from '../stream/tcp-port.ts'
import { Tunnel } from '../stream/tunnel.ts'

export interface PassthroughConnection {
  /** Paused, read up to the end of `hello`. */
  readonly socket: Socket
  readonly serverPort: number
  readonly proxied: ProxiedClient | null
  readonly serverName: string
  readonly hello: Buffer
}

interface ConnectionOwner {
  connectionClosed(connection: FrontConnection): void
}

export class Passthrough {
  readonly #context: StreamContext
  readonly #exact = new Map<string, PassthroughHost>()
  /** Keyed by what follows `*.`. */
  readonly #wildcard = new Map<string, PassthroughHost>()

  constructor(hosts: readonly PassthroughHost[], context: StreamContext) {
    this.#context = context
    for (const host of hosts) {
      if (host.host.startsWith('*.')) this.#wildcard.set(host.host.slice(2), host)
      else this.#exact.set(host.host, host)
    }
  }

  /** Exact name, then one-label wildcard. @param serverName lower-case, without final dot */
  find(serverName: string): PassthroughHost | null {
    const dot = serverName.indexOf('.')
    return this.#exact.get(serverName) ?? (dot > 0 ? this.#wildcard.get(serverName.slice(dot + 1)) : null) ?? null
  }

  /** @returns `null` when the host has no endpoint and the connection is closed */
  begin(
    { backendId }: PassthroughHost,
    { socket, serverPort, proxied, serverName, hello }: PassthroughConnection,
    owner: ConnectionOwner,
  ): FrontConnection | null {
    const cluster = this.#context.clusterOf(backendId)
    if (cluster === null || !cluster.isAvailable()) {
      socket.resetAndDestroy()
      return null
    }
    const record = describeSession(socket, serverPort, proxied)
    record.serverName = serverName
    let isOver = false
    const tunnel = new Tunnel(socket, {
      context: this.#context,
      cluster,
      record,
      header: null,
      firstBytes: hello,
      onClose: (closed) => {
        isOver = true
        owner.connectionClosed(closed)
      },
    })
    return isOver ? null : tunnel
  }
}
