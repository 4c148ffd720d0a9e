/**
 * UDP sockets on the own addresses. An address that is not there yet, or goes with its link, is tried again; what cannot be
 * sent is lost, as any datagram may be.
 */
import { createSocket, type Socket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import { normalizeAddress } from '../../base/ip-address.ts'

export interface HeartbeatSocketsOptions {
  readonly port: number
  readonly onDatagram: (datagram: Buffer, from: string) => void
  /** Whether there is a socket at all; not told before the first is there or could not be had. */
  readonly onHearing: (isHearing: boolean) => void
  /** Told once for each address and reason. */
  readonly onProblem: (message: string) => void
}

export interface HeartbeatSockets {
  /** The addresses to have sockets on from now on. */
  bind(addresses: readonly string[]): void
  send(datagram: Buffer, address: string): void
  close(): void
}

const RETRY_MS = 200

export function createHeartbeatSockets(options: HeartbeatSocketsOptions): HeartbeatSockets {
  const sockets = new Map<string, Socket>()
  const bound = new Set<Socket>()
  const told = new Set<string>()
  let wanted: ReadonlySet<string> = new Set()
  let isClosed = false

  function open(address: string): void {
    if (isClosed || !wanted.has(address) || sockets.has(address)) return
    const socket = createSocket({ type: isIPv6(address) ? 'udp6' : 'udp4', ipv6Only: isIPv6(address) })
    sockets.set(address, socket)
    socket.on('error', (error) => {
      fail(address, error)
      discard(address)
      if (bound.size === 0) options.onHearing(false)
      // Not unreferenced: the thread lives by its sockets.
      setTimeout(() => open(address), RETRY_MS)
    })
    socket.on('message', (datagram, { address: from }) => options.onDatagram(datagram, normalizeAddress(from)))
    socket.bind(options.port, address, () => {
      bound.add(socket)
      told.delete(address)
      options.onHearing(true)
    })
  }

  function fail(address: string, error: Error): void {
    if (told.has(address)) return
    told.add(address)
    options.onProblem(
      `Cannot listen for heartbeats on ${address} port ${options.port}: ${error.message}; it is tried again, and without any such address this node leaves everything to others`,
    )
  }

  function discard(address: string): void {
    const socket = sockets.get(address)
    if (socket === undefined) return
    sockets.delete(address)
    bound.delete(socket)
    socket.removeAllListeners()
    socket.on('error', () => {})
    socket.close()
  }

  return {
    bind(addresses) {
      wanted = new Set(addresses)
      for (const address of sockets.keys()) if (!wanted.has(address)) discard(address)
      for (const address of wanted) open(address)
    },
    send(datagram, address) {
      const isSix = isIPv6(address)
      for (const [own, socket] of sockets) {
        // With a callback errors of sending are its, and not the socket's.
        if (isIPv6(own) === isSix && bound.has(socket)) return socket.send(datagram, options.port, address, () => {})
      }
    },
    close() {
      isClosed = true
      for (const address of sockets.keys()) discard(address)
    },
  }
}
