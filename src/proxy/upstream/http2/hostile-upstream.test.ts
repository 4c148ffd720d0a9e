/** Upstreams that break the rules, by mistake or by will: one request may suffer, the proxy and the others may not. */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import {
  encodeFields,
  END_HEADERS,
  END_STREAM,
  formatFrame,
  type Frame,
  FRAME,
} from '../../testing/raw-http2-client.ts'
import { type ScriptedPeer, type ScriptedUpstream, startScriptedUpstream } from '../../testing/http2-upstream.ts'
import { type Fixture, type FixtureOptions, startFixture } from '../../testing/proxy-fixture.ts'
import { RawClient, sendRaw } from '../../testing/raw-client.ts'

const GET = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
const CONTINUATION = 9
const PUSH_PROMISE = 5
const OK = encodeFields([[':status', '200']])
const SETTINGS = formatFrame(FRAME.settings, 0, 0)

const numbers = (...values: number[]): Buffer => {
  const payload = Buffer.alloc(values.length * 4)
  values.forEach((value, at) => payload.writeUInt32BE(value, at * 4))
  return payload
}
const answer = (streamId: number, ...fields: (readonly [string, string])[]): Buffer =>
  formatFrame(FRAME.headers, END_HEADERS | END_STREAM, streamId, encodeFields([[':status', '200'], ...fields]))
const isRequest = (frame: Frame): boolean => frame.type === FRAME.headers
const isGoaway = (frame: Frame): boolean => frame.type === FRAME.goaway
const codeOf = ({ type, payload }: Frame): number => payload.readUInt32BE(type === FRAME.goaway ? 4 : 0)

async function start(
  context: TestContext,
  script: (peer: ScriptedPeer, frame: Frame) => void,
  more: Partial<FixtureOptions> = {},
  greet?: readonly Buffer[],
): Promise<{ upstream: ScriptedUpstream; proxy: Fixture }> {
  const upstream = await startScriptedUpstream(context, script, greet)
  const proxy = await startFixture({ upstreams: [upstream.port], ...more, action: { protocol: 'h2c', ...more.action } })
  context.after(() => proxy[Symbol.asyncDispose]())
  return { upstream, proxy }
}

const FOR_THE_STREAM: readonly [string, readonly Buffer[]][] = [
  ['a body before its head', [formatFrame(FRAME.data, END_STREAM, 1, Buffer.from('x'))]],
  ['a head without status', [formatFrame(FRAME.headers, 5, 1, encodeFields([['x', 'y']]))]],
  ['two statuses', [answer(1, [':status', '204'])]],
  ['a status of words', [formatFrame(FRAME.headers, 5, 1, encodeFields([[':status', 'fine']]))]],
  ['101', [formatFrame(FRAME.headers, 5, 1, encodeFields([[':status', '101']]))]],
  ['a pseudo field of requests', [answer(1, [':path', '/'])]],
  [
    'a pseudo field behind others',
    [
      formatFrame(
        FRAME.headers,
        5,
        1,
        encodeFields([
          ['a', 'b'],
          [':status', '200'],
        ]),
      ),
    ],
  ],
  ['an upper-case name', [answer(1, ['X-Upper', 'y'])]],
  ['a connection header', [answer(1, ['connection', 'close'])]],
  ['transfer-encoding', [answer(1, ['transfer-encoding', 'chunked'])]],
  ['a line break in a value', [answer(1, ['x', 'a\r\nb: c'])]],
  ['two lengths', [answer(1, ['content-length', '0'], ['content-length', '0'])]],
  ['a length that nothing follows', [answer(1, ['content-length', '5'])]],
  ['an interim head that ends the stream', [formatFrame(FRAME.headers, 5, 1, encodeFields([[':status', '103']]))]],
  ['a window of nothing', [formatFrame(FRAME.windowUpdate, 0, 1, numbers(0))]],
  ['a window beyond all', [formatFrame(FRAME.windowUpdate, 0, 1, numbers(0x7fff_ffff))]],
  ['a reset', [formatFrame(FRAME.rstStream, 0, 1, numbers(2))]],
  [
    'very many interim heads',
    Array.from({ length: 200 }, () => formatFrame(FRAME.headers, 4, 1, encodeFields([[':status', '103']]))),
  ],
]

for (const [what, frames] of FOR_THE_STREAM) {
  test(`${what} costs the request alone`, async (context) => {
    const { upstream, proxy } = await start(context, (peer, frame) => {
      if (!isRequest(frame)) return
      if (frame.streamId === 1) peer.send(...frames)
      else peer.send(answer(frame.streamId))
    })
    assert.match(await sendRaw(proxy.port, GET), /(?:^|\r\n\r\n)HTTP\/1\.1 502 /)
    assert.match(await sendRaw(proxy.port, GET), /^HTTP\/1\.1 200 /)
    assert.equal(upstream.connections(), 1)
  })
}

