import assert from 'node:assert/strict'
import { connect } from 'node:http2'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { suite, test } from 'node:test'
import { startDataPlane } from './data-plane.ts'
import { ListenError } from './listen-error.ts'
import { fixtureBackend, fixtureModel, startFixture } from './testing/proxy-fixture.ts'
import { RawClient, sendRaw } from './testing/raw-client.ts'
import { answering, type RawPeer, startRawUpstream } from './testing/raw-upstream.ts'

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
const NOBODY = { observe: () => undefined }

test('a data plane that starts with a model serves it to whoever connects first', async () => {
  await using upstream = await startRawUpstream(answering(OK))
  const model = fixtureModel({ upstreams: [upstream.port] })
  const plane = await startDataPlane({ host: '127.0.0.1', httpPort: 0, httpsPort: 0, observer: NOBODY, model })
  assert.match(
    await sendRaw(plane.httpPort, GET.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n')),
    /^HTTP\/1\.1 200 /,
  )
  await plane.drain(0)
})

suite('changes of the model', () => {
  test('a new table serves the next request on a connection that stays', async () => {
    await using one = await startRawUpstream(answering('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none'))
    await using two = await startRawUpstream(answering('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ntwo'))
    await using proxy = await startFixture({ upstreams: [one.port] })
    const client = new RawClient(proxy.port)
    client.send(GET)
    await client.until(/one$/)
    proxy.plane.apply(fixtureModel({ upstreams: [two.port] }))
    client.send(GET)
    await client.until(/two$/)
    proxy.plane.apply(fixtureModel({ upstreams: [two.port], route: { match: { kind: 'exact', path: '/only' } } }))
    client.send(GET)
    await client.until(/two[^]*404 Not Found[^]*default backend - 404$/)
    client.close()
    assert.equal(proxy.plane.connectionCounts().accepted, 1)
  })

  test('a request in progress finishes on the endpoint it has, though the model dropped it', async () => {
    const peers: RawPeer[] = []
    await using upstream = await startRawUpstream((peer) => {
      peers.push(peer)
    })
    await using proxy = await startFixture({ upstreams: [upstream.port] })
    const client = new RawClient(proxy.port)
    client.send(GET)
    await upstream.until(() => peers.length === 1)
    proxy.plane.apply({ ...fixtureModel({ upstreams: [] }), backends: [] })
    peers[0]?.socket.write(OK)
    await client.until(/ok$/)
    client.send(GET)
    await client.until(/ok[^]*503 Service Unavailable/)
    client.close()
    assert.equal(proxy.plane.connectionCounts().upstreamOpen, 0, 'its connection was not kept')
  })

  test('endpoints alone can be replaced, and named before their routes', async () => {
    await using upstream = await startRawUpstream(answering(OK))
    await using proxy = await startFixture({ upstreams: [] })
    const client = new RawClient(proxy.port)
    client.send(GET)
    await client.until(/^HTTP\/1\.1 503/)
    proxy.plane.applyBackends([fixtureBackend([upstream.port])])
    assert.deepEqual(proxy.plane.addressesOf('shop/web:80'), [`127.0.0.1:${upstream.port}`])
    client.send(GET)
    await client.until(/ok$/)
    client.close()
  })

  test('a model that cannot be compiled changes nothing', async () => {
    await using upstream = await startRawUpstream(answering(OK))
    await using proxy = await startFixture({ upstreams: [upstream.port] })
    const broken = fixtureModel({
      upstreams: [],
      route: { match: { kind: 'regex', source: '(', caseInsensitive: false } },
    })
    assert.throws(() => proxy.plane.apply(broken))
    const client = new RawClient(proxy.port)
    client.send(GET)
    await client.until(/ok$/)
    client.close()
  })
})

suite('drain', () => {
  test('closes idle connections, lets a request finish with Connection: close, accepts nothing new', async () => {
    const peers: RawPeer[] = []
    await using upstream = await startRawUpstream((peer) => {
      if (peer.text.includes('/slow')) peers.push(peer)
      else answering(OK)(peer)
    })
    const proxy = await startFixture({ upstreams: [upstream.port] })
    const idle = new RawClient(proxy.port)
    idle.send(GET)
    await idle.until(/ok$/)
    const busy = new RawClient(proxy.port)
    busy.send('GET /slow HTTP/1.1\r\nHost: a\r\n\r\n')
    await upstream.until(() => peers.length === 1)
    assert.deepEqual([proxy.plane.connectionCounts().open, proxy.plane.connectionCounts().idle], [2, 1])

    const drained = proxy.plane.drain(5000)
    await idle.untilClosed()
    const late = new RawClient(proxy.port)
    assert.equal(await late.untilClosed(), '')
    assert.equal(busy.isClosed, false)
    peers[0]?.socket.write(OK)
    assert.match(await busy.untilClosed(), /\r\nConnection: close\r\n\r\nok$/)
    busy.close()
    await drained
    assert.equal(proxy.plane.connectionCounts().upstreamOpen, 0)
  })

  test('ends what is left after the grace time', async () => {
    await using upstream = await startRawUpstream(() => undefined)
    const proxy = await startFixture({ upstreams: [upstream.port] })
    const client = new RawClient(proxy.port)
    client.send(GET)
    await upstream.until(({ received }) => received().length > 0)
    await proxy.plane.drain(10)
    assert.equal(await client.untilClosed(), '')
    assert.equal(proxy.records[0]?.isAborted, true)
  })
})

suite('listening', () => {
  test('a port in use is an error that names it', async () => {
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    const { port } = taken.address() as AddressInfo
    try {
      const options = { host: '127.0.0.1', httpsPort: null, observer: NOBODY }
      await assert.rejects(startDataPlane({ ...options, httpPort: port }), (error: unknown) => {
        assert.ok(error instanceof ListenError)
        assert.equal(error.code, 'EADDRINUSE')
        assert.equal(error.message, `Cannot listen on 127.0.0.1:${port}: the port is in use`)
        return true
      })
      await assert.rejects(startDataPlane({ ...options, httpPort: 0, httpsPort: port }), ListenError)
    } finally {
      taken.close()
    }
  })

  test('HTTP/2 with prior knowledge is recognised on the plain port, in one packet or byte by byte', async () => {
    await using upstream = await startRawUpstream(answering(OK))
    await using proxy = await startFixture({ upstreams: [upstream.port] })
    const session = connect(`http://127.0.0.1:${proxy.port}`)
    const stream = session.request({ ':path': '/' })
    let status = 0
    stream.on('response', (headers) => {
      status = Number(headers[':status'])
    })
    stream.resume()
    await new Promise((resolve) => stream.once('end', resolve))
    assert.equal(status, 200)
    await new Promise<void>((resolve) => session.close(resolve))

    const slow = new RawClient(proxy.port)
    slow.socket.setNoDelay(true)
    for (const char of 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0') {
      await new Promise((resolve) => slow.socket.write(char, 'latin1', resolve))
    }
    // A SETTINGS frame (type 4) is the first thing an HTTP/2 server says.
    // oxlint-disable-next-line no-control-regex
    await slow.until(/^...\x04/s)
    assert.equal(proxy.plane.connectionCounts().open >= 1, true)
    slow.close()
  })

  test('a false HTTP/2 preface is refused', async () => {
    await using proxy = await startFixture({ upstreams: [] })
    const client = new RawClient(proxy.port)
    client.send('PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n')
    assert.match(await client.untilClosed(), /^HTTP\/1\.1 400 /)
    client.close()
  })
})
