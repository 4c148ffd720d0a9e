import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startStreams, startUdp, startUdpClient } from '../testing/stream-fixture.ts'

test('a UDP session ends after its answers, and the next datagram begins another', async () => {
  await using server = await startUdp(1)
  await using proxy = await startStreams({ upstreams: [server.address().port], service: { protocol: 'udp' } })
  const client = await startUdpClient(proxy.port)
  const first = await client.ask('one')
  assert.match(first, / one$/)
  await proxy.streamCount(1)
  assert.match(await client.ask('two'), / two$/)
  await proxy.streamCount(2)
  client.close()
  const [record] = proxy.streams
  assert.deepEqual(
    [record?.protocol, record?.bytesReceived, record?.bytesSent, record?.status],
    ['UDP', 3, first.length, 200],
  )
})

test('with more answers to come a session keeps its endpoint and its port', async () => {
  await using server = await startUdp(1)
  const settings = { datagramResponses: 3 }
  await using proxy = await startStreams({ upstreams: [server.address().port], service: { protocol: 'udp' }, settings })
  const client = await startUdpClient(proxy.port)
  const ports = [await client.ask('a'), await client.ask('b'), await client.ask('c')].map((text) => text.split(' ')[0])
  assert.equal(new Set(ports).size, 1)
  await proxy.streamCount(1)
  client.close()
})

test('two clients never see the answers of each other', async () => {
  await using server = await startUdp(1)
  const settings = { datagramResponses: 100 }
  await using proxy = await startStreams({ upstreams: [server.address().port], service: { protocol: 'udp' }, settings })
  const clients = await Promise.all([startUdpClient(proxy.port), startUdpClient(proxy.port)])
  for (let i = 0; i < 20; i++) {
    const answers = await Promise.all(clients.map((client, index) => client.ask(`${index}-${i}`)))
    answers.forEach((answer, index) => assert.ok(answer.endsWith(` ${index}-${i}`)))
  }
  for (const client of clients) client.close()
  assert.equal(proxy.plane.connectionCounts().open, 2)
})

test('a session from which no answer comes ends when it was silent for too long', async () => {
  await using server = await startUdp(0)
  const settings = { idleTimeoutMs: 40 }
  await using proxy = await startStreams({ upstreams: [server.address().port], service: { protocol: 'udp' }, settings })
  const client = await startUdpClient(proxy.port)
  client.send('x')
  await proxy.streamCount(1)
  assert.deepEqual([proxy.streams[0]?.bytesReceived, proxy.streams[0]?.bytesSent], [1, 0])
  client.close()
})

test('where no answer is expected a session ends with its datagram', async () => {
  await using server = await startUdp(0)
  const settings = { datagramResponses: 0 }
  await using proxy = await startStreams({ upstreams: [server.address().port], service: { protocol: 'udp' }, settings })
  const client = await startUdpClient(proxy.port)
  client.send('x')
  await proxy.streamCount(1)
  client.close()
})

test('an endpoint on which nobody listens ends the session', async () => {
  const gone = await startUdp(0)
  const { port } = gone.address()
  await gone[Symbol.asyncDispose]()
  await using proxy = await startStreams({ upstreams: [port], service: { protocol: 'udp' } })
  const client = await startUdpClient(proxy.port)
  client.send('x')
  await proxy.streamCount(1)
  assert.equal(proxy.streams[0]?.status, 502)
  client.close()
})

test('an endpoint that may not be sent to ends the session', async () => {
  await using proxy = await startStreams({ upstreams: [9], service: { protocol: 'udp' } })
  // The loopback's broadcast address: the system refuses to connect to it.
  proxy.plane.applyBackends([
    {
      id: 'shop/web:80',
      upstreamName: 'shop-web-80',
      target: { kind: 'endpoints', endpoints: [{ address: '127.255.255.255', port: 9, pod: '' }] },
    },
  ])
  const client = await startUdpClient(proxy.port)
  client.send('x')
  await proxy.streamCount(1)
  assert.equal(proxy.streams[0]?.status, 502)
  client.close()
})