const FOR_THE_CONNECTION: readonly [string, readonly Buffer[], number][] = [
  ['a frame of a stream that nobody opened', [formatFrame(FRAME.headers, 5, 3, OK)], 1],
  ['a frame of an even stream', [formatFrame(FRAME.data, 0, 2, Buffer.from('x'))], 1],
  ['a pushed request', [formatFrame(PUSH_PROMISE, END_HEADERS, 1, Buffer.concat([numbers(2), OK]))], 1],
  ['SETTINGS that allow pushing', [formatFrame(FRAME.settings, 0, 0, Buffer.from([0, 2, 0, 0, 0, 1]))], 1],
  ['SETTINGS of a wrong size', [formatFrame(FRAME.settings, 0, 0, Buffer.alloc(5))], 6],
  ['a frame beyond the size allowed', [formatFrame(FRAME.data, 0, 1, Buffer.alloc(16_385))], 6],
  ['a connection window of nothing', [formatFrame(FRAME.windowUpdate, 0, 0, numbers(0))], 1],
  ['an index that no table has', [formatFrame(FRAME.headers, 5, 1, Buffer.from([0xff, 0x7f]))], 9],
  ['CONTINUATION out of the blue', [formatFrame(CONTINUATION, END_HEADERS, 1, OK)], 1],
  ['something between a head and its rest', [formatFrame(FRAME.headers, 0, 1, OK), SETTINGS], 1],
  ['a flood of SETTINGS', Array.from({ length: 4000 }, () => SETTINGS), 11],
  ['a flood of PING', Array.from({ length: 4000 }, () => formatFrame(FRAME.ping, 0, 0, Buffer.alloc(8))), 11],
  [
    'a flood of empty DATA',
    [
      formatFrame(FRAME.headers, END_HEADERS, 1, OK),
      ...Array.from({ length: 4000 }, () => formatFrame(FRAME.data, 0, 1)),
    ],
    11,
  ],
  [
    'CONTINUATION without end',
    [formatFrame(FRAME.headers, 0, 1, OK), ...Array.from({ length: 200 }, () => formatFrame(CONTINUATION, 0, 1))],
    11,
  ],
  // An entry of 4 KB, and references to it in one byte each.
  [
    'a head that unpacks to megabytes',
    [
      formatFrame(
        FRAME.headers,
        END_HEADERS | END_STREAM,
        1,
        Buffer.concat([Buffer.from('884001787fa11e', 'hex'), Buffer.alloc(4000, 'x'), Buffer.alloc(8000, 0xbe)]),
      ),
    ],
    11,
  ],
]

for (const [what, frames, code] of FOR_THE_CONNECTION) {
  test(`${what} ends the connection, and the next request gets another`, async (context) => {
    const { upstream, proxy } = await start(context, (peer, frame) => {
      if (!isRequest(frame)) return
      if (peer.index === 0) peer.send(...frames)
      else peer.send(answer(frame.streamId))
    })
    await sendRaw(proxy.port, GET)
    assert.equal(codeOf(await upstream.until(isGoaway)), code)
    assert.match(await sendRaw(proxy.port, GET), /^HTTP\/1\.1 200 /)
    assert.equal(proxy.records[0]?.upstreamStatus.endsWith('200'), what.includes('empty DATA'))
  })
}

test('an upstream whose first frame is not SETTINGS speaks no HTTP/2', async (context) => {
  const { proxy } = await start(context, () => undefined, {}, [formatFrame(FRAME.ping, 0, 0, Buffer.alloc(8))])
  assert.match(await sendRaw(proxy.port, GET), /^HTTP\/1\.1 502 /)
})

test('an upstream that never says its SETTINGS is given up after the connect timeout', async (context) => {
  const { proxy } = await start(context, () => undefined, { action: { connectTimeoutMs: 40 } }, [])
  assert.match(await sendRaw(proxy.port, GET), /^HTTP\/1\.1 504 /)
})

test('a head in very many small frames and reads is a head', async (context) => {
  const { proxy } = await start(context, (peer, frame) => {
    if (!isRequest(frame)) return
    const bytes = Buffer.concat([
      formatFrame(FRAME.headers, 0, 1, OK.subarray(0, 3)),
      formatFrame(CONTINUATION, END_HEADERS, 1, OK.subarray(3)),
      formatFrame(FRAME.data, END_STREAM, 1, Buffer.from('whole')),
    ])
    let at = 0
    const next = (): void => {
      peer.socket.write(bytes.subarray(at, ++at))
      if (at < bytes.length) setImmediate(next)
    }
    next()
  })
  assert.match(await sendRaw(proxy.port, GET), /whole\r\n0\r\n\r\n$/)
})

