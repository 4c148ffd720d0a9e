import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { test } from 'node:test'
import { ask, readAnswer, startFront } from '../testing/http2-front.ts'
import {
  connectRaw,
  encodeFields,
  END_HEADERS,
  END_STREAM,
  formatFrame,
  FRAME,
  GET,
} from '../testing/raw-http2-client.ts'

async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return Buffer.concat(parts).toString()
}

test('a request reaches the upstream in HTTP/1.1 with the forwarding headers, and its answer comes back', async (t) => {
  let seen: IncomingMessage | undefined
  const front = await startFront(t, {
    upstream: (request, response) => {
      seen = request
      response.setHeader('X-Answer', ['one', 'two'])
      response.setHeader('Connection', 'keep-alive')
      response.end('hello')
    },
  })
  const answer = await ask(front.connect(), [
    ':path', '/cart?a=1', ':authority', 'Shop.example.com:8080', 'x-forwarded-for', '9.9.9.9', 'x-real-ip', '9.9.9.9',
    'proxy', 'http://evil', 'x-own', 'value', 'te', 'trailers', 'authorization', `Basic ${btoa('user:secret')}`,
  ]) // prettier-ignore
  assert.equal(answer.status, 200)
  assert.equal(answer.body, 'hello')
  assert.equal(answer.headers['x-answer'], 'one, two')
  assert.equal(answer.headers['server'], 'genkan')
  assert.equal(answer.headers['content-length'], '5')
  assert.match(String(answer.headers['date']), /GMT$/)
  assert.equal('connection' in answer.headers, false)
  assert.equal('keep-alive' in answer.headers, false)

  assert.equal(seen?.httpVersion, '1.1')
  assert.equal(seen.url, '/cart?a=1')
  const { headers } = seen
  assert.equal(headers.host, 'Shop.example.com:8080')
  assert.equal(headers['x-forwarded-for'], '127.0.0.1')
  assert.equal(headers['x-original-forwarded-for'], '9.9.9.9')
  assert.equal(headers['x-real-ip'], '127.0.0.1')
  assert.equal(headers['x-forwarded-proto'], 'http')
  assert.equal(headers['x-forwarded-host'], 'Shop.example.com:8080')
  assert.match(String(headers['x-request-id']), /^[0-9a-f]{32}$/)
  assert.equal(headers['x-own'], 'value')
  assert.equal('proxy' in headers || 'te' in headers, false)
  assert.equal(
    Object.keys(headers).some((name) => name.startsWith(':')),
    false,
  )

  const [record] = front.records
  assert.equal(record?.protocol, 'HTTP/2.0')
  assert.equal(record.target, '/cart?a=1')
  assert.equal(record.host, 'shop.example.com')
  assert.equal(record.status, 200)
  assert.equal(record.bodyBytesSent, 5)
  assert.equal(record.remoteUser, 'user')
  assert.equal(record.upstreamStatus, '200')
  assert.equal(record.isAborted, false)
  assert.match(record.headerLines, /^host: Shop\.example\.com:8080\r$/m)
  assert.match(record.headerLines, /^x-own: value\r$/m)
})

test('cookie crumbs arrive as one Cookie line', async (t) => {
  const front = await startFront(t, { upstream: (request, response) => response.end(request.headers.cookie) })
  const answer = await ask(front.connect(), [':path', '/', 'cookie', 'a=1', 'cookie', 'b=2', 'cookie', 'c=3; d=4'])
  assert.equal(answer.body, 'a=1; b=2; c=3; d=4')
})

test('a body of declared length is sent with it, one without is sent chunked', async (t) => {
  const front = await startFront(t, {
    upstream: (request, response) => {
      const framing = request.headers['content-length'] ?? request.headers['transfer-encoding']
      void readBody(request).then((body) => response.end(`${framing} ${body}`))
    },
  })
  const session = front.connect()
  const declared = await ask(session, { ':method': 'POST', ':path': '/', 'content-length': 4 }, 'abcd')
  assert.equal(declared.body, '4 abcd')
  assert.equal((await ask(session, { ':method': 'POST', ':path': '/' }, 'efgh')).body, 'chunked efgh')
  assert.equal((await ask(session, { ':method': 'POST', ':path': '/' })).body, '0 ')
  assert.deepEqual(
    front.records.map((record) => record.status),
    [200, 200, 200],
  )
})

