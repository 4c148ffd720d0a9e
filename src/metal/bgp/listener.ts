/** Takes connections of peers, one socket for each family, and knows nobody but the peers it was told of. */
import { createServer, type Server, type Socket } from 'node:net'
import type { Secret } from '../../base/secret.ts'
import { canonicalIp, type Family } from './ip-bytes.ts'
import { loadSocketOptions } from './socket-options.ts'

export interface BgpListenerPorts {
  /** Of the kernel's choice; port 0 = any free one. */
  readonly addresses: readonly string[]
  readonly port: number
  readonly onConnection: (peerAddress: string, socket: Socket) => void
  readonly onError: (error: Error) => void
}

export interface BgpListener {
  /** By address of the listener. */
  readonly ports: () => readonly number[]
  /** From now on connections of these peers are taken, signed if they have a password. */
  readonly setPeers: (peers: ReadonlyMap<string, Secret | null>) => void
  readonly close: () => Promise<void>
}

interface Listening {
  readonly family: Family
  readonly fd: number
  readonly server: Server
}

/** Resolves when it listens. @throws {Error} when it cannot */
export async function createBgpListener(ports: BgpListenerPorts): Promise<BgpListener> {
  const calls = loadSocketOptions()
  const listening: Listening[] = []
  let known: ReadonlyMap<string, Secret | null> = new Map()

  function take(socket: Socket): void {
    const address = canonicalIp(socket.remoteAddress ?? '')
    if (!known.has(address)) {
      socket.destroy()
      return
    }
    ports.onConnection(address, socket)
  }

  function setPeers(peers: ReadonlyMap<string, Secret | null>): void {
    const wanted = new Map([...peers].map(([address, password]) => [canonicalIp(address), password]))
    for (const address of new Set([...known.keys(), ...wanted.keys()])) {
      const key = wanted.get(address)?.reveal() ?? new Uint8Array(0)
      const before = known.get(address)?.reveal() ?? new Uint8Array(0)
      if (Buffer.compare(key, before) === 0) continue
      for (const { fd, family } of listening) {
        if (address.includes(':') !== (family === 6)) continue
        try {
          calls.setKey(fd, address, key)
        } catch (error) {
          // Without its key the peer must not come in.
          wanted.delete(address)
          ports.onError(error instanceof Error ? error : new Error(String(error)))
        }
      }
    }
    known = wanted
  }

  async function close(): Promise<void> {
    await Promise.all(listening.map(({ server }) => new Promise((resolve) => server.close(resolve))))
  }

  try {
    for (const address of ports.addresses) listening.push(await listen(address, ports.port, take, calls))
  } catch (error) {
    await close()
    throw error
  }
  return {
    ports: () =>
      listening.map(({ server }) => {
        const bound = server.address()
        return bound !== null && typeof bound === 'object' ? bound.port : 0
      }),
    setPeers,
    close,
  }
}

async function listen(
  address: string,
  port: number,
  take: (socket: Socket) => void,
  calls: ReturnType<typeof loadSocketOptions>,
): Promise<Listening> {
  const family: Family = address.includes(':') ? 6 : 4
  const fd = calls.openSocket(family)
  try {
    calls.bindReused(fd, address, port)
    const server = createServer(take)
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen({ fd }, resolve)
    })
    return { family, fd, server }
  } catch (error) {
    calls.closeSocket(fd)
    throw error
  }
}
