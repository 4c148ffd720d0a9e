/** WebSockets to HTTP/2 upstreams: extended CONNECT (RFC 8441) where the upstream's SETTINGS allow it, 502 where not. */
import assert from 'node:assert/strict'
import { connect } from 'node:http2'
import { test } from 'node:test'
import { WebSocket } from 'ws'
import { startHttp2Upstream } from '../../testing/http2-upstream.ts'
import { startFixture } from '../../testing/proxy-fixture.ts'
import { RawClient, sendRaw } from '../../testing/raw-client.ts'

const UPGRADE =
  'GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n'

test('the handshake of HTTP/1.1 becomes extended CONNECT, and bytes pass both ways', async (context) => {
  const seen: Record<string, unknown>[] = []
  const upstream = await startHttp2Upstream(
    context,
    (stream, headers) => {
      seen.push({ ...headers })
      stream.respond({ ':status': 200, 'sec-websocket-protocol': 'chat' })
      stream.on('data', (chunk: Buffer) => stream.write(`<${chunk.toString()}>`))
      stream.on('end', () => stream.end('bye'))
    },
    { settings: { enableConnectProtocol: true } },
  )
  await using proxy = await startFixture({ upstreams: [upstream.port], action: { protocol: 'h2c' } })
  const client = new RawClient(proxy.port)
  client.send(UPGRADE)
  await client.until(/\r\n\r\n/)
  assert.match(client.text, /^HTTP\/1\.1 101 /)
  assert.match(client.text, /\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r\n/)
  assert.match(client.text, /\r\nUpgrade: websocket\r\n/)
  client.send('one')
  await client.until(/<one>$/)
  client.send('two')
  await client.until(/<two>$/)
  client.socket.end()
  assert.match(await client.untilClosed(), /bye$/)
  const [head] = seen
  assert.deepEqual(
    [head?.[':method'], head?.[':protocol'], head?.[':path'], head?.['sec-websocket-version']],
    ['CONNECT', 'websocket', '/chat', '13'],
  )
  assert.equal(head?.['sec-websocket-key'], undefined)
})

test('extended CONNECT of a client goes on as extended CONNECT', async (context) => {
  const upstream = await startHttp2Upstream(
    context,
    (stream, headers) => {
      stream.respond({ ':status': 200 })
      stream.write(`${headers[':method']} ${headers[':protocol']};`)
      stream.pipe(stream)
    },
    { settings: { enableConnectProtocol: true } },
  )
  await using proxy = await startFixture({ upstreams: [upstream.port], action: { protocol: 'h2c' } })
  const session = connect(`http://127.0.0.1:${proxy.port}`)
  context.after(() => session.destroy())
  await new Promise((resolve) => session.once('remoteSettings', resolve))
  const stream = session.request(
    { ':method': 'CONNECT', ':protocol': 'websocket', ':path': '/chat', 'sec-websocket-version': '13' },
    { endStream: false },
  )
  stream.setEncoding('utf8')
  stream.end('hello')
  let text = ''
  for await (const chunk of stream) text += String(chunk)
  assert.equal(text, 'CONNECT websocket;hello')
})

test('a refusal is an ordinary answer', async (context) => {
  const upstream = await startHttp2Upstream(
    context,
    (stream) => {
      stream.respond({ ':status': 403, 'content-length': 2 })
      stream.end('no')
    },
    { settings: { enableConnectProtocol: true } },
  )
  await using proxy = await startFixture({ upstreams: [upstream.port], action: { protocol: 'h2c' } })
  const client = new RawClient(proxy.port)
  client.send(UPGRADE)
  assert.match(await client.until(/no$/), /^HTTP\/1\.1 403 /)
  client.close()
})

test('an upstream without extended CONNECT answers 502, as does another protocol', async (context) => {
  const plain = await startHttp2Upstream(context, (stream) => stream.respond({ ':status': 200 }))
  const close = UPGRADE.replace('Connection: Upgrade', 'Connection: Upgrade, close')
  await using one = await startFixture({ upstreams: [plain.port], action: { protocol: 'h2c' } })
  assert.match(await sendRaw(one.port, close), /^HTTP\/1\.1 502 /)
  const able = await startHttp2Upstream(context, (stream) => stream.respond({ ':status': 200 }), {
    settings: { enableConnectProtocol: true },
  })
  await using other = await startFixture({ upstreams: [able.port], action: { protocol: 'h2c' } })
  assert.match(await sendRaw(other.port, close.replace('websocket\r\n', 'telnet\r\n')), /^HTTP\/1\.1 502 /)
})

test('a client of ws takes our handshake', async (context) => {
  const upstream = await startHttp2Upstream(
    context,
    (stream) => {
      stream.respond({ ':status': 200 })
      // A text frame that is not masked, as servers send.
      stream.write(Buffer.from([0x81, 2, 0x68, 0x69]))
    },
    { settings: { enableConnectProtocol: true } },
  )
  await using proxy = await startFixture({ upstreams: [upstream.port], action: { protocol: 'h2c' } })
  const socket = new WebSocket(`ws://127.0.0.1:${proxy.port}/`)
  const text = await new Promise((resolve, reject) => {
    socket.on('error', reject)
    socket.on('message', (data: Buffer) => resolve(data.toString()))
  })
  assert.equal(text, 'hi')
  socket.terminate()
})
