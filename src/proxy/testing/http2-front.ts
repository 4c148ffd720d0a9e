/** For tests: an HTTP/2 front over a real cluster and a real upstream, all on loopback, closed with the test. */
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { type ClientHttp2Session, type ClientHttp2Stream, connect, type OutgoingHttpHeaders } from 'node:http2'
import { type AddressInfo, createServer as createNetServer, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import type { Finding } from '../../base/finding.ts'
import { compileRoutes } from '../../routing/compile.ts'
import { DEFAULT_SETTINGS, NOT_FOUND_NGINX, UNAVAILABLE_NGINX } from '../../routing/defaults.ts'
import type { Gate } from '../../routing/gate.ts'
import type { ProxySettings, Route } from '../../routing/model.ts'
import type { FrontContext } from '../downstream.ts'
import { connectionForwardingLines } from '../forwarding-headers.ts'
import type { RequestRecord } from '../request-record.ts'
import { TimerWheel } from '../timer-wheel.ts'
import { Cluster } from '../upstream/cluster.ts'
import { UpstreamPool } from '../upstream/upstream-pool.ts'
import { acceptHttp2, type Http2Connection } from '../http2/connection.ts'

export interface FrontOptions {
  readonly settings?: Partial<ProxySettings>
  readonly route?: Partial<Route>
  readonly gates?: readonly Gate[]
  /** Answers by node:http; or raw bytes with `rawUpstream`. */
  readonly upstream?: RequestListener
  /** Gets each upstream connection. */
  readonly rawUpstream?: (socket: Socket) => void
  /** A port on loopback instead of an upstream of our own. */
  readonly upstreamPort?: number
}

export interface Front {
  readonly port: number
  readonly origin: string
  readonly context: FrontContext
  /** Records of finished requests, in order. */
  readonly records: RequestRecord[]
  readonly connections: Http2Connection[]
  /** Resolves when any client connection is gone. */
  readonly nextClose: Promise<void>
  /** Resolves with the record of the next request that ends. */
  nextRecord(): Promise<RequestRecord>
  connect(): ClientHttp2Session
}

export async function startFront(test: TestContext, options: FrontOptions = {}): Promise<Front> {
  const upstream =
    options.rawUpstream === undefined
      ? createServer(options.upstream ?? ((_request, response) => response.end('ok')))
      : createNetServer(options.rawUpstream)
  const upstreamPort = options.upstreamPort ?? (await listen(upstream))
  const settings = { ...DEFAULT_SETTINGS, ...options.settings }
  const timers = new TimerWheel(10)
  const cluster = new Cluster('default/web:80', 'default-web-80', new UpstreamPool(settings, timers), noDns)
  cluster.setEndpoints([{ address: '127.0.0.1', port: upstreamPort }])
  const records: RequestRecord[] = []
  const waiters: ((record: RequestRecord) => void)[] = []
  const context: FrontContext = {
    table: compileRoutes(
      toTable(options.route),
      (id) => (id === cluster.id ? cluster : null),
      () => options.gates ?? [],
    ),
    settings,
    timers,
    observer: {
      observe: (record) => {
        records.push(record)
        waiters.shift()?.(record)
      },
    },
    isDraining: false,
  }
  const connections: Http2Connection[] = []
  let onClose: () => void = () => {}
  const nextClose = new Promise<void>((resolve) => (onClose = resolve))
  const server = createNetServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
    socket.once('data', (firstBytes) => {
      socket.pause()
      const info = {
        scheme: 'http' as const,
        remoteAddress: '127.0.0.1',
        remotePort: socket.remotePort ?? 0,
        serverPort: 80,
        tlsProtocol: '',
        tlsCipher: '',
        forwardingLines: connectionForwardingLines('http', '127.0.0.1', 80),
      }
      connections.push(acceptHttp2(socket, firstBytes, info, context, onClose) as Http2Connection)
    })
  })
  const port = await listen(server)
  const sessions: ClientHttp2Session[] = []
  test.after(() => {
    for (const session of sessions) session.destroy()
    for (const connection of connections) connection.destroy()
    cluster.close()
    if ('closeAllConnections' in upstream) upstream.closeAllConnections()
    upstream.close()
    server.close()
    timers.close()
  })
  const origin = `http://127.0.0.1:${port}`
  return {
    port,
    origin,
    context,
    records,
    connections,
    nextClose,
    nextRecord: () => new Promise((resolve) => waiters.push(resolve)),
    connect: () => {
      const session = connect(origin)
      session.on('error', () => {})
      sessions.push(session)
      return session
    },
  }
}

async function listen(server: ReturnType<typeof createNetServer> | Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

function noDns(): never {
  throw new TypeError('Cannot resolve a name: this test has none')
}

function toTable(route: Partial<Route> = {}): Parameters<typeof compileRoutes>[0] {
  const noOrigin: Finding['origin'] = { object: 'Ingress default/web', path: '' }
  return {
    hosts: [
      {
        host: '',
        schemes: ['http', 'https'],
        appRoot: '',
        notFound: NOT_FOUND_NGINX,
        routes: [
          {
            id: 'web',
            match: { kind: 'prefix', path: '/' },
            maxBodyBytes: 0,
            httpsRedirectStatus: 0,
            action: {
              kind: 'forward',
              backendId: 'default/web:80',
              rewriteTarget: '',
              protocol: 'http',
              connectTimeoutMs: 2000,
              sendTimeoutMs: 2000,
              readTimeoutMs: 2000,
              maxTries: 1,
              unavailable: UNAVAILABLE_NGINX,
              addsUpstreamServiceTime: false,
            },
            labels: { namespace: '', ingress: '', service: '', servicePort: '', path: '', pathType: '', host: '' },
            origin: noOrigin,
            ...route,
          },
        ],
      },
    ],
    fallback: { notFound: NOT_FOUND_NGINX },
  }
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly trailers: Readonly<Record<string, unknown>>
  readonly interim: readonly number[]
  readonly body: string
  readonly rstCode: number
}

/** Sends one request and reads all of its answer; never rejects for what the server does. */
export function ask(
  session: ClientHttp2Session,
  headers: OutgoingHttpHeaders | readonly string[],
  body?: string | Buffer,
): Promise<Answer> {
  const stream = session.request(headers, { endStream: body === undefined })
  if (body !== undefined) stream.end(body)
  return readAnswer(stream)
}

export function readAnswer(stream: ClientHttp2Stream): Promise<Answer> {
  return new Promise((resolve) => {
    let status = 0
    let answerHeaders: Record<string, unknown> = {}
    let trailers: Record<string, unknown> = {}
    const interim: number[] = []
    const parts: Buffer[] = []
    stream.on('headers', (headers) => interim.push(Number(headers[':status'])))
    stream.on('response', (headers) => {
      status = Number(headers[':status'])
      answerHeaders = { ...headers }
    })
    stream.on('trailers', (headers) => (trailers = { ...headers }))
    stream.on('data', (chunk: Buffer) => parts.push(chunk))
    stream.on('error', () => {})
    stream.on('close', () =>
      resolve({
        status,
        headers: answerHeaders,
        trailers,
        interim,
        body: Buffer.concat(parts).toString(),
        rstCode: stream.rstCode ?? 0,
      }),
    )
  })
}
