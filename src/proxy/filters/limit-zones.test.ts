import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gateRequest } from '../../routing/testing/gate-request.ts'
import type { GateConfig } from '../../routing/gate-config.ts'
import { fixtureModel, startFixture } from '../testing/proxy-fixture.ts'
import { RawClient, sendRaw } from '../testing/raw-client.ts'
import { answering, startRawUpstream } from '../testing/raw-upstream.ts'
import { createConnectionGate } from './limit-connections.ts'

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const GET = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'

/** So slow that nothing drains while a test runs. */
const RATE: GateConfig = {
  kind: 'limit-rate',
  zone: 'shop/web',
  limits: [{ requests: 1, perSeconds: 60, burst: 1 }],
  exempt: [],
  status: 429,
}
const ONE_AT_A_TIME: GateConfig = {
  kind: 'limit-connections',
  zone: 'shop/web',
  max: 1,
  exempt: [],
  status: 503,
}

test('requests over the rate are refused, and a changed table forgets no client', async () => {
  await using upstream = await startRawUpstream(answering(OK))
  const route = { gates: [RATE] }
  await using proxy = await startFixture({ upstreams: [upstream.port], route })
  assert.match(await sendRaw(proxy.port, GET), /^HTTP\/1\.1 200 /)
  proxy.plane.apply(fixtureModel({ upstreams: [upstream.port], route: { ...route, maxBodyBytes: 5 } }))
  assert.match(await sendRaw(proxy.port, GET), /^HTTP\/1\.1 200 /)
  const refused = await sendRaw(proxy.port, GET)
  assert.match(refused, /^HTTP\/1\.1 429 Too Many Requests\r\n[\s\S]*Retry-After: \d+\r\n/)
  assert.equal(upstream.connections(), 1)
})

test('a zone that no route names any more is forgotten', async () => {
  await using upstream = await startRawUpstream(answering(OK))
  const route = { gates: [RATE] }
  await using proxy = await startFixture({ upstreams: [upstream.port], route })
  for (const status of [200, 200, 429]) assert.match(await sendRaw(proxy.port, GET), new RegExp(` ${status} `))
  proxy.plane.apply(fixtureModel({ upstreams: [upstream.port] }))
  proxy.plane.apply(fixtureModel({ upstreams: [upstream.port], route }))
  assert.match(await sendRaw(proxy.port, GET), /^HTTP\/1\.1 200 /)
})

test('a request counts as long as it runs', async () => {
  const arrived = Promise.withResolvers<(text: string) => void>()
  await using upstream = await startRawUpstream((peer) => {
    if (peer.text.startsWith('GET /slow')) arrived.resolve((text) => peer.socket.write(text))
    else peer.socket.write(OK)
    peer.text = ''
  })
  await using proxy = await startFixture({ upstreams: [upstream.port], route: { gates: [ONE_AT_A_TIME] } })
  const slow = new RawClient(proxy.port)
  slow.send('GET /slow HTTP/1.1\r\nHost: a\r\n\r\n')
  const finish = await arrived.promise
  assert.match(await sendRaw(proxy.port, GET), /^HTTP\/1\.1 503 /)
  finish(OK)
  await slow.until(/ok$/)
  // The connection is still open: requests are counted, not connections.
  assert.match(await sendRaw(proxy.port, GET), /^HTTP\/1\.1 200 /)
  slow.close()
})

test('a client that leaves gives its place back', async () => {
  const arrived = Promise.withResolvers<undefined>()
  await using upstream = await startRawUpstream((peer) => {
    if (peer.text.startsWith('GET /slow')) arrived.resolve(undefined)
    else peer.socket.write(OK)
    peer.text = ''
  })
  await using proxy = await startFixture({ upstreams: [upstream.port], route: { gates: [ONE_AT_A_TIME] } })
  const slow = new RawClient(proxy.port)
  slow.send('GET /slow HTTP/1.1\r\nHost: a\r\n\r\n')
  await arrived.promise
  slow.close()
  await proxy.recordCount(1)
  assert.match(await sendRaw(proxy.port, GET), /^HTTP\/1\.1 200 /)
})

test('a request that a later limit refuses gives its place back', async () => {
  await using upstream = await startRawUpstream(answering(OK))
  await using proxy = await startFixture({ upstreams: [upstream.port], route: { gates: [ONE_AT_A_TIME, RATE] } })
  for (const status of [200, 200, 429, 429]) assert.match(await sendRaw(proxy.port, GET), new RegExp(` ${status} `))
})

test('the running requests of so many clients are counted and no more', () => {
  const running = new Map<string, number>()
  const gate = createConnectionGate({ ...ONE_AT_A_TIME, max: 2, exempt: ['192.0.2.9'] }, running, 2)
  const kindOf = (client: string): string => {
    const verdict = gate.check(gateRequest({ clientAddress: client }))
    return verdict instanceof Promise ? 'late' : verdict.kind
  }
  assert.deepEqual(['192.0.2.1', '192.0.2.1', '192.0.2.1'].map(kindOf), ['pass', 'pass', 'refuse'])
  assert.deepEqual(['192.0.2.2', '192.0.2.3', '192.0.2.9'].map(kindOf), ['pass', 'refuse', 'pass'])
  for (const client of ['192.0.2.1', '192.0.2.1', '192.0.2.2', '192.0.2.9'])
    gate.release?.(gateRequest({ clientAddress: client }))
  assert.equal(running.size, 0)
})
