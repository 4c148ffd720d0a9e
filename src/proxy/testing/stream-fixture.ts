/** For tests of connections and datagrams that are passed on unread: the proxy between a client and servers of TCP and UDP. */
import assert from 'node:assert/strict'
import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { DEFAULT_STREAM_SETTINGS, type StreamService, type StreamSettings } from '../../routing/streams.ts'
import { type DataPlane, startDataPlane } from '../data-plane.ts'
import type { StreamRecord } from '../stream/stream-record.ts'
import { fixtureModel } from './proxy-fixture.ts'

export interface StreamFixtureOptions {
  readonly service?: Partial<StreamService>
  readonly settings?: Partial<StreamSettings>
  readonly upstreams: readonly number[]
  readonly host?: string
}

/** A data plane that serves one stream service, and what it reported. */
export async function startStreams(options: StreamFixtureOptions) {
  const streams: StreamRecord[] = []
  const problems: string[] = []
  let wake = (): void => undefined
  const plane: DataPlane = await startDataPlane({
    host: options.host ?? '127.0.0.1',
    httpPort: 0,
    httpsPort: null,
    observer: { observe: () => undefined },
    streamObserver: {
      observeStream: (record) => {
        streams.push(record)
        wake()
      },
    },
    reportProblem: (message) => problems.push(message),
    tickMs: 5,
  })
  const apply = async (changes: StreamFixtureOptions): Promise<void> => {
    const model = fixtureModel({ upstreams: changes.upstreams })
    const [route] = model.routes.hosts[0]?.routes ?? []
    assert.ok(route !== undefined)
    const service: StreamService = {
      protocol: 'tcp',
      port: 0,
      backendId: 'shop/web:80',
      decodesProxyProtocol: false,
      encodesProxyProtocol: false,
      labels: route.labels,
      origin: { object: 'ConfigMap shop/tcp', path: 'data' },
      ...changes.service,
    }
    const settings = { ...model.settings, streams: { ...DEFAULT_STREAM_SETTINGS, ...changes.settings } }
    plane.apply({ ...model, settings, streams: [service] })
    await plane.streamsSettled()
  }
  await apply(options)
  return {
    plane,
    streams,
    problems,
    apply,
    removeAll: () => plane.apply(fixtureModel({ upstreams: options.upstreams })),
    get port(): number {
      return plane.streamPorts()[0]?.port ?? 0
    },
    streamCount: async (count: number): Promise<void> => {
      const signal = AbortSignal.timeout(5000)
      while (streams.length < count) {
        await new Promise<void>((resolve, reject) => {
          wake = resolve
          signal.addEventListener('abort', () => reject(new Error(`Only ${streams.length} of ${count} streams ended`)))
        })
      }
    },
    [Symbol.asyncDispose]: () => plane.drain(0),
  }
}

/** @param onSocket gets every connection; half-open ones stay */
export async function startTcp(onSocket: (socket: Socket) => void): Promise<Server & AsyncDisposable> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined)
    onSocket(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

export function portOf(server: Server): number {
  return (server.address() as AddressInfo).port
}

export function echo(socket: Socket): void {
  socket.pipe(socket)
}

/** Answers each datagram so many times, with the port it came from and its text. */
export async function startUdp(answers: number, type: 'udp4' | 'udp6' = 'udp4'): Promise<UdpSocket & AsyncDisposable> {
  const server = createSocket(type)
  server.on('message', (message, { port, address }) => {
    for (let i = 0; i < answers; i++) server.send(`${port} ${message.toString()}`, port, address)
  })
  server.bind(0, type === 'udp4' ? '127.0.0.1' : '::1')
  await once(server, 'listening')
  return server as UdpSocket & AsyncDisposable
}

export async function startUdpClient(port: number, host = '127.0.0.1') {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
  socket.bind(0, host)
  await once(socket, 'listening')
  return {
    ask: async (text: string): Promise<string> => {
      const answer = once(socket, 'message') as Promise<[Buffer]>
      socket.send(text, port, host)
      return (await answer)[0].toString()
    },
    send: (text: string) => socket.send(text, port, host),
    close: () => socket.close(),
  }
}
