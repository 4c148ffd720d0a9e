/** For tests: a TCP server that records exact bytes and answers exact bytes. */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/** One connection from the proxy. `text` is what it sent since the script last emptied it. */
export interface RawPeer {
  readonly socket: Socket
  text: string
}

export interface RawUpstream extends AsyncDisposable {
  readonly port: number
  /** All bytes received, in order of arrival over all connections, latin1. */
  readonly received: () => string
  readonly connections: () => number
  /** Resolves at the next (or already met) moment when the condition holds. */
  until(condition: (upstream: RawUpstream) => boolean): Promise<void>
}

/** @param script called after each read; it answers by `peer.socket.write` */
export async function startRawUpstream(script: (peer: RawPeer) => void, port = 0): Promise<RawUpstream> {
  const sockets = new Set<Socket>()
  let received = ''
  let connections = 0
  let wake: (() => void)[] = []
  const notify = (): void => {
    const waiting = wake
    wake = []
    for (const resolve of waiting) resolve()
  }
  const server: Server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    connections++
    sockets.add(socket)
    const peer: RawPeer = { socket, text: '' }
    socket.on('data', (chunk) => {
      const text = chunk.toString('latin1')
      received += text
      peer.text += text
      script(peer)
      notify()
    })
    socket.on('error', () => undefined)
    socket.on('end', () => socket.end())
    socket.on('close', () => {
      sockets.delete(socket)
      notify()
    })
    notify()
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const upstream: RawUpstream = {
    port: (server.address() as AddressInfo).port,
    received: () => received,
    connections: () => connections,
    until: async (condition) => {
      const signal = AbortSignal.timeout(5000)
      while (!condition(upstream)) {
        await new Promise<void>((resolve, reject) => {
          wake.push(resolve)
          signal.addEventListener('abort', () => reject(new Error(`Waited in vain; received ${received.slice(-2000)}`)))
        })
      }
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
      })
    },
  }
  return upstream
}

/** A script that answers each complete head (and nothing else) with the same bytes. */
export function answering(bytes: string): (peer: RawPeer) => void {
  return (peer) => {
    while (peer.text.includes('\r\n\r\n')) {
      peer.text = peer.text.slice(peer.text.indexOf('\r\n\r\n') + 4)
      peer.socket.write(bytes, 'latin1')
    }
  }
}

/** A port that refuses connections: it was free a moment ago. */
export async function refusedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise<void>((resolve) => {
    server.close(() => resolve())
  })
  return port
}