test('a GET without body is sent without framing', async (t) => {
  const front = await startFront(t, {
    upstream: ({ headers }, response) => response.end(JSON.stringify(headers)),
  })
  const headers = JSON.parse((await ask(front.connect(), { ':path': '/' })).body) as Record<string, unknown>
  assert.equal('content-length' in headers || 'transfer-encoding' in headers, false)
})

test('megabytes pass in both directions at once, unchanged and without gathering', async (t) => {
  const front = await startFront(t, { upstream: (request, response) => void request.pipe(response) })
  const sent = Buffer.alloc(3_000_000, 'genkan 玄関 ')
  const answer = await ask(front.connect(), { ':method': 'POST', ':path': '/' }, sent)
  assert.equal(answer.body, sent.toString())
  assert.equal(front.records[0]?.bodyBytesSent, sent.length)
})

test('an upstream is not read on while the client does not take the answer', async (t) => {
  let written = 0
  let isBlocked: () => void = () => {}
  const blocked = new Promise<void>((resolve) => (isBlocked = resolve))
  const total = 64 * 1024 * 1024
  const front = await startFront(t, {
    upstream: (_request, response) => {
      const part = Buffer.alloc(65_536)
      const writeOn = () => {
        while (written < total) {
          written += part.length
          if (!response.write(part)) {
            // All buffers on the way are full when nothing moves for a while.
            const timer = setTimeout(isBlocked, 300)
            response.once('drain', () => {
              clearTimeout(timer)
              writeOn()
            })
            return
          }
        }
        response.end()
      }
      writeOn()
    },
  })
  const stream = front.connect().request({ ':path': '/' })
  await blocked
  assert.ok(written < 16 * 1024 * 1024, `${written} bytes were read for a client that takes none`)
  let received = 0
  stream.on('data', (chunk: Buffer) => (received += chunk.length))
  await new Promise((resolve) => stream.on('end', resolve))
  assert.equal(received, total)
})

test('a client is not read on while the upstream does not take the body', async (t) => {
  let release: () => void = () => {}
  const front = await startFront(t, {
    upstream: (request, response) => {
      release = () => void readBody(request).then((body) => response.end(String(body.length)))
    },
  })
  const stream = front.connect().request({ ':method': 'POST', ':path': '/' })
  const answer = readAnswer(stream)
  let sent = 0
  await new Promise<void>((resolve) => {
    const part = Buffer.alloc(65_536)
    const writeOn = () => {
      let isStuck = false
      const timer = setTimeout(() => {
        isStuck = true
        resolve()
      }, 300)
      stream.write(part, () => {
        clearTimeout(timer)
        if (isStuck) return
        sent += part.length
        if (sent < 64 * 1024 * 1024) writeOn()
        else resolve()
      })
    }
    writeOn()
  })
  assert.ok(sent < 32 * 1024 * 1024, `${sent} bytes were taken for an upstream that reads none`)
  stream.end()
  release()
  assert.equal((await answer).body, String(sent + 65_536))
})

for (const [what, answer, status] of [
  ['HEAD', { method: 'HEAD', write: 'HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n' }, 200],
  ['204', { method: 'GET', write: 'HTTP/1.1 204 No Content\r\n\r\n' }, 204],
  ['304', { method: 'GET', write: 'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\n\r\n' }, 304],
] as const) {
  test(`a bodyless answer (${what}) ends with its head`, async (t) => {
    const front = await startFront(t, {
      rawUpstream: (socket) => void socket.on('data', () => socket.write(answer.write)),
    })
    const got = await ask(front.connect(), { ':method': answer.method, ':path': '/' })
    assert.equal(got.status, status)
    assert.equal(got.body, '')
    assert.equal(got.rstCode, 0)
    if (what === 'HEAD') assert.equal(got.headers['content-length'], '7')
    assert.equal(front.records[0]?.isAborted, false)
  })
}

test('trailers pass both ways', async (t) => {
  const front = await startFront(t, {
    upstream: (request, response) => {
      response.write('part')
      request.resume().on('end', () => {
        response.addTrailers({ 'X-Back': JSON.stringify(request.trailers) })
        response.end()
      })
    },
  })
  const stream = front.connect().request({ ':method': 'POST', ':path': '/' }, { waitForTrailers: true })
  stream.on('wantTrailers', () => stream.sendTrailers({ 'x-there': 'and back', authorization: 'Basic x' }))
  const answer = readAnswer(stream)
  stream.end('body')
  const { body, trailers } = await answer
  assert.equal(body, 'part')
  assert.equal(trailers['x-back'], '{"x-there":"and back"}')
})

