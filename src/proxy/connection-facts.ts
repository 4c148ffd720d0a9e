/** What only logs want to know about a client connection. */
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'

export interface ConnectionFacts {
  /** Number of the connection in this worker, from 1. */
  readonly serial: number
  /** Address that the client connected to; empty when it is gone already. */
  readonly serverAddress: string
  /** As the client sent it (SNI), empty without. */
  readonly serverName: string
  /** Protocol agreed on by ALPN, empty without. */
  readonly alpnProtocol: string
  /** A TLS session was taken up again. */
  readonly isResumed: boolean
}

let serial = 0

export function describeConnection(socket: Socket): ConnectionFacts {
  const tls = socket instanceof TLSSocket ? socket : null
  return {
    serial: ++serial,
    serverAddress: (socket.localAddress ?? '').replace(/^::ffff:(?=\d+\.)/, ''),
    serverName: nameOf(tls),
    alpnProtocol: tls?.alpnProtocol === false ? '' : (tls?.alpnProtocol ?? ''),
    isResumed: tls?.isSessionReused() === true,
  }
}

/** Servers have it too, `false` without SNI; the type declarations know the client's only. */
function nameOf(socket: TLSSocket | null): string {
  const name: unknown = socket === null ? '' : Reflect.get(socket, 'servername')
  return typeof name === 'string' ? name : ''
}
