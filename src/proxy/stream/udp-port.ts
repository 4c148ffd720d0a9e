/**
 * The port of a UDP service. Datagrams of one client address form a session with one endpoint, over a socket of its own
 * that is connected: the kernel drops what others send to it, so nobody can have us send their datagrams to a client.
 * A session ends after as many answers as the settings say, or when it is silent for too long; beyond
 * {@link MOST_SESSIONS} the one that was silent longest makes room.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import type { StreamService } from '../../routing/streams.ts'
import { ListenError } from '../listen-error.ts'
import { MOST_SESSIONS, type StreamPortOptions } from './tcp-port.ts'
import { UdpSession } from './udp-session.ts'

export class UdpPort {
  /** May be replaced: new sessions follow it. */
  service: StreamService
  readonly #options: StreamPortOptions
  readonly #socket: Socket
  /** By client, the one that was silent longest first. */
  readonly #sessions = new Map<string, UdpSession>()
  #port = 0
  #isClosed = false

  /** @throws {ListenError} when the port cannot be opened */
  static async open(service: StreamService, options: StreamPortOptions): Promise<UdpPort> {
    const opened = new UdpPort(service, options)
    await opened.#bind()
    return opened
  }

  private constructor(service: StreamService, options: StreamPortOptions) {
    this.service = service
    this.#options = options
    const { host, reusePort } = options
    this.#socket = createSocket({ type: isIPv6(host) ? 'udp6' : 'udp4', reusePort })
    this.#socket.on('message', (message, client) => this.#receive(message, client))
    // A client that is gone may be reported by a later send: nothing to do about it.
    this.#socket.on('error', () => undefined)
  }

  /** As bound. */
  get port(): number {
    return this.#port
  }

  get openCount(): number {
    return this.#sessions.size
  }

  /** Ends all sessions: without its port none could answer. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#socket.close()
    for (const session of this.#sessions.values()) session.close()
  }

  /** Sessions have no end that one could wait for. */
  async drain(): Promise<void> {
    this.close()
  }

  destroy(): void {
    this.close()
  }

  #bind(): Promise<void> {
    return new Promise((resolve, reject) => {
      const { host } = this.#options
      const { port } = this.service
      const onError = (error: Error): void => reject(new ListenError(host, port, error))
      this.#socket.once('error', onError)
      this.#socket.bind({ port, address: host }, () => {
        this.#socket.off('error', onError)
        this.#port = this.#socket.address().port
        resolve()
      })
    })
  }

  #receive(message: Buffer, client: RemoteInfo): void {
    const key = `${client.address} ${client.port}`
    const known = this.#sessions.get(key)
    if (known !== undefined) {
      this.#sessions.delete(key)
      this.#sessions.set(key, known)
      known.send(message)
      return
    }
    const { context, mostSessions = MOST_SESSIONS } = this.#options
    const cluster = context.clusterOf(this.service.backendId)
    if (cluster === null || !cluster.isAvailable() || cluster.isResolving) return
    if (this.#sessions.size >= mostSessions) {
      for (const oldest of this.#sessions.values()) {
        oldest.close()
        break
      }
    }
    const session = new UdpSession(context, cluster, client, this.#port, {
      answer: (answer) => {
        if (!this.#isClosed) this.#socket.send(answer, client.port, client.address)
      },
      closed: () => this.#sessions.delete(key),
    })
    this.#sessions.set(key, session)
    session.send(message)
  }
}
