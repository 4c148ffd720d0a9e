/**
 * Sockets below Node's streams. Bound sockets are made without listening, and accepted connections travel between processes
 * without anybody reading from them; Node's own `cluster` does both this way, but the public functions listen and read at
 * once. Everything that Node does not document is in this file.
 */
import net, { type Socket } from 'node:net'
import { getSystemErrorName } from 'node:util'

/** A bound socket that may be listened on, or sent to a child process (`child.send(message, handle)`) and kept. */
export interface BoundHandle {
  close(): void
}

/** A connection that nobody reads. Sent to another process; the sender closes its own copy when that is done. */
export interface RawConnection {
  close(): void
}

interface TcpHandle extends BoundHandle, RawConnection {
  getsockname(into: { port?: number }): number
}

type CreateServerHandle = (
  address: string,
  port: number,
  family: 4 | 6,
  fd: undefined,
  flags: number,
) => TcpHandle | number

/** libuv's UV_TCP_REUSEPORT. */
const REUSE_PORT = 2

/**
 * @param address IPv4 or IPv6 text
 * @param port 0 = any free one
 * @param isShared several sockets on one port, over which the kernel spreads connections
 * @throws {Error} with the system's `code`
 */
export function bindSocket(address: string, port: number, isShared: boolean): BoundHandle {
  const { _createServerHandle: create } = net as unknown as { _createServerHandle: CreateServerHandle }
  const handle = create(address, port, net.isIPv6(address) ? 6 : 4, undefined, isShared ? REUSE_PORT : 0)
  if (typeof handle !== 'number') return handle
  const code = getSystemErrorName(handle)
  throw Object.assign(new Error(`bind ${code} ${address}:${port}`), { code })
}

/** What a server listens on, to be sent along; the server keeps it. */
export function handleOf(server: net.Server): BoundHandle | null {
  return (server as unknown as { _handle: BoundHandle | null })._handle
}

export function boundPort(handle: BoundHandle): number {
  const name: { port?: number } = {}
  ;(handle as TcpHandle).getsockname(name)
  return name.port ?? 0
}

/** Parts a connection from its socket, which is of no use afterwards. `null` when it is gone. */
export function detachConnection(socket: Socket): RawConnection | null {
  const holder = socket as unknown as { _handle: RawConnection | null }
  const handle = holder._handle
  holder._handle = null
  socket.destroy()
  return handle
}

/** A socket as servers with `pauseOnConnect`, `allowHalfOpen` and `noDelay` make them. */
export function attachConnection(handle: RawConnection): Socket {
  const socket = new net.Socket({
    handle,
    allowHalfOpen: true,
    pauseOnCreate: true,
    readable: true,
    writable: true,
  } as unknown as net.SocketConstructorOpts)
  return socket.setNoDelay(true)
}
