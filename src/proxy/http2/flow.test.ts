/** Answers within the client's windows, and as few frames as they need (RFC 9113, 5.2 and 6.9). */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startFront } from '../testing/http2-front.ts'
import {
  connectRaw,
  encodeFields,
  END_HEADERS,
  END_STREAM,
  formatFrame,
  FRAME,
  GET,
  type RawClient,
} from '../testing/raw-http2-client.ts'
import { HpackDecoder } from './hpack/decoder.ts'

const CONTINUATION = 9
const INITIAL_WINDOW = 4

const get = (id: number): Buffer => formatFrame(FRAME.headers, END_HEADERS | END_STREAM, id, encodeFields(GET))
const number = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
const widen = (id: number, by: number): Buffer => formatFrame(FRAME.windowUpdate, 0, id, number(by))
const initialWindow = (bytes: number): Buffer =>
  formatFrame(FRAME.settings, 0, 0, Buffer.concat([Buffer.from([0, INITIAL_WINDOW]), number(bytes)]))

function bodyBytes(client: RawClient, id: number): number {
  return client.frames
    .filter(({ type, streamId }) => type === FRAME.data && streamId === id)
    .reduce((sum, { payload }) => sum + payload.length, 0)
}

let pings = 0

/** Resolves when all that was sent before has been answered as far as it could be. */
async function roundTrip(client: RawClient): Promise<void> {
  const payload = Buffer.concat([number(++pings), number(0)])
  client.send(formatFrame(FRAME.ping, 0, 0, payload))
  await client.until((frame) => frame.type === FRAME.ping && frame.payload.equals(payload))
}

test('a small answer is one HEADERS and one DATA frame that ends the stream', async (t) => {
  const front = await startFront(t, { upstream: (_request, response) => response.end('hello') })
  const client = await connectRaw(t, front.port)
  client.send(get(1))
  await client.until(({ flags, streamId }) => streamId === 1 && (flags & END_STREAM) !== 0)
  const frames = client.frames.filter(({ streamId }) => streamId === 1)
  assert.deepEqual(
    frames.map(({ type, flags }) => [type, flags]),
    [
      [FRAME.headers, END_HEADERS],
      [FRAME.data, END_STREAM],
    ],
  )
})

test('an empty answer is one HEADERS frame that ends the stream', async (t) => {
  const front = await startFront(t, { upstream: (_request, response) => response.end() })
  const client = await connectRaw(t, front.port)
  client.send(get(1))
  const head = await client.until(({ streamId }) => streamId === 1)
  assert.deepEqual([head?.type, head?.flags], [FRAME.headers, END_HEADERS | END_STREAM])
})

test('a stream gets what its window takes, byte for byte, and ends with the last', async (t) => {
  const front = await startFront(t, { upstream: (_request, response) => response.end('0123456789'.repeat(10)) })
  const client = await connectRaw(t, front.port)
  client.send(initialWindow(10), get(1))
  await client.until(() => bodyBytes(client, 1) === 10)
  client.send(widen(1, 5))
  await client.until(() => bodyBytes(client, 1) === 15)
  await roundTrip(client)
  assert.equal(bodyBytes(client, 1), 15)
  client.send(widen(1, 1000))
  const end = await client.until(({ type, flags }) => type === FRAME.data && (flags & END_STREAM) !== 0)
  assert.equal(bodyBytes(client, 1), 100)
  assert.equal(end?.payload.length, 85)
})

test('a smaller initial window takes back what was given, a larger one gives more, to streams that run', async (t) => {
  const front = await startFront(t, { upstream: (_request, response) => response.end('0123456789'.repeat(10)) })
  const client = await connectRaw(t, front.port)
  client.send(initialWindow(30), get(1))
  await client.until(() => bodyBytes(client, 1) === 30)
  // 30 sent of 20 allowed: ten have to come back first.
  client.send(initialWindow(20), widen(1, 10))
  await roundTrip(client)
  assert.equal(bodyBytes(client, 1), 30)
  client.send(widen(1, 1))
  await client.until(() => bodyBytes(client, 1) === 31)
  client.send(initialWindow(25))
  await client.until(() => bodyBytes(client, 1) === 36)
  client.send(initialWindow(1000))
  await client.until(({ type, flags }) => type === FRAME.data && (flags & END_STREAM) !== 0)
  assert.equal(bodyBytes(client, 1), 100)
})

