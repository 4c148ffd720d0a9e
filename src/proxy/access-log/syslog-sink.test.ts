import assert from 'node:assert/strict'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { hostname } from 'node:os'
import { test, type TestContext } from 'node:test'
import { RequestRecord } from '../request-record.ts'
import { createAccessLog } from './access-log.ts'
import { createSyslogSink } from './syslog-sink.ts'

async function startServer(context: TestContext, family: 'udp4' | 'udp6', address: string): Promise<Socket> {
  const server = createSocket(family)
  server.bind(0, address)
  await once(server, 'listening')
  context.after(() => server.close())
  return server
}

async function receive(server: Socket, count: number): Promise<readonly string[]> {
  const received: string[] = []
  while (received.length < count) {
    const [message] = (await once(server, 'message', { signal: AbortSignal.timeout(5000) })) as [Buffer]
    received.push(message.toString('latin1'))
  }
  return received
}

const HOST = hostname().split('.')[0] ?? ''

test('each line becomes a datagram as nginx sends it', async (context) => {
  const server = await startServer(context, 'udp4', '127.0.0.1')
  const nowMs = new Date(2026, 10, 1, 8, 13, 5).getTime()
  const sink = createSyslogSink('127.0.0.1', server.address().port, () => nowMs)
  context.after(() => sink.close())
  const arrived = receive(server, 2)
  const written = new Promise((resolve) => {
    sink.write(Buffer.from('GET / 200\nGET /\xe9 404\n', 'latin1'), resolve)
  })
  assert.equal(await written, null)
  assert.deepEqual(await arrived, [
    `<190>Nov  1 08:13:05 ${HOST} nginx: GET / 200`,
    `<190>Nov  1 08:13:05 ${HOST} nginx: GET /\xe9 404`,
  ])
})

test('a line that fits no datagram is cut', async (context) => {
  const server = await startServer(context, 'udp6', '::1')
  const sink = createSyslogSink('::1', server.address().port)
  context.after(() => sink.close())
  const arrived = receive(server, 1)
  sink.write(Buffer.from(`${'x'.repeat(20_000)}\n`), () => undefined)
  assert.equal((await arrived)[0]?.length, 8192)
})

test('a host that has no address is an error of the write', async (context) => {
  const sink = createSyslogSink('x'.repeat(300), 514)
  context.after(() => sink.close())
  const error = await new Promise<Error | null>((resolve) => {
    sink.write(Buffer.from('line\n'), resolve)
  })
  assert.match(error?.message ?? '', /getaddrinfo/)
})

test('the access log goes to syslog when the settings say so', async (context) => {
  const server = await startServer(context, 'udp4', '127.0.0.1')
  const log = createAccessLog({
    target: '',
    settings: {
      isEnabled: true,
      format: '$request_method',
      escape: 'default',
      syslog: { host: '127.0.0.1', port: server.address().port },
    },
  })
  const arrived = receive(server, 1)
  log.observe(Object.assign(new RequestRecord(), { method: 'GET' }))
  await log.close()
  assert.match((await arrived)[0] ?? '', / nginx: GET$/)
})
