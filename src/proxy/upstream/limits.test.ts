/** Limits, budgets and timeouts of requests over sockets. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type IncomingHttpHeaders } from 'node:http2'
import { suite, test } from 'node:test'
import type { BackendResilience } from '../../routing/resilience.ts'
import type { RetryCondition } from '../../routing/retry-policy.ts'
import { type Fixture, fixtureBackend, type FixtureOptions, startFixture } from '../testing/proxy-fixture.ts'
import { RawClient, sendRaw } from '../testing/raw-client.ts'
import { answering, type RawPeer, type RawUpstream, refusedPort, startRawUpstream } from '../testing/raw-upstream.ts'

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const BUSY = 'HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy'
const GET = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
const KEPT = 'GET /kept HTTP/1.1\r\nHost: a\r\n\r\n'

const on = (...conditions: RetryCondition[]) => ({ retry: { on: conditions, timeoutMs: 0 } })

async function start(options: FixtureOptions, resilience: BackendResilience): Promise<Fixture> {
  const proxy = await startFixture(options)
  proxy.plane.applyBackends([{ ...fixtureBackend(options.upstreams), ...resilience }])
  return proxy
}

/** Answers when told to, in the order of the requests. */
function holding(): { readonly script: (peer: RawPeer) => void; readonly release: (bytes: string) => void } {
  const held: RawPeer[] = []
  return {
    script(peer) {
      if (!peer.text.endsWith('\r\n\r\n')) return
      peer.text = ''
      held.push(peer)
    },
    release: (bytes) => void held.shift()?.socket.write(bytes),
  }
}

const requestsOf = (upstream: RawUpstream): number => upstream.received().split('GET /').length - 1

