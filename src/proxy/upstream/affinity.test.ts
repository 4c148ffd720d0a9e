/** Affinity and ejection over real sockets, with endpoints that fail. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AffinityConfig } from '../../routing/affinity.ts'
import { fixtureBackend, type Fixture, startFixture } from '../testing/proxy-fixture.ts'
import { sendRaw } from '../testing/raw-client.ts'
import { answering, refusedPort, startRawUpstream } from '../testing/raw-upstream.ts'
import { MOST_FAILURES } from './ejection.ts'

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

function affinity(mode: AffinityConfig['mode'], more: Partial<AffinityConfig> = {}): AffinityConfig {
  return { mode, cookie: { name: 'S', path: '/' }, ...more }
}

/** @returns the cookie of the answer, empty when it set none */
async function ask(proxy: Fixture, cookie = ''): Promise<string> {
  const line = cookie === '' ? '' : `Cookie: ${cookie}\r\n`
  const answer = await sendRaw(proxy.port, `GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${line}\r\n`)
  assert.match(answer, /^HTTP\/1\.1 200 /)
  return /^Set-Cookie: (S=[^;]+)/m.exec(answer)?.[1] ?? ''
}

/** A cookie that leads to the endpoint that is going to die. */
async function cookieOfDead(proxy: Fixture, dead: number, good: number): Promise<string> {
  proxy.plane.applyBackends([fixtureBackend([good, dead])])
  for (;;) {
    const cookie = await ask(proxy)
    const tried = proxy.records.at(-1)?.upstreamAddress ?? ''
    if (tried.endsWith(`:${dead}`)) return cookie
  }
}

for (const mode of ['balanced', 'persistent'] as const) {
  test(`${mode}: while its endpoint cannot be reached another helps out, and the cookie stays`, async () => {
    const first = await startRawUpstream(answering(OK))
    await using good = await startRawUpstream(answering(OK))
    await using proxy = await startFixture({ upstreams: [], route: { affinity: affinity(mode) } })
    const cookie = await cookieOfDead(proxy, first.port, good.port)
    await first[Symbol.asyncDispose]()
    assert.equal(await ask(proxy, cookie), '')
    assert.match(proxy.records.at(-1)?.upstreamAddress ?? '', new RegExp(`:${first.port}, .*:${good.port}$`))
  })

  test(`${mode}: with change on failure the client gets another endpoint for good`, async () => {
    const first = await startRawUpstream(answering(OK))
    await using good = await startRawUpstream(answering(OK))
    const route = { affinity: affinity(mode, { changesOnFailure: true }) }
    await using proxy = await startFixture({ upstreams: [], route })
    const cookie = await cookieOfDead(proxy, first.port, good.port)
    await first[Symbol.asyncDispose]()
    const renewed = await ask(proxy, cookie)
    assert.notEqual(renewed, '')
    assert.equal(await ask(proxy, renewed), '')
    assert.equal(proxy.records.at(-1)?.upstreamAddress, `127.0.0.1:${good.port}`)
  })
}

for (const mode of ['balanced', 'persistent'] as const) {
  test(`${mode}: clients of an endpoint that is drained stay, and no new ones come`, async () => {
    await using drained = await startRawUpstream(answering(OK))
    await using other = await startRawUpstream(answering(OK))
    await using proxy = await startFixture({ upstreams: [], route: { affinity: affinity(mode) } })
    const cookie = await cookieOfDead(proxy, drained.port, other.port)
    const endpoints = [
      { address: '127.0.0.1', port: other.port, pod: '' },
      { address: '127.0.0.1', port: drained.port, pod: '', weight: 0 },
    ]
    proxy.plane.applyBackends([{ ...fixtureBackend([]), target: { kind: 'endpoints', endpoints } }])
    assert.equal(await ask(proxy, cookie), '')
    assert.equal(proxy.records.at(-1)?.upstreamAddress, `127.0.0.1:${drained.port}`)
    for (let i = 0; i < 20; i++) {
      assert.notEqual(await ask(proxy), '')
      assert.equal(proxy.records.at(-1)?.upstreamAddress, `127.0.0.1:${other.port}`)
    }
  })
}

test('an endpoint that cannot be reached is left alone after a few failures', async () => {
  const dead = await refusedPort()
  await using good = await startRawUpstream(answering(OK))
  await using proxy = await startFixture({ upstreams: [dead, good.port] })
  for (let i = 0; i < MOST_FAILURES + 5; i++) await ask(proxy)
  const tries = proxy.records.filter(({ upstreamAddress }) => upstreamAddress.includes(`:${dead}`))
  assert.equal(tries.length, MOST_FAILURES)
})

test('when the others fail too, an ejected endpoint is asked before nobody is', async () => {
  const dead = await refusedPort()
  const good = await startRawUpstream(answering(OK))
  await using proxy = await startFixture({ upstreams: [dead, good.port] })
  for (let i = 0; i < MOST_FAILURES + 1; i++) await ask(proxy)
  await good[Symbol.asyncDispose]()
  const answer = await sendRaw(proxy.port, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  assert.match(answer, /^HTTP\/1\.1 502 /)
  // A kept connection may be tried first.
  assert.match(
    proxy.records.at(-1)?.upstreamAddress ?? '',
    new RegExp(`^(127.0.0.1:${good.port}, )+127.0.0.1:${dead}$`),
  )
})

test('requests under way are counted while they are, and no longer', async () => {
  await using slow = await startRawUpstream(() => undefined)
  await using good = await startRawUpstream(answering(OK))
  await using proxy = await startFixture({ upstreams: [] })
  proxy.plane.applyBackends([{ ...fixtureBackend([slow.port, good.port]), balancer: { kind: 'least-connections' } }])
  const stuck = sendRaw(proxy.port, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  await slow.until((upstream) => upstream.connections() === 1)
  for (let i = 0; i < 4; i++) await ask(proxy)
  assert.deepEqual(new Set(proxy.records.map((record) => record.upstreamAddress)), new Set([`127.0.0.1:${good.port}`]))
  await slow[Symbol.asyncDispose]()
  assert.match(await stuck, /^HTTP\/1\.1 502 /)
})
