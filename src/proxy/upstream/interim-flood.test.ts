import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startFixture } from '../testing/proxy-fixture.ts'
import { RawClient } from '../testing/raw-client.ts'
import { startRawUpstream } from '../testing/raw-upstream.ts'

const HINT = 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'

async function answerAfter(hints: number): Promise<string> {
  await using upstream = await startRawUpstream((peer) => {
    if (peer.text.endsWith('\r\n\r\n')) peer.socket.write(HINT.repeat(hints) + OK)
  })
  await using proxy = await startFixture({ upstreams: [upstream.port] })
  const client = new RawClient(proxy.port)
  client.send(GET)
  const text = await client.until(/HTTP\/1\.1 [2-5]\d\d [^]*\r\n\r\n/)
  client.close()
  return text
}

test('interim answers before an answer are passed on', async () => {
  const text = await answerAfter(64)
  assert.equal(text.split('103 Early Hints').length - 1, 64)
  assert.match(text, /HTTP\/1\.1 200 OK/)
})

test('an upstream that floods with interim answers is cut off, and the client gets 502', async () => {
  assert.match(await answerAfter(65), /HTTP\/1\.1 502 /)
})
