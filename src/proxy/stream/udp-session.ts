/** One UDP client and the endpoint that its datagrams go to. */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import { type TimerOwner, WheelTimer } from '../timer-wheel.ts'
import type { Cluster } from '../upstream/cluster.ts'
import { EndpointChoice } from './endpoint-choice.ts'
import type { StreamContext } from './stream-context.ts'
import { StreamRecord } from './stream-record.ts'

export interface UdpSessionOwner {
  /** A datagram for the client. */
  answer(message: Buffer): void
  closed(): void
}

/** Datagrams that wait for the socket; more are lost, as UDP may. */
const MOST_WAITING = 16

export class UdpSession implements TimerOwner {
  readonly #context: StreamContext
  readonly #owner: UdpSessionOwner
  readonly #record = new StreamRecord('UDP')
  readonly #choice: EndpointChoice
  readonly #timer: WheelTimer
  readonly #answersWanted: number
  #socket: Socket | null = null
  #waiting: Buffer[] = []
  #answers = 0
  #state: 'connecting' | 'open' | 'closed' = 'connecting'

  constructor(
    context: StreamContext,
    cluster: Cluster,
    client: RemoteInfo,
    serverPort: number,
    owner: UdpSessionOwner,
  ) {
    this.#context = context
    this.#owner = owner
    this.#record.remoteAddress = client.address.replace(/^::ffff:(?=\d+\.)/, '')
    this.#record.remotePort = client.port
    this.#record.serverPort = serverPort
    this.#record.upstreamName = cluster.upstreamName
    this.#answersWanted = context.settings.datagramResponses
    this.#choice = new EndpointChoice(cluster, this.#record, context)
    this.#timer = new WheelTimer(this)
    this.#connect()
    this.#touch()
  }

  send(message: Buffer): void {
    this.#record.bytesReceived += message.length
    this.#touch()
    if (this.#state === 'open') this.#forward(message)
    else if (this.#waiting.length < MOST_WAITING) this.#waiting.push(message)
  }

  close(): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#timer.clear()
    this.#choice.release()
    this.#socket?.close()
    this.#context.observer.observeStream(this.#record)
    this.#owner.closed()
  }

  /** Implements {@link TimerOwner}. */
  timerExpired(): void {
    this.close()
  }

  #connect(): void {
    const endpoint = this.#choice.next()
    if (endpoint === null) {
      this.#record.status = 502
      // Not within the constructor: the owner does not know us yet.
      process.nextTick(() => this.close())
      return
    }
    const socket = createSocket({ type: isIPv6(endpoint.address) ? 'udp6' : 'udp4' })
    this.#socket = socket
    socket.on('error', () => this.#fail(socket))
    socket.on('message', (message) => this.#receive(message))
    // Failures come to the callback, where there is one, and not as an event.
    socket.connect(endpoint.port, endpoint.address, (error?: Error | null) => {
      if (error instanceof Error) this.#fail(socket)
      if (this.#socket !== socket || this.#state !== 'connecting') return
      this.#state = 'open'
      this.#record.upstreamConnectMs = 0
      const waiting = this.#waiting
      this.#waiting = []
      for (const message of waiting) this.#forward(message)
    })
  }

  #forward(message: Buffer): void {
    const socket = this.#socket
    if (socket === null || this.#state !== 'open') return
    this.#record.upstreamBytesSent += message.length
    socket.send(message, (error) => {
      if (error !== null) this.#fail(socket)
      else if (this.#answersWanted === 0) this.close()
    })
  }

  #receive(message: Buffer): void {
    if (this.#state === 'closed') return
    if (this.#answers === 0) this.#choice.reached()
    this.#answers++
    this.#record.upstreamBytesReceived += message.length
    this.#record.bytesSent += message.length
    this.#touch()
    this.#owner.answer(message)
    if (this.#answersWanted > 0 && this.#answers >= this.#answersWanted) this.close()
  }

  /** The endpoint's machine says that nobody listens there. The client's next datagram begins anew. */
  #fail(socket: Socket): void {
    if (this.#socket !== socket || this.#state === 'closed') return
    if (this.#answers === 0) {
      this.#choice.failed()
      this.#record.status = 502
    }
    this.close()
  }

  #touch(): void {
    this.#context.timers.set(this.#timer, this.#context.settings.idleTimeoutMs)
  }
}
