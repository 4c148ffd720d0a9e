import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask, type Front, startFront } from '../testing/http2-front.ts'
import {
  connectRaw,
  encodeFields,
  END_HEADERS,
  END_STREAM,
  formatFrame,
  FRAME,
  type Frame,
  GET,
  type RawClient,
} from '../testing/raw-http2-client.ts'

const LONGEST_MS = 20_000
const ERROR = { none: 0, protocol: 1, enhanceYourCalm: 11 } as const

function headersFrame(
  streamId: number,
  fields: readonly (readonly [string, string])[],
  flags: number = END_STREAM | END_HEADERS,
): Buffer {
  return formatFrame(FRAME.headers, flags, streamId, encodeFields(fields))
}

/** What came back on a stream: `reset CODE`, or the status (indexed or literal) of an answer. */
async function outcome(client: RawClient, streamId: number): Promise<string> {
  const frame = await client.until(
    ({ type, streamId: id }) => id === streamId && (type === FRAME.headers || type === FRAME.rstStream),
  )
  if (frame === null) return 'closed'
  if (frame.type === FRAME.rstStream) return `reset ${frame.payload.readUInt32BE(0)}`
  const indexed: Record<number, string> = { 0x88: '200', 0x8c: '400', 0x8d: '404' }
  return indexed[frame.payload[0] ?? 0] ?? 'other status'
}

function goawayCode(frame: Frame | null): number | undefined {
  return frame?.payload.readUInt32BE(4)
}

async function assertStillServes(front: Front): Promise<void> {
  assert.equal((await ask(front.connect(), { ':path': '/' })).status, 200)
}

const MALFORMED: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
  ['connection', [...GET, ['connection', 'close']]],
  ['keep-alive', [...GET, ['keep-alive', 'timeout=5']]],
  ['proxy-connection', [...GET, ['proxy-connection', 'close']]],
  ['transfer-encoding', [...GET, ['transfer-encoding', 'chunked']]],
  ['upgrade', [...GET, ['upgrade', 'websocket']]],
  ['te other than trailers', [...GET, ['te', 'gzip']]],
  ['upper case in a name', [...GET, ['X-Own', 'a']]],
  ['blank in the path', [GET[0], GET[1], GET[2], [':path', '/a HTTP/1.1']]],
  ['CR LF in the path', [GET[0], GET[1], GET[2], [':path', '/ HTTP/1.1\r\nHost: b']]],
  ['fragment in the path', [GET[0], GET[1], GET[2], [':path', '/a#b']]],
  ['path without slash', [GET[0], GET[1], GET[2], [':path', 'a']]],
  ['empty path', [GET[0], GET[1], GET[2], [':path', '']]],
  ['asterisk path with GET', [GET[0], GET[1], GET[2], [':path', '*']]],
  ['blank in the method', [[':method', 'GET /b'], GET[1], GET[2], GET[3]]],
  ['method in lower case', [[':method', 'get'], GET[1], GET[2], GET[3]]],
  ['no method', [GET[1], GET[2], GET[3]]],
  ['no scheme', [GET[0], GET[2], GET[3]]],
  ['a scheme of other characters', [GET[0], [':scheme', 'h\xd9tp'], GET[2], GET[3]]],
  ['an empty scheme', [GET[0], [':scheme', ''], GET[2], GET[3]]],
  ['no path', [GET[0], GET[1], GET[2]]],
  ['no authority', [GET[0], GET[1], GET[3]]],
  ['an empty authority beside a host', [GET[0], GET[1], [':authority', ''], GET[3], ['host', 'a']]],
  ['user info in the authority', [GET[0], GET[1], [':authority', 'a@b'], GET[3]]],
  ['CR LF in the authority', [GET[0], GET[1], [':authority', 'a\r\nb: c'], GET[3]]],
  ['host unlike the authority', [...GET, ['host', 'other.example.com']]],
  ['two hosts', [...GET, ['host', 'shop.example.com'], ['host', 'other.example.com']]],
  ['two paths', [...GET, [':path', '/b']]],
  ['pseudo field after others', [GET[0], GET[1], GET[2], ['x-own', 'a'], GET[3]]],
  ['unknown pseudo field', [...GET, [':own', 'a']]],
  ['a protocol without CONNECT', [...GET, [':protocol', 'websocket']]],
  ['length without body', [...GET, ['content-length', '5']]],
  ['two lengths', [...GET, ['content-length', '0'], ['content-length', '0']]],
  ['a signed length', [...GET, ['content-length', '+0']]],
  ['CR LF in a value', [...GET, ['x-own', 'a\r\nx-evil: 1']]],
  ['LF in a value', [...GET, ['x-own', 'a\nx-evil: 1']]],
  ['NUL in a value', [...GET, ['x-own', 'a\0b']]],
  ['a blank before a value', [...GET, ['x-own', ' a']]],
  ['a tab after a value', [...GET, ['x-own', 'a\t']]],
  ['CR LF in a name', [...GET, ['x-evil: 1\r\nx-own', 'a']]],
  ['a blank in a name', [...GET, ['x own', 'a']]],
  ['a colon in a name', [...GET, ['x:own', 'a']]],
  ['an empty name', [...GET, ['', 'a']]],
  ['two methods', [...GET.slice(0, 1), ...GET]],
  ['two schemes', [...GET.slice(0, 2), ...GET.slice(1)]],
  ['two authorities', [...GET.slice(0, 3), ...GET.slice(2)]],
  ['CONNECT with a path', [[':method', 'CONNECT'], ...GET.slice(1)]],
]