suite('limits of a backend', () => {
  test('one request too many is answered 503 with Retry-After, and the next one is served', async () => {
    const { script, release } = holding()
    await using upstream = await startRawUpstream(script)
    await using proxy = await start({ upstreams: [upstream.port] }, { limits: { maxRequests: 1 } })
    const first = sendRaw(proxy.port, GET)
    await upstream.until(() => requestsOf(upstream) === 1)
    const refused = await sendRaw(proxy.port, GET)
    assert.match(refused, /^HTTP\/1\.1 503 /)
    assert.match(refused, /\r\nRetry-After: 1\r\n/)
    release(OK)
    assert.match(await first, /^HTTP\/1\.1 200 /)
    const next = sendRaw(proxy.port, GET)
    await upstream.until(() => requestsOf(upstream) === 2)
    release(OK)
    assert.match(await next, /^HTTP\/1\.1 200 /)
  })

  test('clients of HTTP/2 and gRPC are refused in their own words', async () => {
    const { script, release } = holding()
    await using upstream = await startRawUpstream(script)
    await using proxy = await start({ upstreams: [upstream.port] }, { limits: { maxRequests: 1 } })
    const session = connect(`http://127.0.0.1:${proxy.port}`)
    const ask = async (headers: Readonly<Record<string, string>>): Promise<IncomingHttpHeaders> => {
      const stream = session.request({ ':path': '/', ':authority': 'a', ...headers }, { endStream: true })
      stream.resume()
      const [answer] = (await once(stream, 'response')) as [IncomingHttpHeaders]
      return answer
    }
    const first = ask({})
    await upstream.until(() => requestsOf(upstream) === 1)
    const refused = await ask({})
    assert.deepEqual([refused[':status'], refused['retry-after']], [503, '1'])
    const grpc = await ask({ 'content-type': 'application/grpc', te: 'trailers' })
    assert.deepEqual([grpc[':status'], grpc['grpc-status']], [200, '14'])
    release(OK)
    assert.equal((await first)[':status'], 200)
    session.close()
  })

  test('a client that goes away makes room', async () => {
    const { script, release } = holding()
    await using upstream = await startRawUpstream(script)
    await using proxy = await start({ upstreams: [upstream.port] }, { limits: { maxRequests: 1 } })
    const client = new RawClient(proxy.port)
    client.send(KEPT)
    await upstream.until(() => requestsOf(upstream) === 1)
    client.socket.resetAndDestroy()
    await proxy.recordCount(1)
    release(OK)
    const next = sendRaw(proxy.port, GET)
    await upstream.until(() => requestsOf(upstream) === 2)
    release(OK)
    assert.match(await next, /^HTTP\/1\.1 200 /)
  })

  test('requests wait for one of the connections there may be, as many as may wait', async () => {
    const { script, release } = holding()
    await using upstream = await startRawUpstream(script)
    const limits = { maxConnections: 1, maxPendingRequests: 1 }
    await using proxy = await start({ upstreams: [upstream.port] }, { limits })
    const first = sendRaw(proxy.port, GET)
    await upstream.until(() => requestsOf(upstream) === 1)
    const second = sendRaw(proxy.port, GET)
    const third = sendRaw(proxy.port, GET)
    // Which of the two came first is the kernel's choice; one waits and the other is refused.
    const refused = await Promise.race([second, third])
    assert.match(refused, /^HTTP\/1\.1 503 [^]*\r\nRetry-After: 1\r\n/)
    release(OK)
    assert.match(await first, /^HTTP\/1\.1 200 /)
    await upstream.until(() => requestsOf(upstream) === 2)
    release(OK)
    const statuses = (await Promise.all([second, third])).map((text) => text.slice(9, 12)).sort()
    assert.deepEqual(statuses, ['200', '503'])
    assert.equal(upstream.connections(), 1)
  })

  test('an idle connection to one endpoint gives way to a connection to another', async () => {
    await using one = await startRawUpstream(answering(OK))
    await using two = await startRawUpstream(answering(OK))
    await using proxy = await start({ upstreams: [one.port, two.port] }, { limits: { maxConnections: 1 } })
    for (let i = 0; i < 4; i++) assert.match(await sendRaw(proxy.port, GET), /^HTTP\/1\.1 200 /)
    assert.deepEqual([requestsOf(one), requestsOf(two)], [2, 2])
    assert.equal(proxy.plane.connectionCounts().upstreamOpen, 1)
  })

  test('who waits longer than a connection may take is refused', async () => {
    await using upstream = await startRawUpstream(() => undefined)
    await using proxy = await start(
      { upstreams: [upstream.port], action: { connectTimeoutMs: 300 } },
      { limits: { maxConnections: 1 } },
    )
    const client = new RawClient(proxy.port)
    client.send(KEPT)
    await upstream.until(() => requestsOf(upstream) === 1)
    assert.match(await sendRaw(proxy.port, GET), /^HTTP\/1\.1 503 [^]*\r\nRetry-After: 1\r\n/)
    client.close()
  })
})

suite('budget of further tries', () => {
  test('a backend that fails is not asked again by everybody', async () => {
    const { script, release } = holding()
    await using failing = await startRawUpstream(script)
    await using other = await startRawUpstream(answering(BUSY))
    await using proxy = await start(
      { upstreams: [failing.port, other.port], action: { ...on('http_503'), maxTries: 2 } },
      { retryBudgetPercent: 0 },
    )
    const first = sendRaw(proxy.port, GET)
    await failing.until(() => requestsOf(failing) === 1)
    release(BUSY)
    assert.match(await first, /^HTTP\/1\.1 503 Busy/)
    assert.equal(requestsOf(other), 0)
    assert.equal(proxy.records[0]?.upstreamStatus, '503')
  })

  test('a try that is over is given back to the budget', async () => {
    await using failing = await startRawUpstream(answering(BUSY))
    await using good = await startRawUpstream(answering(OK))
    await using proxy = await start({ upstreams: [failing.port, good.port], action: on('http_503') }, {})
    for (let i = 0; i < 40; i++) assert.match(await sendRaw(proxy.port, GET), /^HTTP\/1\.1 200 /)
  })

  test('failed connects do not count: the backend had no work with them', async () => {
    await using good = await startRawUpstream(answering(OK))
    const upstreams = [await refusedPort(), good.port]
    await using proxy = await start({ upstreams, action: on('error') }, { retryBudgetPercent: 0 })
    for (let i = 0; i < 2; i++) assert.match(await sendRaw(proxy.port, GET), /^HTTP\/1\.1 200 /)
  })
})

