import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect as connectTcp, createServer as createTcpServer } from 'node:net'
import { test } from 'node:test'
import { connect, createServer, type TLSSocket } from 'node:tls'
import { createSelfSigned } from '../../base/certificate.ts'
import type { RoutingModel } from '../../routing/model.ts'
import type { PassthroughHost } from '../../routing/streams.ts'
import type { StreamRecord } from '../stream/stream-record.ts'
import { writeBinaryHeader } from '../proxy-protocol/write-header.ts'
import { fixtureModel } from '../testing/proxy-fixture.ts'
import { type SecureFixture, startSecureFixture } from '../testing/secure-fixture.ts'

const pod = await createSelfSigned(['pod.example'])

/** A pod that ends TLS itself and sends back what it gets. */
async function startTlsEcho(): Promise<{ readonly port: number; readonly names: unknown[]; close(): void }> {
  const names: unknown[] = []
  const server = createServer({ key: pod.keyPem, cert: pod.certPem, allowHalfOpen: true }, (socket) => {
    names.push(socket.servername)
    socket.on('error', () => undefined)
    socket.on('data', (chunk) => socket.write(chunk))
    socket.on('end', () => socket.end())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { port: (server.address() as AddressInfo).port, names, close: () => server.close() }
}

function modelFor(ports: readonly number[], hosts: readonly string[]): RoutingModel {
  const model = fixtureModel({ upstreams: ports })
  const [route] = model.routes.hosts[0]?.routes ?? []
  assert.ok(route !== undefined)
  const { labels, origin } = route
  const passthrough = hosts.map((host): PassthroughHost => ({ host, backendId: 'shop/web:80', labels, origin }))
  return { ...model, routes: { ...model.routes, passthrough } }
}

async function start(
  ports: readonly number[],
  hosts: readonly string[],
): Promise<SecureFixture & { readonly streams: StreamRecord[]; streamCount(count: number): Promise<void> }> {
  const streams: StreamRecord[] = []
  let wake = (): void => undefined
  const fixture = await startSecureFixture(modelFor(ports, hosts), {
    streamObserver: {
      observeStream: (record) => {
        streams.push(record)
        wake()
      },
    },
  })
  /** Waits until so many are over. */
  const streamCount = async (count: number): Promise<void> => {
    const signal = AbortSignal.timeout(5000)
    while (streams.length < count) {
      await new Promise<void>((resolve, reject) => {
        wake = resolve
        signal.addEventListener('abort', () => reject(new Error(`Only ${streams.length} of ${count} streams ended`)))
      })
    }
  }
  return { ...fixture, streams, streamCount }
}

async function connectTo(port: number, servername: string): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port, servername, rejectUnauthorized: false })
  await once(socket, 'secureConnect')
  return socket
}

function subjectOf(socket: TLSSocket): string {
  return socket.getPeerCertificate()?.subjectaltname ?? ''
}

async function closed(socket: TLSSocket): Promise<void> {
  if (!socket.closed) await once(socket, 'close')
}

test('the host of a table reaches its pod unopened; all other names end here', async () => {
  const echo = await startTlsEcho()
  await using proxy = await start([echo.port], ['pod.example', '*.wild.example'])
  for (const name of ['pod.example', 'POD.example', 'a.wild.example']) {
    const client = await connectTo(proxy.httpsPort, name)
    assert.match(subjectOf(client), /pod\.example/, name)
    client.write('hello')
    assert.equal(String((await once(client, 'data'))[0]), 'hello')
    client.end()
    await closed(client)
  }
  for (const name of ['a.b.wild.example', 'wild.example', 'other.example', '']) {
    const client = await connectTo(proxy.httpsPort, name)
    assert.match(subjectOf(client), /secure\.test/, name)
    client.destroy()
  }
  assert.equal(echo.names.length, 3)
  await proxy.streamCount(3)
  echo.close()
  assert.deepEqual(
    proxy.streams.map(({ serverName, status }) => [serverName, status]),
    [
      ['pod.example', 200],
      ['pod.example', 200],
      ['a.wild.example', 200],
    ],
  )
  assert.equal(proxy.streams[0]?.upstreamAddress, `127.0.0.1:${echo.port}`)
  assert.equal(proxy.streams[0]?.upstreamName, 'shop-web-80')
})

test('megabytes go both ways, and each side may end first', async () => {
  const echo = await startTlsEcho()
  await using proxy = await start([echo.port], ['pod.example'])
  const client = await connectTo(proxy.httpsPort, 'pod.example')
  const sent = Buffer.alloc(3_000_000, 'genkan')
  client.end(sent)
  const received: Buffer[] = []
  for await (const chunk of client) received.push(chunk as Buffer)
  assert.ok(Buffer.concat(received).equals(sent))
  echo.close()
  await proxy.streamCount(1)
  const [record] = proxy.streams
  assert.ok((record?.bytesReceived ?? 0) > sent.length)
  assert.ok((record?.bytesSent ?? 0) > sent.length)
})

