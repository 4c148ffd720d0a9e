/** Opens a socket to an endpoint, over TLS where the transport says so. */
import { connect as connectTcp, type OnReadOpts, Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import type { TlsProblems } from './tls-problems.ts'
import type { TlsSessions } from './tls-sessions.ts'
import type { Transport } from './transport.ts'

export interface SocketTarget {
  readonly address: string
  readonly port: number
  readonly tlsSessions: TlsSessions
  /** `address:port` */
  readonly label: string
}

/**
 * Failures are those of the socket, also where the transport's configuration cannot be used.
 *
 * @param onread shared buffer and callback
 * @param opened called once when bytes can be sent
 */
export function openSocket(
  target: SocketTarget,
  transport: Transport,
  onread: OnReadOpts,
  problems: TlsProblems,
  opened: () => void,
): Socket {
  const options = { host: target.address, port: target.port, noDelay: true, allowHalfOpen: true, onread }
  if (!transport.isTls) return connectTcp(options, opened)
  try {
    return openTls(target, transport, options, problems, opened)
  } catch (error) {
    const socket = new Socket()
    const failure = error instanceof Error ? error : new Error(String(error))
    problems.failed(target.label, failure.message)
    socket.destroy(failure)
    return socket
  }
}

function openTls(
  target: SocketTarget,
  transport: Transport,
  options: object,
  problems: TlsProblems,
  opened: () => void,
): TLSSocket {
  const { tlsSessions, label } = target
  const session = tlsSessions.get(transport)
  const socket = connectTls({ ...transport.tlsOptions(), ...options, ...(session === undefined ? {} : { session }) })
  let isOpen = false
  let early: Buffer | null = null
  // Node checks no name when a session is resumed, so one is kept only if its own connection passed all checks.
  socket.on('session', (ticket: Buffer) => {
    if (isOpen) tlsSessions.set(transport, ticket)
    else early = ticket
  })
  // A refused, broken or closed connection is no matter of TLS.
  socket.on('error', (error: NodeJS.ErrnoException) => {
    if (!isOpen && error.syscall === undefined && error.code !== 'ECONNRESET') problems.failed(label, error.message)
  })
  socket.once('secureConnect', () => {
    isOpen = true
    problems.succeeded(label)
    if (early !== null) tlsSessions.set(transport, early)
    opened()
  })
  return socket
}

/** What a socket's error says, for people: of OpenSSL's the reason alone. */
export function describeSocketError(error: Error & { readonly reason?: string; readonly code?: string }): string {
  if (error.code === 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL') return NO_HTTP2_OVER_TLS
  return error.reason ?? error.message
}

export const NO_HTTP2_OVER_TLS = 'the upstream does not speak HTTP/2 over TLS: it does not choose h2 by ALPN'
