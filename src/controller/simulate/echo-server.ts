/**
 * A simulated pod: answers every request with what it received, in the shape of Gateway API's echo-basic.
 * `?status=`, `?delay=MS` and `?bytes=N` in the query change the answer, for trying things out. gRPC messages come back as they
 * are (`grpc-echo.ts`).
 */
import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import type { Duplex } from 'node:stream'
import { EchoListener, type EchoRequest, type EchoResponse } from './echo-listener.ts'
import { answerGrpc, isGrpcRequest } from './grpc-echo.ts'
import type { SimulatedPod } from './plan.ts'

export interface EchoServer {
  /** Loopback port. */
  readonly port: number
  /** Stops listening, lets running answers finish. Resolves when the last connection is gone. */
  close(): Promise<void>
}

const MAX_DELAY_MS = 60_000
const MAX_BYTES = 64 * 1024 * 1024
const FILLER = Buffer.alloc(65_536, 'genkan ')

/** Listens on a free loopback port. */
export async function startEchoServer(pod: SimulatedPod): Promise<EchoServer> {
  const upgraded = new Set<Duplex>()
  const listener = new EchoListener({
    request: (request, response) => {
      const isHttp2 = request instanceof Http2ServerRequest && response instanceof Http2ServerResponse
      if (isHttp2 && isGrpcRequest(request)) answerGrpc(pod, request, response)
      else answer(pod, request, response)
    },
    upgrade: (request, socket) => {
      upgraded.add(socket)
      socket.on('close', () => upgraded.delete(socket))
      acceptWebSocket(request, socket)
    },
  })
  const port = await listener.listen()
  return {
    port,
    close: async () => {
      for (const socket of upgraded) socket.destroy()
      await listener.close()
    },
  }
}

function answer(pod: SimulatedPod, request: EchoRequest, response: EchoResponse): void {
  const query = new URLSearchParams((request.url ?? '').split('?')[1] ?? '')
  const delayMs = bounded(query.get('delay'), 0, MAX_DELAY_MS) ?? 0
  // The body is read to its end so that the connection can be used again.
  request.resume()
  request.on('end', () => {
    if (delayMs === 0) respond(pod, request, response, query)
    else setTimeout(respond, delayMs, pod, request, response, query).unref()
  })
}

function respond(pod: SimulatedPod, request: EchoRequest, response: EchoResponse, query: URLSearchParams): void {
  const status = bounded(query.get('status'), 200, 599) ?? 200
  const bytes = bounded(query.get('bytes'), 0, MAX_BYTES)
  if (bytes !== null) {
    sendBytes(response, status, bytes)
    return
  }
  const body = formatBody(describeRequest(pod, request))
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
  response.end(status === 204 || status === 304 ? undefined : body)
}

/** Indented JSON with lists of one value on one line: people read it in a terminal. */
function formatBody(fields: Record<string, unknown>): string {
  return `${JSON.stringify(fields, null, 1).replace(/\[\n\s+("(?:[^"\\]|\\.)*")\n\s+\]/g, '[$1]')}\n`
}

/** The fields of echo-basic's answer. Header names are written as in Go: `X-Request-Id`. */
function describeRequest(pod: SimulatedPod, request: EchoRequest): Record<string, unknown> {
  const headers: Record<string, string[]> = {}
  for (let i = 0; i < request.rawHeaders.length; i += 2) {
    const name = canonicalName(request.rawHeaders[i] ?? '')
    // HTTP/2 has them beside the header, and the answer too.
    if (name === 'Host' || name.startsWith(':')) continue
    const values = (headers[name] ??= [])
    values.push(request.rawHeaders[i + 1] ?? '')
  }
  return {
    path: request.url ?? '',
    host: hostOf(request),
    method: request.method ?? '',
    proto: `HTTP/${request.httpVersion}`,
    headers,
    namespace: pod.namespace,
    ingress: pod.ingress,
    service: pod.service,
    pod: pod.pod,
  }
}

function hostOf(request: EchoRequest): string {
  return String(request.headers[':authority'] ?? request.headers['host'] ?? '')
}

function canonicalName(name: string): string {
  return name.toLowerCase().replace(/(^|-)([a-z])/g, (match) => match.toUpperCase())
}

function sendBytes(response: EchoResponse, status: number, bytes: number): void {
  response.writeHead(status, { 'content-type': 'application/octet-stream', 'content-length': bytes })
  let left = bytes
  const write = (): void => {
    while (left > 0) {
      const part = FILLER.subarray(0, Math.min(left, FILLER.length))
      left -= part.length
      if (!response.write(part)) {
        response.once('drain', write)
        return
      }
    }
    response.end()
  }
  write()
}

/** A number in range, or `null` when absent or out of it. */
function bounded(text: string | null, min: number, max: number): number | null {
  if (text === null || !/^\d{1,9}$/.test(text)) return null
  const value = Number(text)
  return value >= min && value <= max ? value : null
}

/** RFC 6455 handshake; then every frame comes back unmasked, which is all that an echo needs. */
function acceptWebSocket(request: IncomingMessage, socket: Duplex): void {
  socket.on('error', () => socket.destroy())
  const key = request.headers['sec-websocket-key']
  if (request.headers.upgrade?.toLowerCase() !== 'websocket' || key === undefined) {
    socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
    return
  }
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  )
  let pending = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk])
    for (let frame = unmaskFrame(pending); frame !== null; frame = unmaskFrame(pending)) {
      pending = pending.subarray(frame.consumed)
      socket.write(frame.reply)
      if (frame.isClose) socket.end()
    }
    if (pending.length > 1_048_576) socket.destroy()
  })
}

/** Turns one complete masked client frame into the same frame unmasked; a ping becomes a pong. */
function unmaskFrame(bytes: Buffer): { reply: Buffer; consumed: number; isClose: boolean } | null {
  if (bytes.length < 6) return null
  const short = (bytes[1] ?? 0) & 0x7f
  const extra = short === 126 ? 2 : short === 127 ? 8 : 0
  if (bytes.length < 6 + extra) return null
  const length = extra === 0 ? short : extra === 2 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2))
  const start = 2 + extra + 4
  if (bytes.length < start + length) return null
  const mask = bytes.subarray(2 + extra, start)
  const reply = Buffer.concat([bytes.subarray(0, 2 + extra), bytes.subarray(start, start + length)])
  const opcode = (bytes[0] ?? 0) & 0x0f
  if (opcode === 9) reply[0] = ((bytes[0] ?? 0) & 0xf0) | 10
  reply[1] = short
  for (let i = 0; i < length; i++) reply[2 + extra + i] = (reply[2 + extra + i] ?? 0) ^ (mask[i & 3] ?? 0)
  return { reply, consumed: start + length, isClose: opcode === 8 }
}