test('an endpoint that refuses is followed by another, within the tries', async () => {
  const gone = createTcpServer()
  gone.listen(0, '127.0.0.1')
  await once(gone, 'listening')
  const { port } = gone.address() as AddressInfo
  gone.close()
  await once(gone, 'close')
  const echo = await startTlsEcho()
  await using proxy = await start([port, echo.port], ['pod.example'])
  for (let i = 0; i < 4; i++) {
    const client = await connectTo(proxy.httpsPort, 'pod.example')
    assert.match(subjectOf(client), /pod\.example/)
    client.end()
    await closed(client)
  }
  echo.close()
  await proxy.streamCount(4)
  assert.ok(
    proxy.streams.some(({ upstreamAddress }) => upstreamAddress === `127.0.0.1:${port}, 127.0.0.1:${echo.port}`),
  )
})

test('without an endpoint the connection is reset, not answered with another certificate', async () => {
  await using proxy = await start([], ['pod.example'])
  await assert.rejects(connectTo(proxy.httpsPort, 'pod.example'), { code: 'ECONNRESET' })
})

test('the PROXY protocol goes before it and names the client', async () => {
  const echo = await startTlsEcho()
  await using proxy = await start([echo.port], ['pod.example'])
  const model = modelFor([echo.port], ['pod.example'])
  const proxyProtocol = { headerTimeoutMs: 5000, trustedPeers: ['0.0.0.0/0'] }
  proxy.apply({ ...model, settings: { ...model.settings, proxyProtocol } })
  const balancer = createTcpServer((socket) => {
    const behind = connectTcp(proxy.httpsPort, '127.0.0.1')
    behind.write(
      writeBinaryHeader({
        sourceAddress: '192.0.2.7',
        sourcePort: 4711,
        destinationAddress: '192.0.2.1',
        destinationPort: 443,
      }),
    )
    socket.pipe(behind).pipe(socket)
    socket.on('error', () => behind.destroy())
    behind.on('error', () => socket.destroy())
  })
  balancer.listen(0, '127.0.0.1')
  await once(balancer, 'listening')
  const client = await connectTo((balancer.address() as AddressInfo).port, 'pod.example')
  assert.match(subjectOf(client), /pod\.example/)
  client.end()
  await closed(client)
  balancer.close()
  echo.close()
  await proxy.streamCount(1)
  assert.equal(proxy.streams[0]?.remoteAddress, '192.0.2.7')
  assert.equal(proxy.streams[0]?.peerAddress, '127.0.0.1')
})

test('clients that say nothing, or half of a ClientHello, are let go after their time', async () => {
  await using proxy = await start([], ['pod.example'])
  const model = modelFor([], ['pod.example'])
  proxy.apply({ ...model, settings: { ...model.settings, clientHeaderTimeoutMs: 50 } })
  for (const bytes of ['', '\u0016\u0003\u0001\u0001\u0000\u0001']) {
    const client = connectTcp(proxy.httpsPort, '127.0.0.1')
    client.write(bytes, 'latin1')
    client.resume()
    await once(client, 'end')
    client.destroy()
  }
  assert.equal(proxy.plane.connectionCounts().open, 0)
})

test('a client that leaves in the middle of its ClientHello is forgotten', async () => {
  await using proxy = await start([], ['pod.example'])
  const client = connectTcp(proxy.httpsPort, '127.0.0.1')
  client.write('\u0016\u0003\u0001', 'latin1')
  while (proxy.plane.connectionCounts().open === 0) await new Promise((resolve) => setImmediate(resolve))
  client.destroy()
  while (proxy.plane.connectionCounts().open > 0) await new Promise((resolve) => setImmediate(resolve))
})

test('a change of the table leaves connections that run alone', async () => {
  const echo = await startTlsEcho()
  await using proxy = await start([echo.port], ['pod.example'])
  const before = await connectTo(proxy.httpsPort, 'pod.example')
  proxy.apply(modelFor([echo.port], []))
  const after = await connectTo(proxy.httpsPort, 'pod.example')
  assert.match(subjectOf(after), /secure\.test/)
  before.write('still here')
  assert.equal(String((await once(before, 'data'))[0]), 'still here')
  for (const client of [before, after]) client.destroy()
  echo.close()
})

test('a drain lets a connection finish, and ends it after the grace', async () => {
  const echo = await startTlsEcho()
  const proxy = await start([echo.port], ['pod.example'])
  const client = await connectTo(proxy.httpsPort, 'pod.example')
  const drained = proxy.plane.drain(200)
  client.write('late')
  assert.equal(String((await once(client, 'data'))[0]), 'late')
  client.on('error', () => undefined)
  await drained
  await closed(client)
  echo.close()
})