test('a chunked answer that comes in pieces ends properly without trailers', async (t) => {
  const front = await startFront(t, {
    upstream: (_request, response) => {
      response.write('one ')
      setImmediate(() => setImmediate(() => response.end('two')))
    },
  })
  const answer = await ask(front.connect(), { ':path': '/' })
  assert.deepEqual([answer.status, answer.body, answer.rstCode], [200, 'one two', 0])
})

test('100 Continue and 103 Early Hints come through before the answer', async (t) => {
  const front = await startFront(t, {
    rawUpstream: (socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 100 Continue\r\n\r\n')
        socket.write('HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nLink: </b.css>; rel=preload\r\n\r\n')
        socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'))
      })
    },
  })
  const stream = front
    .connect()
    .request({ ':method': 'POST', ':path': '/', expect: '100-continue', 'content-length': 4 })
  const answer = readAnswer(stream)
  stream.on('continue', () => stream.end('body'))
  const { interim, status, body } = await answer
  assert.deepEqual([interim, status, body], [[100, 103], 200, 'ok'])
})

test('an answer before the end of the body tells the client to stop sending, without error', async (t) => {
  const front = await startFront(t, {
    rawUpstream: (socket) =>
      void socket.once('data', () => socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno')),
  })
  const stream = front.connect().request({ ':method': 'POST', ':path': '/' })
  const answer = readAnswer(stream)
  stream.write('begin')
  const { status, body, rstCode } = await answer
  assert.deepEqual([status, body, rstCode], [403, 'no', 0])
})

test('an upstream that closes before its answer gives 502, one that is silent gives 504', async (t) => {
  const closing = await startFront(t, { rawUpstream: (socket) => void socket.once('data', () => socket.destroy()) })
  const bad = await ask(closing.connect(), { ':path': '/' })
  assert.deepEqual([bad.status, bad.body, bad.headers['server']], [502, '502 Bad Gateway\n', 'genkan'])
  const silent = await startFront(t, {
    rawUpstream: (socket) => void socket.resume(),
    route: { action: { ...forwardAction(), readTimeoutMs: 50 } },
  })
  assert.equal((await ask(silent.connect(), { ':path': '/' })).status, 504)
})

function forwardAction() {
  return {
    kind: 'forward' as const,
    backendId: 'default/web:80',
    rewriteTarget: '',
    protocol: 'http' as const,
    connectTimeoutMs: 1000,
    sendTimeoutMs: 1000,
    readTimeoutMs: 1000,
    maxTries: 1,
    unavailable: { status: 503, contentType: '', body: '' },
    addsUpstreamServiceTime: false,
  }
}

for (const framing of ['Content-Length: 100\r\n\r\npart', 'Transfer-Encoding: chunked\r\n\r\n4\r\npart\r\n']) {
  test(`an upstream that breaks off in the middle of its answer resets the stream (${framing.slice(0, 14)})`, async (t) => {
    let breakOff: () => void = () => {}
    const front = await startFront(t, {
      rawUpstream: (socket) =>
        void socket.once('data', () => {
          socket.write(`HTTP/1.1 200 OK\r\n${framing}`)
          breakOff = () => socket.destroy()
        }),
    })
    const client = await connectRaw(t, front.port)
    client.send(formatFrame(FRAME.headers, END_STREAM | END_HEADERS, 1, encodeFields(GET)))
    await client.until((frame) => frame.type === FRAME.data)
    breakOff()
    const reset = await client.until((frame) => frame.type === FRAME.rstStream)
    assert.equal(reset?.payload.readUInt32BE(0), 2)
    // A frame with END_STREAM would make the part look like the whole.
    assert.equal(
      client.frames.some((frame) => frame.type === FRAME.data && (frame.flags & END_STREAM) !== 0),
      false,
    )
    assert.equal(client.isClosed, false)
    assert.equal(front.records[0]?.isAborted, false)
  })
}

test('a client that resets is recorded as 499 and its upstream request is given up', async (t) => {
  let upstreamClosed: () => void = () => {}
  const closed = new Promise<void>((resolve) => (upstreamClosed = resolve))
  const front = await startFront(t, {
    rawUpstream: (socket) =>
      void socket.once('data', () => {
        stream.close(8)
        socket.on('close', upstreamClosed)
      }),
  })
  const ended = front.nextRecord()
  const stream = front.connect().request({ ':path': '/' })
  stream.on('error', () => {})
  const record = await ended
  assert.deepEqual([record.status, record.isAborted], [499, true])
  await closed
})
