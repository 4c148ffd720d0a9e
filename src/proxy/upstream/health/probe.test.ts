import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HealthCheckConfig } from '../../../routing/resilience.ts'
import { answering, refusedPort, startRawUpstream } from '../../testing/raw-upstream.ts'
import { probe } from './probe.ts'

const CONFIG: HealthCheckConfig = {
  protocol: 'http',
  path: '/healthz?deep=1',
  host: '',
  port: 0,
  intervalMs: 10_000,
  timeoutMs: 2000,
  healthyThreshold: 2,
  unhealthyThreshold: 3,
  expectedStatuses: [
    { from: 200, to: 299 },
    { from: 418, to: 418 },
  ],
}

const NEVER = new AbortController().signal

function ask(port: number, config: Partial<HealthCheckConfig> = {}): Promise<string> {
  const target = { address: '127.0.0.1', port, label: `127.0.0.1:${port}` }
  return probe(target, { ...CONFIG, ...config }, NEVER)
}

function answeringStatus(status: number): ReturnType<typeof answering> {
  return answering(`HTTP/1.1 ${status} X\r\nContent-Length: 2\r\n\r\nok`)
}

test('a status that is expected is good, any other is not', async () => {
  await using good = await startRawUpstream(answeringStatus(204))
  assert.equal(await ask(good.port), '')
  assert.match(good.received(), /^GET \/healthz\?deep=1 HTTP\/1\.1\r\n/)
  assert.match(good.received(), new RegExp(`\r\nHost: 127\\.0\\.0\\.1:${good.port}\r\n`))
  assert.match(good.received(), /\r\nUser-Agent: genkan-health-check\r\n/)
  await using teapot = await startRawUpstream(answeringStatus(418))
  assert.equal(await ask(teapot.port), '')
  await using bad = await startRawUpstream(answeringStatus(302))
  assert.equal(await ask(bad.port), 'status 302')
})

test('host and port are those of the configuration', async () => {
  await using upstream = await startRawUpstream(answeringStatus(200))
  assert.equal(await ask(await refusedPort(), { host: 'shop.example', port: upstream.port }), '')
  assert.match(upstream.received(), /\r\nHost: shop\.example\r\n/)
})

test('refused, silent, breaking off and babbling are all faults', async () => {
  assert.equal(await ask(await refusedPort()), 'ECONNREFUSED')
  await using silent = await startRawUpstream(() => undefined)
  assert.equal(await ask(silent.port, { timeoutMs: 30 }), 'no answer in 30 ms')
  await using breaking = await startRawUpstream((peer) => peer.socket.destroy())
  assert.notEqual(await ask(breaking.port), '')
  await using babbling = await startRawUpstream(answering('SSH-2.0-OpenSSH_9.2\r\n\r\n'))
  assert.notEqual(await ask(babbling.port), '')
})

test('an answer whose body never ends is good at its head, and the connection is closed', async () => {
  let isClosed = false
  await using endless = await startRawUpstream((peer) => {
    peer.socket.once('close', () => {
      isClosed = true
    })
    peer.socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n')
  })
  assert.equal(await ask(endless.port, { timeoutMs: 60_000 }), '')
  await endless.until(() => isClosed)
})

test('over TCP a connection is enough', async () => {
  await using silent = await startRawUpstream(() => undefined)
  assert.equal(await ask(silent.port, { protocol: 'tcp' }), '')
  assert.equal(silent.received(), '')
  assert.equal(await ask(await refusedPort(), { protocol: 'tcp' }), 'ECONNREFUSED')
})