test('half a frame and then silence is a timeout, and the connection is not used again', async (context) => {
  const { upstream, proxy } = await start(
    context,
    (peer, frame) => {
      if (!isRequest(frame)) return
      if (peer.index === 0) peer.socket.write(answer(1).subarray(0, 12))
      else peer.send(answer(frame.streamId))
    },
    { action: { readTimeoutMs: 300 } },
  )
  assert.match(await sendRaw(proxy.port, GET), /^HTTP\/1\.1 504 /)
  assert.match(await sendRaw(proxy.port, GET), /^HTTP\/1\.1 200 /)
  assert.equal(upstream.connections(), 2)
})

test('a stream that was refused is asked again, with its body', async (context) => {
  const bodies: string[] = []
  const { upstream, proxy } = await start(context, (peer, frame) => {
    if (frame.type === FRAME.data) {
      bodies.push(frame.payload.toString())
      if (bodies.length % 2 === 1) peer.send(formatFrame(FRAME.rstStream, 0, frame.streamId, numbers(7)))
      else peer.send(answer(frame.streamId))
    }
  })
  const post = 'POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello'
  // Once while the connection is being made, and once over the one that is there.
  for (let i = 0; i < 2; i++) assert.match(await sendRaw(proxy.port, post), /^HTTP\/1\.1 200 /)
  assert.deepEqual(bodies, ['hello', 'hello', 'hello', 'hello'])
  await upstream.until((frame) => frame.type === FRAME.data)
  assert.equal(proxy.records[0]?.upstreamStatus, '502, 200')
})

test('an upstream that refuses for ever is not asked for ever', async (context) => {
  const { upstream, proxy } = await start(context, (peer, frame) => {
    if (isRequest(frame)) peer.send(formatFrame(FRAME.rstStream, 0, frame.streamId, numbers(7)))
  })
  assert.match(await sendRaw(proxy.port, GET), /^HTTP\/1\.1 502 /)
  assert.equal(upstream.frames.filter(isRequest).length, 2)
})

test('streams above the last one of a GOAWAY go on over another connection, the others where they are', async (context) => {
  const answered: number[] = []
  const { upstream, proxy } = await start(context, (peer, frame) => {
    if (!isRequest(frame)) return
    if (peer.index > 0) {
      answered.push(frame.streamId)
      return peer.send(answer(frame.streamId))
    }
    if (frame.streamId === 5) {
      peer.send(formatFrame(FRAME.goaway, 0, 0, numbers(1, 0)))
      setImmediate(() => peer.send(answer(1, ['x-old', 'yes'])))
    }
  })
  const answers = await Promise.all(Array.from({ length: 3 }, () => sendRaw(proxy.port, GET)))
  for (const text of answers) assert.match(text, /^HTTP\/1\.1 200 /)
  assert.equal(answers.filter((text) => text.includes('x-old: yes')).length, 1)
  assert.equal(upstream.connections(), 2)
  assert.deepEqual(answered, [1, 3])
})

for (const [what, lasts] of [
  ['names a stream that no client opens', [110]],
  ['takes back what an earlier one gave up', [1, 3]],
] as const) {
  test(`a GOAWAY that ${what} ends the connection`, async (context) => {
    const { upstream, proxy } = await start(context, (peer, frame) => {
      if (!isRequest(frame)) return
      for (const last of lasts) peer.send(formatFrame(FRAME.goaway, 0, 0, numbers(last, 0)))
      peer.send(answer(frame.streamId))
    })
    assert.match(await sendRaw(proxy.port, GET), /^HTTP\/1\.1 502 /)
    assert.equal(codeOf(await upstream.until(isGoaway)), 1)
  })
}

test('more than the window allows costs the stream, when its client does not read', async (context) => {
  const block = formatFrame(FRAME.data, 0, 1, Buffer.alloc(16_384))
  const { upstream, proxy } = await start(context, (peer, frame) => {
    if (!isRequest(frame)) return
    peer.send(formatFrame(FRAME.headers, END_HEADERS, 1, OK))
    for (let i = 0; i < 900; i++) peer.socket.write(block)
  })
  const client = new RawClient(proxy.port)
  client.socket.pause()
  client.send(GET)
  const reset = await upstream.until((frame) => frame.type === FRAME.rstStream || isGoaway(frame))
  assert.equal(codeOf(reset), 3)
  client.close()
})

test('an upstream that takes no streams has the requests wait no longer than a connection may take', async (context) => {
  const none = formatFrame(FRAME.settings, 0, 0, Buffer.from([0, 3, 0, 0, 0, 0]))
  const { proxy } = await start(context, () => undefined, { action: { connectTimeoutMs: 40 } }, [none])
  assert.match(await sendRaw(proxy.port, GET), /^HTTP\/1\.1 502 /)
})

test('PING is answered', async (context) => {
  const { upstream, proxy } = await start(context, (peer, frame) => {
    if (!isRequest(frame)) return
    peer.send(formatFrame(FRAME.ping, 0, 0, Buffer.from('12345678')), answer(1))
  })
  await sendRaw(proxy.port, GET)
  const pong = await upstream.until((frame) => frame.type === FRAME.ping)
  assert.deepEqual([pong.flags, pong.payload.toString()], [1, '12345678'])
})
