/**
 * One port for everything that a route may speak to a simulated pod: HTTP/1.1, HTTP/2 by prior knowledge (gRPC), and either
 * over TLS. The first bytes of a connection tell. What is not spoken is not made: most pods know HTTP/1.1 alone.
 */
import { createServer as createHttp1, type IncomingMessage, type OutgoingHttpHeaders, type Server } from 'node:http'
import {
  createSecureServer,
  createServer as createHttp2,
  type Http2SecureServer,
  type Http2Server,
  type ServerHttp2Session,
} from 'node:http2'
import { type AddressInfo, createServer as createNet, type Socket } from 'node:net'
import type { Duplex, Readable, Writable } from 'node:stream'
import { podCertificate } from './pod-certificate.ts'
import { echoRaw, isHttpOrTls } from './raw-echo.ts'

/** What requests of both versions have in common. */
export interface EchoRequest extends Readable {
  readonly headers: NodeJS.Dict<string | string[]>
  readonly rawHeaders: readonly string[]
  readonly url?: string | undefined
  readonly method?: string | undefined
  readonly httpVersion: string
}

export interface EchoResponse extends Writable {
  writeHead(status: number, headers: OutgoingHttpHeaders): unknown
}

/** What answers. */
export interface EchoHandler {
  readonly request: (request: EchoRequest, response: EchoResponse) => void
  readonly upgrade: (request: IncomingMessage, socket: Duplex) => void
}

const TLS_HANDSHAKE = 0x16
/** Begins the preface of HTTP/2 and no request of HTTP/1.1. */
const HTTP2_PREFACE = Buffer.from('PRI ', 'latin1')
const KEEP_ALIVE_MS = 120_000

export class EchoListener {
  readonly #handler: EchoHandler
  readonly #server = createNet({ noDelay: true }, (socket) => this.#accept(socket))
  readonly #http1: Server
  #http2: Http2Server | null = null
  #secure: Promise<Http2SecureServer> | null = null
  readonly #sessions = new Set<ServerHttp2Session>()
  /** Over TLS, where Node does not close idle ones for us. */
  readonly #secureSockets = new Set<Socket>()
  readonly #busy = new Set<unknown>()
  readonly #rawSockets = new Set<Socket>()
  #isClosing = false

  constructor(handler: EchoHandler) {
    this.#handler = handler
    this.#http1 = createHttp1({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
      handler.request(request, response)
    })
    this.#http1.on('upgrade', handler.upgrade)
    this.#http1.on('clientError', (_error, socket) => socket.destroy())
  }

  /** Listens on a free loopback port. */
  async listen(): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(0, '127.0.0.1', resolve)
    })
    this.#server.unref()
    return (this.#server.address() as AddressInfo).port
  }

  /** Lets running answers finish. Resolves when the last connection is gone. */
  async close(): Promise<void> {
    this.#isClosing = true
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve())
      this.#http1.closeIdleConnections()
      for (const session of this.#sessions) session.close()
      for (const socket of this.#rawSockets) socket.destroySoon()
      for (const socket of this.#secureSockets) if (!this.#busy.has(socket)) socket.destroy()
    })
  }

  #accept(socket: Socket): void {
    socket.on('error', () => socket.destroy())
    socket.once('data', (first: Buffer) => {
      socket.pause()
      socket.unshift(first)
      if (!isHttpOrTls(first)) {
        this.#echo(socket)
        return
      }
      void this.#serverFor(first).then((server) => {
        server.emit('connection', socket)
        socket.resume()
      })
    })
  }

  /** As the backend of a TCP service. */
  #echo(socket: Socket): void {
    this.#rawSockets.add(socket)
    socket.on('close', () => this.#rawSockets.delete(socket))
    echoRaw(socket)
  }

  async #serverFor(first: Buffer): Promise<Server | Http2Server | Http2SecureServer> {
    if (first[0] === TLS_HANDSHAKE) return (this.#secure ??= this.#createSecure())
    if (!first.subarray(0, HTTP2_PREFACE.length).equals(HTTP2_PREFACE)) return this.#http1
    if (this.#http2 === null) {
      this.#http2 = createHttp2((request, response) => this.#handler.request(request, response))
      this.#http2.on('session', (session: ServerHttp2Session) => this.#keep(session))
    }
    return this.#http2
  }

  async #createSecure(): Promise<Http2SecureServer> {
    const { certPem, keyPem } = await podCertificate()
    const server = createSecureServer({ cert: certPem, key: keyPem, allowHTTP1: true }, (request, response) => {
      this.#count(request.socket, response)
      this.#handler.request(request, response)
    })
    server.on('session', (session: ServerHttp2Session) => this.#keep(session))
    server.on('upgrade', this.#handler.upgrade)
    server.on('secureConnection', (socket: Socket & { readonly alpnProtocol?: string | false }) => {
      if (socket.alpnProtocol === 'h2') return
      this.#secureSockets.add(socket)
      socket.on('close', () => this.#secureSockets.delete(socket))
    })
    server.on('tlsClientError', (_error, socket: Socket) => socket.destroy())
    return server
  }

  #keep(session: ServerHttp2Session): void {
    this.#sessions.add(session)
    session.on('error', () => undefined)
    session.on('close', () => this.#sessions.delete(session))
  }

  #count(socket: unknown, response: EchoResponse): void {
    this.#busy.add(socket)
    response.on('close', () => {
      this.#busy.delete(socket)
      if (this.#isClosing && this.#secureSockets.has(socket as Socket)) (socket as Socket).destroySoon()
    })
  }
}
