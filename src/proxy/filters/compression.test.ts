import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type RequestListener } from 'node:http'
import { connect } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { brotliDecompressSync, createGunzip, gunzipSync, zstdDecompressSync } from 'node:zlib'
import type { Coding, CompressionPolicy } from '../../routing/compression.ts'
import type { Route } from '../../routing/model.ts'
import { type Downstream, type Exchange, type ResponseHead, UNKNOWN_LENGTH } from '../downstream.ts'
import { RequestRecord } from '../request-record.ts'
import { type Fixture, startFixture } from '../testing/proxy-fixture.ts'
import { sendRaw } from '../testing/raw-client.ts'
import { CompressionFilter } from './compression.ts'
import { encoderBytesInUse } from './compression-encoder.ts'

const LEVELS = { gzip: 1, br: 4, zstd: 3 } as const
const TYPES = ['text/plain', 'text/event-stream', 'application/grpc']

function policyOf(...codings: readonly Coding[]): CompressionPolicy {
  return { codings: codings.map((coding) => ({ coding, level: LEVELS[coding], minBytes: 20, types: TYPES })) }
}

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
}

interface World extends AsyncDisposable {
  readonly proxy: Fixture
  readonly port: number
}

async function startWorld(listener: RequestListener, route: Partial<Route>): Promise<World> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const proxy = await startFixture({ upstreams: [(server.address() as AddressInfo).port], route })
  return {
    proxy,
    port: proxy.port,
    [Symbol.asyncDispose]: async () => {
      await proxy[Symbol.asyncDispose]()
      server.closeAllConnections()
      server.close()
    },
  }
}

async function openHttp1(port: number, headers: Record<string, string>, method = 'GET'): Promise<IncomingMessage> {
  const asked = request({ host: '127.0.0.1', port, method, headers, agent: false })
  asked.end()
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  return response
}

async function askHttp1(port: number, headers: Record<string, string>, method = 'GET'): Promise<Answer> {
  const response = await openHttp1(port, headers, method)
  const parts: Buffer[] = []
  for await (const part of response) parts.push(part as Buffer)
  return { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) }
}

async function askHttp2(port: number, headers: Record<string, string>, method = 'GET'): Promise<Answer> {
  const session = connect(`http://127.0.0.1:${port}`)
  try {
    const stream = session.request({ ':path': '/', ':method': method, ...headers })
    const [head] = (await once(stream, 'response')) as [Record<string, string> & { ':status': number }]
    const parts: Buffer[] = []
    for await (const part of stream) parts.push(part as Buffer)
    return { status: head[':status'], headers: head, body: Buffer.concat(parts) }
  } finally {
    session.destroy()
  }
}

const FRONTS = { 'HTTP/1.1': askHttp1, 'HTTP/2': askHttp2 } as const
const DECODE = { gzip: gunzipSync, br: brotliDecompressSync, zstd: zstdDecompressSync } as const
const SHORT = 'a short text that is a little longer than twenty bytes'
const LONG = Array.from({ length: 40_000 }, (_, index) => `line ${index * 7919}\n`).join('')

for (const [front, ask] of Object.entries(FRONTS)) {
  for (const coding of ['gzip', 'br', 'zstd'] as const) {
    test(`a short and a long text are compressed with ${coding} over ${front}`, async () => {
      let text = SHORT
      await using world = await startWorld(
        (_, response) => {
          response.setHeader('content-type', 'Text/Plain; charset=utf-8')
          response.setHeader('etag', '"one"')
          response.setHeader('accept-ranges', 'bytes')
          response.setHeader('content-digest', 'sha-256=:AAAA:')
          response.setHeader('content-length', text.length)
          response.end(text)
        },
        { compression: policyOf(coding) },
      )
      const short = await ask(world.port, { 'accept-encoding': coding })
      assert.equal(DECODE[coding](short.body).toString(), SHORT)
      assert.equal(short.headers['content-length'], String(short.body.length))
      text = LONG
      const long = await ask(world.port, { 'accept-encoding': coding })
      assert.equal(DECODE[coding](long.body).toString(), LONG)
      assert.equal(long.headers['content-length'], undefined)
      for (const { headers } of [short, long]) {
        assert.equal(headers['content-encoding'], coding)
        assert.equal(headers['vary'], 'Accept-Encoding')
        assert.equal(headers['etag'], 'W/"one"')
        assert.equal(headers['accept-ranges'], undefined)
        assert.equal(headers['content-digest'], undefined)
      }
      assert.equal(encoderBytesInUse(), 0)
    })
  }

  test(`what is written is readable before more comes, over ${front}`, async () => {
    const more = Promise.withResolvers<void>()
    await using world = await startWorld(
      (_, response) => {
        response.setHeader('content-type', 'text/plain')
        response.write('first, ')
        void more.promise.then(() => response.end('second'))
      },
      { compression: policyOf('gzip') },
    )
    const gunzip = createGunzip()
    let text = ''
    gunzip.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      more.resolve()
    })
    if (front === 'HTTP/1.1') (await openHttp1(world.port, { 'accept-encoding': 'gzip' })).pipe(gunzip)
    else connect(`http://127.0.0.1:${world.port}`).request({ ':path': '/', 'accept-encoding': 'gzip' }).pipe(gunzip)
    await once(gunzip, 'end')
    assert.equal(text, 'first, second')
  })
}

