/** WebSockets over HTTP/2 (RFC 8441). */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2'
import type { AddressInfo, Socket } from 'node:net'
import { test } from 'node:test'
import { WebSocketServer } from 'ws'
import { ask, readAnswer, startFront } from '../testing/http2-front.ts'

const SWITCHING =
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s\r\nSec-WebSocket-Protocol: chat\r\n\r\n'

const CONNECT = {
  ':method': 'CONNECT',
  ':protocol': 'websocket',
  ':scheme': 'http',
  ':authority': 'shop.example.com',
  ':path': '/chat?a=1',
  'sec-websocket-version': '13',
  'sec-websocket-protocol': 'chat',
  'sec-websocket-key': 'not-for-us',
  origin: 'http://shop.example.com',
}

async function openTunnel(session: ClientHttp2Session): Promise<ClientHttp2Stream> {
  if (!session.remoteSettings.enableConnectProtocol) await once(session, 'remoteSettings')
  assert.equal(session.remoteSettings.enableConnectProtocol, true)
  return session.request(CONNECT, { endStream: false })
}

async function until(stream: ClientHttp2Stream | Socket, pattern: RegExp): Promise<string> {
  let text = ''
  for (;;) {
    const [chunk] = (await once(stream, 'data')) as [Buffer]
    text += chunk.toString('latin1')
    if (pattern.test(text)) return text
  }
}

test('bytes pass both ways after the upstream agreed, early ones of both sides included', async (t) => {
  let head = ''
  const front = await startFront(t, {
    rawUpstream: (socket) => {
      socket.on('data', (chunk: Buffer) => {
        head += chunk.toString('latin1')
        if (head.endsWith('\r\n\r\n')) socket.write(`${SWITCHING}hello`)
        if (head.endsWith('ping')) socket.write('pong')
        if (head.endsWith('bye')) socket.end('farewell')
      })
    },
  })
  const stream = await openTunnel(front.connect())
  // Sent before the upstream agreed: it must not take this for a request.
  stream.write('GET /smuggled HTTP/1.1\r\n\r\nearly')
  const [headers] = (await once(stream, 'response')) as [Record<string, unknown>]
  assert.equal(headers[':status'], 200)
  assert.equal(headers['sec-websocket-protocol'], 'chat')
  assert.equal('sec-websocket-accept' in headers || 'upgrade' in headers || 'connection' in headers, false)
  await until(stream, /hello$/)
  stream.write('ping')
  await until(stream, /pong$/)
  assert.match(head, /^GET \/chat\?a=1 HTTP\/1\.1\r\nHost: shop\.example\.com\r\n/)
  assert.match(head, /\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nGET \/smuggled HTTP\/1\.1\r\n\r\nearlyping$/)
  assert.equal(head.match(/^Sec-WebSocket-Key: [A-Za-z0-9+/]{22}==\r$/gim)?.length, 1)
  assert.doesNotMatch(head, /not-for-us/)
  const ended = front.nextRecord()
  stream.end('bye')
  await until(stream, /farewell$/)
  await once(stream, 'close')
  const record = await ended
  assert.deepEqual([record.status, record.isAborted, record.method], [200, false, 'CONNECT'])
})

test('each side closes for itself', async (t) => {
  let clientEnded: () => void = () => undefined
  const hasClientEnded = new Promise<void>((resolve) => (clientEnded = resolve))
  const front = await startFront(t, {
    rawUpstream: (socket) => {
      socket.allowHalfOpen = true
      socket.once('data', () => socket.write(SWITCHING))
      socket.on('end', () => {
        clientEnded()
        socket.end('after the end of the other side')
      })
    },
  })
  const stream = await openTunnel(front.connect())
  await once(stream, 'response')
  stream.end()
  await hasClientEnded
  await until(stream, /after the end of the other side$/)
  await once(stream, 'close')
  assert.equal(stream.rstCode, 0)
})

test('an upstream that closes first leaves the client its half', async (t) => {
  let heard: (text: string) => void = () => undefined
  const received = new Promise<string>((resolve) => (heard = resolve))
  const front = await startFront(t, {
    rawUpstream: (socket) => {
      socket.allowHalfOpen = true
      socket.once('data', () => {
        socket.end(SWITCHING)
        socket.once('data', (chunk: Buffer) => heard(chunk.toString()))
      })
    },
  })
  const stream = await openTunnel(front.connect())
  stream.resume()
  await once(stream, 'end')
  const ended = front.nextRecord()
  stream.end('last words')
  assert.equal((await ended).isAborted, false)
  assert.equal(await received, 'last words')
})

test('a refusal is an ordinary answer, and what was sent early goes nowhere', async (t) => {
  let received = ''
  const front = await startFront(t, {
    rawUpstream: (socket) =>
      void socket.on('data', (chunk: Buffer) => {
        received += chunk.toString('latin1')
        socket.write('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno')
      }),
  })
  const session = front.connect()
  const stream = await openTunnel(session)
  const answer = readAnswer(stream)
  stream.write('GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n')
  const { status, body } = await answer
  assert.deepEqual([status, body], [403, 'no'])
  assert.doesNotMatch(received, /smuggled/)
  assert.equal((await ask(session, { ':path': '/' })).status, 403)
})

test('a client that resets ends the upstream connection', async (t) => {
  let closed: () => void = () => undefined
  const hasClosed = new Promise<void>((resolve) => (closed = resolve))
  const front = await startFront(t, {
    rawUpstream: (socket) =>
      void socket
        .on('error', () => undefined)
        .on('close', closed)
        .once('data', () => socket.write(SWITCHING)),
  })
  const stream = await openTunnel(front.connect())
  stream.on('error', () => undefined)
  await once(stream, 'response')
  const ended = front.nextRecord()
  stream.close(8)
  await hasClosed
  assert.equal((await ended).isAborted, false)
})

test('a quiet tunnel is not taken for a stalled body', async (t) => {
  const front = await startFront(t, {
    settings: { clientBodyTimeoutMs: 400 },
    rawUpstream: (socket) =>
      void socket.once('data', () => {
        socket.write(SWITCHING)
        setTimeout(() => socket.end('late'), 1000)
      }),
  })
  const stream = await openTunnel(front.connect())
  await until(stream, /late$/)
})

for (const [what, headers, status] of [
  ['another protocol', { ...CONNECT, ':protocol': 'connect-udp' }, 501],
] as const) {
  test(`${what} is answered ${status}`, async (t) => {
    const front = await startFront(t)
    const session = front.connect()
    await once(session, 'remoteSettings')
    const stream = session.request(headers, { endStream: false })
    assert.equal((await readAnswer(stream)).status, status)
  })
}

test('a real WebSocket server takes the handshake that we make of it', async (t) => {
  const server = createServer()
  const sockets = new WebSocketServer({ server })
  sockets.on('connection', (socket, request: IncomingMessage) => socket.send(`welcome to ${request.url}`))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    for (const client of sockets.clients) client.terminate()
    server.close()
  })
  const front = await startFront(t, { upstreamPort: (server.address() as AddressInfo).port })
  const stream = await openTunnel(front.connect())
  assert.match(await until(stream, /chat/), /^\x81.welcome to \/chat\?a=1$/)
  // A masked close frame.
  stream.write(Buffer.from([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8]))
  await until(stream, /^\x88/)
})
