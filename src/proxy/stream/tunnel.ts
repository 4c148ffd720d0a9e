/**
 * A client connection that is passed on as it is, bytes for bytes, both ways: TCP services, and TLS by its server name.
 * Each side may end before the other (half-close); a side that does not take what it is sent stops the other's
 * reading. Endpoints that cannot be connected to are followed by others before anything was sent, never after.
 */
import { connect, type Socket } from 'node:net'
import type { FrontConnection } from '../downstream.ts'
import { ownSocket, shareReads, type SocketOwner } from '../http1/front-socket.ts'
import { writeGathered } from '../http1/gathered-write.ts'
import { type TimerOwner, WheelTimer } from '../timer-wheel.ts'
import type { Cluster } from '../upstream/cluster.ts'
import { EndpointChoice } from './endpoint-choice.ts'
import { CONNECT_TIMEOUT_MS, type StreamContext } from './stream-context.ts'
import type { StreamRecord } from './stream-record.ts'

/** One buffer for all upstream sockets: each read is copied or sent before the next begins. */
const READ_BUFFER = Buffer.allocUnsafeSlow(65_536)

export interface TunnelOptions {
  readonly context: StreamContext
  readonly cluster: Cluster
  /** The client is filled in. */
  readonly record: StreamRecord
  /** PROXY protocol header for the endpoint; `null` = none. */
  readonly header: Buffer | null
  /** Bytes of the client that were read before. */
  readonly firstBytes: Buffer
  onClose(tunnel: Tunnel): void
}

export class Tunnel implements FrontConnection, SocketOwner, TimerOwner {
  readonly isIdle = false
  readonly #client: Socket
  readonly #options: TunnelOptions
  readonly #choice: EndpointChoice
  readonly #timer: WheelTimer
  #upstream: Socket | null = null
  #state: 'resolving' | 'connecting' | 'open' | 'closed' = 'connecting'

  /** @param accepted paused, with `allowHalfOpen`; nobody else listens to it */
  constructor(accepted: Socket, options: TunnelOptions) {
    const client = shareReads(accepted)
    this.#client = client
    this.#options = options
    const { context, cluster, record, firstBytes } = options
    this.#choice = new EndpointChoice(cluster, record, context)
    this.#timer = new WheelTimer(this)
    record.upstreamName = cluster.upstreamName
    record.bytesReceived = firstBytes.length
    client.on('error', ignore)
    client.once('close', () => this.#close())
    if (cluster.isResolving) {
      this.#state = 'resolving'
      context.timers.set(this.#timer, CONNECT_TIMEOUT_MS)
      cluster.waitForEndpoints(this)
    } else this.#tryNext()
  }

  /** Implements {@link FrontConnection}. What runs may finish within the time that the drain has. */
  drain(): void {
    if (this.#state !== 'open') this.destroy()
  }

  /** Implements {@link FrontConnection}. */
  destroy(): void {
    this.#client.destroy()
    this.#close()
  }

  /** Implements {@link SocketOwner}. */
  received(buffer: Buffer, start: number, end: number): void {
    const upstream = this.#upstream
    if (upstream === null || this.#state !== 'open') return
    this.#options.record.bytesReceived += end - start
    this.#touch()
    writeGathered(upstream, '', buffer, start, end, '')
    if (upstream.writableNeedDrain) this.#client.pause()
  }

  /** Implements {@link SocketOwner}. */
  clientEnded(): void {
    this.#upstream?.end()
  }

  /** Implements {@link SocketOwner}. */
  drained(): void {
    this.#touch()
    this.#upstream?.resume()
  }

  /** Implements {@link SocketOwner}. */
  closed(): void {
    this.#close()
  }

  /** The backend's name was resolved, or could not be. */
  endpointsSettled(): void {
    if (this.#state !== 'resolving') return
    this.#state = 'connecting'
    this.#tryNext()
  }

  /** Implements {@link TimerOwner}. */
  timerExpired(): void {
    if (this.#state === 'connecting') this.#failTry()
    else if (this.#state === 'resolving') this.#giveUp()
    else this.destroy()
  }

  #tryNext(): void {
    const endpoint = this.#choice.next()
    if (endpoint === null) {
      this.#giveUp()
      return
    }
    const { timers } = this.#options.context
    timers.set(this.#timer, CONNECT_TIMEOUT_MS)
    const onread = { buffer: READ_BUFFER, callback: (count: number) => this.#answered(count) }
    const { address: host, port } = endpoint
    const upstream = connect({ host, port, allowHalfOpen: true, noDelay: true, onread })
    this.#upstream = upstream
    upstream.on('error', ignore)
    upstream.once('connect', () => this.#open(upstream))
    upstream.once('close', () => {
      if (this.#upstream !== upstream) return
      if (this.#state === 'connecting') this.#failTry()
      else this.#upstreamGone(upstream)
    })
  }

  /** The endpoint did not take the connection. */
  #failTry(): void {
    const upstream = this.#upstream
    this.#upstream = null
    upstream?.destroy()
    this.#choice.failed()
    this.#tryNext()
  }

  #open(upstream: Socket): void {
    if (this.#state !== 'connecting' || this.#upstream !== upstream) return
    this.#state = 'open'
    this.#choice.reached()
    const { header, firstBytes } = this.#options
    if (header !== null) upstream.write(header)
    if (firstBytes.length > 0) upstream.write(firstBytes)
    upstream.on('drain', () => {
      this.#touch()
      this.#client.resume()
    })
    upstream.once('end', () => this.#client.end())
    upstream.resume()
    ownSocket(this.#client, this)
    // An end is heard only of a socket that flows.
    this.#client.resume()
    this.#touch()
  }

  /** Bytes for the client are in the shared buffer. */
  #answered(count: number): boolean {
    if (this.#state !== 'open') return true
    this.#options.record.upstreamBytesReceived += count
    this.#touch()
    writeGathered(this.#client, '', READ_BUFFER, 0, count, '')
    if (this.#client.writableNeedDrain) this.#upstream?.pause()
    return true
  }

  /** Orderly after both sides ended; what was sent to the client before a reset still goes out. */
  #upstreamGone(upstream: Socket): void {
    if (upstream.readableEnded) this.#client.end()
    else this.#client.destroySoon()
  }

  #giveUp(): void {
    this.#options.record.status = 502
    // A reset tells the client apart from a service that had nothing to say.
    this.#client.resetAndDestroy()
    this.#close()
  }

  #touch(): void {
    const { timers, settings } = this.#options.context
    timers.set(this.#timer, settings.idleTimeoutMs)
  }

  #close(): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#timer.clear()
    const { record, context } = this.#options
    record.bytesSent = this.#client.bytesWritten
    record.upstreamBytesSent = this.#upstream?.bytesWritten ?? 0
    this.#choice.release()
    this.#upstream?.destroy()
    context.observer.observeStream(record)
    this.#options.onClose(this)
  }
}

function ignore(): void {
  // 'close' follows and is where it is dealt with.
}
