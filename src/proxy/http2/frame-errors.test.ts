/** Each error that RFC 9113, 5 and 6, asks for, provoked by single frames. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Front, startFront } from '../testing/http2-front.ts'
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
import {
  COMPRESSION_ERROR,
  ENHANCE_YOUR_CALM,
  FLOW_CONTROL_ERROR,
  FRAME_SIZE_ERROR,
  PROTOCOL_ERROR,
  STREAM_CLOSED,
} from './frames/protocol.ts'

const PRIORITY = 2
const PUSH_PROMISE = 5
const CONTINUATION = 9
const PADDED = 8
const WITH_PRIORITY = 0x20

const POST = [[':method', 'POST'], GET[1], GET[2], GET[3]] as const

/** A request that stays open: its body has not ended. */
const open = (id: number): Buffer => formatFrame(FRAME.headers, END_HEADERS, id, encodeFields(POST))
const get = (id: number): Buffer => formatFrame(FRAME.headers, END_HEADERS | END_STREAM, id, encodeFields(GET))
const data = (id: number, size: number, flags = 0): Buffer => formatFrame(FRAME.data, flags, id, Buffer.alloc(size))
const number = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
const setting = (name: number, value: number): Buffer => Buffer.concat([Buffer.from([0, name]), number(value)])

