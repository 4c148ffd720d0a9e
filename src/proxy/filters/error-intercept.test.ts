import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RawClient, sendRaw } from '../testing/raw-client.ts'
import { startFixture } from '../testing/proxy-fixture.ts'
import { startRawUpstream } from '../testing/raw-upstream.ts'

const BROKEN = 'HTTP/1.1 500 Oops\r\nContent-Length: 6\r\nX-Up: 1\r\n\r\nsecret'
const PAGE = 'HTTP/1.1 418 Page\r\nContent-Length: 4\r\n\r\nsrry'
const PAGES = { backendId: 'shop/web:80', statuses: [413, 500, 502], interceptsUpstream: true }

/** Answers `/` with a page and all else with an error, as soon as the head is there. */
function answer(
  peer: { text: string; socket: { write(text: string): unknown; destroy(): unknown } },
  page = PAGE,
): void {
  if (!peer.text.includes('\r\n\r\n')) return
  const isPage = peer.text.includes('X-Code: ')
  peer.text = ''
  if (page === '' && isPage) peer.socket.destroy()
  else peer.socket.write(isPage ? page : BROKEN)
}

test('nothing of an intercepted answer reaches the client, and its connection goes on', async () => {
  await using upstream = await startRawUpstream((peer) => answer(peer))
  await using proxy = await startFixture({ upstreams: [upstream.port], route: { errorPages: PAGES } })
  const client = new RawClient(proxy.port)
  client.send('GET /1 HTTP/1.1\r\nHost: a\r\n\r\n')
  const first = await client.until(/srry/)
  assert.match(first, /^HTTP\/1\.1 418 Page\r\n/)
  assert.doesNotMatch(first, /secret|X-Up/)
  client.send('GET /2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  const all = await client.untilClosed()
  assert.equal(all.match(/418 Page/g)?.length, 2)
  await proxy.recordCount(2)
  assert.equal(proxy.records[0]?.status, 418)
  assert.equal(proxy.records[0]?.upstreamStatus, '500, 418')
})

test('a request body that comes late is dropped and never sent to the backend for errors', async () => {
  await using upstream = await startRawUpstream((peer) => answer(peer))
  await using proxy = await startFixture({ upstreams: [upstream.port], route: { errorPages: PAGES } })
  const client = new RawClient(proxy.port)
  client.send('POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\nhello')
  await client.until(/srry/)
  client.send(' worldGET /2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  const all = await client.untilClosed()
  assert.equal(all.match(/418 Page/g)?.length, 2)
  assert.doesNotMatch(upstream.received(), / world/)
})

test('a backend for errors that fails too leaves the plain error, once', async () => {
  await using upstream = await startRawUpstream((peer) => answer(peer, ''))
  await using proxy = await startFixture({ upstreams: [upstream.port], route: { errorPages: PAGES } })
  const text = await sendRaw(proxy.port, 'GET /1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  assert.match(text, /^HTTP\/1\.1 502 /)
  assert.equal(upstream.received().match(/X-Code: 500/g)?.length, 1)
})

test('an error of the proxy with a body still open is answered and the connection closed', async () => {
  await using upstream = await startRawUpstream((peer) => answer(peer))
  await using proxy = await startFixture({
    upstreams: [upstream.port],
    route: { errorPages: PAGES, maxBodyBytes: 10 },
  })
  const text = await sendRaw(proxy.port, 'POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nhello')
  assert.match(text, /^HTTP\/1\.1 418 Page[\s\S]*Connection: close\r\n[\s\S]*srry$/)
  assert.match(upstream.received(), /^POST \/ HTTP\/1\.1\r\n[\s\S]*X-Code: 413\r\n/)
})

test('a client that leaves while the backend for errors thinks is logged as 499', async () => {
  const asked = Promise.withResolvers<void>()
  await using upstream = await startRawUpstream((peer) => {
    if (!peer.text.includes('\r\n\r\n')) return
    if (peer.text.includes('X-Code')) asked.resolve()
    else peer.socket.write(BROKEN)
    peer.text = ''
  })
  await using proxy = await startFixture({ upstreams: [upstream.port], route: { errorPages: PAGES } })
  const client = new RawClient(proxy.port)
  client.send('GET /1 HTTP/1.1\r\nHost: a\r\n\r\n')
  await asked.promise
  client.close()
  await proxy.recordCount(1)
  assert.equal(proxy.records[0]?.status, 499)
})
