/** One address and port of a cluster with its idle connections and what was seen of it. */
import { TlsSessions } from './tls-sessions.ts'
import { PLAIN_TRANSPORT, type Transport } from './transport.ts'
import type { UpstreamConnection } from './upstream-connection.ts'

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

  constructor(address: string, port: number) {
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

  /** Closes idle connections; with `isRemoved` set no others will be kept. */
  closeIdle(): void {
    for (const connection of [...this.#idlePlain, ...[...this.#idle.values()].flat()]) connection.destroy()
  }

  remove(): void {
    this.isRemoved = true
    this.closeIdle()
  }
}
