/** What a route says about heads between proxy and upstream: their length, their version, their Server field. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startFixture } from '../testing/proxy-fixture.ts'
import { sendRaw } from '../testing/raw-client.ts'
import { answering, startRawUpstream } from '../testing/raw-upstream.ts'

const GET = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'

function answerOf(bytes: number): string {
  return `HTTP/1.1 200 OK\r\nX-Long: ${'x'.repeat(bytes)}\r\nContent-Length: 2\r\n\r\nok`
}

for (const [bytes, maxAnswerHeadBytes, status] of [
  [900, 1024, 200],
  [1100, 1024, 502],
  [60_000, undefined, 200],
  [70_000, undefined, 502],
] as const) {
  test(`a head with a field of ${bytes} bytes is ${status} where ${maxAnswerHeadBytes ?? 'nothing'} is said`, async () => {
    await using upstream = await startRawUpstream(answering(answerOf(bytes)))
    await using proxy = await startFixture({
      upstreams: [upstream.port],
      action: maxAnswerHeadBytes === undefined ? {} : { maxAnswerHeadBytes },
    })
    assert.ok((await sendRaw(proxy.port, GET)).startsWith(`HTTP/1.1 ${status} `))
  })
}

test('HTTP/1.0 is spoken where the request can be said in it', async () => {
  await using upstream = await startRawUpstream(answering('HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok'))
  await using proxy = await startFixture({ upstreams: [upstream.port], action: { usesHttp10: true } })
  for (const [request, line] of [
    ['GET /a HTTP/1.1\r\nHost: a\r\n', 'GET /a HTTP/1.0'],
    ['POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n', 'POST /b HTTP/1.0'],
    ['POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n', 'POST /c HTTP/1.1'],
  ] as const) {
    const body = request.includes('/b') ? 'hi' : request.includes('/c') ? '2\r\nhi\r\n0\r\n\r\n' : ''
    const text = await sendRaw(proxy.port, `${request}Connection: close\r\n\r\n${body}`)
    assert.match(text, /^HTTP\/1\.1 200 OK[^]*ok$/)
    assert.ok(upstream.received().includes(line), line)
  }
  assert.match(upstream.received(), /^GET \/a HTTP\/1\.0\r\n[^]*?Connection: close\r\n/)
  assert.equal(upstream.connections(), 3)
})

test('the upstream’s Server field is passed on where that is wanted, and ours is there otherwise', async () => {
  const named = 'HTTP/1.1 200 OK\r\nServer: theirs\r\nContent-Length: 0\r\n\r\n'
  const unnamed = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'
  for (const [answer, passesServer, wanted] of [
    [named, true, 'theirs'],
    [unnamed, true, 'genkan'],
    [named, false, 'genkan'],
  ] as const) {
    await using upstream = await startRawUpstream(answering(answer))
    await using proxy = await startFixture({ upstreams: [upstream.port], action: { passesServer } })
    const text = await sendRaw(proxy.port, GET)
    assert.deepEqual(text.match(/^Server: .*(?=\r)/gim), [`Server: ${wanted}`])
  }
})
