/**
 * The listening sockets of the program. They belong to the control process, which does not accept from them: workers do.
 * So a worker that dies loses no connection that waits to be accepted, and the next program can take the sockets over.
 */
import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import { createServer, isIP } from 'node:net'
import { ListenError } from '../../proxy/listen-error.ts'
import { bindSocket, type BoundHandle, boundPort } from './raw-handles.ts'
import type { PlaneOptions } from './traffic-plane.ts'

/** One worker's sockets. */
export interface SocketPair {
  readonly http: BoundHandle
  readonly https: BoundHandle
}

export interface ListeningSockets {
  readonly httpPort: number
  readonly httpsPort: number
  /** One for each worker; the kernel spreads connections over them. */
  readonly pairs: readonly SocketPair[]
}

type Place = Pick<PlaneOptions, 'host' | 'httpPort' | 'httpsPort'>

/** @throws {ListenError} with advice when a port cannot be opened, or somebody else listens on it */
export async function openListeningSockets(place: Place, count: number): Promise<ListeningSockets> {
  const opened: BoundHandle[] = []
  try {
    const address = await addressOf(place)
    const open = async (port: number): Promise<readonly BoundHandle[]> => {
      try {
        await assertFree(address, port)
        const first = bindSocket(address, port, count > 1)
        opened.push(first)
        const handles = [first]
        while (handles.length < count) {
          const next = bindSocket(address, boundPort(first), true)
          opened.push(next)
          handles.push(next)
        }
        return handles
      } catch (error) {
        throw withAdvice(new ListenError(place.host, port, error as NodeJS.ErrnoException), place)
      }
    }
    const http = await open(place.httpPort)
    const https = await open(place.httpsPort)
    return {
      httpPort: boundPort(http[0]!),
      httpsPort: boundPort(https[0]!),
      pairs: http.map((handle, index) => ({ http: handle, https: https[index]! })),
    }
  } catch (error) {
    for (const handle of opened) handle.close()
    throw error
  }
}

async function addressOf(place: Place): Promise<string> {
  if (isIP(place.host) !== 0) return place.host
  try {
    return (await lookup(place.host)).address
  } catch (error) {
    throw withAdvice(new ListenError(place.host, place.httpPort, error as NodeJS.ErrnoException), place)
  }
}

export function closeListeningSockets({ pairs }: ListeningSockets): void {
  for (const { http, https } of pairs) {
    http.close()
    https.close()
  }
}

/** Another pair on the same ports, in place of one that was given up. */
export async function openSocketPair(
  { host }: Pick<PlaneOptions, 'host'>,
  { httpPort, httpsPort }: ListeningSockets,
): Promise<SocketPair> {
  const address = isIP(host) === 0 ? (await lookup(host)).address : host
  return { http: bindSocket(address, httpPort, true), https: bindSocket(address, httpsPort, true) }
}

/** Sockets that share a port would share it with a stranger's too: only a listener that shares nothing notices one. */
async function assertFree(address: string, port: number): Promise<void> {
  if (port === 0) return
  const server = createServer((socket) => socket.destroy())
  server.listen({ host: address, port, backlog: 1 })
  await once(server, 'listening')
  await new Promise((resolve) => server.close(resolve))
}

/** Says what to do about a port that cannot be opened. */
export function withAdvice(error: ListenError, place: Place): ListenError {
  if (['EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN'].includes(error.code)) error.message += '; choose another with --host'
  else {
    const flag = error.port === place.httpPort ? '--http-port' : '--https-port'
    error.message += `; choose another with ${flag}, 0 takes any free one`
  }
  return error
}