suite('timeouts of requests', () => {
  test('a try that gives no head in its time is followed by the next', async () => {
    await using silent = await startRawUpstream(() => undefined)
    await using good = await startRawUpstream(answering(OK))
    const action = { ...on('timeout'), perTryTimeoutMs: 300 }
    await using proxy = await startFixture({ upstreams: [silent.port, good.port], action })
    assert.match(await sendRaw(proxy.port, GET), /^HTTP\/1\.1 200 /)
    assert.equal(proxy.records[0]?.upstreamStatus, '504, 200')
    assert.equal(proxy.plane.connectionCounts().upstreamOpen, 1, 'the silent one is closed')
  })

  test('an answer that dribbles its head does not prolong a try', async () => {
    let timer: NodeJS.Timeout | undefined
    await using dribbling = await startRawUpstream((peer) => {
      peer.socket.write('HTTP/1.1 200 OK\r\n')
      timer = setInterval(() => peer.socket.write('X-A: b\r\n'), 5)
    })
    const action = { readTimeoutMs: 5000, perTryTimeoutMs: 50 }
    await using proxy = await startFixture({ upstreams: [dribbling.port], action })
    assert.match(await sendRaw(proxy.port, GET), /^HTTP\/1\.1 504 /)
    clearInterval(timer)
  })

  test('a body that began is not cut by the time of a try, but by that of the request', async () => {
    let tick: NodeJS.Timeout | undefined
    await using endless = await startRawUpstream((peer) => {
      peer.socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
      tick = setInterval(() => peer.socket.write('1\r\nx\r\n'), 5)
    })
    const action = { perTryTimeoutMs: 300, requestTimeoutMs: 900 }
    await using proxy = await startFixture({ upstreams: [endless.port], action })
    const startMs = performance.now()
    const answer = await sendRaw(proxy.port, GET)
    assert.ok(performance.now() - startMs >= 850)
    clearInterval(tick)
    assert.match(answer, /^HTTP\/1\.1 200 /)
    assert.doesNotMatch(answer, /\r\n0\r\n\r\n$/, 'it looks truncated')
    assert.equal(proxy.plane.connectionCounts().upstreamOpen, 0)
  })

  test('all tries together take no longer than the request may', async () => {
    await using one = await startRawUpstream(() => undefined)
    await using two = await startRawUpstream(() => undefined)
    await using three = await startRawUpstream(() => undefined)
    const action = { ...on('timeout'), maxTries: 3, perTryTimeoutMs: 600, requestTimeoutMs: 900 }
    await using proxy = await startFixture({ upstreams: [one.port, two.port, three.port], action })
    assert.match(await sendRaw(proxy.port, GET), /^HTTP\/1\.1 504 /)
    assert.equal(proxy.records[0]?.upstreamStatus, '504, 504')
    assert.equal(three.connections(), 0)
  })

  test('timers that are used again mean the new request alone', async () => {
    const { script, release } = holding()
    await using upstream = await startRawUpstream(script)
    const action = { requestTimeoutMs: 600 }
    await using proxy = await startFixture({ upstreams: [upstream.port], action })
    for (let i = 1; i <= 3; i++) {
      const answer = sendRaw(proxy.port, GET)
      await upstream.until(() => requestsOf(upstream) === i)
      release(OK)
      assert.match(await answer, /^HTTP\/1\.1 200 /)
    }
    assert.match(await sendRaw(proxy.port, GET), /^HTTP\/1\.1 504 /)
  })
})
