import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { RawClient } from '../testing/raw-client.ts'
import { echo, portOf, startStreams, startTcp, startUdp, startUdpClient } from '../testing/stream-fixture.ts'

test('a removed port closes, and its connections go on', async () => {
  await using server = await startTcp(echo)
  await using proxy = await startStreams({ upstreams: [portOf(server)] })
  const { port } = proxy
  const client = new RawClient(port)
  client.send('a')
  await client.until(/a/)
  proxy.removeAll()
  client.send('b')
  await client.until(/ab/)
  const late = connect({ host: '127.0.0.1', port })
  await assert.rejects(once(late, 'connect'), { code: 'ECONNREFUSED' })
  client.close()
})

test('a port that leaves and comes back while it is being opened is open once', async () => {
  await using server = await startTcp(echo)
  await using proxy = await startStreams({ upstreams: [portOf(server)] })
  proxy.removeAll()
  const opening = proxy.apply({ upstreams: [portOf(server)] })
  proxy.removeAll()
  await Promise.all([opening, proxy.apply({ upstreams: [portOf(server)] })])
  assert.equal(proxy.plane.streamPorts().length, 1)
  const client = new RawClient(proxy.port)
  client.send('x')
  await client.until(/x/)
  client.close()
  assert.deepEqual(proxy.problems, [])
})

test('a port that is taken is a problem of its own, and is opened when it is free', async () => {
  await using server = await startTcp(echo)
  const taken = await startTcp(echo)
  const port = portOf(taken)
  await using proxy = await startStreams({ upstreams: [portOf(server)], service: { port } })
  assert.match(
    proxy.problems[0] ?? '',
    /^Cannot listen on 127\.0\.0\.1:\d+: the port is in use; the TCP service of ConfigMap shop\/tcp is not served until the next change$/,
  )
  await taken[Symbol.asyncDispose]()
  await proxy.apply({ upstreams: [portOf(server)], service: { port } })
  const client = new RawClient(port)
  client.send('x')
  await client.until(/x/)
  client.close()
})

test('IPv6 listeners take TCP and UDP', async () => {
  await using tcp = await startTcp(echo)
  await using proxy = await startStreams({ upstreams: [portOf(tcp)], host: '::1' })
  const client = connect({ host: '::1', port: proxy.port })
  client.end('six')
  assert.equal(String((await once(client, 'data'))[0]), 'six')
  await proxy.streamCount(1)
  assert.equal(proxy.streams[0]?.remoteAddress, '::1')
  await using udp = await startUdp(1)
  await proxy.apply({ upstreams: [udp.address().port], service: { protocol: 'udp' } })
  const sender = await startUdpClient(proxy.port, '::1')
  assert.match(await sender.ask('six'), / six$/)
  sender.close()
})