interface Untouched {
  readonly what: string
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly method?: string
  readonly body?: string
  readonly vary?: string
}

const UNTOUCHED: readonly Untouched[] = [
  { what: 'an answer to HEAD', method: 'HEAD', vary: 'Accept-Encoding' },
  { what: 'a 204', status: 204, body: '' },
  { what: 'a 304', status: 304, body: '', vary: 'Accept-Encoding', headers: { 'content-type': '' } },
  { what: 'a 206', status: 206, headers: { 'content-range': 'bytes 0-53/100' } },
  { what: 'a text that is compressed already', headers: { 'content-encoding': 'br' } },
  { what: 'a text that must not be transformed', headers: { 'cache-control': 'public, no-transform' } },
  { what: 'a stream of events', headers: { 'content-type': 'text/event-stream' } },
  { what: 'a gRPC answer', headers: { 'content-type': 'application/grpc+proto' } },
  { what: 'an image', headers: { 'content-type': 'image/png' } },
  { what: 'a text of 19 bytes', body: 'x'.repeat(19) },
]

for (const { what, status = 200, headers = {}, method = 'GET', body = SHORT, vary } of UNTOUCHED) {
  test(`${what} stays as it is`, async () => {
    await using world = await startWorld(
      (_, response) => {
        const all = { 'content-type': 'text/plain', etag: '"one"', 'content-length': String(body.length), ...headers }
        for (const [name, value] of Object.entries(all)) if (value !== '') response.setHeader(name, value)
        if (status === 204) response.removeHeader('content-length')
        response.statusCode = status
        response.end(body)
      },
      { compression: policyOf('gzip') },
    )
    for (const ask of Object.values(FRONTS)) {
      const answer = await ask(world.port, { 'accept-encoding': 'gzip' }, method)
      assert.equal(answer.status, status)
      assert.equal(answer.headers['content-encoding'], headers['content-encoding'])
      assert.equal(answer.headers['etag'], '"one"')
      assert.equal(answer.headers['vary'], vary)
      assert.equal(answer.body.toString(), method === 'HEAD' ? '' : body)
    }
  })
}

test('a client that accepts no coding gets the text, and caches are told', async () => {
  await using world = await startWorld(
    (_, response) => {
      response.setHeader('content-type', 'text/plain')
      response.setHeader('vary', 'Origin')
      response.end(SHORT)
    },
    { compression: policyOf('br', 'gzip') },
  )
  const plain = await askHttp1(world.port, {})
  assert.deepEqual([plain.body.toString(), plain.headers['vary']], [SHORT, 'Origin, Accept-Encoding'])
  const old = await sendRaw(world.port, 'GET / HTTP/1.0\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n')
  assert.ok(old.endsWith(SHORT))
})

test('a text of unknown length that turns out too short is not compressed', async () => {
  await using world = await startWorld(
    (_, response) => {
      response.setHeader('content-type', 'text/plain')
      response.setHeader('transfer-encoding', 'chunked')
      response.end('tiny')
    },
    { compression: policyOf('gzip') },
  )
  const { body, headers } = await askHttp1(world.port, { 'accept-encoding': 'gzip' })
  assert.equal(body.toString(), 'tiny')
  assert.equal(headers['content-encoding'], undefined)
})

test('an answer of the backend for errors is compressed once', async () => {
  await using world = await startWorld(
    (asked, response) => {
      response.statusCode = asked.headers['x-code'] === undefined ? 500 : 404
      response.setHeader('content-type', 'text/plain')
      response.end(asked.headers['x-code'] === undefined ? 'secret'.repeat(10) : SHORT)
    },
    {
      compression: policyOf('gzip'),
      errorPages: { backendId: 'shop/web:80', statuses: [500], interceptsUpstream: true },
    },
  )
  const { status, body } = await askHttp1(world.port, { 'accept-encoding': 'gzip' })
  assert.deepEqual([status, gunzipSync(body).toString()], [404, SHORT])
})

