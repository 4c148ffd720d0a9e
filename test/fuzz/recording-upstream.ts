/** An upstream that reads with Node's strict server and keeps the raw bytes, so that nothing between messages escapes. */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { readMessage } from '../support/http1-message.ts'
import { isUnknownMethod } from './node-dialect.ts'
import { createStrictServer, type ReadRequest } from './node-reader.ts'

export interface Recorded {
  readonly requests: readonly ReadRequest[]
  readonly errors: readonly string[]
  /** A request came whose method Node's server does not know: it cannot be asked how it reads what follows. */
  readonly isBeyondNode: boolean
}

export interface RecordingUpstream {
  readonly port: number
  /** Requests read since the last call, in order of completion, and the codes of what could not be read. */
  take(): Recorded
  close(): Promise<void>
}

/** What the end of a connection in the middle of a message gives: the proxy gave up a request, which is its right. */
const GIVEN_UP = new Set(['HPE_INVALID_EOF_STATE', 'ECONNRESET'])

/** A socket whose received bytes are looked at on their way to the HTTP server. */
class RecordedConnection extends Duplex {
  readonly #socket: Socket

  constructor(socket: Socket, onBytes: (chunk: Buffer) => void) {
    super()
    this.#socket = socket
    socket.on('data', (chunk) => {
      onBytes(chunk)
      this.push(chunk)
    })
    socket.on('end', () => this.push(null))
    socket.on('error', () => this.destroy())
    socket.on('close', () => this.destroy())
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#socket.write(chunk)
    done()
  }

  override _final(done: () => void): void {
    this.#socket.end()
    done()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy()
    done(error)
  }
}

export async function startRecordingUpstream(): Promise<RecordingUpstream> {
  let requests: ReadRequest[] = []
  let errors: string[] = []
  let isBeyondNode = false
  const http = createStrictServer(
    (request) => requests.push(request) - 1,
    (code) => {
      if (!GIVEN_UP.has(code)) errors.push(`Node's server refused what was forwarded: ${code}`)
    },
  )
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    let rest: Buffer = Buffer.alloc(0)
    let isBroken = false
    const connection = new RecordedConnection(socket, (chunk) => {
      if (isBroken) return
      rest = Buffer.concat([rest, chunk])
      try {
        for (let message = readMessage(rest, 0, 'request', false); message !== null;) {
          rest = rest.subarray(message.end)
          isBeyondNode ||= isUnknownMethod(message.startLine)
          message = readMessage(rest, 0, 'request', false)
        }
      } catch (error) {
        isBroken = true
        errors.push(
          `What was forwarded is loosely written: ${String(error)} in ${JSON.stringify(rest.toString('latin1'))}`,
        )
      }
    })
    http.emit('connection', connection)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    take() {
      const taken = { requests, errors, isBeyondNode }
      requests = []
      errors = []
      isBeyondNode = false
      return taken
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
