import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { suite, test } from 'node:test'
import { fixtureBackend, startFixture } from '../testing/proxy-fixture.ts'
import { RawClient } from '../testing/raw-client.ts'
import { answering, refusedPort, startRawUpstream } from '../testing/raw-upstream.ts'

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
const POST = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello'

async function statusOf(port: number, request = GET): Promise<number> {
  const client = new RawClient(port)
  client.send(request)
  const text = await client.until(/^HTTP\/1\.1 \d\d\d [^]*\r\n\r\n/)
  client.close()
  return Number(text.slice(9, 12))
}

suite('endpoints and retries', () => {
  test('round robin is shared by all connections', async () => {
    await using one = await startRawUpstream(answering(OK))
    await using two = await startRawUpstream(answering(OK))
    await using proxy = await startFixture({ upstreams: [one.port, two.port] })
    for (let i = 0; i < 6; i++) assert.equal(await statusOf(proxy.port), 200)
    const count = (text: string): number => text.split('GET /').length - 1
    assert.deepEqual([count(one.received()), count(two.received())], [3, 3])
    assert.equal(proxy.records[0]?.upstreamResponseBytes, 2, 'the body alone')
    assert.equal(proxy.records[0]?.upstreamName, 'shop-web-80')
  })

  test('a refused endpoint is passed over, also with a body', async () => {
    await using upstream = await startRawUpstream((peer) => {
      if (/hello$|GET [^]*\r\n\r\n$/.test(peer.text)) peer.socket.write(OK)
    })
    const refused = await refusedPort()
    await using proxy = await startFixture({ upstreams: [refused, upstream.port] })
    assert.equal(await statusOf(proxy.port), 200)
    assert.equal(proxy.records[0]?.upstreamAddress, `127.0.0.1:${refused}, 127.0.0.1:${upstream.port}`)
    assert.equal(proxy.records[0]?.upstreamStatus, '502, 200')
    assert.equal(await statusOf(proxy.port, POST), 200)
    assert.match(upstream.received(), /hello$/)
  })

  test('502 when all endpoints refuse, after maxTries', async () => {
    const ports = [await refusedPort(), await refusedPort(), await refusedPort()]
    await using proxy = await startFixture({ upstreams: ports, action: { maxTries: 2 } })
    assert.equal(await statusOf(proxy.port), 502)
    assert.equal(proxy.records[0]?.upstreamAddress.split(', ').length, 2)
  })

  test('503 without endpoints', async () => {
    await using proxy = await startFixture({ upstreams: [] })
    assert.equal(await statusOf(proxy.port), 503)
  })

  test('a kept connection that the upstream closed is replaced for GET', async () => {
    await using upstream = await startRawUpstream((peer) => {
      if (!peer.text.endsWith('\r\n\r\n')) return
      const isFirst = upstream.connections() === 1 && !peer.text.includes('/again')
      if (isFirst || upstream.connections() > 1) peer.socket.write(OK)
      else peer.socket.destroy()
      peer.text = ''
    })
    await using proxy = await startFixture({ upstreams: [upstream.port] })
    assert.equal(await statusOf(proxy.port), 200)
    assert.equal(await statusOf(proxy.port, 'GET /again HTTP/1.1\r\nHost: a\r\n\r\n'), 200)
    assert.equal(upstream.connections(), 2)
    assert.equal(upstream.received().match(/\/again/g)?.length, 2)
  })

  test('a POST on a kept connection that the upstream closed is not sent twice', async () => {
    await using upstream = await startRawUpstream((peer) => {
      if (peer.text.endsWith('hello')) peer.socket.destroy()
      else if (peer.text.endsWith('\r\n\r\n') && peer.text.startsWith('GET')) {
        peer.text = ''
        peer.socket.write(OK)
      }
    })
    await using proxy = await startFixture({ upstreams: [upstream.port] })
    assert.equal(await statusOf(proxy.port), 200)
    assert.equal(await statusOf(proxy.port, POST), 502)
    assert.equal(upstream.received().match(/hello/g)?.length, 1)
  })

  test('a GET on a fresh connection that closes without an answer is 502 and not sent twice', async () => {
    await using upstream = await startRawUpstream((peer) => {
      peer.socket.destroy()
    })
    await using proxy = await startFixture({ upstreams: [upstream.port] })
    assert.equal(await statusOf(proxy.port), 502)
    assert.equal(upstream.connections(), 1)
  })

  test('504 when the upstream does not answer in time', async () => {
    await using upstream = await startRawUpstream(() => undefined)
    await using proxy = await startFixture({ upstreams: [upstream.port], action: { readTimeoutMs: 20 } })
    assert.equal(await statusOf(proxy.port), 504)
    assert.equal(proxy.plane.connectionCounts().upstreamOpen, 0)
  })

  test('504 when a connection is not made in time', async () => {
    // The TCP side accepts at once; a handshake that nobody answers keeps the connection unmade.
    await using upstream = await startRawUpstream(() => undefined)
    await using proxy = await startFixture({
      upstreams: [upstream.port],
      action: { protocol: 'https', connectTimeoutMs: 20, maxTries: 1 },
    })
    assert.equal(await statusOf(proxy.port), 504)
    assert.equal(proxy.records[0]?.upstreamConnectMs, -1)
  })

  test('a request body does not prolong the time for a connection', async () => {
    await using upstream = await startRawUpstream(() => undefined)
    await using proxy = await startFixture({
      upstreams: [upstream.port],
      action: { protocol: 'https', connectTimeoutMs: 20, readTimeoutMs: 60_000, maxTries: 1 },
    })
    assert.equal(await statusOf(proxy.port, POST), 504)
  })

  test('endpoints change in place: idle connections of a removed one close, others stay', async () => {
    await using one = await startRawUpstream(answering(OK))
    await using two = await startRawUpstream(answering(OK))
    await using proxy = await startFixture({ upstreams: [one.port, two.port] })
    await statusOf(proxy.port)
    await statusOf(proxy.port)
    assert.equal(proxy.plane.connectionCounts().upstreamIdle, 2)
    proxy.plane.applyBackends([fixtureBackend([two.port])])
    assert.equal(proxy.plane.connectionCounts().upstreamIdle, 1)
    assert.equal(await statusOf(proxy.port), 200)
    assert.equal(two.connections(), 1)
    proxy.plane.applyBackends([fixtureBackend([])])
    assert.equal(await statusOf(proxy.port), 503)
    assert.equal(proxy.plane.connectionCounts().upstreamOpen, 0)
  })

  test('idle upstream connections are bounded in number, requests and time', async () => {
    await using upstream = await startRawUpstream(answering(OK))
    await using none = await startFixture({ upstreams: [upstream.port], settings: { upstreamKeepaliveConnections: 0 } })
    await statusOf(none.port)
    assert.equal(none.plane.connectionCounts().upstreamOpen, 0)
    await using one = await startFixture({ upstreams: [upstream.port], settings: { upstreamKeepaliveRequests: 1 } })
    await statusOf(one.port)
    assert.equal(one.plane.connectionCounts().upstreamOpen, 0)
    await using short = await startFixture({ upstreams: [upstream.port], settings: { upstreamKeepaliveMs: 10 } })
    let closed = 0
    const before = upstream.connections()
    await statusOf(short.port)
    assert.equal(upstream.connections(), before + 1)
    await upstream.until(() => {
      closed = short.plane.connectionCounts().upstreamOpen
      return closed === 0
    })
  })

  test('x-envoy-upstream-service-time is added when the route asks', async () => {
    await using upstream = await startRawUpstream(answering(OK))
    await using proxy = await startFixture({ upstreams: [upstream.port], action: { addsUpstreamServiceTime: true } })
    const client = new RawClient(proxy.port)
    client.send(GET)
    await client.until(/\r\nx-envoy-upstream-service-time: \d+\r\n/)
    client.close()
  })

  test('dns backends use all addresses, and 503 when the name is unknown', async () => {
    await using upstream = await startRawUpstream(answering(OK))
    await using proxy = await startFixture({
      upstreams: [],
      resolve: async (hostname) => {
        if (hostname !== 'db.example') throw new Error('ENOTFOUND')
        return { addresses: ['127.0.0.1'], ttlSeconds: 60 }
      },
    })
    const backend = fixtureBackend([])
    const { port } = upstream
    proxy.plane.applyBackends([{ ...backend, target: { kind: 'dns', hostname: 'db.example.', port } }])
    assert.equal(await statusOf(proxy.port), 200, 'a request waits for the first answer')
    proxy.plane.applyBackends([{ ...backend, target: { kind: 'dns', hostname: 'no.example', port } }])
    assert.equal(await statusOf(proxy.port), 503)
    assert.equal(await statusOf(proxy.port), 503)
    proxy.plane.applyBackends([{ ...backend, target: { kind: 'dns', hostname: '127.0.0.1', port } }])
    assert.equal(await statusOf(proxy.port), 200)
  })
})

