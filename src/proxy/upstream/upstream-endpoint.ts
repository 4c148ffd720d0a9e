/** One address and port of a cluster with its idle connections and what was seen of it. */
import { ClusterLoad } from './cluster-load.ts'
import { TlsSessions } from './tls-sessions.ts'
import { PLAIN_TRANSPORT, type Transport } from './transport.ts'
import { UpstreamSessions } from './http2/upstream-sessions.ts'
import type { UpstreamConnection } from './upstream-connection.ts'
import type { UpstreamPool } from './upstream-pool.ts'

export class UpstreamEndpoint {
  readonly address: string
  readonly port: number
  /** `address:port` as logs print it, IPv6 in brackets. */
  readonly label: string
  /** True when the cluster no longer lists it: running exchanges finish, nothing is kept. */
  isRemoved = false
  /** Requests under way. */
  activeRequests = 0
  /** See `balancers/ewma.ts`. */
  latencyMs = -1
  latencyAtMs = 0
  /** See `ejection.ts`. */
  connectFailures = 0
  isEjected = false
  ejectedUntilMs = 0
  /** See `health/`. */
  isUnhealthy = false
  /** Part of a whole share now; {@link baseWeight} is what the model says. */
  weight = 1
  baseWeight = 1
  /** When its slow start began; -1 = it has its whole share. See `slow-start.ts`. */
  newSinceMs = -1
  /** See `balancers/credit.ts`. */
  credit = 0
  /** Last in, first out: the warmest connection is used and the others may time out. Never holds a dead one. */
  readonly #idlePlain: UpstreamConnection[] = []
  /** Those of other transports; no entry is empty. */
  readonly #idle = new Map<Transport, UpstreamConnection[]>()
  readonly tlsSessions = new TlsSessions()
  /** `null` until HTTP/2 is spoken to it. */
  #http2: Map<Transport, UpstreamSessions> | null = null
  /** Of its cluster. */
  readonly load: ClusterLoad

  constructor(address: string, port: number, load: ClusterLoad = new ClusterLoad()) {
    this.load = load
    this.address = address
    this.port = port
    this.label = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
  }

  takeIdle(transport: Transport): UpstreamConnection | undefined {
    if (transport === PLAIN_TRANSPORT) return this.#idlePlain.pop()
    const idle = this.#idle.get(transport)
    const connection = idle?.pop()
    if (idle?.length === 0) this.#idle.delete(transport)
    return connection
  }

  putIdle(connection: UpstreamConnection): void {
    const { transport } = connection
    this.load.connectionFreed()
    if (transport === PLAIN_TRANSPORT) {
      this.#idlePlain.push(connection)
      return
    }
    const idle = this.#idle.get(transport)
    if (idle === undefined) this.#idle.set(transport, [connection])
    else idle.push(connection)
  }

  /** Forgets an idle connection that is gone. */
  dropIdle(connection: UpstreamConnection): void {
    const { transport } = connection
    const idle = transport === PLAIN_TRANSPORT ? this.#idlePlain : (this.#idle.get(transport) ?? [])
    const at = idle.indexOf(connection)
    if (at !== -1) idle.splice(at, 1)
    if (idle.length === 0) this.#idle.delete(transport)
  }

  /** Closes one idle connection to make room for another. @returns false when there is none */
  closeOneIdle(): boolean {
    const [first] = this.#idle.values()
    const connection = this.#idlePlain[0] ?? first?.[0]
    connection?.destroy()
    return connection !== undefined
  }

  /** The HTTP/2 connections over this transport. */
  http2Sessions(transport: Transport, pool: UpstreamPool): UpstreamSessions {
    const all = (this.#http2 ??= new Map())
    let sessions = all.get(transport)
    if (sessions === undefined) {
      // Transports of configurations that are no more.
      for (const [other, unused] of all) if (unused.isEmpty) all.delete(other)
      sessions = new UpstreamSessions(this, transport, pool)
      all.set(transport, sessions)
    }
    return sessions
  }

  /** Closes idle connections; with `isRemoved` set no others will be kept. */
  closeIdle(): void {
    for (const connection of [...this.#idlePlain, ...[...this.#idle.values()].flat()]) connection.destroy()
  }

  remove(): void {
    this.isRemoved = true
    this.closeIdle()
    if (this.#http2 !== null) for (const sessions of this.#http2.values()) sessions.close()
  }
}
