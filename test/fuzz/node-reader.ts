/**
 * The oracle: what Node's own HTTP server, in strict mode, reads from a stream of bytes. Used twice: for what a client sent
 * and for what reached the upstream.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Duplex } from 'node:stream'

export interface ReadRequest {
  readonly method: string
  readonly target: string
  /** Names and values in turn, as received. */
  readonly rawHeaders: readonly string[]
  readonly body: Buffer
  readonly rawTrailers: readonly string[]
}

export interface NodeReading {
  /** Complete requests, in order. */
  readonly requests: readonly ReadRequest[]
  /** Code of the error that ended the reading; empty when the stream ended between two messages. */
  readonly error: string
  /** True when the bytes are a proper beginning of something, cut short. */
  readonly isCutShort: boolean
}

/** What {@link NodeReading.error} says when Node stops at a method that is well formed and not on its list. */
export const UNKNOWN_METHOD = 'UNKNOWN_METHOD'

/** What the parser adds to its errors. */
interface ClientError extends NodeJS.ErrnoException {
  readonly rawPacket?: Buffer
  readonly bytesParsed?: number
}

/** Errors that mean "more bytes were due", not "these bytes are wrong". */
const CUT_SHORT = new Set(['HPE_INVALID_EOF_STATE', 'ECONNRESET'])

/** A connection whose bytes are given; what the server writes is thrown away. */
export class GivenBytes extends Duplex {
  override _read(): void {}
  override _write(_chunk: unknown, _encoding: BufferEncoding, done: () => void): void {
    done()
  }
}

/** Node's strict server over one stream of bytes that then ends. */
export function readAsNode(bytes: Buffer): Promise<NodeReading> {
  const requests: ReadRequest[] = []
  let error = ''
  const server = createStrictServer(
    (request) => requests.push(request),
    (code) => {
      if (error === '') error = code
    },
  )
  const stream = new GivenBytes()
  return new Promise((resolve) => {
    stream.once('close', () => resolve({ requests, error, isCutShort: CUT_SHORT.has(error) }))
    server.emit('connection', stream)
    stream.push(bytes)
    stream.push(null)
  })
}

/** A server that reads every request whole, answers 200 with the number of the request, and reports what it cannot read. */
export function createStrictServer(
  onRequest: (request: ReadRequest) => number,
  onError: (code: string) => void,
): ReturnType<typeof createServer> {
  const server = createServer({
    insecureHTTPParser: false,
    // Checked by the caller, which wants to see such a request.
    requireHostHeader: false,
    maxHeaderSize: 262_144,
    keepAliveTimeout: 60_000,
  })
  const read = (request: IncomingMessage, response: ServerResponse): void => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('error', (error: NodeJS.ErrnoException) => onError(error.code ?? error.message))
    request.on('end', () => {
      const number = onRequest({
        method: request.method ?? '',
        target: request.url ?? '',
        rawHeaders: request.rawHeaders,
        body: Buffer.concat(chunks),
        rawTrailers: request.rawTrailers,
      })
      response.writeHead(200, { 'X-Fuzz-Number': String(number), 'Content-Length': '2' })
      response.end('ok')
    })
  }
  server.on('request', read)
  server.on('checkContinue', read)
  server.on('checkExpectation', read)
  server.on('connect', (_request, socket) => {
    onError('CONNECT')
    socket.destroy()
  })
  server.on('clientError', (error: ClientError, socket) => {
    onError(isUnknownMethodAt(error) ? UNKNOWN_METHOD : (error.code ?? error.message))
    // Requests that came whole before the error still have their last events in the queue.
    setImmediate(() => setImmediate(() => socket.destroy()))
  })
  return server
}

function isUnknownMethodAt({ code, rawPacket, bytesParsed }: ClientError): boolean {
  if (code !== 'HPE_INVALID_METHOD' || rawPacket === undefined || bytesParsed === undefined) return false
  const before = /[A-Z_-]*$/.exec(rawPacket.toString('latin1', 0, bytesParsed))?.[0].length ?? 0
  return /^[A-Z_-]+ [^ \r\n]+ HTTP\/1\.[01]\r\n/.test(rawPacket.toString('latin1', bytesParsed - before))
}