const CONNECTION_ERRORS: readonly (readonly [string, number, readonly Buffer[]])[] = [
  ['DATA on stream 0', PROTOCOL_ERROR, [data(0, 1)]],
  ['DATA on an idle stream', PROTOCOL_ERROR, [data(1, 1)]],
  ['DATA on a stream of ours', PROTOCOL_ERROR, [data(2, 1)]],
  ['padding as long as the payload', PROTOCOL_ERROR, [open(1), formatFrame(FRAME.data, PADDED, 1, Buffer.from([1]))]],
  ['padding without its length', FRAME_SIZE_ERROR, [open(1), formatFrame(FRAME.data, PADDED, 1)]],
  ['HEADERS on stream 0', PROTOCOL_ERROR, [get(0)]],
  ['HEADERS on an even stream', PROTOCOL_ERROR, [get(2)]],
  ['HEADERS on a lower stream than before', PROTOCOL_ERROR, [get(5), get(3)]],
  ['HEADERS on a stream that ended', STREAM_CLOSED, [get(1), get(1), get(1)]],
  ['HEADERS with padding beyond the payload', PROTOCOL_ERROR, [
    formatFrame(FRAME.headers, END_HEADERS | PADDED, 1, Buffer.from([9, 0x82])),
  ]],
  ['HEADERS too short for a priority', FRAME_SIZE_ERROR, [
    formatFrame(FRAME.headers, END_HEADERS | WITH_PRIORITY, 1, Buffer.alloc(4)),
  ]],
  ['HEADERS that depend on themselves', PROTOCOL_ERROR, [
    formatFrame(FRAME.headers, END_HEADERS | WITH_PRIORITY, 1, Buffer.concat([number(1), Buffer.from([0, 0x82])])),
  ]],
  ['a header block that is no HPACK', COMPRESSION_ERROR, [
    formatFrame(FRAME.headers, END_HEADERS | END_STREAM, 1, Buffer.from([0x80])),
  ]],
  ['another frame inside a header block', PROTOCOL_ERROR, [
    formatFrame(FRAME.headers, 0, 1, encodeFields(GET)),
    formatFrame(FRAME.ping, 0, 0, Buffer.alloc(8)),
  ]],
  ['CONTINUATION of another stream', PROTOCOL_ERROR, [
    formatFrame(FRAME.headers, 0, 1, encodeFields(GET)),
    formatFrame(CONTINUATION, END_HEADERS, 3),
  ]],
  ['CONTINUATION without HEADERS', PROTOCOL_ERROR, [formatFrame(CONTINUATION, END_HEADERS, 1)]],
  ['CONTINUATION after the end of the block', PROTOCOL_ERROR, [open(1), formatFrame(CONTINUATION, END_HEADERS, 1)]],
  ['CONTINUATION frames without end', ENHANCE_YOUR_CALM, [
    formatFrame(FRAME.headers, 0, 1, encodeFields(GET)),
    ...Array.from({ length: 40 }, () => formatFrame(CONTINUATION, 0, 1)),
  ]],
  ['a block of more bytes than any head has', ENHANCE_YOUR_CALM, [
    formatFrame(FRAME.headers, 0, 1, encodeFields(GET)),
    ...Array.from({ length: 5 }, () => formatFrame(CONTINUATION, 0, 1, Buffer.alloc(16_384))),
  ]],
  ['PRIORITY on stream 0', PROTOCOL_ERROR, [formatFrame(PRIORITY, 0, 0, Buffer.alloc(5))]],
  ['PRIORITY of four bytes on an idle stream', FRAME_SIZE_ERROR, [formatFrame(PRIORITY, 0, 1, Buffer.alloc(4))]],
  ['RST_STREAM on stream 0', PROTOCOL_ERROR, [formatFrame(FRAME.rstStream, 0, 0, number(8))]],
  ['RST_STREAM on an idle stream', PROTOCOL_ERROR, [formatFrame(FRAME.rstStream, 0, 1, number(8))]],
  ['RST_STREAM of three bytes', FRAME_SIZE_ERROR, [open(1), formatFrame(FRAME.rstStream, 0, 1, Buffer.alloc(3))]],
  ['SETTINGS on a stream', PROTOCOL_ERROR, [formatFrame(FRAME.settings, 0, 1)]],
  ['SETTINGS of five bytes', FRAME_SIZE_ERROR, [formatFrame(FRAME.settings, 0, 0, Buffer.alloc(5))]],
  ['an acknowledgement with content', FRAME_SIZE_ERROR, [formatFrame(FRAME.settings, 1, 0, setting(1, 0))]],
  ['ENABLE_PUSH of 2', PROTOCOL_ERROR, [formatFrame(FRAME.settings, 0, 0, setting(2, 2))]],
  ['an initial window above 2^31-1', FLOW_CONTROL_ERROR, [formatFrame(FRAME.settings, 0, 0, setting(4, 2 ** 31))]],
  ['an initial window that overflows one of a stream', FLOW_CONTROL_ERROR, [
    open(1),
    formatFrame(FRAME.windowUpdate, 0, 1, number(100_000)),
    formatFrame(FRAME.settings, 0, 0, setting(4, 2 ** 31 - 1)),
  ]],
  ['MAX_FRAME_SIZE below 16384', PROTOCOL_ERROR, [formatFrame(FRAME.settings, 0, 0, setting(5, 16_383))]],
  ['MAX_FRAME_SIZE above 2^24-1', PROTOCOL_ERROR, [formatFrame(FRAME.settings, 0, 0, setting(5, 2 ** 24))]],
  ['PUSH_PROMISE', PROTOCOL_ERROR, [open(1), formatFrame(PUSH_PROMISE, END_HEADERS, 1, Buffer.alloc(4))]],
  ['PING on a stream', PROTOCOL_ERROR, [formatFrame(FRAME.ping, 0, 1, Buffer.alloc(8))]],
  ['PING of seven bytes', FRAME_SIZE_ERROR, [formatFrame(FRAME.ping, 0, 0, Buffer.alloc(7))]],
  ['GOAWAY on a stream', PROTOCOL_ERROR, [formatFrame(FRAME.goaway, 0, 1, Buffer.alloc(8))]],
  ['GOAWAY of seven bytes', FRAME_SIZE_ERROR, [formatFrame(FRAME.goaway, 0, 0, Buffer.alloc(7))]],
  ['WINDOW_UPDATE of three bytes', FRAME_SIZE_ERROR, [formatFrame(FRAME.windowUpdate, 0, 0, Buffer.alloc(3))]],
  ['WINDOW_UPDATE of 0 for the connection', PROTOCOL_ERROR, [formatFrame(FRAME.windowUpdate, 0, 0, number(0))]],
  ['WINDOW_UPDATE on an idle stream', PROTOCOL_ERROR, [formatFrame(FRAME.windowUpdate, 0, 1, number(1))]],
  ['a window of the connection above 2^31-1', FLOW_CONTROL_ERROR, [
    formatFrame(FRAME.windowUpdate, 0, 0, number(2 ** 31 - 1)),
  ]],
  ['a frame of more than 16384 bytes', FRAME_SIZE_ERROR, [open(1), data(1, 16_385)]],
  ['empty DATA frames without end', ENHANCE_YOUR_CALM, [open(1), ...Array.from({ length: 3000 }, () => data(1, 0))]],
  ['padding alone without end', ENHANCE_YOUR_CALM, [
    open(1),
    ...Array.from({ length: 3000 }, () => formatFrame(FRAME.data, PADDED, 1, Buffer.from([0]))),
  ]],
  ['unknown frames without end', ENHANCE_YOUR_CALM, Array.from({ length: 3000 }, () => formatFrame(99, 0, 0))],
  ['PRIORITY frames without end', ENHANCE_YOUR_CALM,
    Array.from({ length: 3000 }, () => formatFrame(PRIORITY, 0, 1, Buffer.alloc(5)))],
] // prettier-ignore

