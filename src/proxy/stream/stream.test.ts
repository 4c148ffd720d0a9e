import assert from 'node:assert/strict'
import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { test } from 'node:test'
import { DEFAULT_STREAM_SETTINGS, type StreamService, type StreamSettings } from '../../routing/streams.ts'
import type { DataPlane } from '../data-plane.ts'
import { startDataPlane } from '../data-plane.ts'
import { readProxyHeader } from '../proxy-protocol/read-header.ts'
import { writeTextHeader } from '../proxy-protocol/write-header.ts'
import { fixtureModel } from '../testing/proxy-fixture.ts'
import { RawClient } from '../testing/raw-client.ts'
import type { StreamRecord } from './stream-record.ts'

const CLIENT = { sourceAddress: '192.0.2.7', sourcePort: 4711, destinationAddress: '198.51.100.1', destinationPort: 80 }

interface Options {
  readonly service?: Partial<StreamService>
  readonly settings?: Partial<StreamSettings>
  readonly upstreams: readonly number[]
  readonly host?: string
}

async function start(options: Options) {
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
  const apply = async (changes: Options): Promise<void> => {
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

async function startTcp(onSocket: (socket: Socket) => void): Promise<Server & AsyncDisposable> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined)
    onSocket(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port
}

function echo(socket: Socket): void {
  socket.pipe(socket)
}

test('a TCP service carries bytes both ways and half-closes', async () => {
  await using server = await startTcp((socket) => {
    let text = ''
    socket.on('data', (chunk) => {
      text += String(chunk)
    })
    socket.on('end', () => socket.end(`got ${text}`))
  })
  await using proxy = await start({ upstreams: [portOf(server)] })
  const client = new RawClient(proxy.port)
  client.socket.end('all of it')
  assert.equal(await client.untilClosed(), 'got all of it')
  await proxy.streamCount(1)
  const [record] = proxy.streams
  assert.deepEqual(
    [record?.protocol, record?.status, record?.bytesReceived, record?.bytesSent, record?.upstreamBytesSent],
    ['TCP', 200, 9, 13, 9],
  )
  assert.equal(record?.upstreamAddress, `127.0.0.1:${portOf(server)}`)
})

test('a service that speaks first is heard', async () => {
  await using server = await startTcp((socket) => socket.end('220 ready\r\n'))
  await using proxy = await start({ upstreams: [portOf(server)] })
  const client = new RawClient(proxy.port)
  assert.equal(await client.untilClosed(), '220 ready\r\n')
  client.socket.end()
})

test('a client that reads nothing holds the service back', async () => {
  const chunk = Buffer.alloc(65_536, 'x')
  let written = 0
  await using server = await startTcp((socket) => {
    const flood = (): void => {
      while (socket.writable && written < 100_000_000) {
        written += chunk.length
        if (!socket.write(chunk)) break
      }
    }
    socket.on('drain', flood)
    socket.on('end', () => socket.destroy())
    socket.on('data', (text) => {
      if (String(text) === 'flood') flood()
      else socket.write(text)
    })
  })
  await using proxy = await start({ upstreams: [portOf(server)] })
  const flooded = connect({ host: '127.0.0.1', port: proxy.port }).pause()
  flooded.write('flood')
  const other = connect({ host: '127.0.0.1', port: proxy.port })
  // Round trips over the same proxy are the clock: there is time enough for all of it to come.
  for (let i = 0; i < 300; i++) {
    other.write('ping')
    await once(other, 'data')
  }
  assert.ok(written > 0 && written < 50_000_000, `${written} bytes were taken for a client that reads nothing`)
  for (const client of [flooded, other]) client.destroy()
})

test('connections that are silent for too long end', async () => {
  await using server = await startTcp(echo)
  await using proxy = await start({ upstreams: [portOf(server)], settings: { idleTimeoutMs: 300 } })
  const client = new RawClient(proxy.port)
  client.send('x')
  await client.until(/x/)
  assert.equal(await client.untilClosed(), 'x')
})

test('a service without endpoints refuses connections until it has one', async () => {
  await using server = await startTcp(echo)
  await using proxy = await start({ upstreams: [] })
  const refused = new RawClient(proxy.port)
  assert.equal(await refused.untilClosed(), '')
  await proxy.apply({ upstreams: [portOf(server)] })
  const client = new RawClient(proxy.port)
  client.send('x')
  await client.until(/x/)
  client.close()
})

test('when no endpoint can be reached the connection is reset and logged as 502', async () => {
  const gone = await startTcp(echo)
  const port = portOf(gone)
  await gone[Symbol.asyncDispose]()
  await using proxy = await start({ upstreams: [port] })
  const client = new RawClient(proxy.port)
  assert.equal(await client.untilClosed(), '')
  await proxy.streamCount(1)
  assert.equal(proxy.streams[0]?.status, 502)
})

test('next-upstream off, or one try, stops after the first endpoint', async () => {
  const gone = await startTcp(echo)
  const port = portOf(gone)
  await gone[Symbol.asyncDispose]()
  for (const settings of [{ triesNext: false }, { maxTries: 1 }]) {
    await using server = await startTcp(echo)
    await using proxy = await start({ upstreams: [port, portOf(server)], settings })
    const clients = [new RawClient(proxy.port), new RawClient(proxy.port)]
    for (const client of clients) client.socket.end('x')
    const answers = await Promise.all(clients.map((client) => client.untilClosed()))
    assert.deepEqual(answers.sort(), ['', 'x'])
  }
})

test('the PROXY protocol is decoded and encoded', async () => {
  await using server = await startTcp((socket) => {
    socket.once('data', (chunk: Buffer) => {
      const reading = readProxyHeader(chunk)
      assert.ok(reading.kind === 'complete')
      socket.end(`${JSON.stringify(reading.addresses)} ${chunk.subarray(reading.byteLength).toString()}`)
    })
  })
  const service = { decodesProxyProtocol: true, encodesProxyProtocol: true }
  await using proxy = await start({ upstreams: [portOf(server)], service })
  const client = new RawClient(proxy.port)
  client.send(`${writeTextHeader(CLIENT).toString()}ping`)
  assert.equal(await client.untilClosed(), `${JSON.stringify(CLIENT)} ping`)
  client.socket.end()
  await proxy.streamCount(1)
  assert.equal(proxy.streams[0]?.remoteAddress, '192.0.2.7')
  const plain = new RawClient(proxy.port)
  plain.send('no header here')
  assert.equal(await plain.untilClosed(), '')
  assert.match(proxy.problems[0] ?? '', /the PROXY protocol header is missing/)
})

test('without decoding the encoded header names the peer', async () => {
  await using server = await startTcp((socket) => socket.once('data', (chunk) => socket.end(chunk)))
  await using proxy = await start({ upstreams: [portOf(server)], service: { encodesProxyProtocol: true } })
  const client = new RawClient(proxy.port)
  client.send('x')
  await once(client.socket, 'connect')
  const { localPort } = client.socket
  assert.match(
    await client.untilClosed(),
    new RegExp(`^PROXY TCP4 127\\.0\\.0\\.1 127\\.0\\.0\\.1 ${localPort} ${proxy.port}\r\n`),
  )
  client.socket.end()
})

test('a removed port closes, and its connections go on', async () => {
  await using server = await startTcp(echo)
  await using proxy = await start({ upstreams: [portOf(server)] })
  const { port } = proxy
  const client = new RawClient(port)
  client.send('a')
  await client.until(/a/)
  proxy.removeAll()
  client.send('b')
  await client.until(/ab/)
  const late = connect({ host: '127.0.0.1', port })
  await assert.rejects(once(late, 'connect'), { code: 'ECONNREFUSED' })
  client.close()
})

test('a port that leaves and comes back while it is being opened is open once', async () => {
  await using server = await startTcp(echo)
  await using proxy = await start({ upstreams: [portOf(server)] })
  proxy.removeAll()
  const opening = proxy.apply({ upstreams: [portOf(server)] })
  proxy.removeAll()
  await Promise.all([opening, proxy.apply({ upstreams: [portOf(server)] })])
  assert.equal(proxy.plane.streamPorts().length, 1)
  const client = new RawClient(proxy.port)
  client.send('x')
  await client.until(/x/)
  client.close()
  assert.deepEqual(proxy.problems, [])
})

test('a port that is taken is a problem of its own, and is opened when it is free', async () => {
  await using server = await startTcp(echo)
  const taken = await startTcp(echo)
  const port = portOf(taken)
  await using proxy = await start({ upstreams: [portOf(server)], service: { port } })
  assert.match(
    proxy.problems[0] ?? '',
    /^Cannot listen on 127\.0\.0\.1:\d+: the port is in use; the TCP service of ConfigMap shop\/tcp is not served until the next change$/,
  )
  await taken[Symbol.asyncDispose]()
  await proxy.apply({ upstreams: [portOf(server)], service: { port } })
  const client = new RawClient(port)
  client.send('x')
  await client.until(/x/)
  client.close()
})

async function startUdp(answers: number, type: 'udp4' | 'udp6' = 'udp4'): Promise<UdpSocket & AsyncDisposable> {
  const server = createSocket(type)
  server.on('message', (message, { port, address }) => {
    for (let i = 0; i < answers; i++) server.send(`${port} ${message.toString()}`, port, address)
  })
  server.bind(0, type === 'udp4' ? '127.0.0.1' : '::1')
  await once(server, 'listening')
  return server as UdpSocket & AsyncDisposable
}

async function startUdpClient(port: number, host = '127.0.0.1') {
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

test('a UDP session ends after its answers, and the next datagram begins another', async () => {
  await using server = await startUdp(1)
  await using proxy = await start({ upstreams: [server.address().port], service: { protocol: 'udp' } })
  const client = await startUdpClient(proxy.port)
  const first = await client.ask('one')
  assert.match(first, / one$/)
  await proxy.streamCount(1)
  assert.match(await client.ask('two'), / two$/)
  await proxy.streamCount(2)
  client.close()
  const [record] = proxy.streams
  assert.deepEqual(
    [record?.protocol, record?.bytesReceived, record?.bytesSent, record?.status],
    ['UDP', 3, first.length, 200],
  )
})

test('with more answers to come a session keeps its endpoint and its port', async () => {
  await using server = await startUdp(1)
  const settings = { datagramResponses: 3 }
  await using proxy = await start({ upstreams: [server.address().port], service: { protocol: 'udp' }, settings })
  const client = await startUdpClient(proxy.port)
  const ports = [await client.ask('a'), await client.ask('b'), await client.ask('c')].map((text) => text.split(' ')[0])
  assert.equal(new Set(ports).size, 1)
  await proxy.streamCount(1)
  client.close()
})

test('two clients never see the answers of each other', async () => {
  await using server = await startUdp(1)
  const settings = { datagramResponses: 100 }
  await using proxy = await start({ upstreams: [server.address().port], service: { protocol: 'udp' }, settings })
  const clients = await Promise.all([startUdpClient(proxy.port), startUdpClient(proxy.port)])
  for (let i = 0; i < 20; i++) {
    const answers = await Promise.all(clients.map((client, index) => client.ask(`${index}-${i}`)))
    answers.forEach((answer, index) => assert.ok(answer.endsWith(` ${index}-${i}`)))
  }
  for (const client of clients) client.close()
  assert.equal(proxy.plane.connectionCounts().open, 2)
})

test('a session from which no answer comes ends when it was silent for too long', async () => {
  await using server = await startUdp(0)
  const settings = { idleTimeoutMs: 40 }
  await using proxy = await start({ upstreams: [server.address().port], service: { protocol: 'udp' }, settings })
  const client = await startUdpClient(proxy.port)
  client.send('x')
  await proxy.streamCount(1)
  assert.deepEqual([proxy.streams[0]?.bytesReceived, proxy.streams[0]?.bytesSent], [1, 0])
  client.close()
})

test('where no answer is expected a session ends with its datagram', async () => {
  await using server = await startUdp(0)
  const settings = { datagramResponses: 0 }
  await using proxy = await start({ upstreams: [server.address().port], service: { protocol: 'udp' }, settings })
  const client = await startUdpClient(proxy.port)
  client.send('x')
  await proxy.streamCount(1)
  client.close()
})

test('an endpoint on which nobody listens ends the session', async () => {
  const gone = await startUdp(0)
  const { port } = gone.address()
  await gone[Symbol.asyncDispose]()
  await using proxy = await start({ upstreams: [port], service: { protocol: 'udp' } })
  const client = await startUdpClient(proxy.port)
  client.send('x')
  await proxy.streamCount(1)
  assert.equal(proxy.streams[0]?.status, 502)
  client.close()
})

test('an endpoint that may not be sent to ends the session', async () => {
  await using proxy = await start({ upstreams: [9], service: { protocol: 'udp' } })
  // The loopback's broadcast address: the system refuses to connect to it.
  proxy.plane.applyBackends([
    {
      id: 'shop/web:80',
      upstreamName: 'shop-web-80',
      target: { kind: 'endpoints', endpoints: [{ address: '127.255.255.255', port: 9, pod: '' }] },
    },
  ])
  const client = await startUdpClient(proxy.port)
  client.send('x')
  await proxy.streamCount(1)
  assert.equal(proxy.streams[0]?.status, 502)
  client.close()
})

test('IPv6 listeners take TCP and UDP', async () => {
  await using tcp = await startTcp(echo)
  await using proxy = await start({ upstreams: [portOf(tcp)], host: '::1' })
  const client = connect({ host: '::1', port: proxy.port })
  client.end('six')
  assert.equal(String((await once(client, 'data'))[0]), 'six')
  await proxy.streamCount(1)
  assert.equal(proxy.streams[0]?.remoteAddress, '::1')
  await using udp = await startUdp(1)
  await proxy.apply({ upstreams: [udp.address().port], service: { protocol: 'udp' } })
  const sender = await startUdpClient(proxy.port, '::1')
  assert.match(await sender.ask('six'), / six$/)
  sender.close()
})
