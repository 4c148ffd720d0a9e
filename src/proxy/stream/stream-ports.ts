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
  /** By protocol and port. */
  readonly #opening = new Map<string, Promise<void>>()
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
    for (const [key, port] of this.#open) if (!wanted.has(key)) this.#remove(key, port)
    for (const [key, service] of wanted) {
      const open = this.#open.get(key)
      if (open !== undefined) open.service = service
      else if (!this.#opening.has(key)) this.#opening.set(key, this.#openPort(key, service))
    }
  }

  /** Resolves when every port of the last table is open, or could not be. */
  async settled(): Promise<void> {
    await Promise.all(this.#opening.values())
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

  async #openPort(key: string, service: StreamService): Promise<void> {
    const { protocol } = service
    try {
      const port = await (protocol === 'tcp' ? TcpPort : UdpPort).open(service, this.#options)
      // The table may have changed meanwhile.
      const current = this.#services.find((candidate) => keyOf(candidate) === key)
      if (current === undefined || this.#isClosed) {
        port.destroy()
        return
      }
      port.service = current
      this.#open.set(key, port)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      const { object } = service.origin
      this.#options.reportProblem(
        `${reason}; the ${protocol.toUpperCase()} service of ${object} is not served until the next change`,
      )
    } finally {
      this.#opening.delete(key)
    }
  }

  #remove(key: string, port: StreamPort): void {
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
