/**
 * What is read of a connection before anybody knows what it is: a PROXY protocol header, and the ClientHello where hosts
 * may be passed through. Bytes behind what was read belong to the connection and are handed on. Listeners make one only
 * where a setting asks for it.
 */
import type { Socket } from 'node:net'
import type { FrontConnection } from './downstream.ts'
import { disownSocket, ownSocket, type SocketOwner } from './http1/front-socket.ts'
import { readServerName } from './passthrough/client-hello.ts'
import { peerAddressOf } from './client-info.ts'
import type { ProxiedClient, ProxyProtocolReader } from './proxy-protocol/proxied-client.ts'
import { readProxyHeader } from './proxy-protocol/read-header.ts'
import { type TimerOwner, type TimerWheel, WheelTimer } from './timer-wheel.ts'

export interface PrefaceOptions {
  readonly timers: TimerWheel
  /** `null` = no PROXY protocol header is read. */
  readonly proxyProtocol: ProxyProtocolReader | null
  /** `null` = no ClientHello is looked at. */
  readonly helloTimeoutMs: number | null
}

export interface PrefaceReading {
  /** Of the PROXY protocol header; `null` when it named nobody, or none was read. */
  readonly proxied: ProxiedClient | null
  /** Of the ClientHello, lower-case; empty when it has none, or none was read. */
  readonly serverName: string
  /** What the connection begins with, ClientHello included. Ours to keep. */
  readonly firstBytes: Buffer
}

export interface PrefaceOwner {
  /** The socket is paused and nobody listens to it. */
  prefaceRead(preface: Preface, socket: Socket, reading: PrefaceReading): void
  /** The header was refused; the connection is closed. @param reason reads after "the header " */
  prefaceRefused(socket: Socket, reason: string): void
  /** The connection is gone, or refused. */
  connectionClosed(connection: FrontConnection): void
}

const NOTHING: Buffer = Buffer.alloc(0)

export class Preface implements SocketOwner, TimerOwner, FrontConnection {
  /** Nothing is lost when it closes. */
  readonly isIdle = true
  readonly #socket: Socket
  readonly #owner: PrefaceOwner
  readonly #options: PrefaceOptions
  readonly #timer: WheelTimer
  #state: 'header' | 'hello' | 'over'
  #proxied: ProxiedClient | null = null
  #bytes = NOTHING

  /** @param socket paused, nobody has read from it */
  constructor(socket: Socket, owner: PrefaceOwner, options: PrefaceOptions) {
    this.#socket = socket
    this.#owner = owner
    this.#options = options
    this.#timer = new WheelTimer(this)
    this.#state = options.proxyProtocol === null ? 'hello' : 'header'
    options.timers.set(this.#timer, options.proxyProtocol?.headerTimeoutMs ?? options.helloTimeoutMs ?? 0)
    ownSocket(socket, this)
  }

  /** Implements {@link FrontConnection}. */
  drain(): void {
    this.destroy()
  }

  /** Implements {@link FrontConnection}. */
  destroy(): void {
    this.#socket.destroy()
    this.closed()
  }

  /** Implements {@link SocketOwner}. */
  received(buffer: Buffer, start: number, end: number): void {
    if (this.#state === 'over') return
    this.#bytes = Buffer.concat([this.#bytes, buffer.subarray(start, end)])
    if (this.#state === 'header') this.#readHeader()
    // Reading a header may have brought us here.
    if ((this.#state as string) === 'hello') this.#readHello()
  }

  /** Implements {@link SocketOwner}. A peer that says nothing only looked whether the port is open. */
  clientEnded(): void {
    if (this.#state === 'header' && this.#bytes.length > 0) this.#refuse('is incomplete')
    else this.destroy()
  }

  /** Implements {@link SocketOwner}. */
  drained(): void {
    // Nothing is written here.
  }

  /** Implements {@link SocketOwner}. */
  closed(): void {
    if (this.#state === 'over') return
    this.#leave()
    this.#owner.connectionClosed(this)
  }

  /** Implements {@link TimerOwner}. */
  timerExpired(): void {
    if (this.#state === 'header') this.#refuse('did not come in time')
    else this.destroy()
  }

  #readHeader(): void {
    const reading = readProxyHeader(this.#bytes)
    if (reading.kind === 'incomplete') return
    if (reading.kind === 'refused') {
      this.#refuse(reading.reason)
      return
    }
    this.#proxied = this.#options.proxyProtocol?.clientOf(reading.addresses, peerAddressOf(this.#socket)) ?? null
    this.#bytes = this.#bytes.subarray(reading.byteLength)
    const { helloTimeoutMs, timers } = this.#options
    if (helloTimeoutMs === null) {
      this.#finish('')
      return
    }
    this.#state = 'hello'
    timers.set(this.#timer, helloTimeoutMs)
  }

  #readHello(): void {
    const reading = readServerName(this.#bytes)
    if (reading.kind !== 'incomplete') this.#finish(reading.serverName)
  }

  #finish(serverName: string): void {
    this.#leave()
    disownSocket(this.#socket)
    this.#owner.prefaceRead(this, this.#socket, { proxied: this.#proxied, serverName, firstBytes: this.#bytes })
  }

  #refuse(reason: string): void {
    this.#owner.prefaceRefused(this.#socket, reason)
    this.destroy()
  }

  #leave(): void {
    this.#state = 'over'
    this.#timer.clear()
  }
}
