/** Hostile HTTP/2 upstreams: an answer that clients get as whole is one that Node's HTTP/2 client reads the same way. */
import assert from 'node:assert/strict'
import { connect as connectHttp2 } from 'node:http2'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { request as requestHttp } from 'node:http'
import { after, before, suite, test } from 'node:test'
import { type DataPlane, startDataPlane } from '../../src/proxy/data-plane.ts'
import { formatFrame } from '../../src/proxy/testing/raw-http2-client.ts'
import { fixtureModel } from '../../src/proxy/testing/proxy-fixture.ts'
import { createBudget } from './budget.ts'
import { generateAnswer } from './http2-answer-grammar.ts'
import { createRandom } from './random.ts'

const PATIENCE_MS = 1000
const MOST_GROWTH = 300 * 1024 * 1024
/** RFC 9110, 6.4.1. */
const BODILESS: ReadonlySet<number> = new Set([204, 304])

interface Reading {
  readonly status: number
  readonly body: string
}

suite('hostile HTTP/2 upstreams', () => {
  let plane: DataPlane
  let port: number
  let bytes: Buffer = Buffer.alloc(0)
  const sockets = new Set<Socket>()
  // Every connection gets its SETTINGS, its answer as soon as a head is there, and its end a little later.
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => undefined)
    socket.write(formatFrame(4, 0, 0))
    let received = Buffer.alloc(0)
    let hasAnswered = false
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk])
      if (hasAnswered || !hasHead(received)) return
      hasAnswered = true
      socket.write(bytes)
      setTimeout(() => socket.end(), 2)
    })
  })

  before(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    port = (server.address() as AddressInfo).port
    plane = await startDataPlane({
      host: '127.0.0.1',
      httpPort: 0,
      httpsPort: null,
      observer: { observe: () => undefined },
      tickMs: 10,
    })
    plane.apply(
      fixtureModel({
        upstreams: [port],
        action: { protocol: 'h2c', readTimeoutMs: PATIENCE_MS, maxTries: 1, retry: { on: [], timeoutMs: 0 } },
      }),
    )
  })
  after(async () => {
    await plane.drain(0)
    for (const socket of sockets) socket.destroy()
    server.close()
  })

  test('random answers are passed on as Node reads them, or not as whole ones', async (context) => {
    const { seed, endsAtMs } = createBudget(0.25)
    context.diagnostic(`FUZZ_SEED=${seed}`)
    let count = 0
    let whole = 0
    const rssAtStart = process.memoryUsage().rss
    for (let i = 0; performance.now() < endsAtMs; i++) {
      bytes = generateAnswer(createRandom(seed + i))
      const passed = await askProxy(plane.httpPort)
      count++
      if (passed === null || passed.status === 502 || passed.status === 504) continue
      whole++
      // Node gives up what it has, too, when the connection ends with an error.
      if (endsWithError(bytes)) continue
      // Node forgets a whole answer for what comes after it.
      bytes = upToEnd(bytes)
      const read = await askNode(port)
      // An answer that never has a body is whole for HTTP/1.1 clients with its head, whatever goes wrong afterwards.
      if (read === null && BODILESS.has(passed.status) && passed.body === '') continue
      assert.deepEqual(passed, read, `FUZZ_SEED=${seed + i}: ${bytes.toString('hex')}`)
    }
    context.diagnostic(`${count} answers, ${whole} passed on as whole`)
    assert.ok(count === 0 || whole > count / 4, `only ${whole} of ${count} answers were passed on`)
    assert.ok(process.memoryUsage().rss - rssAtStart < MOST_GROWTH)
  })
})

function hasHead(received: Buffer): boolean {
  for (let at = 24; at + 9 <= received.length; at += 9 + received.readUIntBE(at, 3))
    if (received[at + 3] === 1) return true
  return false
}

/** A GOAWAY with a code other than NO_ERROR is among the frames. */
function endsWithError(answer: Buffer): boolean {
  for (let at = 0; at + 17 <= answer.length; at += 9 + answer.readUIntBE(at, 3)) {
    if (answer[at + 3] === 7 && answer.readUInt32BE(at + 13) !== 0) return true
  }
  return false
}

/** The frames until stream 1 ends, with the rest of its last head. */
function upToEnd(answer: Buffer): Buffer {
  let isOver = false
  for (let at = 0; at + 9 <= answer.length;) {
    const [type = 0, flags = 0] = [answer[at + 3], answer[at + 4]]
    if (isOver && type !== 9) return answer.subarray(0, at)
    at += 9 + answer.readUIntBE(at, 3)
    if (type <= 1 && (flags & 1) !== 0) isOver = true
    if (isOver && (type === 0 || (flags & 4) !== 0)) return answer.subarray(0, at)
  }
  return answer
}

/** `null` when the answer was cut short. */
function askProxy(httpPort: number): Promise<Reading | null> {
  return new Promise((resolve) => {
    const request = requestHttp({ host: '127.0.0.1', port: httpPort, agent: false }, (response) => {
      let body = ''
      response.setEncoding('latin1').on('data', (text: string) => (body += text))
      response.on('close', () => resolve(response.complete ? { status: response.statusCode ?? 0, body } : null))
      response.on('error', () => undefined)
    })
    // A head that was cut short before it left.
    request.on('error', () => resolve(null))
    request.end()
  })
}

/** `null` when Node does not take it for a whole answer. */
function askNode(port: number): Promise<Reading | null> {
  return new Promise((resolve) => {
    const session = connectHttp2(`http://127.0.0.1:${port}`)
    const stream = session.request({ ':path': '/' })
    let status = 0
    let body = ''
    let hasEnded = false
    let length = -1
    stream.on('response', (headers) => {
      status = Number(headers[':status'])
      length = Number(headers['content-length'] ?? -1)
    })
    stream.setEncoding('latin1').on('data', (text: string) => (body += text))
    stream.on('end', () => (hasEnded = true))
    stream.on('error', () => undefined)
    session.on('error', () => undefined)
    stream.on('close', () => {
      session.destroy()
      // With a length an answer is whole before its stream ends.
      resolve(status !== 0 && (hasEnded || length === body.length) ? { status, body } : null)
    })
  })
}
