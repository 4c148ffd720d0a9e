import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { startFixture } from '../testing/proxy-fixture.ts'
import { RawClient } from '../testing/raw-client.ts'
import { answering, type RawPeer, startRawUpstream } from '../testing/raw-upstream.ts'

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'

suite('order and reuse', () => {
  test('pipelined requests are answered in order, the slow first one included', async () => {
    const peers: RawPeer[] = []
    await using upstream = await startRawUpstream((peer) => {
      if (!peer.text.endsWith('\r\n\r\n')) return
      const path = /GET (\S+)/.exec(peer.text)?.[1] ?? ''
      peer.text = ''
      if (path === '/slow') peers.push(peer)
      else peer.socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${path.length}\r\n\r\n${path}`)
    })
    await using proxy = await startFixture({ upstreams: [upstream.port] })
    const client = new RawClient(proxy.port)
    client.send(['/slow', '/fast', '/last'].map((path) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).join(''))
    await upstream.until(() => peers.length === 1)
    assert.doesNotMatch(upstream.received(), /fast/, 'the second request waits for the first answer')
    peers[0]?.socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n/slow')
    const text = await client.until(/\/last$/)
    client.close()
    assert.deepEqual(
      text.match(/\r\n\r\n\/(slow|fast|last)/g)?.map((match) => match.trim()),
      ['/slow', '/fast', '/last'],
    )
    assert.equal(upstream.connections(), 1, 'one kept connection serves all three')
  })

  test('a request in the same packet as the body before it is answered', async () => {
    await using upstream = await startRawUpstream((peer) => {
      if (!/hello$|GET [^]*\r\n\r\n$/.test(peer.text)) return
      peer.text = ''
      peer.socket.write(OK)
    })
    await using proxy = await startFixture({ upstreams: [upstream.port] })
    const client = new RawClient(proxy.port)
    client.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello${GET}`)
    await client.until(/ok[^]*ok$/)
    client.close()
    assert.match(upstream.received(), /\r\nContent-Length: 5\r\n\r\nhelloGET \/ HTTP/)
  })

  test('a connection ends after keepAliveRequests', async () => {
    await using upstream = await startRawUpstream(answering(OK))
    await using proxy = await startFixture({ upstreams: [upstream.port], settings: { keepAliveRequests: 2 } })
    const client = new RawClient(proxy.port)
    client.send(GET + GET + GET)
    const text = await client.untilClosed()
    assert.equal(text.match(/HTTP\/1\.1 200/g)?.length, 2)
    assert.equal(text.match(/Connection: close/g)?.length, 1)
  })

  test('HTTP/1.0 closes by default and keeps alive on request', async () => {
    await using upstream = await startRawUpstream(answering(OK))
    await using proxy = await startFixture({ upstreams: [upstream.port] })
    const closing = new RawClient(proxy.port)
    closing.send('GET / HTTP/1.0\r\n\r\n')
    assert.match(await closing.untilClosed(), /\r\nConnection: close\r\n/)
    const keeping = new RawClient(proxy.port)
    keeping.send('GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n')
    await keeping.until(/\r\nConnection: keep-alive\r\n[^]*ok$/)
    keeping.send('GET / HTTP/1.0\r\n\r\n')
    await keeping.untilClosed()
    assert.match(upstream.received(), /^GET \/ HTTP\/1\.1\r\nHost: \r\n/)
  })

  test('an idle connection closes after keepAliveMs', async () => {
    await using upstream = await startRawUpstream(answering(OK))
    await using proxy = await startFixture({ upstreams: [upstream.port], settings: { keepAliveMs: 20 } })
    const client = new RawClient(proxy.port)
    client.send(GET)
    assert.match(await client.untilClosed(), /ok$/)
  })

  test('a head that does not come in time is answered 408', async () => {
    await using proxy = await startFixture({ upstreams: [], settings: { clientHeaderTimeoutMs: 20 } })
    const client = new RawClient(proxy.port)
    client.send('GET / HTTP/1.1\r\nHost')
    assert.match(await client.untilClosed(), /^HTTP\/1\.1 408 Request Timeout\r\n/)
    assert.equal(proxy.records[0]?.status, 408)
  })

  test('a second head on a connection has its time limit too', async () => {
    await using upstream = await startRawUpstream(answering(OK))
    await using proxy = await startFixture({ upstreams: [upstream.port], settings: { clientHeaderTimeoutMs: 300 } })
    const client = new RawClient(proxy.port)
    client.send(GET)
    await client.until(/ok$/)
    client.send('GET / HTTP/1.1\r\nHost')
    assert.match(await client.untilClosed(), /okHTTP\/1\.1 408 Request Timeout\r\n/)
  })

  test('a body that does not come in time is answered 408', async () => {
    await using upstream = await startRawUpstream(() => undefined)
    await using proxy = await startFixture({ upstreams: [upstream.port], settings: { clientBodyTimeoutMs: 20 } })
    const client = new RawClient(proxy.port)
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe')
    assert.match(await client.untilClosed(), /^HTTP\/1\.1 408 Request Timeout\r\n/)
  })

  test('a client that half-closes gets its answer', async () => {
    await using upstream = await startRawUpstream(answering(OK))
    await using proxy = await startFixture({ upstreams: [upstream.port] })
    const client = new RawClient(proxy.port)
    client.socket.end(GET)
    assert.match(await client.untilClosed(), /ok$/)
  })

  test('a client that leaves before the answer is recorded as aborted, and its upstream connection ends', async () => {
    await using upstream = await startRawUpstream(() => undefined)
    await using proxy = await startFixture({ upstreams: [upstream.port] })
    const client = new RawClient(proxy.port)
    client.send(GET)
    await upstream.until(({ received }) => received().endsWith('\r\n\r\n'))
    client.socket.resetAndDestroy()
    await proxy.recordCount(1)
    assert.equal(proxy.records[0]?.status, 499)
    assert.equal(proxy.records[0]?.isAborted, true)
    assert.equal(proxy.plane.connectionCounts().upstreamOpen, 0)
  })
})

suite('bodies', () => {
  test('chunked requests and answers are framed anew, trailers filtered and passed on', async () => {
    await using upstream = await startRawUpstream((peer) => {
      if (!peer.text.endsWith('X-Sum: 1\r\n\r\n')) return
      peer.socket.write(
        'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n' +
          '003;ext=1\r\nabc\r\n2\r\nde\r\n0\r\nX-Sum: 2\r\nSet-Cookie: a\r\n\r\n',
      )
    })
    await using proxy = await startFixture({ upstreams: [upstream.port] })
    const client = new RawClient(proxy.port)
    client.send(
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n' +
        '5;a="b"\r\nhello\r\n00006\r\n world\r\n0\r\nAuthorization: evil\r\nX-Sum: 1\r\n\r\n',
    )
    const text = await client.until(/\r\n0\r\n[^]*\r\n\r\n$/)
    client.close()
    assert.match(text, /\r\nTransfer-Encoding: chunked\r\n/)
    assert.match(text, /\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nX-Sum: 2\r\n\r\n$/)
    assert.match(
      upstream.received(),
      /\r\nTransfer-Encoding: chunked\r\n\r\nb\r\nhello world\r\n0\r\nX-Sum: 1\r\n\r\n$/,
    )
    assert.doesNotMatch(upstream.received(), /Content-Length/)
  })

  test('an HTTP/1.0 client gets a chunked answer as plain bytes until the connection closes', async () => {
    await using upstream = await startRawUpstream(
      answering('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n'),
    )
    await using proxy = await startFixture({ upstreams: [upstream.port] })
    const client = new RawClient(proxy.port)
    client.send('GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n')
    const text = await client.untilClosed()
    assert.match(text, /\r\nConnection: close\r\n\r\nabc$/)
    assert.doesNotMatch(text, /chunked/)
  })

  test('an answer that ends with its connection becomes chunked', async () => {
    await using upstream = await startRawUpstream((peer) => {
      peer.socket.end('HTTP/1.1 200 OK\r\n\r\nuntil the end')
    })
    await using proxy = await startFixture({ upstreams: [upstream.port] })
    const client = new RawClient(proxy.port)
    client.send(GET)
    const text = await client.until(/0\r\n\r\n$/)
    client.close()
    assert.match(text, /\r\nTransfer-Encoding: chunked\r\n\r\nd\r\nuntil the end\r\n0\r\n\r\n$/)
  })

  for (const [name, head] of [
    ['HEAD with Content-Length', 'HTTP/1.1 200 OK\r\nContent-Length: 42\r\n\r\n'],
    ['HEAD with chunked coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['HEAD without framing', 'HTTP/1.1 200 OK\r\n\r\n'],
  ] as const) {
    test(`${name} has no body and keeps both connections`, async () => {
      await using upstream = await startRawUpstream(answering(head))
      await using proxy = await startFixture({ upstreams: [upstream.port] })
      const client = new RawClient(proxy.port)
      client.send('HEAD / HTTP/1.1\r\nHost: a\r\n\r\nHEAD /2 HTTP/1.1\r\nHost: a\r\n\r\n')
      const text = await client.until(/HTTP[^]*\r\n\r\nHTTP[^]*\r\n\r\n$/)
      client.close()
      assert.equal(upstream.connections(), 1)
      assert.equal(text.includes('Content-Length: 42'), head.includes('42'))
    })
  }

  for (const status of ['204 No Content', '304 Not Modified']) {
    test(`${status} has no body whatever it declares`, async () => {
      await using upstream = await startRawUpstream(answering(`HTTP/1.1 ${status}\r\nContent-Length: 9\r\n\r\n`))
      await using proxy = await startFixture({ upstreams: [upstream.port] })
      const client = new RawClient(proxy.port)
      client.send(GET + GET)
      const text = await client.until(/HTTP[^]*\r\n\r\nHTTP[^]*\r\n\r\n$/)
      client.close()
      assert.match(text, new RegExp(`^HTTP/1\\.1 ${status}\r\n`))
      assert.equal(text.includes('Content-Length'), status.startsWith('304'))
      assert.equal(upstream.connections(), 1)
    })
  }

  test('100 Continue comes from the upstream, then the body goes', async () => {
    await using upstream = await startRawUpstream((peer) => {
      if (peer.text.endsWith('\r\n\r\n')) peer.socket.write('HTTP/1.1 100 Continue\r\n\r\n')
      if (peer.text.endsWith('hello')) peer.socket.write(OK)
    })
    await using proxy = await startFixture({ upstreams: [upstream.port] })
    const client = new RawClient(proxy.port)
    client.send('POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n')
    await client.until(/^HTTP\/1\.1 100 Continue\r\n\r\n$/)
    client.send('hello')
    const text = await client.until(/ok$/)
    assert.doesNotMatch(text, /Connection: close/)
    client.close()
    assert.match(upstream.received(), /\r\nExpect: 100-continue\r\n/)
  })

  test('a final answer instead of 100 Continue closes the connection', async () => {
    await using upstream = await startRawUpstream(answering('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n'))
    await using proxy = await startFixture({ upstreams: [upstream.port] })
    const client = new RawClient(proxy.port)
    client.send('POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n')
    assert.match(await client.untilClosed(), /^HTTP\/1\.1 403 Forbidden\r\n[^]*Connection: close\r\n/)
  })

  test('103 Early Hints is passed on before the answer, and not to HTTP/1.0', async () => {
    const hints = 'HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n'
    await using upstream = await startRawUpstream(answering(hints + OK))
    await using proxy = await startFixture({ upstreams: [upstream.port] })
    const client = new RawClient(proxy.port)
    client.send(GET)
    const text = await client.until(/ok$/)
    client.close()
    assert.ok(text.startsWith(`${hints}HTTP/1.1 200 OK\r\n`))
    const old = new RawClient(proxy.port)
    old.send('GET / HTTP/1.0\r\n\r\n')
    assert.match(await old.untilClosed(), /^HTTP\/1\.1 200/)
  })

  test('an answer before the end of the request body lets the rest be read and the connection live on', async () => {
    await using upstream = await startRawUpstream(answering(OK))
    await using proxy = await startFixture({ upstreams: [upstream.port] })
    const client = new RawClient(proxy.port)
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello')
    await client.until(/ok$/)
    client.send(`world${GET}`)
    await client.until(/ok[^]*ok$/)
    client.close()
    assert.equal(upstream.connections(), 2, 'an upstream connection with half a request is not used again')
  })

  test('a chunked body that grows too long answers 413', async () => {
    await using upstream = await startRawUpstream(() => undefined)
    await using proxy = await startFixture({ upstreams: [upstream.port], route: { maxBodyBytes: 8 } })
    const client = new RawClient(proxy.port)
    client.send('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n5\r\nworld\r\n')
    assert.match(await client.untilClosed(), /^HTTP\/1\.1 413 [^]*Connection: close\r\n/)
    assert.equal(proxy.records[0]?.status, 413)
  })

  test('a Content-Length that is too long answers 413 at once', async () => {
    await using upstream = await startRawUpstream(() => undefined)
    await using proxy = await startFixture({ upstreams: [upstream.port], route: { maxBodyBytes: 8 } })
    const client = new RawClient(proxy.port)
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n')
    await client.until(/^HTTP\/1\.1 413 /)
    client.close()
    assert.equal(upstream.connections(), 0)
  })

  test('redirects carry Location and keep the connection', async () => {
    await using upstream = await startRawUpstream(answering(OK))
    await using proxy = await startFixture({ upstreams: [upstream.port], route: { httpsRedirectStatus: 308 } })
    const client = new RawClient(proxy.port)
    client.send('GET /a?b HTTP/1.1\r\nHost: a:80\r\n\r\nHEAD /a HTTP/1.1\r\nHost: a\r\n\r\n')
    const text = await client.until(/<\/h1>\nHTTP\/1\.1 308 [^]*\r\n\r\n$/)
    client.close()
    assert.match(text, /^HTTP\/1\.1 308 Permanent Redirect\r\n[^]*Location: https:\/\/a\/a\?b\r\n/)
    assert.match(text, /Content-Length: \d\d[^]*\r\n\r\n$/, 'HEAD declares the length and sends no body')
  })
})
