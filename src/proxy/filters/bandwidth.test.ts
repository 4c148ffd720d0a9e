import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:http2'
import { test } from 'node:test'
import type { Downstream, ResponseHead } from '../downstream.ts'
import { startFixture } from '../testing/proxy-fixture.ts'
import { RawClient, sendRaw } from '../testing/raw-client.ts'
import { answering, startRawUpstream } from '../testing/raw-upstream.ts'
import { TimerWheel } from '../timer-wheel.ts'
import { BandwidthFilter } from './bandwidth.ts'

const HEAD: ResponseHead = {
  status: 200,
  reason: 'OK',
  headerLines: '',
  contentLength: 1_000_000,
  hasBody: true,
  upgrade: '',
}

interface World {
  readonly filter: BandwidthFilter
  /** Bytes that the front was given. */
  readonly sent: () => number
  readonly calls: string[]
  /** Time goes by. */
  readonly pass: (ms: number) => void
  takes: boolean
}

function createWorld(bytesPerSecond: number, freeBytes = 0): World {
  let nowMs = 0
  let bytes = 0
  const calls: string[] = []
  const timers = new TimerWheel(10, () => nowMs)
  const world = { takes: true }
  const front: Downstream = {
    responseInterim() {},
    responseHead() {},
    responseData(_, start, end) {
      bytes += end - start
      return world.takes
    },
    responseFlush() {},
    responseEnd: () => calls.push('end'),
    responseFailed: (failure) => calls.push(failure),
    requestDrained() {},
  }
  const filter = new BandwidthFilter({ bytesPerSecond, freeBytes }, timers, front, () => nowMs)
  filter.exchange = {
    writeBody: () => true,
    endBody() {},
    resume: () => calls.push('resume'),
    abort: () => calls.push('abort'),
  }
  filter.responseHead(HEAD)
  const pass = (ms: number): void => {
    for (let i = 0; i < ms; i += 10) {
      nowMs += 10
      timers.advance()
    }
  }
  return Object.assign(world, { filter, sent: () => bytes, calls, pass })
}

test('a second’s worth goes out at once, the rest as it is earned, and the upstream waits', () => {
  const { filter, sent, pass, calls } = createWorld(1000)
  assert.equal(filter.responseData(Buffer.alloc(3000), 0, 3000), false)
  assert.equal(sent(), 1000)
  pass(1000)
  assert.ok(sent() >= 1700 && sent() <= 2000, String(sent()))
  assert.deepEqual(calls, [])
  pass(1200)
  assert.equal(sent(), 3000)
  assert.deepEqual(calls, ['resume'])
})

test('free bytes are not counted', () => {
  const { filter, sent } = createWorld(1000, 50_000)
  assert.equal(filter.responseData(Buffer.alloc(51_000), 0, 51_000), true)
  assert.equal(filter.responseData(Buffer.alloc(10), 0, 10), false)
  assert.equal(sent(), 51_000)
})

test('the end waits for what waits', () => {
  const { filter, sent, pass, calls } = createWorld(1000)
  filter.responseData(Buffer.alloc(1500), 0, 1500)
  filter.responseEnd('')
  assert.deepEqual(calls, [])
  pass(700)
  assert.deepEqual([sent(), calls], [1500, ['end']])
})

test('a client that takes nothing gets nothing more until it does', () => {
  const world = createWorld(1000)
  world.takes = false
  world.filter.responseData(Buffer.alloc(3000), 0, 3000)
  world.pass(5000)
  assert.equal(world.sent(), 1000)
  world.takes = true
  world.filter.resume()
  assert.equal(world.sent(), 3000)
})

test('a failure is told at once, and nothing follows it', () => {
  const { filter, sent, pass, calls } = createWorld(1000)
  filter.responseData(Buffer.alloc(3000), 0, 3000)
  filter.responseFailed('bad-gateway')
  pass(5000)
  assert.deepEqual([sent(), calls], [1000, ['bad-gateway']])
})

test('a client that leaves stops the timer', () => {
  const { filter, sent, pass, calls } = createWorld(1000)
  filter.responseData(Buffer.alloc(3000), 0, 3000)
  filter.abort()
  pass(5000)
  assert.deepEqual([sent(), calls], [1000, ['abort']])
})

test('an answer arrives whole and late over both fronts', async () => {
  const body = 'x'.repeat(30_000)
  await using upstream = await startRawUpstream(answering(`HTTP/1.1 200 OK\r\nContent-Length: 30000\r\n\r\n${body}`))
  await using proxy = await startFixture({
    upstreams: [upstream.port],
    route: { bandwidth: { bytesPerSecond: 25_000, freeBytes: 0 } },
  })
  const session = connect(`http://127.0.0.1:${proxy.port}`)
  const stream = session.request({ ':path': '/' })
  const startMs = performance.now()
  let bytes = 0
  stream.on('data', (chunk: Buffer) => (bytes += chunk.length))
  const [text] = await Promise.all([
    sendRaw(proxy.port, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'),
    once(stream, 'end'),
  ])
  session.destroy()
  assert.ok(performance.now() - startMs >= 190, 'it came too early')
  assert.ok(text.endsWith(body))
  assert.equal(bytes, 30_000)
})

test('a kept connection serves the next request after a slow answer', async () => {
  const answer = `HTTP/1.1 200 OK\r\nContent-Length: 1100\r\n\r\n${'x'.repeat(1100)}`
  await using upstream = await startRawUpstream(answering(answer))
  await using proxy = await startFixture({
    upstreams: [upstream.port],
    route: { bandwidth: { bytesPerSecond: 1000, freeBytes: 0 } },
  })
  const client = new RawClient(proxy.port)
  for (let i = 0; i < 2; i++) {
    client.text = ''
    client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await client.until(/x{1100}$/)
  }
  client.close()
  assert.equal(upstream.connections(), 1)
})
