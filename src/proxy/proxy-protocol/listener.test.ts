import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { connect as connectHttp2 } from 'node:http2'
import { test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import type { ProxySettings, Route, RoutingModel } from '../../routing/model.ts'
import { fixtureModel } from '../testing/proxy-fixture.ts'
import { RawClient } from '../testing/raw-client.ts'
import { startRawUpstream } from '../testing/raw-upstream.ts'
import { startSecureFixture } from '../testing/secure-fixture.ts'
import { writeBinaryHeader, writeTextHeader } from './write-header.ts'

const CLIENT = { sourceAddress: '192.0.2.7', sourcePort: 4711, destinationAddress: '198.51.100.1', destinationPort: 80 }
const REQUEST = 'GET / HTTP/1.1\r\nHost: shop.example\r\nX-Forwarded-For: 203.0.113.9\r\n\r\n'
const ON: Partial<ProxySettings> = { proxyProtocol: { headerTimeoutMs: 5000, trustedPeers: ['0.0.0.0/0', '::/0'] } }

interface Options {
  readonly settings?: Partial<ProxySettings>
  readonly route?: Partial<Route>
}

/** A proxy before an upstream that answers with the head it got. */
async function start({ settings = ON, route = {} }: Options = {}) {
  const upstream = await startRawUpstream((peer) => {
    if (!peer.text.endsWith('\r\n\r\n')) return
    peer.socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${peer.text.length}\r\n\r\n${peer.text}`)
    peer.text = ''
  })
  const model = (now: Partial<ProxySettings>): RoutingModel =>
    fixtureModel({ upstreams: [upstream.port], settings: now, route })
  const fixture = await startSecureFixture(model(settings))
  return {
    ...fixture,
    change: (now: Partial<ProxySettings>) => fixture.apply(model(now)),
    [Symbol.asyncDispose]: async () => {
      await fixture.plane.drain(0)
      await upstream[Symbol.asyncDispose]()
    },
  }
}

/** A balancer that puts a header before what its client sends, in one write with it. */
async function startBalancer(port: number, header: Buffer): Promise<{ port: number; close(): void }> {
  const server = createServer((client: Socket) => {
    const behind = connect(port, '127.0.0.1')
    client.once('data', (chunk: Buffer) => {
      behind.write(Buffer.concat([header, chunk]))
      client.pipe(behind)
    })
    behind.pipe(client)
    for (const socket of [client, behind]) socket.on('error', () => client.destroy())
    client.on('close', () => behind.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { port: (server.address() as AddressInfo).port, close: () => server.close() }
}

for (const [version, header] of [
  ['1', writeTextHeader(CLIENT)],
  ['2', writeBinaryHeader(CLIENT)],
] as const) {
  test(`a header of version ${version} names the client, before the bytes of its first request`, async () => {
    await using proxy = await start()
    const client = new RawClient(proxy.httpPort)
    client.send(header.toString('latin1') + REQUEST)
    const answer = await client.until(/X-Original-Forwarded-For: .*\r\n\r\n/)
    assert.match(
      answer,
      /X-Real-IP: 192\.0\.2\.7\r\nX-Forwarded-For: 192\.0\.2\.7\r\nX-Forwarded-Port: \d+\r\nX-Forwarded-Proto: http\r\n/,
    )
    client.close()
    const [record] = proxy.records
    assert.deepEqual(
      [
        record?.remoteAddress,
        record?.remotePort,
        record?.peerAddress,
        record?.proxyProtocolAddress,
        record?.proxyProtocolPort,
      ],
      ['192.0.2.7', 4711, '127.0.0.1', '192.0.2.7', 4711],
    )
  })
}

test('a header may come byte by byte, and the client stays the same for later requests', async () => {
  await using proxy = await start()
  const client = new RawClient(proxy.httpPort)
  client.socket.setNoDelay(true)
  for (const byte of writeBinaryHeader(CLIENT)) {
    client.send(String.fromCharCode(byte))
    await new Promise((resolve) => setImmediate(resolve))
  }
  client.send(REQUEST)
  await client.until(/X-Real-IP: 192\.0\.2\.7/)
  client.text = ''
  client.send(REQUEST)
  await client.until(/X-Real-IP: 192\.0\.2\.7/)
  client.close()
})

test('LOCAL keeps the addresses of the socket', async () => {
  await using proxy = await start()
  const client = new RawClient(proxy.httpPort)
  client.send(writeBinaryHeader(null).toString('latin1') + REQUEST)
  await client.until(/X-Real-IP: 127\.0\.0\.1\r\n/)
  client.close()
})

test('a connection without header is closed unanswered, said once and counted', async () => {
  await using proxy = await start()
  for (const text of [REQUEST, 'PROXY TCP4 oops\r\n', '\u0016\u0003\u0001']) {
    const client = new RawClient(proxy.httpPort)
    client.send(text)
    assert.equal(await client.untilClosed(), '')
  }
  assert.equal(proxy.records.length, 0)
  assert.equal(proxy.problems.length, 1)
  assert.match(
    proxy.problems[0] ?? '',
    /^Cannot take a connection of 127\.0\.0\.1 to port \d+: the PROXY protocol header is missing; accepted is version 1 or 2, which curl --haproxy-protocol sends$/,
  )
})

test('a peer that says nothing is let go after its time, and counts as open until then', async () => {
  await using proxy = await start({ settings: { proxyProtocol: { headerTimeoutMs: 50, trustedPeers: ['0.0.0.0/0'] } } })
  const client = new RawClient(proxy.httpPort)
  assert.equal(await client.untilClosed(), '')
  assert.match(proxy.problems[0] ?? '', /header did not come in time/)
  assert.equal(proxy.plane.connectionCounts().open, 0)
})

test('a probe that connects and leaves is nobody to speak of', async () => {
  await using proxy = await start()
  const client = new RawClient(proxy.httpPort)
  await once(client.socket, 'connect')
  client.socket.end()
  await client.untilClosed()
  assert.deepEqual(proxy.problems, [])
})

test('connections in their header close when the proxy drains', async () => {
  const proxy = await start()
  const client = new RawClient(proxy.httpPort)
  client.send('PROXY TCP4 192')
  while (proxy.plane.connectionCounts().open === 0) await new Promise((resolve) => setImmediate(resolve))
  await proxy.plane.drain(60_000)
  assert.equal(await client.untilClosed(), '')
  await proxy[Symbol.asyncDispose]()
})

test('port 443 in the header means https, for upstreams and for redirects', async () => {
  await using proxy = await start({ route: { httpsRedirectStatus: 308 } })
  const over = (port: number): RawClient => {
    const client = new RawClient(proxy.httpPort)
    client.send(writeTextHeader({ ...CLIENT, destinationPort: port }).toString('latin1') + REQUEST)
    return client
  }
  const secure = over(443)
  const answer = await secure.until(/X-Original-Forwarded-For: .*\r\n\r\n/)
  assert.match(
    answer,
    /X-Forwarded-Port: 443\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Scheme: https\r\nX-Scheme: https\r\n/,
  )
  const plain = over(80)
  assert.match(await plain.until(/\r\n\r\n/), /^HTTP\/1\.1 308 .*Location: https:\/\/shop\.example\/?\r\n/s)
  for (const client of [secure, plain]) client.close()
})

test('the header of a peer that is not trusted is required, and only logged', async () => {
  await using proxy = await start({
    settings: { proxyProtocol: { headerTimeoutMs: 5000, trustedPeers: ['192.0.2.0/24'] } },
  })
  const client = new RawClient(proxy.httpPort)
  client.send(writeTextHeader({ ...CLIENT, destinationPort: 443 }).toString('latin1') + REQUEST)
  assert.match(
    await client.until(/X-Original-Forwarded-For: .*\r\n\r\n/),
    /X-Real-IP: 127\.0\.0\.1\r\n.*X-Scheme: http\r\n/s,
  )
  client.close()
  assert.equal(proxy.records[0]?.proxyProtocolAddress, '192.0.2.7')
  assert.equal(proxy.records[0]?.remoteAddress, '127.0.0.1')
})

test('with trusted proxies the header says who the client is, and fields say the rest', async () => {
  const trustedProxies = {
    addresses: ['0.0.0.0/0'],
    addressHeader: 'x-forwarded-for',
    trustsOthers: true,
    keepsChain: false,
  }
  await using proxy = await start({ settings: { ...ON, trustedProxies } })
  const client = new RawClient(proxy.httpPort)
  const request = REQUEST.replace('X-Forwarded-For', 'X-Forwarded-Proto: https\r\nX-Forwarded-For')
  client.send(writeTextHeader(CLIENT).toString('latin1') + request)
  const answer = await client.until(/X-Original-Forwarded-For: .*\r\n\r\n/)
  assert.match(answer, /X-Real-IP: 192\.0\.2\.7\r\nX-Forwarded-For: 192\.0\.2\.7\r\n.*X-Scheme: https\r\n/s)
  client.close()
})

test('over TLS the handshake follows the header, also in the same packet', async () => {
  await using proxy = await start()
  const balancer = await startBalancer(proxy.httpsPort, writeBinaryHeader(CLIENT))
  const client = connectTls({ host: '127.0.0.1', port: balancer.port, rejectUnauthorized: false })
  client.setEncoding('latin1')
  client.write(REQUEST)
  let text = ''
  for await (const chunk of client) {
    text += String(chunk)
    if (text.includes('X-Scheme')) break
  }
  balancer.close()
  assert.match(text, /X-Real-IP: 192\.0\.2\.7\r\n.*X-Forwarded-Port: 443\r\n/s)
})

test('HTTP/2 with prior knowledge and by ALPN know the client too', async () => {
  await using proxy = await start()
  for (const [scheme, port] of [
    ['http', proxy.httpPort],
    ['https', proxy.httpsPort],
  ] as const) {
    const balancer = await startBalancer(port, writeBinaryHeader(CLIENT))
    const session = connectHttp2(`${scheme}://127.0.0.1:${balancer.port}`, { rejectUnauthorized: false })
    const request = session.request({ ':path': '/', ':authority': 'shop.example' })
    request.setEncoding('latin1')
    let text = ''
    for await (const chunk of request) text += String(chunk)
    assert.match(text, /X-Real-IP: 192\.0\.2\.7\r\n/)
    session.destroy()
    balancer.close()
  }
})

test('switching it on and off leaves open connections alone', async () => {
  await using proxy = await start({ settings: {} })
  const before = new RawClient(proxy.httpPort)
  before.send(REQUEST)
  await before.until(/X-Real-IP: 127\.0\.0\.1/)
  proxy.change(ON)
  const between = new RawClient(proxy.httpPort)
  between.send(writeTextHeader(CLIENT).toString('latin1').slice(0, 12))
  while (proxy.plane.connectionCounts().open < 2) await new Promise((resolve) => setImmediate(resolve))
  proxy.change({})
  between.send(writeTextHeader(CLIENT).toString('latin1').slice(12) + REQUEST)
  await between.until(/X-Real-IP: 192\.0\.2\.7/)
  before.text = ''
  before.send(REQUEST)
  await before.until(/X-Real-IP: 127\.0\.0\.1/)
  const after = new RawClient(proxy.httpPort)
  after.send(REQUEST)
  await after.until(/X-Real-IP: 127\.0\.0\.1/)
  for (const client of [before, between, after]) client.close()
})
