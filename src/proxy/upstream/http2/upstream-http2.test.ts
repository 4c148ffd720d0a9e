import assert from 'node:assert/strict'
import { createServer as createTlsServer } from 'node:tls'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { createSelfSigned } from '../../../base/certificate.ts'
import { startHttp2Upstream } from '../../testing/http2-upstream.ts'
import { startFixture } from '../../testing/proxy-fixture.ts'
import { RawClient, sendRaw } from '../../testing/raw-client.ts'
import { refusedPort } from '../../testing/raw-upstream.ts'

const GET = 'GET /a?b=1 HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n'

test('a request of HTTP/1.1 becomes one of HTTP/2, and the answer one of HTTP/1.1', async (context) => {
  const seen: unknown[] = []
  const upstream = await startHttp2Upstream(context, (stream, headers) => {
    seen.push(headers)
    stream.respond({ ':status': 200, 'content-type': 'text/plain', 'content-length': 5, server: 'hidden' })
    stream.end('hello')
  })
  await using proxy = await startFixture({ upstreams: [upstream.port], action: { protocol: 'h2c' } })
  const answer = await sendRaw(proxy.port, GET.replace('\r\n\r\n', '\r\nTE: trailers\r\nX-Mine: 1\r\n\r\n'))
  assert.match(answer, /^HTTP\/1\.1 200 OK\r\n/)
  assert.match(answer, /\r\ncontent-type: text\/plain\r\n/)
  assert.match(answer, /\r\nContent-Length: 5\r\n/)
  assert.doesNotMatch(answer, /hidden/)
  assert.match(answer, /\r\n\r\nhello$/)
  const [headers] = seen as [Record<string, string>]
  assert.equal(headers[':authority'], 'shop.example')
  assert.equal(headers[':path'], '/a?b=1')
  assert.equal(headers[':scheme'], 'http')
  assert.equal(headers['te'], 'trailers')
  assert.equal(headers['x-mine'], '1')
  assert.equal(headers['host'], undefined)
  assert.equal(headers['connection'], undefined)
  assert.equal(headers['x-forwarded-proto'], 'http')
  await proxy.recordCount(1)
  const [record] = proxy.records
  assert.equal(record?.upstreamStatus, '200')
  assert.equal(record?.upstreamAddress, `127.0.0.1:${upstream.port}`)
  assert.equal(record?.upstreamResponseBytes, 5)
})

test('all requests share one connection', async (context) => {
  const upstream = await startHttp2Upstream(context, (stream, headers) => {
    stream.respond({ ':status': 200 })
    stream.end(headers[':path'])
  })
  await using proxy = await startFixture({ upstreams: [upstream.port], action: { protocol: 'h2c' } })
  const paths = Array.from({ length: 50 }, (_, at) => `/${at}`)
  const answers = await Promise.all(paths.map((path) => sendRaw(proxy.port, `GET ${path} HTTP/1.0\r\nHost: a\r\n\r\n`)))
  assert.deepEqual(
    answers.map((answer) => answer.split('\r\n\r\n')[1]),
    paths,
  )
  assert.equal(upstream.sessions.length, 1)
})

test('bodies go both ways, larger than every window', async (context) => {
  const upstream = await startHttp2Upstream(context, (stream) => {
    stream.respond({ ':status': 200 })
    stream.pipe(stream)
  })
  await using proxy = await startFixture({
    upstreams: [upstream.port],
    action: { protocol: 'h2c' },
    route: { maxBodyBytes: 0 },
  })
  const body = Buffer.alloc(3_000_000, 'genkan ')
  const response = await fetch(`http://127.0.0.1:${proxy.port}/`, { method: 'POST', body })
  assert.ok(Buffer.from(await response.arrayBuffer()).equals(body))
})

test('a connection carries more than its own window', async (context) => {
  const upstream = await startHttp2Upstream(context, (stream) => {
    stream.respond({ ':status': 200 })
    for (let i = 0; i < 20; i++) stream.write(Buffer.alloc(1_000_000))
    stream.end()
  })
  await using proxy = await startFixture({ upstreams: [upstream.port], action: { protocol: 'h2c' } })
  const response = await fetch(`http://127.0.0.1:${proxy.port}/`)
  assert.equal((await response.arrayBuffer()).byteLength, 20_000_000)
})

test('chunked bodies and trailers of HTTP/1.1 become those of HTTP/2, and back', async (context) => {
  const got: unknown[] = []
  const upstream = await startHttp2Upstream(context, (stream) => {
    stream.on('trailers', (trailers) => got.push({ ...trailers }))
    stream.respond({ ':status': 200 }, { waitForTrailers: true })
    stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': '2' }))
    stream.pipe(stream)
  })
  await using proxy = await startFixture({ upstreams: [upstream.port], action: { protocol: 'h2c' } })
  const answer = await sendRaw(
    proxy.port,
    'POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n' +
      '5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n',
  )
  assert.match(answer, /\r\n\r\n5\r\nhello\r\n0\r\nx-sum: 2\r\n\r\n$/)
  assert.equal((got[0] as Record<string, string>)['x-sum'], '1')
})

