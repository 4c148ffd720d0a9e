import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import { connect as connectTcp } from 'node:net'
import { type TestContext, test } from 'node:test'
import { connect, type TLSSocket } from 'node:tls'
import { createSelfSigned } from '../base/certificate.ts'
import type { ProxySettings } from '../routing/model.ts'
import { type DataPlane, startDataPlane } from './data-plane.ts'
import type { RequestRecord } from './request-record.ts'
import { fixtureModel, startFixture } from './testing/proxy-fixture.ts'
import { RawClient, sendRaw } from './testing/raw-client.ts'
import { answering, startRawUpstream } from './testing/raw-upstream.ts'
import { chooseFamilies } from './upstream/resolve-addresses.ts'

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0'

interface Secure {
  readonly plane: DataPlane
  readonly records: readonly RequestRecord[]
  readonly apply: (settings: Partial<ProxySettings>) => void
  /** A client that offers HTTP/2 and HTTP/1.1. */
  readonly connect: () => Promise<TLSSocket>
}

async function startSecure(context: TestContext): Promise<Secure> {
  const pair = await createSelfSigned(['shop.example'])
  const records: RequestRecord[] = []
  const plane = await startDataPlane({
    host: '127.0.0.1',
    httpPort: 0,
    httpsPort: 0,
    observer: { observe: (record) => records.push(record) },
  })
  context.after(() => plane.drain(0))
  const origin = { object: 'Secret shop/tls', path: '' }
  return {
    plane,
    records,
    apply: (settings) => {
      plane.apply({
        ...fixtureModel({ upstreams: [], settings }),
        certificates: { certificates: [{ id: 'c', ...pair, origin }], bySni: [], defaultCertificateId: 'c' },
      })
    },
    connect: async () => {
      const client = connect({
        host: '127.0.0.1',
        port: plane.httpsPort ?? 0,
        servername: 'shop.example',
        rejectUnauthorized: false,
        ALPNProtocols: ['h2', 'http/1.1'],
      })
      context.after(() => client.destroy())
      await once(client, 'secureConnect')
      return client
    },
  }
}

test('HTTP/2 is offered over TLS unless the settings turn it off, from the next handshake on', async (context) => {
  const { apply, connect: connectSecure } = await startSecure(context)
  apply({})
  assert.equal((await connectSecure()).alpnProtocol, 'h2')
  apply({ usesHttp2: false })
  assert.equal((await connectSecure()).alpnProtocol, 'http/1.1')
  apply({ usesHttp2: true })
  assert.equal((await connectSecure()).alpnProtocol, 'h2')
})

test('HTTP/2 with prior knowledge is refused where it is turned off', async () => {
  await using off = await startFixture({ upstreams: [], settings: { usesHttp2: false } })
  assert.match(await sendRaw(off.port, PREFACE), /^HTTP\/1\.1 400 /)
  await using on = await startFixture({ upstreams: [] })
  const client = new RawClient(on.port)
  client.send(PREFACE)
  // A SETTINGS frame is what a server says first.
  // oxlint-disable-next-line no-control-regex -- frames are binary
  await client.until(/^\0\0[^]\x04/)
  client.close()
})

test('connections beyond the bound are closed as they come', async () => {
  await using upstream = await startRawUpstream(answering(OK))
  await using proxy = await startFixture({ upstreams: [upstream.port], settings: { maxConnections: 1 } })
  const first = new RawClient(proxy.port)
  first.send(GET)
  await first.until(/ok$/)
  const second = connectTcp(proxy.port, '127.0.0.1')
  second.on('error', () => undefined)
  await once(second, 'close')
  first.send(GET)
  await first.until(/ok[^]*ok$/)
  first.close()
})

test('a kept upstream connection is closed after its answer once it is old enough', async () => {
  await using upstream = await startRawUpstream(answering(OK))
  await using proxy = await startFixture({ upstreams: [upstream.port], settings: { upstreamKeepaliveTimeMs: 0 } })
  const client = new RawClient(proxy.port)
  client.send(GET)
  await client.until(/ok$/)
  assert.equal(proxy.plane.connectionCounts().upstreamOpen, 0)
  client.close()
})

test('IPv6 addresses of names are left aside when the settings say so', async () => {
  const both = async () => ({ addresses: ['192.0.2.1', '2001:db8::1'], ttlSeconds: 5 })
  assert.deepEqual(await chooseFamilies(both, () => true)('both.example'), await both())
  assert.deepEqual(await chooseFamilies(both, () => false)('both.example'), {
    addresses: ['192.0.2.1'],
    ttlSeconds: 5,
  })
  const six = async () => ({ addresses: ['2001:db8::1'], ttlSeconds: 5 })
  await assert.rejects(chooseFamilies(six, () => false)('six.example'), /Cannot resolve six\.example: .*IPv6/)
})

test('a record knows its connection and which request on it it is', async (context) => {
  const { apply, connect: connectSecure, records } = await startSecure(context)
  apply({ usesHttp2: false })
  const client = await connectSecure()
  client.setEncoding('latin1')
  let text = ''
  client.on('data', (chunk: string) => {
    text += chunk
  })
  client.write(GET)
  while (!text.includes('503 Service')) await once(client, 'data')
  client.write(GET)
  while (records.length < 2) await once(client, 'data')
  const [one, two] = records
  assert.equal(one?.connectionRequests, 1)
  assert.equal(two?.connectionRequests, 2)
  assert.equal(one.client, two.client)
  const facts = one.client?.connection
  assert.equal(facts?.serverAddress, '127.0.0.1')
  assert.equal(facts?.serverName, 'shop.example')
  assert.equal(facts?.alpnProtocol, 'http/1.1')
  assert.ok((facts?.serial ?? 0) > 0)
  assert.equal(one.answerLines, 'Content-Type: text/plain\r\n')
})

test('requests of an HTTP/2 connection are numbered, and their fields kept for the log', async (context) => {
  await using upstream = await startRawUpstream(answering(OK.replace('\r\n\r\n', '\r\nX-Cache: HIT\r\n\r\n')))
  await using proxy = await startFixture({
    upstreams: [upstream.port],
    route: { responseHeaders: { set: [{ name: 'X-Cache', value: 'ours' }], add: [], remove: [] } },
  })
  const session = connectHttp2(`http://127.0.0.1:${proxy.port}`)
  context.after(() => session.destroy())
  for (const path of ['/one', '/two']) {
    const stream = session.request({ ':path': path })
    stream.resume()
    await once(stream, 'end')
  }
  await proxy.recordCount(2)
  assert.deepEqual(
    proxy.records.map(({ target, connectionRequests }) => [target, connectionRequests]),
    [
      ['/one', 1],
      ['/two', 2],
    ],
  )
  for (const { upstreamLines, answerLines, client } of proxy.records) {
    assert.match(upstreamLines, /x-cache: HIT\r\n/i)
    assert.match(answerLines, /x-cache: ours\r\n/i)
    assert.equal(client?.connection?.serverAddress, '127.0.0.1')
  }
})