test('malformed requests are answered 400 or reset, never forwarded, and harm no other request', async (t) => {
  let forwarded = 0
  const front = await startFront(t, {
    upstream: (_request, response) => {
      forwarded++
      response.end()
    },
  })
  const client = await connectRaw(t, front.port)
  let streamId = 1
  for (const [what, fields] of MALFORMED) {
    client.send(headersFrame(streamId, fields))
    assert.match(await outcome(client, streamId), /^(400|reset 1)$/, what)
    streamId += 2
  }
  assert.equal(forwarded, 0)
  client.send(headersFrame(streamId, GET))
  assert.equal(await outcome(client, streamId), '200')
})

for (const [what, sent, declared] of [
  ['longer', 'abcdef', '5'],
  ['shorter', 'abc', '5'],
] as const) {
  test(`a body ${what} than declared resets the stream and is not forwarded as complete`, async (t) => {
    const bodies: string[] = []
    const front = await startFront(t, {
      upstream: (request, response) => {
        let body = ''
        request.on('data', (chunk: Buffer) => (body += chunk.toString()))
        request.on('end', () => {
          bodies.push(body)
          response.end()
        })
      },
    })
    const client = await connectRaw(t, front.port)
    client.send(
      headersFrame(1, [[':method', 'POST'], GET[1], GET[2], GET[3], ['content-length', declared]], END_HEADERS),
    )
    client.send(formatFrame(FRAME.data, END_STREAM, 1, Buffer.from(sent)))
    assert.match(await outcome(client, 1), /^(reset 1|closed)$/)
    assert.deepEqual(bodies, [])
  })
}

for (const code of [0, 8]) {
  test(`a body that the client breaks off with code ${code} is not forwarded as complete`, async (t) => {
    let isComplete: boolean | undefined
    let begun: () => void = () => {}
    const hasBegun = new Promise<void>((resolve) => (begun = resolve))
    let closed: () => void = () => {}
    const hasClosed = new Promise<void>((resolve) => (closed = resolve))
    const front = await startFront(t, {
      upstream: (request) => {
        request.on('error', () => {})
        request.once('data', begun)
        request.on('close', () => {
          isComplete = request.complete
          closed()
        })
      },
    })
    const client = await connectRaw(t, front.port)
    client.send(headersFrame(1, [[':method', 'POST'], GET[1], GET[2], GET[3]], END_HEADERS))
    client.send(formatFrame(FRAME.data, 0, 1, Buffer.from('part')))
    await hasBegun
    const reset = Buffer.alloc(4)
    reset.writeUInt32BE(code)
    client.send(formatFrame(FRAME.rstStream, 0, 1, reset))
    await hasClosed
    assert.equal(isComplete, false)
  })
}