function startSilent(t: Parameters<typeof startFront>[0]): Promise<Front> {
  return startFront(t, { rawUpstream: (socket) => void socket.on('error', () => undefined).resume() })
}

for (const [what, code, frames] of CONNECTION_ERRORS) {
  test(`${what} ends the connection with code ${code}`, async (t) => {
    const front = what.includes('that ended') ? await startFront(t) : await startSilent(t)
    const client = await connectRaw(t, front.port)
    if (what.includes('that ended')) {
      client.send(get(1))
      await client.until((frame) => frame.type === FRAME.data && (frame.flags & END_STREAM) !== 0)
      client.send(get(1))
    } else {
      client.send(...frames)
    }
    const goaway = await client.until((frame) => frame.type === FRAME.goaway)
    assert.equal(goaway?.payload.readUInt32BE(4), code)
    await client.untilClosed()
    await front.nextClose
    assert.equal(front.connections[0]?.isIdle, true)
  })
}

const STREAM_ERRORS: readonly (readonly [string, number, readonly Buffer[]])[] = [
  ['DATA after the end of the request', STREAM_CLOSED, [get(1), data(1, 1)]],
  ['HEADERS after the end of the request', STREAM_CLOSED, [get(1), get(1)]],
  ['trailers that do not end the stream', PROTOCOL_ERROR, [open(1), formatFrame(FRAME.headers, END_HEADERS, 1, encodeFields([['x-own', 'a']]))]],
  ['trailers with a pseudo field', PROTOCOL_ERROR, [open(1), formatFrame(FRAME.headers, END_HEADERS | END_STREAM, 1, encodeFields([[':path', '/']]))]],
  ['trailers with CR LF', PROTOCOL_ERROR, [open(1), formatFrame(FRAME.headers, END_HEADERS | END_STREAM, 1, encodeFields([['x-own', 'a\r\nb: c']]))]],
  ['WINDOW_UPDATE of 0', PROTOCOL_ERROR, [open(1), formatFrame(FRAME.windowUpdate, 0, 1, number(0))]],
  ['a window above 2^31-1', FLOW_CONTROL_ERROR, [open(1), formatFrame(FRAME.windowUpdate, 0, 1, number(2 ** 31 - 1))]],
  ['PRIORITY of four bytes', FRAME_SIZE_ERROR, [open(1), formatFrame(PRIORITY, 0, 1, Buffer.alloc(4))]],
] // prettier-ignore

async function resetCode(client: RawClient, streamId: number): Promise<number | undefined> {
  const frame = await client.until(({ type, streamId: id }) => type === FRAME.rstStream && id === streamId)
  return frame?.payload.readUInt32BE(0)
}

for (const [what, code, frames] of STREAM_ERRORS) {
  test(`${what} resets the stream with code ${code} and harms no other`, async (t) => {
    const front = await startSilent(t)
    const client = await connectRaw(t, front.port)
    client.send(...frames)
    assert.equal(await resetCode(client, 1), code)
    client.send(formatFrame(FRAME.ping, 0, 0, Buffer.from('12345678')))
    const pong = await client.until((frame) => frame.type === FRAME.ping)
    assert.deepEqual([pong?.flags, pong?.payload.toString()], [1, '12345678'])
    assert.equal(front.records.length, 1)
  })
}

