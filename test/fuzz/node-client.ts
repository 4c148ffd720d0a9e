/** The oracle for responses: what Node's own HTTP client, in strict mode, reads from the bytes of an upstream. */
import { type IncomingMessage, request } from 'node:http'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { GivenBytes } from './node-reader.ts'

export interface ReadResponse {
  readonly status: number
  /** Names and values in turn. */
  readonly rawHeaders: readonly string[]
  readonly rawTrailers: readonly string[]
  readonly body: Buffer
}

export interface ClientReading {
  /** `null` when there is no complete response. */
  readonly response: ReadResponse | null
  /** The response was complete before the connection ended. */
  readonly endsItself: boolean
}

/**
 * Node's strict client over bytes that come one by one, until it has a complete response; the connection ends when there are
 * no more. Bytes behind a complete response are not shown to it: it would take the response back.
 */
export async function readAsClient(bytes: Buffer, method: string): Promise<ClientReading> {
  const stream = new GivenBytes()
  let hasFailed = false
  let incoming: IncomingMessage | null = null
  const chunks: Buffer[] = []
  const { promise: ended, resolve: end } = Promise.withResolvers<void>()
  const fail = (): void => {
    hasFailed = true
    end()
  }
  const sent = request({
    method,
    path: '/',
    headers: { Host: 'fuzz.example' },
    createConnection: () => stream,
    insecureHTTPParser: false,
    maxHeaderSize: 262_144,
  })
  sent.on('response', (response) => {
    incoming = response
    response.on('data', (chunk: Buffer) => chunks.push(chunk))
    response.on('end', end)
    response.on('error', fail)
  })
  sent.on('upgrade', fail)
  sent.on('error', fail)
  sent.end()
  await nextTurn()
  const isOver = (): boolean => hasFailed || incoming?.complete === true
  for (let at = 0; at < bytes.length && !isOver(); at++) {
    stream.push(bytes.subarray(at, at + 1))
    while (stream.readableLength > 0) await nextTurn()
  }
  const endsItself = isOver()
  if (!endsItself) stream.push(null)
  await ended
  stream.destroy()
  // Set by events, which the compiler does not follow.
  const response = incoming as IncomingMessage | null
  if (hasFailed || response === null || !response.complete) return { response: null, endsItself: false }
  const { statusCode: status = 0, rawHeaders, rawTrailers } = response
  return { response: { status, rawHeaders, rawTrailers, body: Buffer.concat(chunks) }, endsItself }
}
