import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Gate, type GateVerdict, PASS } from '../../routing/gate.ts'
import { gateRequest } from '../../routing/testing/gate-request.ts'
import { GateRun } from './gate-run.ts'
import { RawClient, sendRaw } from '../testing/raw-client.ts'
import { startFixture } from '../testing/proxy-fixture.ts'
import { answering, startRawUpstream } from '../testing/raw-upstream.ts'

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Up: 1\r\n\r\nok'
const REFUSED: GateVerdict = {
  kind: 'refuse',
  status: 401,
  contentType: 'text/plain',
  body: 'who?',
  responseLines: 'WWW-Authenticate: Basic realm="x"\r\n',
}

/** A gate that the test opens. */
function createLatch(): {
  readonly gate: Gate
  readonly asked: Promise<void>
  speak(verdict: GateVerdict): void
  releases: number
} {
  const asked = Promise.withResolvers<void>()
  const verdict = Promise.withResolvers<GateVerdict>()
  const latch = {
    releases: 0,
    asked: asked.promise,
    speak: (given: GateVerdict) => verdict.resolve(given),
    gate: {
      description: 'latch',
      check: () => {
        asked.resolve()
        return verdict.promise
      },
      release: () => {
        latch.releases++
      },
    },
  }
  return latch
}

test('a gate that refuses at once answers with its lines, and the connection goes on', async () => {
  await using upstream = await startRawUpstream(answering(OK))
  let isOpen = false
  const gate: Gate = { description: '', check: () => (isOpen ? PASS : REFUSED), release: null }
  await using proxy = await startFixture({ upstreams: [upstream.port], createGates: () => [gate] })
  const client = new RawClient(proxy.port)
  client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  const refused = await client.until(/who\?/)
  assert.match(refused, /^HTTP\/1\.1 401 /)
  assert.match(refused, /WWW-Authenticate: Basic realm="x"\r\n/)
  isOpen = true
  client.send('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  assert.match(await client.until(/ok$/), /200 OK/)
  client.close()
})

test('while a gate thinks, body and pipelined requests wait and nothing reaches the upstream', async () => {
  await using upstream = await startRawUpstream((peer) => {
    if (!peer.text.endsWith('hello world') && !peer.text.startsWith('GET /2')) return
    peer.text = ''
    peer.socket.write(OK)
  })
  const latch = createLatch()
  let count = 0
  await using proxy = await startFixture({
    upstreams: [upstream.port],
    createGates: () => [{ ...latch.gate, check: (request) => (count++ === 0 ? latch.gate.check(request) : PASS) }],
  })
  const client = new RawClient(proxy.port)
  client.send('POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\nhello')
  await latch.asked
  client.send(' worldGET /2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  assert.equal(upstream.received(), '')
  latch.speak({
    kind: 'pass',
    requestLines: 'X-User: me\r\n',
    removedRequestHeaders: ['authorization'],
    responseLines: 'Set-Cookie: a=b\r\n',
  })
  const all = await client.untilClosed()
  assert.equal(all.match(/HTTP\/1\.1 200 OK/g)?.length, 2)
  assert.match(all, /Set-Cookie: a=b\r\n/)
  assert.match(upstream.received(), /^POST \/1 HTTP\/1\.1\r\n[\s\S]*X-User: me\r\n[\s\S]*hello world/)
})

test('a late refusal of a request with a body answers and closes', async () => {
  await using upstream = await startRawUpstream(answering(OK))
  const latch = createLatch()
  await using proxy = await startFixture({ upstreams: [upstream.port], createGates: () => [latch.gate] })
  const answer = sendRaw(proxy.port, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel')
  await latch.asked
  latch.speak(REFUSED)
  assert.match(await answer, /^HTTP\/1\.1 401 [\s\S]*Connection: close\r\n[\s\S]*who\?$/)
  await proxy.recordCount(1)
  assert.equal(latch.releases, 0)
})

test('a client that leaves while a gate thinks is logged as 499 and never forwarded', async () => {
  await using upstream = await startRawUpstream(answering(OK))
  const latch = createLatch()
  await using proxy = await startFixture({ upstreams: [upstream.port], createGates: () => [latch.gate] })
  const client = new RawClient(proxy.port)
  client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await latch.asked
  client.close()
  await proxy.recordCount(1)
  latch.speak(PASS)
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(proxy.records[0]?.status, 499)
  assert.equal(upstream.connections(), 0)
})

test('a gate that passed is released once, when the answer is out', async () => {
  await using upstream = await startRawUpstream(answering(OK))
  const latch = createLatch()
  await using proxy = await startFixture({ upstreams: [upstream.port], createGates: () => [latch.gate] })
  const answer = sendRaw(proxy.port, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  await latch.asked
  latch.speak(PASS)
  assert.match(await answer, /200 OK/)
  assert.equal(latch.releases, 1)
})

test('response header edits hold for proxied answers and for our own', async () => {
  await using upstream = await startRawUpstream(answering(OK))
  await using proxy = await startFixture({
    upstreams: [upstream.port],
    route: { responseHeaders: { set: [{ name: 'X-Up', value: 'two' }], add: [], remove: ['server'] }, maxBodyBytes: 1 },
  })
  const proxied = await sendRaw(proxy.port, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  assert.match(proxied, /X-Up: two\r\n/)
  assert.doesNotMatch(proxied, /X-Up: 1/)
  const own = await sendRaw(proxy.port, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\nConnection: close\r\n\r\n')
  assert.match(own, /413 [\s\S]*X-Up: two\r\n/)
})

test('what a gate counted for a client that left meanwhile is given back', async () => {
  const latch = createLatch()
  const run = new GateRun([latch.gate], gateRequest())
  const outcome = run.run()
  run.release()
  assert.equal(latch.releases, 0)
  latch.speak(PASS)
  await outcome
  assert.equal(latch.releases, 1)
})
