/** For tests: upstreams that speak HTTP/2, by node:http2 or frame by frame, closed with the test. */
import { once } from 'node:events'
import {
  createSecureServer,
  createServer,
  type Http2Server,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2'
import type { IncomingHttpHeaders, SecureServerOptions, ServerOptions } from 'node:http2'
import { type AddressInfo, createServer as createNetServer, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { formatFrame, type Frame, FRAME } from './raw-http2-client.ts'

export interface Http2Upstream {
  readonly port: number
  readonly server: Http2Server
  /** Sessions so far, in order. */
  readonly sessions: ServerHttp2Session[]
}

export type AnswerStream = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void

export async function startHttp2Upstream(
  test: TestContext,
  answer: AnswerStream,
  options: ServerOptions | SecureServerOptions = {},
): Promise<Http2Upstream> {
  const server = 'key' in options ? createSecureServer(options) : createServer(options)
  const sessions: ServerHttp2Session[] = []
  server.on('session', (session: ServerHttp2Session) => {
    sessions.push(session)
    session.on('error', () => undefined)
  })
  server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    stream.on('error', () => undefined)
    answer(stream, headers)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  test.after(() => {
    for (const session of sessions) session.destroy()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, server, sessions }
}

/** One connection of the proxy to a scripted upstream. */
export interface ScriptedPeer {
  readonly socket: Socket
  /** Number of the connection, from 0. */
  readonly index: number
  send(...frames: Buffer[]): void
}

export interface ScriptedUpstream {
  readonly port: number
  /** Frames received over all connections. */
  readonly frames: Frame[]
  connections(): number
  /** The first frame that fits, from the beginning on. */
  until(fits: (frame: Frame) => boolean): Promise<Frame>
}

const PREFACE_BYTES = 24

/**
 * @param script called for each frame; SETTINGS are the script's own affair
 * @param greet frames that a new connection begins with
 */
export async function startScriptedUpstream(
  test: TestContext,
  script: (peer: ScriptedPeer, frame: Frame) => void,
  greet: readonly Buffer[] = [formatFrame(FRAME.settings, 0, 0)],
): Promise<ScriptedUpstream> {
  const frames: Frame[] = []
  const sockets = new Set<Socket>()
  let connections = 0
  let wake: (() => void)[] = []
  const server = createNetServer((socket) => {
    const peer: ScriptedPeer = {
      socket,
      index: connections++,
      send: (...parts) => void socket.write(Buffer.concat(parts)),
    }
    sockets.add(socket)
    let pending = Buffer.alloc(0)
    let skipped = 0
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
    socket.on('data', (chunk: Buffer) => {
      const preface = Math.min(PREFACE_BYTES - skipped, chunk.length)
      skipped += preface
      pending = Buffer.concat([pending, chunk.subarray(preface)])
      while (pending.length >= 9 && pending.length >= 9 + pending.readUIntBE(0, 3)) {
        const size = 9 + pending.readUIntBE(0, 3)
        const streamId = pending.readUInt32BE(5)
        const frame = { type: pending[3] ?? 0, flags: pending[4] ?? 0, streamId, payload: pending.subarray(9, size) }
        pending = pending.subarray(size)
        frames.push(frame)
        script(peer, frame)
      }
      const waiting = wake
      wake = []
      for (const resolve of waiting) resolve()
    })
    peer.send(...greet)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  test.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return {
    port: (server.address() as AddressInfo).port,
    frames,
    connections: () => connections,
    until: async (fits) => {
      const signal = AbortSignal.timeout(5000)
      for (;;) {
        const found = frames.find(fits)
        if (found !== undefined) return found
        await new Promise<void>((resolve, reject) => {
          wake.push(resolve)
          signal.addEventListener('abort', () => reject(new Error(`Waited in vain; got ${frames.length} frames`)))
        })
      }
    },
  }
}
