/**
 * How a connection listens to its socket. Plain TCP sockets are read into one buffer that all of them share: Node's `data`
 * events allocate 64 KiB for each read, which costs a tenth of a small request. The documented `onread` option does this
 * for outgoing sockets only; a server's sockets are given it by building a second `net.Socket` around their handle.
 * Where that handle is missing, and for TLS, `data` events serve as well.
 */
import { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'

/** What a connection hears. The bytes are valid only during the call. */
export interface SocketOwner {
  received(buffer: Buffer, start: number, end: number): void
  /** The client's FIN. */
  clientEnded(): void
  /** The client takes bytes again. */
  drained(): void
  /** The socket is gone. */
  closed(): void
}

/** The socket knows its owner, so that listeners are shared functions instead of closures. */
interface OwnedSocket extends Socket {
  genkanOwner?: SocketOwner
  genkanSharesReads?: boolean
}

const READ_BUFFER = Buffer.allocUnsafeSlow(65_536)

/**
 * Takes over a fresh server socket that nobody has read from (`pauseOnConnect`).
 *
 * @returns the socket to use from now on, reading into the shared buffer where possible. It is paused
 */
export function shareReads(accepted: Socket): Socket {
  if (accepted instanceof TLSSocket) return accepted
  const holder = accepted as { _handle?: unknown }
  const handle = holder._handle
  if (handle === null || handle === undefined) return accepted
  let owned: OwnedSocket | null = null
  owned = new Socket({
    handle,
    manualStart: true,
    allowHalfOpen: true,
    onread: {
      buffer: READ_BUFFER,
      callback: (count: number) => {
        owned?.genkanOwner?.received(READ_BUFFER, 0, count)
        return true
      },
    },
    // `handle` and `manualStart` are what Node's own server passes; the types leave them out.
  } as unknown as ConstructorParameters<typeof Socket>[0]) as OwnedSocket
  owned.genkanSharesReads = true
  // The first socket lets go of the connection without closing it; its server stops counting it.
  holder._handle = null
  accepted.destroy()
  return owned
}

/** Begins to read. */
export function ownSocket(socket: Socket, owner: SocketOwner): void {
  const owned: OwnedSocket = socket
  owned.genkanOwner = owner
  socket.on('end', onEnd)
  socket.on('drain', onDrain)
  socket.on('error', onError)
  socket.on('close', onClose)
  // A flowing stream would lose the bytes that are put back when HTTP/2 takes over, so `read` starts it, not `resume`.
  if (owned.genkanSharesReads === true) socket.read(0)
  else socket.on('data', onData).resume()
}

/** Ends the relation: the socket's next owner adds its own listeners. */
export function disownSocket(socket: Socket): void {
  const owned: OwnedSocket = socket
  delete owned.genkanOwner
  // Else bytes that are put back for the next owner would flow to nobody.
  if (owned.genkanSharesReads !== true) socket.pause()
  socket.off('data', onData).off('end', onEnd).off('drain', onDrain).off('error', onError).off('close', onClose)
}

function onData(this: OwnedSocket, chunk: Buffer): void {
  this.genkanOwner?.received(chunk, 0, chunk.length)
}

function onEnd(this: OwnedSocket): void {
  this.genkanOwner?.clientEnded()
}

function onDrain(this: OwnedSocket): void {
  this.genkanOwner?.drained()
}

function onError(this: OwnedSocket): void {
  // 'close' follows and is where it is dealt with.
}

function onClose(this: OwnedSocket): void {
  this.genkanOwner?.closed()
}
