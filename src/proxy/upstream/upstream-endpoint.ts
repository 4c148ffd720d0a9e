/** One address and port of a cluster with its idle connections and what was seen of it. */
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
  /** Last in, first out: the warmest connection is used and the others may time out. Never holds a dead one. */
  readonly #idlePlain: UpstreamConnection[] = []
  readonly #idleTls: UpstreamConnection[] = []

  constructor(address: string, port: number) {
    this.address = address
    this.port = port
    this.label = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
  }

  takeIdle(isTls: boolean): UpstreamConnection | undefined {
    return (isTls ? this.#idleTls : this.#idlePlain).pop()
  }

  putIdle(connection: UpstreamConnection): void {
    ;(connection.isTls ? this.#idleTls : this.#idlePlain).push(connection)
  }

  /** Forgets an idle connection that is gone. */
  dropIdle(connection: UpstreamConnection): void {
    const idle = connection.isTls ? this.#idleTls : this.#idlePlain
    const at = idle.indexOf(connection)
    if (at !== -1) idle.splice(at, 1)
  }

  /** Closes idle connections; with `isRemoved` set no others will be kept. */
  closeIdle(): void {
    for (const connection of [...this.#idlePlain, ...this.#idleTls]) connection.destroy()
  }

  remove(): void {
    this.isRemoved = true
    this.closeIdle()
  }
}