/** A tunnel that its upstream never agrees to: whatever is sent on it is held, and no credit is given. */
const tunnel = (id: number): Buffer =>
  formatFrame(
    FRAME.headers,
    END_HEADERS,
    id,
    encodeFields([[':method', 'CONNECT'], [':protocol', 'websocket'], GET[1], GET[2], GET[3]]),
  )
/** 16 of these are the window of a stream, 64 that of the connection. */
const FULL_FRAME = 16_384

test('a client that sends more than the window of a stream is reset', async (t) => {
  const front = await startSilent(t)
  const client = await connectRaw(t, front.port)
  client.send(tunnel(1), ...Array.from({ length: 16 }, () => data(1, FULL_FRAME)))
  client.send(formatFrame(FRAME.ping, 0, 0, Buffer.alloc(8)))
  await client.until((frame) => frame.type === FRAME.ping)
  assert.equal(front.records.length, 0)
  client.send(data(1, 1))
  assert.equal(await resetCode(client, 1), FLOW_CONTROL_ERROR)
})

test('a client that sends more than the window of the connection is cut off', async (t) => {
  const front = await startSilent(t)
  const client = await connectRaw(t, front.port)
  for (const id of [1, 3, 5, 7]) client.send(tunnel(id), ...Array.from({ length: 16 }, () => data(id, FULL_FRAME)))
  client.send(formatFrame(FRAME.ping, 0, 0, Buffer.alloc(8)))
  await client.until((frame) => frame.type === FRAME.ping)
  client.send(tunnel(9), data(9, 1))
  const goaway = await client.until((frame) => frame.type === FRAME.goaway)
  assert.equal(goaway?.payload.readUInt32BE(4), FLOW_CONTROL_ERROR)
})

test('what a reset stream held is credited to the connection', async (t) => {
  const front = await startSilent(t)
  const client = await connectRaw(t, front.port)
  for (let id = 1; id < 30; id += 2) {
    client.send(tunnel(id), ...Array.from({ length: 16 }, () => data(id, FULL_FRAME)))
    client.send(formatFrame(FRAME.rstStream, 0, id, number(8)))
    client.send(formatFrame(FRAME.ping, 0, 0, Buffer.concat([number(id), number(0)])))
    await client.until((frame) => frame.type === FRAME.ping && frame.payload.readUInt32BE(0) === id)
  }
  assert.equal(
    client.frames.some((frame) => frame.type === FRAME.goaway),
    false,
  )
})

test('frames for a stream that we reset are ignored', async (t) => {
  const front = await startFront(t, { route: { maxBodyBytes: 10 }, rawUpstream: (socket) => void socket.resume() })
  const client = await connectRaw(t, front.port)
  client.send(open(1), data(1, 100))
  assert.equal(await resetCode(client, 1), 0)
  client.send(
    data(1, 100),
    formatFrame(FRAME.windowUpdate, 0, 1, number(10)),
    formatFrame(FRAME.headers, END_HEADERS | END_STREAM, 1, encodeFields([['x-own', 'a']])),
    formatFrame(FRAME.rstStream, 0, 1, number(8)),
    formatFrame(FRAME.ping, 0, 0, Buffer.alloc(8)),
  )
  const after = await client.until((frame) => frame.type === FRAME.ping || frame.type === FRAME.goaway)
  assert.equal(after?.type, FRAME.ping)
})

test('unknown frames, settings and priorities are ignored', async (t) => {
  const front = await startFront(t)
  const client = await connectRaw(t, front.port)
  client.send(
    formatFrame(FRAME.settings, 0, 0, setting(99, 12_345)),
    formatFrame(99, 0xff, 7, Buffer.from('whatever')),
    formatFrame(16, 0, 0, Buffer.concat([number(1), Buffer.from('u=1')])),
    formatFrame(PRIORITY, 0, 1, Buffer.from([0, 0, 0, 3, 255])),
    formatFrame(FRAME.goaway, 0, 0, Buffer.alloc(20)),
    get(1),
  )
  const answer = await client.until((frame) => frame.type === FRAME.headers)
  assert.equal(answer?.payload[0], 0x88)
})
