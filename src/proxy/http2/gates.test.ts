/** Gates between the decision and the upstream, as seen by HTTP/2 clients. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Gate, type GateVerdict, PASS } from '../../routing/gate.ts'
import { ask, readAnswer, startFront } from '../testing/http2-front.ts'

const REFUSAL: GateVerdict = {
  kind: 'refuse',
  status: 401,
  contentType: 'text/plain',
  body: 'who?',
  responseLines: 'WWW-Authenticate: Basic realm="a"\r\n',
}

function gate(check: Gate['check'], release: Gate['release'] = null): Gate {
  return { description: 'test', check, release }
}

test('a gate that takes its time keeps the body, and its lines go both ways', async (t) => {
  let open: (verdict: GateVerdict) => void = () => undefined
  let asked: () => void = () => undefined
  const wasAsked = new Promise<void>((resolve) => (asked = resolve))
  let released = 0
  const check = (): Promise<GateVerdict> => {
    asked()
    return new Promise((resolve) => (open = resolve))
  }
  let upstreamRequests = 0
  const front = await startFront(t, {
    gates: [gate(check, () => released++)],
    upstream: (request, response) => {
      upstreamRequests++
      let body = ''
      request.on('data', (chunk: Buffer) => (body += chunk.toString()))
      const { headers } = request
      request.on('end', () => response.end([headers['x-user'], headers['x-gone'], body].join('|')))
    },
  })
  const stream = front.connect().request({ ':method': 'POST', ':path': '/', 'x-gone': 'a' })
  const answer = readAnswer(stream)
  stream.write('early ')
  stream.end('and late')
  await wasAsked
  await new Promise(setImmediate)
  assert.equal(upstreamRequests, 0)
  open({ ...PASS, requestLines: 'X-User: me\r\n', removedRequestHeaders: ['x-gone'], responseLines: 'X-Seen: 1\r\n' })
  const { status, headers, body } = await answer
  assert.deepEqual([status, headers['x-seen'], body], [200, '1', 'me||early and late'])
  assert.equal(released, 1)
})

for (const [what, verdict] of [
  ['at once', REFUSAL],
  ['later', Promise.resolve(REFUSAL)],
] as const) {
  test(`a gate that refuses ${what} answers, and the connection goes on`, async (t) => {
    let isOpen = false
    const front = await startFront(t, { gates: [gate(() => (isOpen ? PASS : verdict))] })
    const session = front.connect()
    const refused = await ask(session, { ':method': 'POST', ':path': '/' }, 'body')
    assert.deepEqual(
      [refused.status, refused.body, refused.headers['www-authenticate']],
      [401, 'who?', 'Basic realm="a"'],
    )
    isOpen = true
    assert.equal((await ask(session, { ':path': '/' })).status, 200)
  })
}

test('a client that leaves while a gate thinks is forwarded nowhere', async (t) => {
  let open: (verdict: GateVerdict) => void = () => undefined
  let asked: () => void = () => undefined
  const wasAsked = new Promise<void>((resolve) => (asked = resolve))
  let upstreamRequests = 0
  let released = 0
  const slow = (): Promise<GateVerdict> => {
    asked()
    return new Promise((resolve) => (open = resolve))
  }
  const front = await startFront(t, {
    gates: [
      gate(
        () => PASS,
        () => released++,
      ),
      gate(slow),
    ],
    upstream: (_request, response) => {
      upstreamRequests++
      response.end()
    },
  })
  const stream = front.connect().request({ ':path': '/' })
  stream.on('error', () => undefined)
  await wasAsked
  const ended = front.nextRecord()
  stream.close(8)
  assert.deepEqual([(await ended).status, (await ended).isAborted], [499, true])
  open(PASS)
  await new Promise(setImmediate)
  assert.deepEqual([upstreamRequests, released], [0, 1])
})
