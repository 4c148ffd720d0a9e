import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RawClient, sendRaw } from '../testing/raw-client.ts'
import { startFixture } from '../testing/proxy-fixture.ts'
import { refusedPort, startRawUpstream } from '../testing/raw-upstream.ts'

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

test('a body that waited for an endpoint that refuses goes on over a kept connection of the next', async () => {
  await using good = await startRawUpstream((peer) => {
    if (peer.text.startsWith('GET')) peer.socket.write(OK)
    peer.text = ''
  })
  await using proxy = await startFixture({ upstreams: [await refusedPort(), good.port] })
  const get = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
  assert.match(await sendRaw(proxy.port, get), /^HTTP\/1\.1 200 /)
  const client = new RawClient(proxy.port)
  client.send('PUT / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhe')
  await good.until((upstream) => upstream.received().endsWith('\r\n\r\nhe'))
  client.send('llo')
  await good.until((upstream) => upstream.received().endsWith('hello'))
  client.close()
  assert.equal(good.connections(), 1)
  await proxy.recordCount(2)
  assert.match(proxy.records[1]?.upstreamStatus ?? '', /^502/)
})
