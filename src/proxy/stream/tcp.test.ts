import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { readProxyHeader } from '../proxy-protocol/read-header.ts'
import { writeTextHeader } from '../proxy-protocol/write-header.ts'
import { RawClient } from '../testing/raw-client.ts'
import { echo, portOf, startStreams, startTcp } from '../testing/stream-fixture.ts'

const CLIENT = { sourceAddress: '192.0.2.7', sourcePort: 4711, destinationAddress: '198.51.100.1', destinationPort: 80 }

test('a TCP service carries bytes both ways and half-closes', async () => {
  await using server = await startTcp((socket) => {
    let text = ''
    socket.on('data', (chunk) => {
      text += String(chunk)
    })
    socket.on('end', () => socket.end(`got ${text}`))
  })
  await using proxy = await startStreams({ upstreams: [portOf(server)] })
  const client = new RawClient(proxy.port)
  client.socket.end('all of it')
  assert.equal(await client.untilClosed(), 'got all of it')
  await proxy.streamCount(1)
  const [record] = proxy.streams
  assert.deepEqual(
    [record?.protocol, record?.status, record?.bytesReceived, record?.bytesSent, record?.upstreamBytesSent],
    ['TCP', 200, 9, 13, 9],
  )
  assert.equal(record?.upstreamAddress, `127.0.0.1:${portOf(server)}`)
})

test('a service that speaks first is heard', async () => {
  await using server = await startTcp((socket) => socket.end('220 ready\r\n'))
  await using proxy = await startStreams({ upstreams: [portOf(server)] })
  const client = new RawClient(proxy.port)
  assert.equal(await client.untilClosed(), '220 ready\r\n')
  client.socket.end()
})

test('a client that reads nothing holds the service back', async () => {
  const chunk = Buffer.alloc(65_536, 'x')
  let written = 0
  await using server = await startTcp((socket) => {
    const flood = (): void => {
      while (socket.writable && written < 100_000_000) {
        written += chunk.length
        if (!socket.write(chunk)) break
      }
    }
    socket.on('drain', flood)
    socket.on('end', () => socket.destroy())
    socket.on('data', (text) => {
      if (String(text) === 'flood') flood()
      else socket.write(text)
    })
  })
  await using proxy = await startStreams({ upstreams: [portOf(server)] })
  const flooded = connect({ host: '127.0.0.1', port: proxy.port }).pause()
  flooded.write('flood')
  const other = connect({ host: '127.0.0.1', port: proxy.port })
  // Round trips over the same proxy are the clock: there is time enough for all of it to come.
  for (let i = 0; i < 300; i++) {
    other.write('ping')
    await once(other, 'data')
  }
  assert.ok(written > 0 && written < 50_000_000, `${written} bytes were taken for a client that reads nothing`)
  for (const client of [flooded, other]) client.destroy()
})

test('connections that are silent for too long end', async () => {
  await using server = await startTcp(echo)
  await using proxy = await startStreams({ upstreams: [portOf(server)], settings: { idleTimeoutMs: 300 } })
  const client = new RawClient(proxy.port)
  client.send('x')
  await client.until(/x/)
  assert.equal(await client.untilClosed(), 'x')
})

test('a service without endpoints refuses connections until it has one', async () => {
  await using server = await startTcp(echo)
  await using proxy = await startStreams({ upstreams: [] })
  const refused = new RawClient(proxy.port)
  assert.equal(await refused.untilClosed(), '')
  await proxy.apply({ upstreams: [portOf(server)] })
  const client = new RawClient(proxy.port)
  client.send('x')
  await client.until(/x/)
  client.close()
})

test('when no endpoint can be reached the connection is reset and logged as 502', async () => {
  const gone = await startTcp(echo)
  const port = portOf(gone)
  await gone[Symbol.asyncDispose]()
  await using proxy = await startStreams({ upstreams: [port] })
  const client = new RawClient(proxy.port)
  assert.equal(await client.untilClosed(), '')
  await proxy.streamCount(1)
  assert.equal(proxy.streams[0]?.status, 502)
})

test('next-upstream off, or one try, stops after the first endpoint', async () => {
  const gone = await startTcp(echo)
  const port = portOf(gone)
  await gone[Symbol.asyncDispose]()
  for (const settings of [{ triesNext: false }, { maxTries: 1 }]) {
    await using server = await startTcp(echo)
    await using proxy = await startStreams({ upstreams: [port, portOf(server)], settings })
    const clients = [new RawClient(proxy.port), new RawClient(proxy.port)]
    for (const client of clients) client.socket.end('x')
    const answers = await Promise.all(clients.map((client) => client.untilClosed()))
    assert.deepEqual(answers.sort(), ['', 'x'])
  }
})

test('the PROXY protocol is decoded and encoded', async () => {
  await using server = await startTcp((socket) => {
    socket.once('data', (chunk: Buffer) => {
      const reading = readProxyHeader(chunk)
      assert.ok(reading.kind === 'complete')
      socket.end(`${JSON.stringify(reading.addresses)} ${chunk.subarray(reading.byteLength).toString()}`)
    })
  })
  const service = { decodesProxyProtocol: true, encodesProxyProtocol: true }
  await using proxy = await startStreams({ upstreams: [portOf(server)], service })
  const client = new RawClient(proxy.port)
  client.send(`${writeTextHeader(CLIENT).toString()}ping`)
  assert.equal(await client.untilClosed(), `${JSON.stringify(CLIENT)} ping`)
  client.socket.end()
  await proxy.streamCount(1)
  assert.equal(proxy.streams[0]?.remoteAddress, '192.0.2.7')
  const plain = new RawClient(proxy.port)
  plain.send('no header here')
  assert.equal(await plain.untilClosed(), '')
  assert.match(proxy.problems[0] ?? '', /the PROXY protocol header is missing/)
})

test('without decoding the encoded header names the peer', async () => {
  await using server = await startTcp((socket) => socket.once('data', (chunk) => socket.end(chunk)))
  await using proxy = await startStreams({ upstreams: [portOf(server)], service: { encodesProxyProtocol: true } })
  const client = new RawClient(proxy.port)
  client.send('x')
  await once(client.socket, 'connect')
  const { localPort } = client.socket
  assert.match(
    await client.untilClosed(),
    new RegExp(`^PROXY TCP4 127\\.0\\.0\\.1 127\\.0\\.0\\.1 ${localPort} ${proxy.port}\r\n`),
  )
  client.socket.end()
})