test('opening and resetting streams without end is told to calm down', async (t) => {
  const front = await startFront(t, { rawUpstream: (socket) => void socket.on('error', () => {}).resume() })
  const client = await connectRaw(t, front.port)
  const cancel = Buffer.from([0, 0, 0, 8])
  for (let id = 1; id < 1200 && !client.isClosed; id += 2) {
    client.send(headersFrame(id, GET), formatFrame(FRAME.rstStream, 0, id, cancel))
  }
  const goaway = await client.until((frame) => frame.type === FRAME.goaway && frame.payload.readUInt32BE(4) !== 0)
  assert.equal(goawayCode(goaway), ERROR.enhanceYourCalm)
  await client.untilClosed()
})

test('requests that are malformed without end are told to calm down', async (t) => {
  const front = await startFront(t)
  const client = await connectRaw(t, front.port)
  for (let id = 1; id < 4000 && !client.isClosed; id += 2) client.send(headersFrame(id, [...GET, ['Bad', 'x']]))
  await client.untilClosed()
  await assertStillServes(front)
})

test('resets within reason are fine', async (t) => {
  const front = await startFront(t)
  const client = await connectRaw(t, front.port)
  const cancel = Buffer.from([0, 0, 0, 8])
  for (let id = 1; id < 200; id += 2) client.send(headersFrame(id, GET), formatFrame(FRAME.rstStream, 0, id, cancel))
  client.send(headersFrame(201, GET))
  assert.equal(await outcome(client, 201), '200')
})

test('more streams at once than allowed are refused, not queued', async (t) => {
  const front = await startFront(t, {
    settings: { http2MaxConcurrentStreams: 2 },
    rawUpstream: (socket) => void socket.on('error', () => {}).resume(),
  })
  const client = await connectRaw(t, front.port)
  for (const id of [1, 3, 5]) client.send(headersFrame(id, GET))
  assert.equal(await outcome(client, 5), 'reset 7')
})

for (const [what, flood] of [
  ['PING', formatFrame(FRAME.ping, 0, 0, Buffer.alloc(8))],
  ['SETTINGS', formatFrame(FRAME.settings, 0, 0)],
] as const) {
  test(`a client that floods ${what} frames and reads no answer is cut off`, async (t) => {
    const front = await startFront(t)
    const client = await connectRaw(t, front.port)
    client.socket.pause()
    client.send(...Array.from({ length: 10_000 }, () => flood))
    await front.nextClose
    await assertStillServes(front)
  })
}

test('a client that sends a PING for every answer may do so for ever', async (t) => {
  const front = await startFront(t, { settings: { keepAliveRequests: 1_000_000 } })
  const client = await connectRaw(t, front.port)
  const ping = formatFrame(FRAME.ping, 0, 0, Buffer.alloc(8))
  const startMs = performance.now()
  const spentMs = (): number => performance.now() - startMs
  // More than the burst and what the time restores; a machine that is too slow for that does not do it for ever.
  for (let id = 1; id < 2 * (2500 + 0.6 * spentMs()) && spentMs() < LONGEST_MS; id += 2) {
    client.frames.length = 0
    client.send(headersFrame(id, GET))
    await client.until(({ streamId, flags }) => streamId === id && (flags & 1) !== 0)
    client.send(ping)
    assert.notEqual(await client.until(({ type }) => type === FRAME.ping), null)
  }
})

test('a head far above the bound ends the connection unread', async (t) => {
  const front = await startFront(t, { settings: { maxHeadBytes: 1024 } })
  const client = await connectRaw(t, front.port)
  client.send(headersFrame(1, [...GET, ['x-large', 'a'.repeat(3000)]]))
  assert.equal(await outcome(client, 1), 'other status')
  client.send(headersFrame(3, [...GET, ['x-large', 'a'.repeat(9000)]]))
  const goaway = await client.until((frame) => frame.type === FRAME.goaway)
  assert.equal(goawayCode(goaway), ERROR.enhanceYourCalm)
  await client.untilClosed()
  await assertStillServes(front)
})

test('garbage after the preface ends the connection', async (t) => {
  const front = await startFront(t)
  const client = await connectRaw(t, front.port)
  client.send(Buffer.alloc(1000, 0xff))
  await client.untilClosed()
  await assertStillServes(front)
})
