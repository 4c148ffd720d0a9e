import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { startEchoServer } from './echo-server.ts'
import { isHttpOrTls, startUdpEcho } from './raw-echo.ts'

const POD = {
  key: 'shop/db/db-0',
  namespace: 'shop',
  service: 'db',
  pod: 'db-0',
  ingress: '',
  template: { labels: {}, containers: [] },
  takesUdp: true,
}

test('HTTP and TLS are told from other bytes', () => {
  for (const text of [
    'GET / HTTP/1.1\r\n',
    'G',
    'DELETE /x',
    'PURGE /x HTTP/1.1\r\nHost: a',
    'PRI * HTTP/2.0\r\n',
    '\u0016\u0003',
  ]) {
    assert.equal(isHttpOrTls(Buffer.from(text, 'latin1')), true, text)
  }
  for (const text of [
    'hello\n',
    '*1\r\n$4\r\nPING\r\n',
    'PING\r\n',
    'GETX',
    '\0\0\0\u0008',
    'PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n',
  ]) {
    assert.equal(isHttpOrTls(Buffer.from(text, 'latin1')), false, text)
  }
})

test('a simulated pod sends back bytes that are no request', async () => {
  const server = await startEchoServer(POD)
  const client = connect(server.port, '127.0.0.1')
  client.write('hello')
  assert.equal(String((await once(client, 'data'))[0]), 'hello')
  client.end('bye')
  assert.equal(String((await once(client, 'data'))[0]), 'bye')
  await once(client, 'close')
  await server.close()
})

test('a simulated pod sends back datagrams', async () => {
  const server = await startUdpEcho()
  const client = createSocket('udp4')
  client.send('ping', server.port, '127.0.0.1')
  assert.equal(String((await once(client, 'message'))[0]), 'ping')
  client.close()
  await server.close()
})
