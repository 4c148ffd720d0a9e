/** Traces over sockets: a client, the proxy, an upstream that shows what it got, and a collector of other make. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect, createServer as createTcpServer, type AddressInfo } from 'node:net'
import { connect as connectHttp2 } from 'node:http2'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { status } from '@grpc/grpc-js'
import { DEFAULT_TRACING, type RouteTracing, type TracingSettings } from '../../routing/tracing.ts'
import { type OtlpReceiver, startOtlpReceiver } from '../testing/otlp-receiver.ts'
import { type Fixture, startFixture } from '../testing/proxy-fixture.ts'
import { sendRaw } from '../testing/raw-client.ts'
import { TracingSwitch } from '../tracing-switch.ts'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const PARENT = '00f067aa0ba902b7'
const TRUSTING: RouteTracing = { trustsIncoming: true, operationName: '' }

/** Answers with the headers that it received; `/status/NNN` with that status. */
async function startUpstream(context: TestContext): Promise<number> {
  const server = createServer((request, response) => {
    response.statusCode = Number(/^\/status\/(\d{3})/.exec(request.url ?? '')?.[1] ?? 200)
    response.end(JSON.stringify(request.headers))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  context.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

interface Setup {
  readonly proxy: Fixture
  readonly tracing: TracingSwitch
  readonly problems: readonly string[]
  /** Headers that the upstream got. */
  readonly ask: (path: string, ...headers: readonly string[]) => Promise<Readonly<Record<string, string>>>
}

async function setUp(
  context: TestContext,
  port: number,
  route: RouteTracing | undefined,
  settings: Partial<TracingSettings> = {},
): Promise<Setup> {
  const problems: string[] = []
  const tracing = new TracingSwitch((problem) => problems.push(problem), 500)
  await tracing.apply({
    ...DEFAULT_TRACING,
    collectorHost: '127.0.0.1',
    collectorPort: port,
    scheduleDelayMs: 10,
    ...settings,
  })
  const proxy = await startFixture({
    upstreams: [await startUpstream(context)],
    tracing,
    ...(route === undefined ? {} : { route: { tracing: route } }),
  })
  context.after(async () => {
    await proxy[Symbol.asyncDispose]()
    await tracing.close()
  })
  return {
    proxy,
    tracing,
    problems,
    ask: async (path, ...headers) => {
      const lines = headers.map((line) => `${line}\r\n`).join('')
      const answer = await sendRaw(
        proxy.port,
        `GET ${path} HTTP/1.1\r\nHost: shop.example:8080\r\nUser-Agent: probe/1\r\n${lines}Connection: close\r\n\r\n`,
      )
      const body = /\r\n\r\n[\da-f]*\r?\n?(\{.*\})/s.exec(answer)?.[1] ?? '{}'
      return JSON.parse(body) as Readonly<Record<string, string>>
    },
  }
}

async function startReceiver(context: TestContext): Promise<OtlpReceiver> {
  const receiver = await startOtlpReceiver()
  context.after(() => receiver[Symbol.asyncDispose]())
  return receiver
}

test('a trusted trace is continued: the upstream gets a new span of it and the collector the same', async (context) => {
  const receiver = await startReceiver(context)
  const { ask } = await setUp(context, receiver.grpcPort, TRUSTING)
  const before = BigInt(Date.now()) * 1_000_000n
  const got = await ask(
    '/cart?token=secret',
    `traceparent: 00-${TRACE}-${PARENT}-01`,
    'tracestate: rojo=1',
    'tracestate: congo=2',
  )
  await receiver.spanCount(1)
  const [span] = receiver.spans
  assert.ok(span)
  assert.equal(got['traceparent'], `00-${TRACE}-${span.spanId}-01`)
  assert.equal(got['tracestate'], 'rojo=1,congo=2')
  assert.notEqual(span.spanId, PARENT)
  assert.equal(span.traceId, TRACE)
  assert.equal(span.parentSpanId, PARENT)
  assert.equal(span.traceState, 'rojo=1,congo=2')
  assert.equal(span.name, 'GET /')
  assert.equal(span.kind, 2)
  assert.equal(span.flags, 0x301)
  assert.equal(span.statusCode, 0)
  assert.equal(span.scope, 'genkan')
  assert.equal(span.resource['service.name'], 'nginx')
  assert.ok(
    span.startNs >= before - 50_000_000n && span.endNs >= span.startNs,
    `${before} ${span.startNs} ${span.endNs}`,
  )
  assert.ok(span.endNs - span.startNs < 5_000_000_000n)
  assert.deepEqual(span.attributes, {
    'http.request.method': 'GET',
    'url.scheme': 'http',
    'url.path': '/cart',
    'network.protocol.name': 'http',
    'network.protocol.version': '1.1',
    'server.address': 'shop.example',
    'server.port': 8080,
    'client.address': '127.0.0.1',
    'network.peer.address': '127.0.0.1',
    'user_agent.original': 'probe/1',
    'http.response.status_code': 200,
    'http.route': '/',
    'ingress.namespace': 'shop',
    'ingress.name': 'web',
    'ingress.service_name': 'web',
    'ingress.upstream': 'shop-web-80',
  })
})

test('without a trace, or with one that is malformed or not trusted, a new one begins', async (context) => {
  const receiver = await startReceiver(context)
  const trusting = await setUp(context, receiver.grpcPort, TRUSTING)
  const wary = await setUp(context, receiver.grpcPort, { ...TRUSTING, trustsIncoming: false })
  const good = `traceparent: 00-${TRACE}-${PARENT}-00`
  const answers = [
    await trusting.ask('/'),
    await trusting.ask('/', `traceparent: 00-${TRACE}-${PARENT}`, 'tracestate: rojo=1'),
    await trusting.ask('/', good, good, 'tracestate: rojo=1'),
    await wary.ask('/', good, 'tracestate: rojo=1'),
  ]
  await receiver.spanCount(4)
  const sent = answers.map((headers) => headers['traceparent'] ?? '').sort()
  assert.deepEqual(sent, receiver.spans.map(({ traceId, spanId }) => `00-${traceId}-${spanId}-01`).sort())
  for (const span of receiver.spans) {
    assert.notEqual(span.traceId, TRACE)
    assert.equal(span.parentSpanId, '')
    assert.equal(span.flags, 0x101)
  }
  assert.deepEqual(
    answers.map((headers) => headers['tracestate']),
    [undefined, undefined, undefined, undefined],
  )
})

test('a route that is not traced passes trace contexts as they are, and makes no spans', async (context) => {
  const receiver = await startReceiver(context)
  const { ask, proxy } = await setUp(context, receiver.grpcPort, undefined)
  const parent = `00-${TRACE}-${PARENT}-01`
  assert.equal((await ask('/', `traceparent: ${parent}`))['traceparent'], parent)
  await proxy.recordCount(1)
  assert.equal(proxy.records[0]?.span, null)
})

test('a trace that is not sampled goes on with a new span id, and is not exported', async (context) => {
  const receiver = await startReceiver(context)
  const { ask, tracing } = await setUp(context, receiver.grpcPort, TRUSTING)
  const got = await ask('/', `traceparent: 00-${TRACE}-${PARENT}-00`)
  assert.match(got['traceparent'] ?? '', new RegExp(`^00-${TRACE}-(?!${PARENT})[0-9a-f]{16}-00$`))
  await tracing.close()
  assert.equal(receiver.exports, 0)
})

test('an answer of 5xx is an error, one of 4xx is not', async (context) => {
  const receiver = await startReceiver(context)
  const { ask } = await setUp(context, receiver.grpcPort, TRUSTING)
  await ask('/status/503')
  await ask('/status/404')
  await receiver.spanCount(2)
  const seen = receiver.spans.map(({ statusCode, attributes }) => [
    attributes['http.response.status_code'],
    statusCode,
    attributes['error.type'],
  ])
  assert.deepEqual(seen, [
    [503, 2, '503'],
    [404, 0, undefined],
  ])
})

test('an operation name may hold log variables, and methods that nobody knows are named apart', async (context) => {
  const receiver = await startReceiver(context)
  const { proxy } = await setUp(context, receiver.grpcPort, {
    trustsIncoming: true,
    operationName: 'HTTP $request_method of $service_name',
  })
  await sendRaw(proxy.port, 'BREW /pot HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
  await receiver.spanCount(1)
  assert.equal(receiver.spans[0]?.name, 'HTTP BREW of web')
  assert.equal(receiver.spans[0]?.attributes['http.request.method'], '_OTHER')
  assert.equal(receiver.spans[0]?.attributes['http.request.method_original'], 'BREW')
})

test('bytes that are not UTF-8 become text, and long values are cut', async (context) => {
  const receiver = await startReceiver(context)
  const { proxy } = await setUp(context, receiver.grpcPort, TRUSTING)
  const agent = `\xff\xc3\xa9${'y'.repeat(3000)}`
  await sendRaw(proxy.port, `GET / HTTP/1.1\r\nHost: x\r\nUser-Agent: ${agent}\r\nConnection: close\r\n\r\n`)
  await receiver.spanCount(1)
  assert.equal(receiver.spans[0]?.attributes['user_agent.original'], agent.slice(0, 1024))
})

test('requests over HTTP/2 are traced alike', async (context) => {
  const receiver = await startReceiver(context)
  const { proxy } = await setUp(context, receiver.grpcPort, TRUSTING)
  const session = connectHttp2(`http://127.0.0.1:${proxy.port}`)
  context.after(() => session.destroy())
  const stream = session.request({ ':path': '/two?x=1', traceparent: `00-${TRACE}-${PARENT}-01` })
  const got = JSON.parse(await text(stream)) as Readonly<Record<string, string>>
  await receiver.spanCount(1)
  const [span] = receiver.spans
  assert.equal(got['traceparent'], `00-${TRACE}-${span?.spanId}-01`)
  assert.equal(span?.parentSpanId, PARENT)
  assert.equal(span?.attributes['network.protocol.version'], '2')
  assert.equal(span?.attributes['url.path'], '/two')
})

test('port 4318 is spoken to in HTTP', async (context) => {
  const receiver = await startReceiver(context)
  const { HttpCollector } = await import('./http-collector.ts')
  const { encodeExportRequest } = await import('./otlp-export.ts')
  const collector = new HttpCollector('127.0.0.1', receiver.httpPort)
  context.after(() => collector.close())
  const message = encodeExportRequest([Buffer.from([0x2a, 1, 0x61])], { 'service.name': 'shop' })
  assert.deepEqual(await collector.send(message), { kind: 'taken', rejected: 0 })
  assert.equal(receiver.spans[0]?.name, 'a')
  assert.equal(receiver.spans[0]?.resource['service.name'], 'shop')
  receiver.rejectSpans(3)
  assert.deepEqual(await collector.send(message), { kind: 'taken', rejected: 3 })
  receiver.failWith(status.UNAVAILABLE)
  assert.deepEqual(await collector.send(message), { kind: 'again', reason: 'HTTP status 503' })
})

test('a gRPC collector may fail for now, for good, or in part', async (context) => {
  const receiver = await startReceiver(context)
  const { GrpcCollector } = await import('./grpc-collector.ts')
  const collector = new GrpcCollector('127.0.0.1', receiver.grpcPort)
  context.after(() => collector.close())
  const empty = Buffer.alloc(0)
  assert.deepEqual(await collector.send(empty), { kind: 'taken', rejected: 0 })
  receiver.rejectSpans(200)
  assert.deepEqual(await collector.send(empty), { kind: 'taken', rejected: 200 })
  receiver.failWith(status.UNAVAILABLE)
  assert.deepEqual(await collector.send(empty), { kind: 'again', reason: 'gRPC status 14 (UNAVAILABLE)' })
  receiver.failWith(status.INVALID_ARGUMENT)
  assert.deepEqual(await collector.send(empty), { kind: 'refused', reason: 'gRPC status 3 (INVALID_ARGUMENT)' })
  receiver.failWith(null)
  receiver.rejectSpans(0)
  assert.deepEqual(await collector.send(empty), { kind: 'taken', rejected: 0 })
})

test('requests are served while the collector is away, whose absence is told once', async (context) => {
  const nobody = createTcpServer()
  nobody.listen(0, '127.0.0.1')
  await once(nobody, 'listening')
  const { port } = nobody.address() as AddressInfo
  nobody.close()
  await once(nobody, 'close')
  const { ask, problems, tracing } = await setUp(context, port, TRUSTING, { maxBatchSize: 1 })
  for (let i = 0; i < 3; i++) assert.ok((await ask('/'))['traceparent'])
  await tracing.close()
  assert.match(problems[0] ?? '', new RegExp(`^Cannot export traces to 127\\.0\\.0\\.1:${port}: .*ECONNREFUSED`))
  assert.equal(tracing.counts().exported, 0)
  assert.equal(tracing.counts().dropped, 3)
})

test('a collector that takes connections and says nothing holds nobody up', async (context) => {
  const silent = createTcpServer((socket) => socket.on('error', () => undefined))
  silent.listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const { port } = silent.address() as AddressInfo
  context.after(() => silent.close())
  const probe = connect(port, '127.0.0.1')
  await once(probe, 'connect')
  probe.destroy()
  const { ask } = await setUp(context, port, TRUSTING, { maxBatchSize: 1 })
  for (let i = 0; i < 3; i++) assert.ok((await ask('/'))['traceparent'])
})

test('a change of settings sends what the old tracer has', async (context) => {
  const receiver = await startReceiver(context)
  const { ask, tracing } = await setUp(context, receiver.grpcPort, TRUSTING, { scheduleDelayMs: 600_000 })
  await ask('/')
  await tracing.apply(undefined)
  await receiver.spanCount(1)
  assert.equal((await ask('/'))['traceparent'], undefined)
})
