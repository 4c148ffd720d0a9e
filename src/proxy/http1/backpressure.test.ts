import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { suite, test } from 'node:test'
import { startFixture } from '../testing/proxy-fixture.ts'
import { RawClient } from '../testing/raw-client.ts'
import { answering, startRawUpstream } from '../testing/raw-upstream.ts'

const BLOCK = randomBytes(65_536)
const BLOCKS = 1024
const TOTAL = BLOCK.length * BLOCKS

function expectedDigest(): string {
  const hash = createHash('sha256')
  for (let i = 0; i < BLOCKS; i++) hash.update(BLOCK)
  return hash.digest('hex')
}

suite('backpressure', () => {
  for (const framing of ['Content-Length', 'chunked']) {
    test(`64 MiB ${framing} through a reader that stalls arrive whole, and wait at the upstream`, async () => {
      let sent = 0
      await using upstream = await startRawUpstream(({ socket }) => {
        const isChunked = framing === 'chunked'
        const framingLine = isChunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${TOTAL}`
        socket.write(`HTTP/1.1 200 OK\r\n${framingLine}\r\n\r\n`)
        const more = (): void => {
          while (sent < BLOCKS) {
            sent++
            if (isChunked) socket.write('10000\r\n')
            const isTaken = socket.write(BLOCK)
            if (isChunked) socket.write(sent === BLOCKS ? '\r\n0\r\n\r\n' : '\r\n')
            if (!isTaken) return
          }
        }
        socket.on('drain', more)
        more()
      })
      await using proxy = await startFixture({ upstreams: [upstream.port] })
      const client = connect({ host: '127.0.0.1', port: proxy.port })
      client.write('GET / HTTP/1.0\r\nHost: a\r\n\r\n')
      const hash = createHash('sha256')
      let head = ''
      let received = 0
      await new Promise((resolve) => client.once('readable', resolve))
      const before = process.memoryUsage().arrayBuffers
      // Nobody reads: everything fills up to the upstream, which must stop.
      await untilStill(() => sent)
      assert.ok(sent < BLOCKS / 2, `the upstream could send ${sent} of ${BLOCKS} blocks to a client that reads nothing`)
      const heldMiB = (process.memoryUsage().arrayBuffers - before) / 1_048_576
      assert.ok(heldMiB < 16, `${heldMiB} MiB are held while nobody reads`)
      for await (const chunk of client as AsyncIterable<Buffer>) {
        let body = chunk
        if (!head.includes('\r\n\r\n')) {
          head += chunk.toString('latin1')
          const end = head.indexOf('\r\n\r\n')
          if (end === -1) continue
          body = Buffer.from(head.slice(end + 4), 'latin1')
        }
        received += body.length
        hash.update(body)
      }
      assert.equal(received, TOTAL)
      assert.equal(hash.digest('hex'), expectedDigest())
    })
  }

  test('64 MiB up through an upstream that stalls arrive whole, and wait at the client', async () => {
    const hash = createHash('sha256')
    let received = 0
    let isStalled = true
    await using upstream = await startRawUpstream((peer) => {
      if (isStalled) peer.socket.pause()
      const headEnd = received === 0 ? peer.text.indexOf('\r\n\r\n') + 4 : 0
      const body = Buffer.from(peer.text.slice(headEnd), 'latin1')
      peer.text = ''
      received += body.length
      hash.update(body)
      if (received === TOTAL) peer.socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
      else if (isStalled) resume = () => peer.socket.resume()
    })
    let resume = (): void => undefined
    await using proxy = await startFixture({ upstreams: [upstream.port], route: { maxBodyBytes: 0 } })
    const client = new RawClient(proxy.port)
    client.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${TOTAL}\r\n\r\n`)
    let sent = 0
    const more = (): void => {
      while (sent < BLOCKS) {
        sent++
        if (!client.socket.write(BLOCK)) return
      }
    }
    client.socket.on('drain', more)
    more()
    await upstream.until(() => upstream.connections() === 1)
    await untilStill(() => sent)
    assert.ok(sent < BLOCKS / 2, `the client could send ${sent} of ${BLOCKS} blocks to an upstream that reads nothing`)
    isStalled = false
    resume()
    await client.until(/ok$/)
    client.close()
    assert.equal(hash.digest('hex'), expectedDigest())
  })
})

/** All parties live in this process: a count that stays the same for so many turns of its event loop moves no more. */
async function untilStill(count: () => number): Promise<void> {
  let last = -1
  for (let turns = 0; turns < 300; turns++) {
    if (count() !== last) turns = 0
    last = count()
    await new Promise((resolve) => setImmediate(resolve))
  }
}

test('the request after one whose body came while its upstream connection was being made is read', async () => {
  await using upstream = await startRawUpstream(answering('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'))
  await using proxy = await startFixture({ upstreams: [upstream.port] })
  const client = new RawClient(proxy.port)
  client.send('POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi')
  await client.until(/ok$/)
  client.text = ''
  client.send('GET /2 HTTP/1.1\r\nHost: a\r\n\r\n')
  await client.until(/ok$/)
  client.close()
})
