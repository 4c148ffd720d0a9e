/** The oracle for HTTP/2: what Node's own server (nghttp2) reads from a connection. */
import { once } from 'node:events'
import { createServer, type ServerHttp2Session } from 'node:http2'
import type { AddressInfo } from 'node:net'

export interface Http2Reading {
  readonly method: string
  readonly target: string
  readonly authority: string
  /** As declared; -1 for none. */
  readonly contentLength: number
  body: string
  /** The stream ended properly. */
  isComplete: boolean
}

export interface NodeHttp2Reader {
  readonly port: number
  /** Requests since the last call, also those whose body is still to come. */
  take(): readonly Http2Reading[]
  close(): Promise<void>
}

export async function startNodeHttp2Reader(): Promise<NodeHttp2Reader> {
  let readings: Http2Reading[] = []
  const sessions = new Set<ServerHttp2Session>()
  const server = createServer({ settings: { maxConcurrentStreams: 128 } })
  server.on('session', (session) => {
    sessions.add(session)
    session.on('error', () => undefined)
    session.on('close', () => sessions.delete(session))
  })
  server.on('sessionError', () => undefined)
  server.on('stream', (stream, headers) => {
    const reading: Http2Reading = {
      method: headers[':method'] ?? '',
      target: headers[':path'] ?? '',
      authority: headers[':authority'] ?? headers['host'] ?? '',
      contentLength: Number(headers['content-length'] ?? -1),
      body: '',
      isComplete: false,
    }
    readings.push(reading)
    stream.on('data', (chunk: Buffer) => (reading.body += chunk.toString('latin1')))
    stream.on('error', () => undefined)
    stream.on('end', () => {
      reading.isComplete = true
      if (!stream.destroyed && !stream.closed) stream.respond({ ':status': 200 }, { endStream: true })
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    take() {
      const taken = readings
      readings = []
      return taken
    },
    async close() {
      for (const session of sessions) session.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
