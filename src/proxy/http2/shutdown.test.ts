import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask, readAnswer, startFront } from '../testing/http2-front.ts'
import {
  connectRaw,
  encodeFields,
  END_HEADERS,
  END_STREAM,
  formatFrame,
  FRAME,
  type Frame,
  GET,
} from '../testing/raw-http2-client.ts'

test('draining lets running requests finish, tells the client which they are, then closes', async (t) => {
  const answers: (() => void)[] = []
  let twoCame: () => void = () => {}
  const bothArrived = new Promise<void>((resolve) => (twoCame = resolve))
  let threeCame: () => void = () => {}
  const allArrived = new Promise<void>((resolve) => (threeCame = resolve))
  const front = await startFront(t, {
    upstream: (_request, response) => {
      answers.push(() => response.end('done'))
      if (answers.length === 2) twoCame()
      if (answers.length === 3) threeCame()
    },
  })
  const client = await connectRaw(t, front.port)
  client.send(...[1, 3].map((id) => formatFrame(FRAME.headers, END_STREAM | END_HEADERS, id, encodeFields(GET))))
  await bothArrived
  front.context.isDraining = true
  front.connections[0]?.drain()
  const isGoaway = (frame: Frame): boolean => frame.type === FRAME.goaway
  const warning = await client.until(isGoaway)
  assert.deepEqual([warning?.payload.readUInt32BE(0), warning?.payload.readUInt32BE(4)], [2 ** 31 - 1, 0])
  const ping = await client.until((frame) => frame.type === FRAME.ping)
  // On its way when the warning was sent: taken like the others.
  client.send(formatFrame(FRAME.headers, END_STREAM | END_HEADERS, 5, encodeFields(GET)))
  client.send(formatFrame(FRAME.ping, 1, 0, ping?.payload))
  const last = await client.until((frame) => isGoaway(frame) && frame !== warning)
  assert.deepEqual([last?.payload.readUInt32BE(0), last?.payload.readUInt32BE(4)], [5, 0])
  // Above the last stream named: not taken, so the client may send it again elsewhere.
  client.send(formatFrame(FRAME.headers, END_STREAM | END_HEADERS, 7, encodeFields(GET)))
  await allArrived
  for (const answer of answers) answer()
  await client.untilClosed()
  const ended = client.frames.filter((frame) => frame.type === FRAME.data && (frame.flags & END_STREAM) !== 0)
  assert.deepEqual(new Set(ended.map((frame) => frame.streamId)), new Set([1, 3, 5]))
  assert.deepEqual(
    front.records.map((record) => record.isAborted),
    [false, false, false],
  )
})

test('draining closes an idle connection at once', async (t) => {
  const front = await startFront(t)
  const session = front.connect()
  await ask(session, { ':path': '/' })
  assert.equal(front.connections[0]?.isIdle, true)
  const closed = new Promise<void>((resolve) => session.on('close', resolve))
  front.connections[0]?.drain()
  await closed
  await front.nextClose
})

test('after the allowed number of requests the connection ends without losing one', async (t) => {
  const front = await startFront(t, { settings: { keepAliveRequests: 10 } })
  const session = front.connect()
  const closed = new Promise<void>((resolve) => session.on('close', resolve))
  const answers = await Promise.all(Array.from({ length: 10 }, () => ask(session, { ':path': '/' })))
  assert.deepEqual(new Set(answers.map((answer) => answer.status)), new Set([200]))
  await closed
  assert.equal(front.records.length, 10)
})

test('an idle connection is closed after the keep-alive time, pings or not', async (t) => {
  const front = await startFront(t, { settings: { keepAliveMs: 300 } })
  const session = front.connect()
  await ask(session, { ':path': '/' })
  const closed = new Promise<void>((resolve) => session.on('close', resolve))
  const pingOn = () => {
    if (!session.destroyed && !session.closed) session.ping(pingOn)
  }
  pingOn()
  await closed
})

test('a connection that sends the preface and nothing else is closed', async (t) => {
  const front = await startFront(t, { settings: { clientHeaderTimeoutMs: 30, keepAliveMs: 30 } })
  const client = await connectRaw(t, front.port)
  await client.untilClosed()
})

test('a client that stops sending its body is answered 408', async (t) => {
  const front = await startFront(t, {
    settings: { clientBodyTimeoutMs: 80 },
    upstream: (request) => void request.on('error', () => {}).resume(),
  })
  const stream = front.connect().request({ ':method': 'POST', ':path': '/' })
  const answer = readAnswer(stream)
  stream.write('begin')
  assert.equal((await answer).status, 408)
  assert.equal(front.records[0]?.status, 408)
})

test('a slow upstream does not count against a client that has sent everything', async (t) => {
  const front = await startFront(t, {
    settings: { clientBodyTimeoutMs: 400 },
    upstream: (request, response) =>
      void request.resume().on('end', () => setTimeout(() => response.end('late'), 1000)),
  })
  const { status, body } = await ask(front.connect(), { ':method': 'POST', ':path': '/' }, 'body')
  assert.deepEqual([status, body], [200, 'late'])
})

for (const [what, size] of [
  ['large', 10_000_000],
  ['small', 100_000],
] as const) {
  test(`a client that takes nothing of a ${what} answer is cut off`, async (t) => {
    const front = await startFront(t, {
      settings: { clientBodyTimeoutMs: 80 },
      upstream: (_request, response) => response.end(Buffer.alloc(size)),
    })
    const client = await connectRaw(t, front.port)
    // The default window of 65 535 bytes is never widened.
    const ended = front.nextRecord()
    client.send(formatFrame(FRAME.headers, END_STREAM | END_HEADERS, 1, encodeFields(GET)))
    assert.equal((await ended).isAborted, true)
  })
}

test('a configuration swap is seen by the next request of an open connection', async (t) => {
  const front = await startFront(t)
  const session = front.connect()
  assert.equal((await ask(session, { ':path': '/' })).status, 200)
  front.context.table = { ...front.context.table, anyHost: null }
  assert.equal((await ask(session, { ':path': '/' })).status, 404)
})

test('a client that ends its side is gone at once', async (t) => {
  const front = await startFront(t)
  const client = await connectRaw(t, front.port)
  await client.until((frame) => frame.type === FRAME.settings)
  client.socket.end()
  await front.nextClose
})