test('streams share the window of the connection in turns', async (t) => {
  const front = await startFront(t, { upstream: (_request, response) => response.end(Buffer.alloc(500_000)) })
  const client = await connectRaw(t, front.port)
  const ids = [1, 3, 5, 7]
  client.send(initialWindow(2 ** 31 - 1), ...ids.map(get))
  const total = (): number => ids.reduce((sum, id) => sum + bodyBytes(client, id), 0)
  await client.until(() => total() === 65_535)
  await roundTrip(client)
  const before = new Map(ids.map((id) => [id, bodyBytes(client, id)]))
  client.send(widen(0, 800_000))
  await client.until(() => total() === 65_535 + 800_000)
  for (const id of ids) {
    const gained = bodyBytes(client, id) - (before.get(id) ?? 0)
    assert.ok(gained > 100_000 && gained < 300_000, `stream ${id} got ${gained} of 800000`)
  }
  client.send(widen(0, 2 ** 30))
  for (const id of ids) {
    await client.until(({ streamId, flags, type }) => type === FRAME.data && streamId === id && (flags & 1) !== 0)
    assert.equal(bodyBytes(client, id), 500_000)
  }
})

test('one stream without window stops no other', async (t) => {
  const front = await startFront(t, { upstream: (_request, response) => response.end(Buffer.alloc(1000)) })
  const client = await connectRaw(t, front.port)
  client.send(initialWindow(0), get(1))
  await client.until(({ streamId }) => streamId === 1)
  client.send(get(3), widen(3, 1000))
  await client.until(({ streamId, flags, type }) => type === FRAME.data && streamId === 3 && (flags & 1) !== 0)
  assert.deepEqual([bodyBytes(client, 1), bodyBytes(client, 3)], [0, 1000])
})

test('no frame is larger than every client takes, and a large head goes on in CONTINUATION frames', async (t) => {
  const value = 'v'.repeat(45_000)
  const front = await startFront(t, {
    rawUpstream: (socket) =>
      void socket.once('data', () =>
        socket.write(`HTTP/1.1 200 OK\r\nX-Large: ${value}\r\nContent-Length: 40000\r\n\r\n${'b'.repeat(40_000)}`),
      ),
  })
  const client = await connectRaw(t, front.port)
  client.send(get(1))
  await client.until(({ type, flags }) => type === FRAME.data && (flags & END_STREAM) !== 0)
  const frames = client.frames.filter(({ streamId }) => streamId === 1)
  const head = frames.filter(({ type }) => type !== FRAME.data)
  assert.deepEqual(
    head.map(({ type, flags }) => [type, flags]),
    [
      [FRAME.headers, 0],
      [CONTINUATION, 0],
      [CONTINUATION, END_HEADERS],
    ],
  )
  assert.ok(frames.every(({ payload }) => payload.length <= 16_384))
  const block = Buffer.concat(head.map(({ payload }) => payload))
  const decoder = new HpackDecoder()
  assert.ok(decoder.decode(block, 0, block.length, 1 << 20, 100))
  assert.equal(decoder.fields.find(({ name }) => name === 'x-large')?.value, value)
})

test('an upload gets its window back as the upstream takes it', async (t) => {
  const front = await startFront(t, {
    upstream: (request, response) => void request.resume().on('end', () => response.end('done')),
  })
  const client = await connectRaw(t, front.port)
  const post = [[':method', 'POST'], GET[1], GET[2], GET[3]] as const
  client.send(formatFrame(FRAME.headers, END_HEADERS, 1, encodeFields(post)))
  const credit = (id: number): number =>
    client.frames
      .filter(({ type, streamId }) => type === FRAME.windowUpdate && streamId === id)
      .reduce((sum, { payload }) => sum + payload.readUInt32BE(0), 0)
  const allowed = 262_144
  let sent = 0
  for (; sent < 3_000_000; sent += 16_384) {
    const needed = sent + 16_384
    await client.until(() => allowed + credit(1) >= needed && 65_535 + credit(0) >= needed)
    client.send(formatFrame(FRAME.data, 0, 1, Buffer.alloc(16_384)))
  }
  client.send(formatFrame(FRAME.data, END_STREAM, 1))
  const data = await client.until(({ type }) => type === FRAME.data)
  assert.equal(data?.payload.toString(), 'done')
  assert.equal(front.records[0]?.requestBytes !== undefined && front.records[0].requestBytes > sent, true)
})

test('an upstream that sends interim answers without end fills no memory', async (t) => {
  const front = await startFront(t, {
    rawUpstream: (socket) =>
      // Cut off in the middle of it.
      void socket
        .on('error', () => undefined)
        .once('data', () => {
          socket.write('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'.repeat(5000))
          socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
        }),
  })
  const client = await connectRaw(t, front.port)
  client.send(get(1))
  await client.until(({ type, flags }) => type === FRAME.data && (flags & END_STREAM) !== 0)
  const heads = client.frames.filter(({ type }) => type === FRAME.headers).length
  assert.ok(heads <= 40, `${heads} heads`)
})
