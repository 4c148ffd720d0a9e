/** gRPC end to end with grpc-js on both sides, which is what users have. */
import assert from 'node:assert/strict'
import { Metadata, type ServiceError, status } from '@grpc/grpc-js'
import type { sendUnaryData, ServerDuplexStream, ServerUnaryCall, ServerWritableStream } from '@grpc/grpc-js'
import type { ServerReadableStream } from '@grpc/grpc-js'
import { test } from 'node:test'
import { createSelfSigned } from '../../../base/certificate.ts'
import { callUnary, connectGrpc, startGrpcServer } from '../../testing/grpc.ts'
import { startHttp2Upstream } from '../../testing/http2-upstream.ts'
import { type FixtureOptions, startFixture } from '../../testing/proxy-fixture.ts'
import { refusedPort } from '../../testing/raw-upstream.ts'

type Unary = ServerUnaryCall<Buffer, Buffer>

const echo = {
  unary: (call: Unary, answer: sendUnaryData<Buffer>) => answer(null, call.request),
  upload: (call: ServerReadableStream<Buffer, Buffer>, answer: sendUnaryData<Buffer>) => {
    let bytes = 0
    call.on('data', (message: Buffer) => (bytes += message.length))
    call.on('end', () => answer(null, Buffer.from(String(bytes))))
  },
  download: (call: ServerWritableStream<Buffer, Buffer>) => {
    for (let i = 0; i < 100; i++) call.write(Buffer.from(`${call.request.toString()} ${i}`))
    call.end()
  },
  chat: (call: ServerDuplexStream<Buffer, Buffer>) => {
    call.on('data', (message: Buffer) => call.write(message))
    call.on('end', () => call.end())
  },
}

const options = (port: number, more: Partial<FixtureOptions> = {}): FixtureOptions => ({
  upstreams: [port],
  ...more,
  action: { protocol: 'h2c', ...more.action },
  route: { maxBodyBytes: 0, ...more.route },
})

async function failure(call: Promise<unknown>): Promise<ServiceError> {
  try {
    await call
  } catch (error) {
    return error as ServiceError
  }
  throw new Error('The call succeeded')
}

test('unary calls, streams of the client, of the server and of both', async (context) => {
  const server = await startGrpcServer(context, echo)
  await using proxy = await startFixture(options(server.port))
  const client = connectGrpc(context, proxy.port)
  assert.equal((await callUnary(client, Buffer.from('hello'))).toString(), 'hello')
  assert.equal((await callUnary(client, Buffer.alloc(0))).length, 0)

  const uploaded = new Promise<string>((resolve, reject) => {
    const call = client.upload((error, value) => (error === null ? resolve(String(value)) : reject(error)))
    for (let i = 0; i < 100; i++) call.write(Buffer.alloc(1000))
    call.end()
  })
  assert.equal(await uploaded, '100000')

  const down: string[] = []
  for await (const message of client.download(Buffer.from('go'))) down.push(String(message))
  assert.deepEqual([down.length, down[99]], [100, 'go 99'])

  const chat = client.chat()
  const messages = chat[Symbol.asyncIterator]()
  for (const word of ['one', 'two', 'three']) {
    chat.write(Buffer.from(word))
    assert.equal(String((await messages.next()).value), word)
  }
  chat.end()
  assert.equal((await messages.next()).done, true)
})

test('over TLS to the server', async (context) => {
  const server = await startGrpcServer(context, echo, await createSelfSigned(['grpc.example']))
  await using proxy = await startFixture(options(server.port, { action: { protocol: 'h2' } }))
  const client = connectGrpc(context, proxy.port)
  assert.equal((await callUnary(client, Buffer.from('hello'))).toString(), 'hello')
})

test('a hundred streams at a time', async (context) => {
  const server = await startGrpcServer(context, echo)
  await using proxy = await startFixture(options(server.port))
  const client = connectGrpc(context, proxy.port)
  const calls = Array.from({ length: 100 }, (_, at) => callUnary(client, Buffer.from(`${at}`)))
  assert.deepEqual((await Promise.all(calls)).map(Number), [...calls.keys()])
  assert.ok(proxy.plane.connectionCounts().upstreamOpen <= 1)
})

test('a message of five megabytes both ways, through windows that are smaller', async (context) => {
  const server = await startGrpcServer(context, echo)
  await using proxy = await startFixture(options(server.port))
  const client = connectGrpc(context, proxy.port)
  const message = Buffer.alloc(5_000_000, 'genkan')
  assert.ok((await callUnary(client, message)).equals(message))
})

