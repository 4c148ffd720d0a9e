/** Sends a stream of bytes to a proxy and gathers all that comes back. */
import { connect } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'

export interface StreamResult {
  readonly bytes: Buffer
  /** The proxy did not close the connection in time; we did. */
  readonly isHung: boolean
}

/**
 * @param pieces written in separate turns of the event loop, so that they are mostly read apart
 * @param endsEarly half-close after the last byte: the stream stops in the middle of a message
 */
export function sendStream(
  port: number,
  pieces: readonly Buffer[],
  endsEarly: boolean,
  patienceMs: number,
): Promise<StreamResult> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true })
    let isHung = false
    const timer = setTimeout(() => {
      isHung = true
      socket.destroy()
    }, patienceMs)
    socket.on('data', (chunk) => chunks.push(chunk))
    socket.on('end', () => socket.end())
    // A reset after the answer was sent is the proxy's way of closing on unread bytes.
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      clearTimeout(timer)
      resolve({ bytes: Buffer.concat(chunks), isHung })
    })
    socket.once('connect', () => void writePieces())
    async function writePieces(): Promise<void> {
      for (const [index, piece] of pieces.entries()) {
        if (socket.destroyed || !socket.writable) return
        if (index > 0) await nextTurn()
        socket.write(piece)
      }
      if (endsEarly) socket.end()
    }
  })
}