test('interim answers, HEAD, 204 and 304 are what they are in HTTP/1.1', async (context) => {
  const upstream = await startHttp2Upstream(context, (stream, headers) => {
    if (headers[':path'] === '/early') stream.additionalHeaders({ ':status': 103, link: '</a>' })
    const status = Number(headers[':path']?.slice(1)) || 200
    stream.respond({ ':status': status, ...(status === 204 ? {} : { 'content-length': 7 }) }, { endStream: true })
  })
  await using proxy = await startFixture({ upstreams: [upstream.port], action: { protocol: 'h2c' } })
  const ask = (method: string, path: string): Promise<string> =>
    sendRaw(proxy.port, `${method} ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
  assert.match(await ask('HEAD', '/early'), /^HTTP\/1\.1 103 [^\n]*\nlink: <\/a>\r\n\r\nHTTP\/1\.1 200 /)
  assert.match(await ask('HEAD', '/'), /^HTTP\/1\.1 200 [^]*Content-Length: 7\r\n[^]*\r\n\r\n$/)
  assert.match(await ask('GET', '/304'), /^HTTP\/1\.1 304 [^]*\r\n\r\n$/)
  assert.match(await ask('GET', '/204'), /^HTTP\/1\.1 204 [^]*\r\n\r\n$/)
  // A length that no byte follows.
  assert.match(await ask('GET', '/'), /^HTTP\/1\.1 502 /)
})

test('an idle connection closes after its time', async (context) => {
  const upstream = await startHttp2Upstream(context, (stream) =>
    stream.respond({ ':status': 204 }, { endStream: true }),
  )
  await using proxy = await startFixture({
    upstreams: [upstream.port],
    action: { protocol: 'h2c' },
    settings: { upstreamKeepaliveMs: 300 },
  })
  await sendRaw(proxy.port, GET)
  assert.equal(proxy.plane.connectionCounts().upstreamIdle, 1)
  await new Promise((resolve) => upstream.sessions[0]?.once('close', resolve))
  assert.deepEqual([proxy.plane.connectionCounts().upstreamIdle, proxy.plane.connectionCounts().upstreamOpen], [0, 0])
})

test('a connection is replaced after its number of requests', async (context) => {
  const upstream = await startHttp2Upstream(context, (stream) =>
    stream.respond({ ':status': 204 }, { endStream: true }),
  )
  await using proxy = await startFixture({
    upstreams: [upstream.port],
    action: { protocol: 'h2c' },
    settings: { upstreamKeepaliveRequests: 2 },
  })
  for (let i = 0; i < 3; i++) assert.match(await sendRaw(proxy.port, GET), /^HTTP\/1\.1 204 /)
  assert.equal(upstream.sessions.length, 2)
})

test('what a removed endpoint has under way goes on to its end', async (context) => {
  let finish: () => void = () => undefined
  const upstream = await startHttp2Upstream(context, (stream) => {
    stream.respond({ ':status': 200 })
    stream.write('one ')
    finish = () => stream.end('two')
  })
  await using proxy = await startFixture({ upstreams: [upstream.port], action: { protocol: 'h2c' } })
  const client = new RawClient(proxy.port)
  client.send('GET / HTTP/1.0\r\nHost: a\r\n\r\n')
  await client.until(/one /)
  proxy.plane.applyBackends([
    {
      id: 'shop/web:80',
      upstreamName: 'shop-web-80',
      target: { kind: 'endpoints', endpoints: [{ address: '127.0.0.1', port: await refusedPort(), pod: '' }] },
    },
  ])
  finish()
  assert.match(await client.untilClosed(), /one two$/)
  await new Promise((resolve) => upstream.sessions[0]?.once('close', resolve))
})

test('streams beyond what the upstream takes go over further connections', async (context) => {
  let open = 0
  let most = 0
  const streams: (() => void)[] = []
  const upstream = await startHttp2Upstream(
    context,
    (stream) => {
      most = Math.max(most, ++open)
      streams.push(() => stream.respond({ ':status': 204 }, { endStream: true }))
      if (streams.length === 10) for (const answer of streams) answer()
    },
    { settings: { maxConcurrentStreams: 4 } },
  )
  await using proxy = await startFixture({ upstreams: [upstream.port], action: { protocol: 'h2c' } })
  const answers = await Promise.all(Array.from({ length: 10 }, () => sendRaw(proxy.port, GET)))
  for (const answer of answers) assert.match(answer, /^HTTP\/1\.1 204 /)
  assert.equal(most, 10)
  assert.equal(upstream.sessions.length, 3)
})

test('a client that leaves has its stream cancelled, and the connection stays', async (context) => {
  const codes: number[] = []
  let reset: () => void = () => undefined
  const wasReset = new Promise<void>((resolve) => (reset = resolve))
  const upstream = await startHttp2Upstream(context, (stream, headers) => {
    if (headers[':path'] === '/') return stream.respond({ ':status': 204 }, { endStream: true })
    stream.respond({ ':status': 200 })
    stream.write('x')
    stream.on('close', () => {
      codes.push(stream.rstCode)
      reset()
    })
  })
  await using proxy = await startFixture({ upstreams: [upstream.port], action: { protocol: 'h2c' } })
  const client = new RawClient(proxy.port)
  client.send('GET /slow HTTP/1.1\r\nHost: a\r\n\r\n')
  await client.until(/x/)
  client.socket.resetAndDestroy()
  await wasReset
  assert.deepEqual(codes, [8])
  assert.match(await sendRaw(proxy.port, GET.replace('/a?b=1', '/')), /^HTTP\/1\.1 204 /)
  assert.equal(upstream.sessions.length, 1)
})

test('an upstream that answers nothing for too long becomes 504', async (context) => {
  const upstream = await startHttp2Upstream(context, () => undefined)
  await using proxy = await startFixture({ upstreams: [upstream.port], action: { protocol: 'h2c', readTimeoutMs: 30 } })
  assert.match(await sendRaw(proxy.port, GET), /^HTTP\/1\.1 504 /)
})

test('a stream that stalls in the middle is cut short, and seen as cut short', async (context) => {
  const upstream = await startHttp2Upstream(context, (stream) => {
    stream.respond({ ':status': 200 })
    stream.write('begin')
  })
  await using proxy = await startFixture({
    upstreams: [upstream.port],
    action: { protocol: 'h2c', readTimeoutMs: 300 },
  })
  const answer = await sendRaw(proxy.port, GET)
  assert.match(answer, /begin\r\n$/)
})

test('an endpoint that refuses is followed by the next, early body included', async (context) => {
  const upstream = await startHttp2Upstream(context, (stream) => {
    stream.respond({ ':status': 200 })
    stream.pipe(stream)
  })
  const upstreams = [await refusedPort(), upstream.port]
  await using proxy = await startFixture({ upstreams, action: { protocol: 'h2c' } })
  const post = 'POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello'
  assert.match(await sendRaw(proxy.port, post), /hello\r\n0\r\n\r\n$/)
  await proxy.recordCount(1)
  assert.equal(proxy.records[0]?.upstreamStatus, '502, 200')
  assert.match(proxy.records[0]?.upstreamFailure ?? '', /^connection failed: connect ECONNREFUSED 127\.0\.0\.1:\d+$/)
})

test('an upstream of HTTP/1.1 alone is a failed connection', async (context) => {
  const { createServer } = await import('node:http')
  const server = createServer((_request, response) => response.end('one'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  context.after(() => server.close(() => undefined).closeAllConnections())
  await using proxy = await startFixture({
    upstreams: [(server.address() as AddressInfo).port],
    action: { protocol: 'h2c' },
  })
  assert.match(await sendRaw(proxy.port, GET), /^HTTP\/1\.1 502 /)
})

test('over TLS the upstream has to choose h2', async (context) => {
  const { certPem: cert, keyPem: key } = await createSelfSigned(['web.example'])
  const upstream = await startHttp2Upstream(
    context,
    (stream, headers) => {
      stream.respond({ ':status': 200 })
      stream.end(headers[':scheme'])
    },
    { cert, key },
  )
  await using proxy = await startFixture({ upstreams: [upstream.port], action: { protocol: 'h2' } })
  assert.match(await sendRaw(proxy.port, GET), /https/)
  // One that refuses in the handshake, and one that has never heard of ALPN.
  for (const options of [
    { cert, key, ALPNProtocols: ['http/1.1'] },
    { cert, key },
  ]) {
    const other = createTlsServer(options, (socket) => socket.on('error', () => undefined))
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    context.after(() => other.close())
    const upstreams = [(other.address() as AddressInfo).port]
    await using refused = await startFixture({ upstreams, action: { protocol: 'h2' } })
    assert.match(await sendRaw(refused.port, GET), /^HTTP\/1\.1 502 /)
    await refused.recordCount(1)
    assert.equal(
      refused.records[0]?.upstreamFailure,
      'connection failed: the upstream does not speak HTTP/2 over TLS: it does not choose h2 by ALPN',
    )
  }
})