test('metadata pass both ways, binary ones too', async (context) => {
  const server = await startGrpcServer(context, {
    ...echo,
    unary: (call: Unary, answer: sendUnaryData<Buffer>) => {
      const trailer = new Metadata()
      trailer.set('x-seen', call.metadata.get('x-mine')[0] ?? '')
      trailer.set('x-raw-bin', call.metadata.get('x-raw-bin')[0] ?? '')
      answer(null, call.request, trailer)
    },
  })
  await using proxy = await startFixture(options(server.port))
  const client = connectGrpc(context, proxy.port)
  const metadata = new Metadata()
  metadata.set('x-mine', 'yes')
  metadata.set('x-raw-bin', Buffer.from([0, 255, 10]))
  const trailers = await new Promise<Metadata>((resolve, reject) => {
    const call = client.unary(Buffer.from('x'), metadata, {}, (error) => (error === null ? undefined : reject(error)))
    call.on('status', ({ metadata: received }) => resolve(received))
  })
  assert.deepEqual(trailers.get('x-seen'), ['yes'])
  assert.deepEqual(trailers.get('x-raw-bin'), [Buffer.from([0, 255, 10])])
})

test("the server's own errors come as they are", async (context) => {
  const server = await startGrpcServer(context, {
    ...echo,
    unary: (_call: Unary, answer: sendUnaryData<Buffer>) =>
      answer({ code: status.FAILED_PRECONDITION, details: 'not today' }),
    download: (call: ServerWritableStream<Buffer, Buffer>) => {
      call.write(Buffer.from('first'))
      call.emit('error', { code: status.DATA_LOSS, details: 'then this' })
    },
  })
  await using proxy = await startFixture(options(server.port))
  const client = connectGrpc(context, proxy.port)
  const refused = await failure(callUnary(client, Buffer.from('x')))
  assert.deepEqual([refused.code, refused.details], [status.FAILED_PRECONDITION, 'not today'])
  const got: string[] = []
  const lost = await failure(
    (async () => {
      for await (const message of client.download(Buffer.from('x'))) got.push(String(message))
    })(),
  )
  assert.deepEqual([got, lost.code], [['first'], status.DATA_LOSS])
})

test('a client that cancels is heard of by the server', async (context) => {
  let cancelled: () => void = () => undefined
  const wasCancelled = new Promise<void>((resolve) => (cancelled = resolve))
  const server = await startGrpcServer(context, {
    ...echo,
    chat: (call: ServerDuplexStream<Buffer, Buffer>) => {
      call.on('cancelled', cancelled)
      call.on('data', (message: Buffer) => call.write(message))
    },
  })
  await using proxy = await startFixture(options(server.port))
  const chat = connectGrpc(context, proxy.port).chat()
  chat.on('error', () => undefined)
  chat.write(Buffer.from('x'))
  await new Promise((resolve) => chat.once('data', resolve))
  chat.cancel()
  await wasCancelled
})

test('a deadline that nobody keeps ends with DEADLINE_EXCEEDED, over all tries', async (context) => {
  const upstream = await startHttp2Upstream(context, () => undefined)
  await using proxy = await startFixture(options(upstream.port))
  const client = connectGrpc(context, proxy.port)
  const metadata = new Metadata()
  // Only the proxy is told: grpc-js would give up by itself.
  metadata.set('grpc-timeout', '40m')
  const error = await failure(
    new Promise((resolve, reject) => {
      client.unary(Buffer.from('x'), metadata, {}, (failed) => (failed === null ? resolve(0) : reject(failed)))
    }),
  )
  assert.equal(error.code, status.DEADLINE_EXCEEDED)
  assert.match(error.details, /504/)
})

test('a server that is killed in the middle is UNAVAILABLE', async (context) => {
  const server = await startGrpcServer(context, {
    ...echo,
    download: (call: ServerWritableStream<Buffer, Buffer>) => void call.write(Buffer.from('first')),
  })
  await using proxy = await startFixture(options(server.port))
  const download = connectGrpc(context, proxy.port).download(Buffer.from('x'))
  const error = await failure(
    (async () => {
      for await (const message of download) {
        assert.equal(String(message), 'first')
        server.kill()
      }
    })(),
  )
  assert.equal(error.code, status.UNAVAILABLE)
})

test('what the proxy says itself is a status of gRPC', async (context) => {
  const codeOf = async (more: Partial<FixtureOptions>, port: number, bytes = 10): Promise<number> => {
    await using proxy = await startFixture(options(port, more))
    return (await failure(callUnary(connectGrpc(context, proxy.port), Buffer.alloc(bytes)))).code
  }
  const silent = (await startHttp2Upstream(context, () => undefined)).port
  const unavailable = { status: 503, contentType: '', body: '' }
  const respond = (code: number) => ({
    route: { action: { kind: 'respond', answer: { ...unavailable, status: code } } as const },
  })
  assert.equal(await codeOf({}, await refusedPort()), status.UNAVAILABLE)
  assert.equal(await codeOf({ action: { readTimeoutMs: 30 } }, silent), status.DEADLINE_EXCEEDED)
  assert.equal(await codeOf({ upstreams: [] }, 0), status.UNAVAILABLE)
  assert.equal(await codeOf({ route: { maxBodyBytes: 5 } }, silent), status.RESOURCE_EXHAUSTED)
  assert.equal(await codeOf(respond(401), 0), status.UNAUTHENTICATED)
  assert.equal(await codeOf(respond(403), 0), status.PERMISSION_DENIED)
  assert.equal(await codeOf(respond(404), 0), status.UNIMPLEMENTED)
  assert.equal(await codeOf(respond(429), 0), status.UNAVAILABLE)
})
