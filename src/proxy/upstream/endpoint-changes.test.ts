/** Endpoints that come, go, fall ill and weigh less, over sockets. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Backend } from '../../routing/model.ts'
import type { HealthCheckConfig } from '../../routing/resilience.ts'
import { type Fixture, fixtureBackend, startFixture } from '../testing/proxy-fixture.ts'
import { RawClient, sendRaw } from '../testing/raw-client.ts'
import { answering, type RawPeer, type RawUpstream, startRawUpstream } from '../testing/raw-upstream.ts'

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const GET = 'GET /work HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'

const CHECK: HealthCheckConfig = {
  protocol: 'http',
  path: '/healthz',
  host: '',
  port: 0,
  intervalMs: 10,
  timeoutMs: 1000,
  healthyThreshold: 1,
  unhealthyThreshold: 1,
  expectedStatuses: [{ from: 200, to: 399 }],
}

const workOf = (upstream: RawUpstream): number => upstream.received().split('GET /work').length - 1
const checksOf = (upstream: RawUpstream): number => upstream.received().split('GET /healthz').length - 1

function withWeights(ports: readonly number[], weights: readonly (number | undefined)[]): Backend {
  const backend = fixtureBackend(ports)
  assert.ok(backend.target.kind === 'endpoints')
  const endpoints = backend.target.endpoints.map((endpoint, index) => {
    const weight = weights[index]
    return weight === undefined ? endpoint : { ...endpoint, weight }
  })
  return { ...backend, target: { kind: 'endpoints', endpoints } }
}

async function ask(proxy: Fixture, times: number): Promise<void> {
  for (let i = 0; i < times; i++) assert.match(await sendRaw(proxy.port, GET), /^HTTP\/1\.1 200 /)
}

/** An upstream whose checks fail as long as it is ill, while it does its work. */
async function startPatient(): Promise<RawUpstream & { isIll: boolean }> {
  const state = { isIll: false }
  const upstream = await startRawUpstream((peer: RawPeer) => {
    if (!peer.text.includes('\r\n\r\n')) return
    const isCheck = peer.text.includes('/healthz')
    peer.text = ''
    peer.socket.write(isCheck && state.isIll ? OK.replace('200', '503') : OK)
  })
  return Object.assign(state, upstream)
}

suite('endpoints that go', () => {
  test('a request to one that is removed finishes, and its connection is not kept', async () => {
    let peer: RawPeer | undefined
    await using leaving = await startRawUpstream((asked) => {
      peer = asked
    })
    await using staying = await startRawUpstream(answering(OK))
    await using proxy = await startFixture({ upstreams: [leaving.port] })
    const running = sendRaw(proxy.port, GET)
    await leaving.until(() => workOf(leaving) === 1)
    proxy.plane.applyBackends([fixtureBackend([staying.port])])
    await ask(proxy, 2)
    assert.equal(workOf(leaving), 1)
    peer!.socket.write(OK)
    assert.match(await running, /^HTTP\/1\.1 200 /)
    assert.deepEqual(proxy.plane.connectionCounts().upstreamOpen, 1)
  })

  test('idle connections to one that is removed are closed', async () => {
    let isClosed = false
    await using leaving = await startRawUpstream((peer) => {
      peer.socket.once('close', () => {
        isClosed = true
      })
      answering(OK)(peer)
    })
    await using proxy = await startFixture({ upstreams: [leaving.port] })
    await ask(proxy, 1)
    assert.equal(proxy.plane.connectionCounts().upstreamIdle, 1)
    proxy.plane.applyBackends([fixtureBackend([])])
    await leaving.until(() => isClosed)
    assert.equal(proxy.plane.connectionCounts().upstreamIdle, 0)
  })
})