suite('broken upstreams', () => {
  const heads: readonly (readonly [string, string])[] = [
    ['no HTTP at all', 'SSH-2.0-OpenSSH\r\n\r\n'],
    ['another version', 'HTTP/2.0 200 OK\r\n\r\n'],
    ['a short status', 'HTTP/1.1 20 OK\r\n\r\n'],
    ['a status of words', 'HTTP/1.1 abc OK\r\n\r\n'],
    ['two Content-Length values', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok!'],
    [
      'Content-Length beside chunked',
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['an unknown transfer coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n'],
    ['a folded line', 'HTTP/1.1 200 OK\r\nX: 1\r\n 2\r\nContent-Length: 0\r\n\r\n'],
    ['bare LF', 'HTTP/1.1 200 OK\r\nX: 1\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n'],
    ['bare CR', 'HTTP/1.1 200 OK\r\nX: 1\rSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n'],
    ['NUL', 'HTTP/1.1 200 OK\r\nX: \0\r\nContent-Length: 0\r\n\r\n'],
    ['a blank before the colon', 'HTTP/1.1 200 OK\r\nContent-Length : 0\r\n\r\n'],
    ['an upgrade nobody asked for', 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'],
    ['a head without end', `HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(12_000)}`],
  ]
  for (const [name, head] of heads) {
    test(`an answer with ${name} becomes 502`, async () => {
      await using upstream = await startRawUpstream(answering(head))
      await using proxy = await startFixture({ upstreams: [upstream.port] })
      assert.equal(await statusOf(proxy.port), 502)
      assert.equal(proxy.plane.connectionCounts().upstreamOpen, 0)
    })
  }

  for (const [name, answer] of [
    ['Content-Length', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort'],
    ['chunked coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nshort'],
    ['chunked coding between chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n'],
    ['a broken chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\nzz\r\n'],
  ] as const) {
    test(`an answer cut short with ${name} is seen as cut short`, async () => {
      await using upstream = await startRawUpstream((peer) => {
        peer.socket.end(answer)
      })
      await using proxy = await startFixture({ upstreams: [upstream.port] })
      const client = new RawClient(proxy.port)
      client.send(GET)
      const text = await client.untilClosed()
      assert.doesNotMatch(text, /0\r\n\r\n$/)
      assert.doesNotMatch(text, /HTTP[^]*HTTP/, 'no second answer inside the first')
      await proxy.recordCount(1)
    })
  }

  test('bytes after an answer are never taken for the next one', async () => {
    await using upstream = await startRawUpstream((peer) => {
      peer.socket.write(`${OK}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil`)
    })
    await using proxy = await startFixture({ upstreams: [upstream.port] })
    const client = new RawClient(proxy.port)
    client.send(GET + GET)
    const text = await client.until(/ok[^]*ok$/)
    client.close()
    assert.doesNotMatch(text, /evil/)
    assert.equal(upstream.connections(), 2)
  })

  test('bytes on an idle connection end it', async () => {
    const sockets: Socket[] = []
    await using upstream = await startRawUpstream((peer) => {
      sockets.push(peer.socket)
      peer.socket.write(OK)
    })
    await using proxy = await startFixture({ upstreams: [upstream.port] })
    await statusOf(proxy.port)
    const closed = new Promise((resolve) => sockets[0]?.once('close', resolve))
    sockets[0]?.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil')
    await closed
    assert.equal(await statusOf(proxy.port), 200)
    assert.equal(upstream.connections(), 2)
  })
})
