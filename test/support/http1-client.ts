/** A client that sends exactly the bytes it is given and reads one strictly formed answer. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls'
import { type Http1Message, readMessage } from './http1-message.ts'

export interface Http1Answer extends Http1Message {
  readonly status: number
  /** Statuses of the interim answers before it. */
  readonly interim: readonly number[]
}

const PATIENCE_MS = 30_000

export async function openPlain(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error(`Nothing happened for ${PATIENCE_MS} ms`)))
  await once(socket, 'connect')
  return socket
}

/** Certificates are not verified here: tests look at the one that was presented. Empty `serverName` sends no SNI. */
export async function openTls(
  port: number,
  serverName: string,
  alpn: readonly string[],
  options: ConnectionOptions = {},
): Promise<TLSSocket> {
  const socket = connectTls({
    port,
    host: '127.0.0.1',
    servername: serverName,
    ALPNProtocols: [...alpn],
    rejectUnauthorized: false,
    ...options,
  })
  socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error(`Nothing happened for ${PATIENCE_MS} ms`)))
  await once(socket, 'secureConnect')
  return socket
}

/**
 * Reads one final answer; interim ones before it are noted. Bytes after the answer go back to the socket.
 *
 * @throws {SyntaxError} when the answer is malformed
 * @throws {Error} when the connection ends before the answer does
 */
export async function readAnswer(socket: Socket, kind: 'response' | 'head-response'): Promise<Http1Answer> {
  const interim: number[] = []
  let bytes: Buffer = Buffer.alloc(0)
  let from = 0
  let isClosed = false
  for (;;) {
    for (;;) {
      const message = readMessage(bytes, from, kind, isClosed)
      if (message === null) break
      const status = Number(message.startLine.slice(9, 12))
      if (status >= 200 || status === 101) {
        if (message.end < bytes.length) socket.unshift(bytes.subarray(message.end))
        return { ...message, status, interim }
      }
      interim.push(status)
      from = message.end
    }
    if (isClosed) throw new Error(`The connection ended inside the answer: ${JSON.stringify(bytes.toString('latin1'))}`)
    const chunk = await readChunk(socket)
    if (chunk === null) isClosed = true
    else bytes = Buffer.concat([bytes, chunk])
  }
}

/** The next bytes, `null` at the end of the stream. */
async function readChunk(socket: Socket): Promise<Buffer | null> {
  for (;;) {
    const chunk = socket.read() as Buffer | null
    if (chunk !== null) return chunk
    if (socket.readableEnded) return null
    if (socket.errored) throw socket.errored
    if (socket.destroyed) return null
    await new Promise<void>((resolve, reject) => {
      const events = ['readable', 'end', 'close'] as const
      const settle = (error?: Error): void => {
        for (const event of events) socket.off(event, wake)
        socket.off('error', settle)
        if (error === undefined) resolve()
        else reject(error)
      }
      const wake = (): void => settle()
      for (const event of events) socket.on(event, wake)
      socket.on('error', settle)
    })
  }
}
