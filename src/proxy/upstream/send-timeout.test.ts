import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import { startFixture } from '../testing/proxy-fixture.ts'
import { startRawUpstream } from '../testing/raw-upstream.ts'

test('an upstream that stops reading the body is given up after the send timeout', async () => {
  await using upstream = await startRawUpstream(({ socket }) => void socket.pause())
  await using proxy = await startFixture({
    upstreams: [upstream.port],
    action: { sendTimeoutMs: 100, readTimeoutMs: 60_000, maxTries: 1 },
    route: { maxBodyBytes: 0 },
  })
  const client = connect({ host: '127.0.0.1', port: proxy.port })
  client.on('error', () => {})
  const answered = new Promise<string>((resolve) => client.once('data', (data) => resolve(data.toString('latin1'))))
  client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 268435456\r\n\r\n')
  const block = Buffer.alloc(1_048_576)
  const more = (): void => {
    while (client.writable && client.write(block));
  }
  client.on('drain', more)
  more()
  assert.match(await answered, /^HTTP\/1\.1 504 /)
  client.destroy()
})
