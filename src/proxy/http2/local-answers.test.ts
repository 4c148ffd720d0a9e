import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask, readAnswer, startFront } from '../testing/http2-front.ts'

test('a declared body over the limit is answered 413 without asking the upstream', async (t) => {
  let upstreamRequests = 0
  const front = await startFront(t, {
    route: { maxBodyBytes: 10 },
    upstream: (_request, response) => {
      upstreamRequests++
      response.end()
    },
  })
  const stream = front.connect().request({ ':method': 'POST', ':path': '/', 'content-length': 11 })
  const answer = await readAnswer(stream)
  assert.equal(answer.status, 413)
  assert.equal(answer.body, '413 Request Entity Too Large\n')
  assert.equal(upstreamRequests, 0)
})

test('an undeclared body over the limit is answered 413 while it is sent, and the connection lives on', async (t) => {
  const front = await startFront(t, {
    route: { maxBodyBytes: 100_000 },
    upstream: (request, response) => void request.resume().on('end', () => response.end('done')),
  })
  const session = front.connect()
  const stream = session.request({ ':method': 'POST', ':path': '/' })
  const answer = readAnswer(stream)
  for (let i = 0; i < 8; i++) stream.write(Buffer.alloc(50_000))
  assert.equal((await answer).status, 413)
  assert.equal((await ask(session, { ':method': 'POST', ':path': '/' }, 'small')).body, 'done')
})

test('answers of our own: unknown path, redirect, HEAD', async (t) => {
  const front = await startFront(t, {
    route: {
      match: { kind: 'exact', path: '/only' },
      action: { kind: 'redirect', status: 302, location: 'https://x/' },
    },
  })
  const session = front.connect()
  const missing = await ask(session, { ':path': '/other' })
  assert.deepEqual([missing.status, missing.body], [404, 'default backend - 404'])
  assert.equal(missing.headers['server'], 'genkan')
  const redirect = await ask(session, { ':path': '/only' })
  assert.deepEqual([redirect.status, redirect.headers['location']], [302, 'https://x/'])
  assert.match(redirect.body, /302 Found/)
  const options = await ask(session, { ':method': 'OPTIONS', ':path': '*' })
  assert.deepEqual([options.status, options.body], [200, ''])
  const head = await ask(session, { ':method': 'HEAD', ':path': '/other' })
  assert.deepEqual([head.status, head.body, head.headers['content-length']], [404, '', '21'])
})

test('a head above the bound is answered 431, and the connection lives on', async (t) => {
  const front = await startFront(t, { settings: { maxHeadBytes: 4096 } })
  const session = front.connect()
  assert.equal((await ask(session, { ':path': '/', 'x-large': 'a'.repeat(5000) })).status, 431)
  const many = Array.from({ length: 210 }, () => ['x', '']).flat()
  assert.equal((await ask(session, [':path', '/', ...many])).status, 431)
  assert.equal((await ask(session, { ':path': '/' })).status, 200)
})

test('CONNECT and TRACE are answered 405', async (t) => {
  const front = await startFront(t)
  const session = front.connect()
  assert.equal((await ask(session, { ':method': 'TRACE', ':path': '/' })).status, 405)
  assert.equal((await ask(session, { ':method': 'CONNECT', ':authority': 'a:443' })).status, 405)
})

test('a contradicting Host is answered 400, an equal one is fine', async (t) => {
  const front = await startFront(t, { upstream: (request, response) => response.end(request.headers.host) })
  const session = front.connect()
  const equal = await ask(session, { ':path': '/', ':authority': 'a.example.com', host: 'a.example.com' })
  assert.deepEqual([equal.status, equal.body], [200, 'a.example.com'])
  assert.equal((await ask(session, { ':path': '/', ':authority': 'a.example.com', host: 'b.example.com' })).status, 400)
})
