import assert from 'node:assert/strict'
import { connect as connectHttp2 } from 'node:http2'
import { Agent, get as getHttps } from 'node:https'
import { after, before, test } from 'node:test'
import { WebSocket } from 'ws'
import { callUnary, connectGrpc } from '../../proxy/testing/grpc.ts'
import { type EchoServer, startEchoServer } from './echo-server.ts'

let server: EchoServer

before(async () => {
  server = await startEchoServer({
    key: 'shop/web/web-0',
    namespace: 'shop',
    service: 'web',
    pod: 'web-0',
    ingress: 'front',
    template: { labels: {}, containers: [] },
    takesUdp: false,
  })
})
after(() => server.close())

const get = (path: string): Promise<Response> =>
  fetch(`http://127.0.0.1:${server.port}${path}`, { headers: { 'x-tried': 'yes', connection: 'close' } })

test('an answer says what was received and which pod answered', async () => {
  const response = await get('/cart?id=1')
  const body = (await response.json()) as Record<string, unknown>
  assert.equal(response.status, 200)
  assert.equal(body['path'], '/cart?id=1')
  assert.equal(body['method'], 'GET')
  assert.equal(body['proto'], 'HTTP/1.1')
  assert.equal(body['host'], `127.0.0.1:${server.port}`)
  assert.deepEqual(
    [body['namespace'], body['ingress'], body['service'], body['pod']],
    ['shop', 'front', 'web', 'web-0'],
  )
  assert.deepEqual((body['headers'] as Record<string, unknown>)['X-Tried'], ['yes'])
})

test('the query chooses status and body length', async () => {
  assert.equal((await get('/?status=503')).status, 503)
  assert.equal((await (await get('/?bytes=200000')).arrayBuffer()).byteLength, 200_000)
  assert.equal((await get('/?status=204')).status, 204)
})

test('a query out of range is ignored', async () => {
  assert.equal((await get('/?status=1')).status, 200)
  assert.equal((await get('/?bytes=-1')).headers.get('content-type'), 'application/json')
})

test('a delay holds the answer back', async () => {
  const start = performance.now()
  await get('/?delay=60')
  assert.ok(performance.now() - start >= 55)
})

test('a WebSocket gets its messages back', async () => {
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}/`)
  const big = 'x'.repeat(70_000)
  const received: string[] = []
  await new Promise<void>((resolve, reject) => {
    socket.on('error', reject)
    socket.on('open', () => {
      socket.send('hello')
      socket.send(big)
    })
    socket.on('message', (data) => {
      received.push(Buffer.from(data as Buffer).toString())
      if (received.length === 2) socket.close()
    })
    socket.on('close', () => {
      resolve()
    })
  })
  assert.deepEqual(received, ['hello', big])
})

test('HTTP/2 is spoken on the same port, and TLS', async () => {
  for (const [origin, proto] of [
    [`http://127.0.0.1:${server.port}`, 'HTTP/2.0'],
    [`https://127.0.0.1:${server.port}`, 'HTTP/2.0'],
  ] as const) {
    const session = connectHttp2(origin, { rejectUnauthorized: false })
    const stream = session.request({ ':path': '/cart', 'x-tried': 'yes' })
    const body = JSON.parse(String(Buffer.concat(await stream.toArray()))) as Record<string, unknown>
    session.close()
    assert.deepEqual([body['proto'], body['path'], body['host']], [proto, '/cart', `127.0.0.1:${server.port}`])
    assert.deepEqual((body['headers'] as Record<string, unknown>)['X-Tried'], ['yes'])
  }
})

test('HTTP/1.1 over TLS is answered too', async () => {
  const body = await new Promise<string>((resolve, reject) => {
    getHttps(
      { host: '127.0.0.1', port: server.port, path: '/tls', rejectUnauthorized: false, agent: false },
      (response) => {
        response.setEncoding('utf8').on('data', (text: string) => resolve(text))
      },
    ).on('error', reject)
  })
  assert.match(body, /"path": "\/tls"[^]*"proto": "HTTP\/1\.1"/)
})

test('gRPC messages come back with status 0', async (context) => {
  const client = connectGrpc(context, server.port)
  assert.equal(String(await callUnary(client, Buffer.from('hello'))), 'hello')
})

test('a pod that stops closes what is idle, whatever it speaks', async () => {
  const own = await startEchoServer({
    key: 'shop/web/web-1',
    namespace: 'shop',
    service: 'web',
    pod: 'web-1',
    ingress: '',
    template: { labels: {}, containers: [] },
    takesUdp: false,
  })
  const session = connectHttp2(`http://127.0.0.1:${own.port}`)
  await session.request({ ':path': '/' }).toArray()
  const agent = new Agent({ keepAlive: true, rejectUnauthorized: false })
  await new Promise<void>((resolve) => {
    getHttps({ host: '127.0.0.1', port: own.port, agent }, (response) => response.resume().on('end', resolve))
  })
  await own.close()
  agent.destroy()
})
