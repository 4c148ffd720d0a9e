import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { startFixture } from '../testing/proxy-fixture.ts'
import { RawClient } from '../testing/raw-client.ts'
import { answering, startRawUpstream } from '../testing/raw-upstream.ts'

const UPGRADE =
  'GET /chat HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\n\r\n'
const SWITCHING =
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s\r\n\r\n'

suite('upgraded connections', () => {
  test('carry bytes both ways, early ones of both sides included, and half-close each way', async () => {
    await using eager = await startRawUpstream((peer) => {
      if (peer.text.endsWith('\r\n\r\n')) peer.socket.write(`${SWITCHING}hello`)
      if (peer.text.endsWith('ping')) peer.socket.write('pong')
    })
    await using second = await startFixture({ upstreams: [eager.port] })
    const chat = new RawClient(second.port)
    chat.send(`${UPGRADE}early`)
    const text = await chat.until(/hello$/)
    assert.match(text, /^HTTP\/1\.1 101 Switching Protocols\r\n/)
    assert.match(text, /\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello$/)
    chat.send('ping')
    await chat.until(/pong$/)
    assert.match(eager.received(), /\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nearlyping$/)
    chat.socket.end()
    await chat.untilClosed()
    await second.recordCount(1)
    assert.equal(second.records[0]?.status, 101)
    assert.equal(second.records[0]?.isAborted, false)
    assert.equal(second.plane.connectionCounts().upstreamOpen, 0)
  })

  test('end when nothing moves for readTimeoutMs', async () => {
    await using upstream = await startRawUpstream(answering(SWITCHING))
    await using proxy = await startFixture({ upstreams: [upstream.port], action: { readTimeoutMs: 20 } })
    const client = new RawClient(proxy.port)
    client.send(UPGRADE)
    await client.untilClosed()
    await proxy.recordCount(1)
    assert.equal(proxy.plane.connectionCounts().upstreamOpen, 0)
  })

  test('end for the upstream when the client breaks off', async () => {
    await using upstream = await startRawUpstream(answering(SWITCHING))
    await using proxy = await startFixture({ upstreams: [upstream.port] })
    const client = new RawClient(proxy.port)
    client.send(UPGRADE)
    await client.until(/\r\n\r\n$/)
    client.socket.resetAndDestroy()
    await proxy.recordCount(1)
    assert.equal(proxy.plane.connectionCounts().upstreamOpen, 0)
  })

  test('a refused upgrade is an ordinary answer and the connection goes on', async () => {
    await using upstream = await startRawUpstream(
      answering('HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n'),
    )
    await using proxy = await startFixture({ upstreams: [upstream.port] })
    const client = new RawClient(proxy.port)
    client.send(UPGRADE + UPGRADE)
    await client.until(/426[^]*426[^]*\r\n\r\n$/)
    client.close()
    assert.equal(upstream.connections(), 1)
  })

  for (const upgrade of ['h2c', 'H2C', 'websocket, h2c', 'TLS/1.0']) {
    test(`an upgrade to ${upgrade} is not passed on`, async () => {
      await using upstream = await startRawUpstream(answering('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'))
      await using proxy = await startFixture({ upstreams: [upstream.port] })
      const client = new RawClient(proxy.port)
      client.send(
        `GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: ${upgrade}\r\nHTTP2-Settings: AA\r\n\r\n`,
      )
      await client.until(/ok$/)
      client.close()
      assert.doesNotMatch(upstream.received(), /upgrade|http2-settings/i)
    })
  }
})
