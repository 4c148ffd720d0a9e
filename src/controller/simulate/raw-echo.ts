/**
 * What a simulated pod does as the backend of a TCP or UDP service: bytes that are neither HTTP nor TLS come back as they
 * are, and so do datagrams.
 */
import { createSocket } from 'node:dgram'
import type { Socket } from 'node:net'

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'CONNECT', 'TRACE', 'PRI']
const REQUEST_LINE = /^[!-~]+ [!-~]+ HTTP\/1\.[01]\r\n/
const TLS_HANDSHAKE = 0x16
/** Longest first line that is looked at. */
const LONGEST_LINE = 8192

/** @param first bytes of a connection, as many as have come */
export function isHttpOrTls(first: Buffer): boolean {
  if (first[0] === TLS_HANDSHAKE) return true
  const text = first.toString('latin1', 0, LONGEST_LINE)
  return (
    METHODS.some((method) => text.startsWith(`${method} `) || `${method} `.startsWith(text)) || REQUEST_LINE.test(text)
  )
}

/** Sends back what comes until the peer ends. @param socket paused, with its first bytes put back */
export function echoRaw(socket: Socket): void {
  socket.on('data', (chunk: Buffer) => {
    if (!socket.write(chunk)) socket.pause()
  })
  socket.on('drain', () => socket.resume())
  socket.on('end', () => socket.end())
  socket.resume()
}

export interface UdpEcho {
  /** Loopback port. */
  readonly port: number
  close(): Promise<void>
}

/** Listens on a free loopback port. */
export async function startUdpEcho(): Promise<UdpEcho> {
  const socket = createSocket('udp4')
  socket.on('message', (message, { port, address }) => socket.send(message, port, address))
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject)
    socket.bind(0, '127.0.0.1', resolve)
  })
  // An answer to somebody who is gone.
  socket.on('error', () => undefined)
  socket.unref()
  return {
    port: socket.address().port,
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  }
}
