/** The ports of TCP and UDP services, opened and closed as the model's table changes. A port that stays is not touched. */
import type { StreamService } from '../../routing/streams.ts'
import { type StreamPortOptions, TcpPort } from './tcp-port.ts'
import { UdpPort } from './udp-port.ts'

export interface StreamPortsOptions extends StreamPortOptions {
  /** Told once of each port that cannot be opened; it is tried again with every change of the table. */
  readonly reportProblem: (message: string) => void
}

type StreamPort = TcpPort | UdpPort

export class StreamPorts {
  readonly #options: StreamPortsOptions
  /** By protocol and port; a promise while it is being opened, `null` when that failed. */
  readonly #ports = new Map<string, Promise<StreamPort | null>>()
  readonly #open = new Map<string, StreamPort>()
  /** Removed ports whose connections go on. */
  readonly #leaving = new Set<StreamPort>()
  #services: readonly StreamService[] = []
  #isClosed = false

  constructor(options: StreamPortsOptions) {
    this.#options = options
  }

  /** Connections and sessions. */
  get openCount(): number {
    let count = 0
    for (const port of [...this.#open.values(), ...this.#leaving]) count += port.openCount
    return count
  }

  /** Ports as bound, for those that are open. */
  get bound(): readonly { readonly service: StreamService; readonly port: number }[] {
    return [...this.#open.values()].map(({ service, port }) => ({ service, port }))
  }

  apply(services: readonly StreamService[]): void {
    if (this.#isClosed) return
    this.#services = services
    const wanted = new Map(services.map((service) => [keyOf(service), service]))
    for (const key of this.#ports.keys()) if (!wanted.has(key)) this.#remove(key)
    for (const [key, service] of wanted) {
      const open = this.#open.get(key)
      if (open !== undefined) open.service = service
      else if (!this.#ports.has(key)) this.#ports.set(key, this.#openPort(key, service))
    }
  }

  /** Resolves when every port of the last table is open, or could not be. */
  async settled(): Promise<void> {
    await Promise.all(this.#ports.values())
  }

  /** Stops accepting. Resolves when the last connection is gone. */
  async drain(): Promise<void> {
    this.#isClosed = true
    await this.settled()
    await Promise.all([...this.#open.values(), ...this.#leaving].map((port) => port.drain()))
  }

  destroy(): void {
    this.#isClosed = true
    for (const port of [...this.#open.values(), ...this.#leaving]) port.destroy()
  }

  async #openPort(key: string, service: StreamService): Promise<StreamPort | null> {
    const { protocol } = service
    try {
      const port = await (protocol === 'tcp' ? TcpPort : UdpPort).open(service, this.#options)
      // The table may have changed meanwhile.
      const current = this.#services.find((candidate) => keyOf(candidate) === key)
      if (current === undefined || this.#isClosed) {
        port.destroy()
        return null
      }
      port.service = current
      this.#open.set(key, port)
      return port
    } catch (error) {
      this.#ports.delete(key)
      const reason = error instanceof Error ? error.message : String(error)
      const { object } = service.origin
      this.#options.reportProblem(
        `${reason}; the ${protocol.toUpperCase()} service of ${object} is not served until the next change`,
      )
      return null
    }
  }

  #remove(key: string): void {
    this.#ports.delete(key)
    const port = this.#open.get(key)
    if (port === undefined) return
    this.#open.delete(key)
    port.close()
    if (port.openCount === 0) return
    for (const gone of this.#leaving) if (gone.openCount === 0) this.#leaving.delete(gone)
    this.#leaving.add(port)
  }
}

function keyOf({ protocol, port }: StreamService): string {
  return `${protocol} ${port}`
}