suite('weights', () => {
  test('endpoints get requests by weight, and drained ones none while there are others', async () => {
    await using whole = await startRawUpstream(answering(OK))
    await using half = await startRawUpstream(answering(OK))
    await using drained = await startRawUpstream(answering(OK))
    const ports = [whole.port, half.port, drained.port]
    await using proxy = await startFixture({ upstreams: ports })
    proxy.plane.applyBackends([withWeights(ports, [undefined, 0.5, 0])])
    await ask(proxy, 9)
    assert.deepEqual([workOf(whole), workOf(half), workOf(drained)], [6, 3, 0])
    proxy.plane.applyBackends([withWeights(ports, [0, 0, 0])])
    await ask(proxy, 3)
    assert.deepEqual([workOf(whole), workOf(half), workOf(drained)], [7, 4, 1], 'better drained ones than none')
  })

  test('a new endpoint begins with a tenth where the backend starts slowly', async () => {
    await using old = await startRawUpstream(answering(OK))
    await using fresh = await startRawUpstream(answering(OK))
    await using proxy = await startFixture({ upstreams: [old.port] })
    proxy.plane.applyBackends([{ ...fixtureBackend([old.port]), slowStartMs: 600_000 }])
    proxy.plane.applyBackends([{ ...fixtureBackend([old.port, fresh.port]), slowStartMs: 600_000 }])
    await ask(proxy, 22)
    assert.deepEqual([workOf(old), workOf(fresh)], [20, 2])
  })
})

suite('health checks over sockets', () => {
  test('an endpoint whose checks fail gets no requests until they pass', async () => {
    await using ill = await startPatient()
    await using well = await startPatient()
    const ports = [ill.port, well.port]
    await using proxy = await startFixture({ upstreams: ports })
    ill.isIll = true
    proxy.plane.applyBackends([{ ...fixtureBackend(ports), healthCheck: CHECK }])
    await ill.until(() => checksOf(ill) >= 3)
    await ask(proxy, 4)
    assert.deepEqual([workOf(ill), workOf(well)], [0, 4])
    const endpoint = { unhealthyWorkers: 0, ejectedWorkers: 0, share: 1 }
    assert.deepEqual(proxy.plane.backendStates()[0]?.endpoints, [
      { ...endpoint, endpoint: `127.0.0.1:${ill.port}`, unhealthyWorkers: 1 },
      { ...endpoint, endpoint: `127.0.0.1:${well.port}` },
    ])
    ill.isIll = false
    const before = checksOf(ill)
    await ill.until(() => checksOf(ill) >= before + 3)
    await ask(proxy, 4)
    assert.deepEqual([workOf(ill), workOf(well)], [2, 6])
  })

  test('when all fail, all are asked in turn', async () => {
    await using one = await startPatient()
    await using two = await startPatient()
    const ports = [one.port, two.port]
    await using proxy = await startFixture({ upstreams: ports })
    one.isIll = true
    two.isIll = true
    proxy.plane.applyBackends([{ ...fixtureBackend(ports), healthCheck: CHECK }])
    await one.until(() => checksOf(one) >= 3)
    await two.until(() => checksOf(two) >= 3)
    await ask(proxy, 4)
    assert.deepEqual([workOf(one), workOf(two)], [2, 2])
  })

  test('checks end with their backend', async () => {
    await using one = await startPatient()
    await using proxy = await startFixture({ upstreams: [one.port] })
    proxy.plane.applyBackends([{ ...fixtureBackend([one.port]), healthCheck: CHECK }])
    await one.until(() => checksOf(one) >= 2)
    assert.equal(proxy.plane.backendStates().length, 1)
    proxy.plane.applyBackends([fixtureBackend([one.port])])
    assert.deepEqual(proxy.plane.backendStates(), [], 'there is nothing more to say about it')
    const connections = one.connections()
    await ask(proxy, 20)
    assert.ok(one.connections() <= connections + 2, 'one check may have been under way, one connection is for requests')
  })
})

suite('kept connections', () => {
  test('a request is sent again once, on a new connection, when the kept one dies', async () => {
    await using upstream = await startRawUpstream((peer) => {
      if (!peer.text.endsWith('\r\n\r\n')) return
      const isFirst = upstream.connections() === 1 && !peer.text.includes('/again')
      peer.text = ''
      if (isFirst) peer.socket.write(OK)
      else peer.socket.destroy()
    })
    await using proxy = await startFixture({ upstreams: [upstream.port] })
    const client = new RawClient(proxy.port)
    client.send('GET /first HTTP/1.1\r\nHost: a\r\n\r\n')
    await client.until(/ok$/)
    client.send('GET /again HTTP/1.1\r\nHost: a\r\n\r\n')
    await client.until(/HTTP\/1\.1 502 /)
    client.close()
    assert.equal(upstream.received().match(/\/again/g)?.length, 2)
    assert.equal(proxy.records[1]?.upstreamStatus, '502, 502')
  })
})
