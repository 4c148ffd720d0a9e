import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:http2'
import { test } from 'node:test'
import type { MirrorConfig } from '../../routing/mirror.ts'
import { type Fixture, fixtureBackend, fixtureModel, startFixture } from '../testing/proxy-fixture.ts'
import { RawClient, sendRaw } from '../testing/raw-client.ts'
import { answering, type RawPeer, type RawUpstream, refusedPort, startRawUpstream } from '../testing/raw-upstream.ts'
import { mirrorCounts } from './mirror.ts'

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const CONFIG: MirrorConfig = {
  backendId: 'test/copy:80',
  protocol: 'http',
  host: 'copy.example',
  target: '/m$request_uri',
  sendsBody: true,
}

interface World extends AsyncDisposable {
  readonly proxy: Fixture
  readonly port: number
  readonly upstream: RawUpstream
}

/** Answers requests with bodies of a known length when they are complete. */
function answerWhole(bytes: string): (peer: RawPeer) => void {
  return (peer) => {
    const head = peer.text.indexOf('\r\n\r\n')
    const length = Number(/content-length: (\d+)/i.exec(peer.text)?.[1] ?? 0)
    if (head === -1 || peer.text.length < head + 4 + length) return
    peer.text = ''
    peer.socket.write(bytes)
  }
}

async function startWorld(mirrorPort: number, config: Partial<MirrorConfig> = {}): Promise<World> {
  const upstream = await startRawUpstream(answerWhole(OK))
  const options = {
    upstreams: [upstream.port],
    route: { mirror: { ...CONFIG, ...config }, maxBodyBytes: 0 },
  }
  const proxy = await startFixture(options)
  const copies = { ...fixtureBackend([mirrorPort]), id: 'test/copy:80' }
  proxy.plane.apply({ ...fixtureModel(options), backends: [fixtureBackend([upstream.port]), copies] })
  return {
    proxy,
    port: proxy.port,
    upstream,
    [Symbol.asyncDispose]: async () => {
      await proxy[Symbol.asyncDispose]()
      await upstream[Symbol.asyncDispose]()
    },
  }
}

test('a copy of a request goes to the mirror, with its host, target, headers and body', async () => {
  await using mirror = await startRawUpstream(answerWhole('HTTP/1.1 500 Oops\r\nContent-Length: 5\r\n\r\nnoise'))
  await using world = await startWorld(mirror.port)
  const text = await sendRaw(
    world.port,
    'POST /a?b=c HTTP/1.1\r\nHost: shop\r\nX-Mine: 1\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello',
  )
  assert.match(text, /^HTTP\/1\.1 200 OK\r\n[\s\S]*ok$/)
  await mirror.until((peer) => peer.received().endsWith('hello'))
  const copy = mirror.received()
  assert.match(copy, /^POST \/m\/a\?b=c HTTP\/1\.1\r\nHost: copy\.example\r\n/)
  assert.match(copy, /X-Mine: 1\r\n[\s\S]*Content-Length: 5\r\n/)
  assert.equal(copy.match(/^host:/gim)?.length, 1)
})

test('requests over HTTP/2 are mirrored too', async () => {
  await using mirror = await startRawUpstream(answerWhole(OK))
  await using world = await startWorld(mirror.port)
  const session = connect(`http://127.0.0.1:${world.port}`)
  const stream = session.request({ ':method': 'PUT', ':path': '/x', 'content-length': '3' })
  stream.end('two')
  const [head] = (await once(stream, 'response')) as [{ ':status': number }]
  assert.equal(head[':status'], 200)
  session.destroy()
  await mirror.until((peer) => peer.received().endsWith('two'))
  assert.match(mirror.received(), /^PUT \/m\/x HTTP\/1\.1\r\n/)
})

test('a mirror without bodies gets requests without theirs', async () => {
  await using mirror = await startRawUpstream(answering(OK))
  await using world = await startWorld(mirror.port, { sendsBody: false })
  await sendRaw(world.port, 'POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello')
  await mirror.until((peer) => peer.received().includes('\r\n\r\n'))
  assert.doesNotMatch(mirror.received(), /hello|content-length/i)
})

test('a mirror that is not there changes nothing', async () => {
  await using world = await startWorld(await refusedPort())
  const text = await sendRaw(world.port, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  assert.match(text, /^HTTP\/1\.1 200 OK/)
})

test('a mirror that never answers delays nobody', async () => {
  await using mirror = await startRawUpstream(() => undefined)
  await using world = await startWorld(mirror.port)
  const client = new RawClient(world.port)
  for (let i = 0; i < 3; i++) {
    client.text = ''
    client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await client.until(/ok$/)
  }
  client.close()
  await mirror.until((peer) => peer.connections() === 3)
  assert.equal(mirrorCounts.running, 3)
})

test('a body that is too long is not copied, and the request is served', async () => {
  await using mirror = await startRawUpstream(answerWhole(OK))
  await using world = await startWorld(mirror.port)
  const { dropped, bytes } = mirrorCounts
  const body = 'x'.repeat(1_100_000)
  for (const framing of [
    `Content-Length: ${body.length}\r\n\r\n${body}`,
    `Transfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
  ]) {
    const client = new RawClient(world.port)
    client.send(`POST / HTTP/1.1\r\nHost: a\r\n${framing}`)
    await client.until(/ok$/)
    client.close()
  }
  assert.equal(mirrorCounts.dropped, dropped + 2)
  assert.equal(mirrorCounts.bytes, bytes)
  assert.equal(mirror.received(), '')
})

test('a client that leaves before its request is complete leaves no copy and no memory', async () => {
  await using mirror = await startRawUpstream(answerWhole(OK))
  await using world = await startWorld(mirror.port)
  const { dropped, bytes } = mirrorCounts
  const client = new RawClient(world.port)
  client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf')
  await world.upstream.until((peer) => peer.received().endsWith('half'))
  assert.equal(mirrorCounts.bytes, bytes + 4)
  client.close()
  await world.proxy.recordCount(1)
  assert.equal(mirrorCounts.bytes, bytes)
  assert.equal(mirrorCounts.dropped, dropped + 1)
})

test('an answer before the end of the request leaves no copy and no memory', async () => {
  await using mirror = await startRawUpstream(answerWhole(OK))
  await using early = await startRawUpstream(answering(OK))
  await using world = await startWorld(mirror.port)
  const options = { upstreams: [early.port], route: { mirror: CONFIG } }
  const copies = { ...fixtureBackend([mirror.port]), id: 'test/copy:80' }
  world.proxy.plane.apply({ ...fixtureModel(options), backends: [fixtureBackend([early.port]), copies] })
  const { dropped, bytes } = mirrorCounts
  const client = new RawClient(world.port)
  client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf')
  await client.until(/ok$/)
  assert.deepEqual([mirrorCounts.bytes, mirrorCounts.dropped], [bytes, dropped + 1])
  client.close()
})

test('upgrades are not mirrored', async () => {
  await using mirror = await startRawUpstream(answerWhole(OK))
  await using world = await startWorld(mirror.port)
  const { sent } = mirrorCounts
  await sendRaw(world.port, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade, close\r\nUpgrade: websocket\r\n\r\n')
  assert.equal(mirrorCounts.sent, sent)
})