test('an upstream that breaks off leaves a client with a truncated message, and no memory', async () => {
  await using world = await startWorld(
    (_, response) => {
      response.setHeader('content-type', 'text/plain')
      response.write(LONG)
      setImmediate(() => response.destroy())
    },
    { compression: policyOf('gzip') },
  )
  const response = await openHttp1(world.port, { 'accept-encoding': 'gzip' })
  await assert.rejects(async () => {
    for await (const part of response) assert.ok(part)
  }, /aborted/)
  await world.proxy.recordCount(1)
  assert.equal(encoderBytesInUse(), 0)
})

test('a client that leaves ends the stream and the upstream', async () => {
  const left = Promise.withResolvers<void>()
  await using world = await startWorld(
    (_, response) => {
      response.setHeader('content-type', 'text/plain')
      response.write(LONG)
      response.on('close', () => left.resolve())
    },
    { compression: policyOf('gzip') },
  )
  const response = await openHttp1(world.port, { 'accept-encoding': 'gzip' })
  await once(response, 'data')
  response.destroy()
  await left.promise
  await world.proxy.recordCount(1)
  assert.equal(encoderBytesInUse(), 0)
})

/** A front that takes what it is told to take. */
class SlowFront implements Downstream {
  takes = true
  readonly parts: Buffer[] = []
  readonly ended = Promise.withResolvers<void>()
  head: ResponseHead | null = null
  failure = ''

  responseInterim(): void {}
  responseHead(head: ResponseHead): void {
    this.head = head
  }
  responseData(buffer: Buffer, start: number, end: number): boolean {
    this.parts.push(Buffer.from(buffer.subarray(start, end)))
    return this.takes
  }
  responseFlush(): void {}
  responseEnd(): void {
    this.ended.resolve()
  }
  responseFailed(failure: string): void {
    this.failure = failure
    this.ended.resolve()
  }
  requestDrained(): void {}
}

const HEAD: ResponseHead = {
  status: 200,
  reason: 'OK',
  headerLines: 'Content-Type: text/plain\r\n',
  contentLength: UNKNOWN_LENGTH,
  hasBody: true,
  upgrade: '',
}

function slowFilter(front: SlowFront): { filter: CompressionFilter; resumed: () => Promise<void> } {
  const record = new RequestRecord()
  record.protocol = 'HTTP/1.1'
  record.headerLines = 'Accept-Encoding: gzip\r\n'
  const filter = new CompressionFilter(policyOf('gzip'), record, front)
  let wake: () => void = () => undefined
  const exchange: Exchange = { writeBody: () => true, endBody() {}, resume: () => wake(), abort() {} }
  filter.exchange = exchange
  return { filter, resumed: () => new Promise((resolve) => (wake = resolve)) }
}

test('a client that takes nothing stops the upstream within bounds, and gets all once it reads', async () => {
  const front = new SlowFront()
  front.takes = false
  const { filter, resumed } = slowFilter(front)
  filter.responseHead(HEAD)
  const block = randomBytes(65_536)
  let given = 0
  for (; given < 4_000_000; given += block.length) {
    if (filter.responseData(block, 0, block.length)) continue
    const stuck = new Promise((resolve) => setTimeout(resolve, 50, 'stuck'))
    if ((await Promise.race([resumed(), stuck])) === 'stuck') break
  }
  assert.ok(given < 1_000_000, `${given} bytes were taken for a client that reads none`)
  front.takes = true
  filter.resume()
  filter.responseEnd('')
  await front.ended.promise
  assert.equal(gunzipSync(Buffer.concat(front.parts)).length, given + block.length)
})

test('no stream is made when too much memory is in use, and the answer goes out as it is', async () => {
  const fronts = Array.from({ length: 600 }, () => new SlowFront())
  const filters = fronts.map((front) => slowFilter(front).filter)
  for (const filter of filters) {
    filter.responseHead(HEAD)
    filter.responseFlush()
  }
  assert.ok(encoderBytesInUse() <= 128 * 1024 * 1024)
  assert.match(fronts.at(0)?.head?.headerLines ?? '', /Content-Encoding: gzip/)
  assert.equal(fronts.at(-1)?.head?.headerLines, 'Content-Type: text/plain\r\nVary: Accept-Encoding\r\n')
  for (const filter of filters) filter.abort()
  assert.equal(encoderBytesInUse(), 0)
})
