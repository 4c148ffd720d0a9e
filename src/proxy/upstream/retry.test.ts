import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RetryCondition } from '../../routing/retry-policy.ts'
import { startFixture } from '../testing/proxy-fixture.ts'
import { sendRaw } from '../testing/raw-client.ts'
import { answering, type RawPeer, startRawUpstream } from '../testing/raw-upstream.ts'

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const BUSY = 'HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy'
const GET = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
const EMPTY_POST = 'POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
const PUT = 'PUT / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello'

const on = (...conditions: RetryCondition[]) => ({ retry: { on: conditions, timeoutMs: 0 } })

/** Breaks off when the request is there. */
function breaking(peer: RawPeer): void {
  if (peer.text.includes('\r\n\r\n')) peer.socket.destroy()
}

test('an endpoint that breaks off before its answer is followed by the next', async () => {
  await using bad = await startRawUpstream(breaking)
  await using good = await startRawUpstream(answering(OK))
  await using proxy = await startFixture({ upstreams: [bad.port, good.port], action: on('error') })
  assert.match(await sendRaw(proxy.port, GET), /^HTTP\/1\.1 200 /)
  assert.equal(proxy.records[0]?.upstreamStatus, '502, 200')
})

test('without a policy only failed connects are tried again', async () => {
  await using bad = await startRawUpstream(breaking)
  await using good = await startRawUpstream(answering(OK))
  await using proxy = await startFixture({ upstreams: [bad.port, good.port] })
  assert.match(await sendRaw(proxy.port, GET), /^HTTP\/1\.1 502 /)
  assert.equal(good.connections(), 0)
})

test('a POST that was sent is tried again only where the policy says so', async () => {
  await using bad = await startRawUpstream(breaking)
  await using good = await startRawUpstream(answering(OK))
  const upstreams = [bad.port, good.port]
  await using careful = await startFixture({ upstreams, action: on('error') })
  assert.match(await sendRaw(careful.port, EMPTY_POST), /^HTTP\/1\.1 502 /)
  await using careless = await startFixture({ upstreams, action: on('error', 'non_idempotent') })
  assert.match(await sendRaw(careless.port, EMPTY_POST), /^HTTP\/1\.1 200 /)
})

test('a request whose body was sent is not tried again: the body is gone', async () => {
  await using bad = await startRawUpstream((peer) => {
    if (peer.text.endsWith('hello')) peer.socket.destroy()
  })
  await using good = await startRawUpstream(answering(OK))
  await using proxy = await startFixture({
    upstreams: [bad.port, good.port],
    action: on('error', 'non_idempotent'),
  })
  assert.match(await sendRaw(proxy.port, PUT), /^HTTP\/1\.1 502 /)
  assert.equal(good.connections(), 0)
})

test('a listed status is dropped for the next endpoint, and passed on by the last', async () => {
  await using one = await startRawUpstream(answering(BUSY))
  await using two = await startRawUpstream(answering(BUSY))
  await using good = await startRawUpstream(answering(OK))
  await using proxy = await startFixture({ upstreams: [one.port, two.port, good.port], action: on('http_503') })
  assert.match(await sendRaw(proxy.port, GET), /^HTTP\/1\.1 200 OK[\s\S]*\r\n\r\nok$/)
  assert.equal(proxy.records[0]?.upstreamStatus, '503, 503, 200')
  await using all = await startFixture({ upstreams: [one.port, two.port], action: on('http_503') })
  assert.match(await sendRaw(all.port, GET), /^HTTP\/1\.1 503 Busy[\s\S]*busy$/)
  assert.equal(all.records[0]?.upstreamStatus, '503, 503')
})

test('tries are limited, and an empty policy means one', async () => {
  await using one = await startRawUpstream(answering(BUSY))
  await using two = await startRawUpstream(answering(BUSY))
  await using good = await startRawUpstream(answering(OK))
  const upstreams = [one.port, two.port, good.port]
  await using proxy = await startFixture({ upstreams, action: { ...on('http_503'), maxTries: 2 } })
  assert.match(await sendRaw(proxy.port, GET), /^HTTP\/1\.1 503 /)
  assert.equal(good.connections(), 0)
  await using off = await startFixture({ upstreams: [one.port, good.port], action: on() })
  assert.match(await sendRaw(off.port, GET), /^HTTP\/1\.1 503 /)
})

test('silence is a timeout: the next endpoint answers', async () => {
  await using silent = await startRawUpstream(() => undefined)
  await using good = await startRawUpstream(answering(OK))
  const upstreams = [silent.port, good.port]
  await using proxy = await startFixture({ upstreams, action: { ...on('timeout'), readTimeoutMs: 300 } })
  assert.match(await sendRaw(proxy.port, GET), /^HTTP\/1\.1 200 /)
  assert.equal(proxy.records[0]?.upstreamStatus, '504, 200')
  const retry = { on: ['timeout'] as const, timeoutMs: 1 }
  await using late = await startFixture({ upstreams, action: { retry, readTimeoutMs: 50 } })
  assert.match(await sendRaw(late.port, GET), /^HTTP\/1\.1 504 /)
})

test('an answer that is no HTTP is an invalid header', async () => {
  await using bad = await startRawUpstream(answering('SSH-2.0-OpenSSH_9.2\r\n\r\n'))
  await using good = await startRawUpstream(answering(OK))
  const upstreams = [bad.port, good.port]
  await using proxy = await startFixture({ upstreams, action: on('invalid_header') })
  assert.match(await sendRaw(proxy.port, GET), /^HTTP\/1\.1 200 /)
  await using strict = await startFixture({ upstreams, action: on('error') })
  assert.match(await sendRaw(strict.port, GET), /^HTTP\/1\.1 502 /)
})

test('nothing is tried again once an interim answer was passed on', async () => {
  await using bad = await startRawUpstream((peer) => {
    if (!peer.text.includes('\r\n\r\n')) return
    peer.text = ''
    peer.socket.write('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n', () => peer.socket.destroy())
  })
  await using good = await startRawUpstream(answering(OK))
  await using proxy = await startFixture({ upstreams: [bad.port, good.port], action: on('error') })
  assert.match(await sendRaw(proxy.port, GET), /^HTTP\/1\.1 103 [\s\S]*HTTP\/1\.1 502 /)
  assert.equal(good.connections(), 0)
})

test('a body that breaks off half way is not tried again', async () => {
  await using bad = await startRawUpstream((peer) => {
    if (!peer.text.includes('\r\n\r\n')) return
    peer.text = ''
    peer.socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf', () => peer.socket.destroy())
  })
  await using good = await startRawUpstream(answering(OK))
  await using proxy = await startFixture({ upstreams: [bad.port, good.port], action: on('error') })
  assert.match(await sendRaw(proxy.port, GET), /half$/)
  assert.equal(good.connections(), 0)
})
