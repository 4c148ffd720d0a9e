import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startFixture } from '../testing/proxy-fixture.ts'
import { sendRaw } from '../testing/raw-client.ts'
import { answering, startRawUpstream } from '../testing/raw-upstream.ts'

const REDIRECT =
  'HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: http://internal/x\r\nX-Secret: 1\r\n' +
  'Set-Cookie: a=b; Domain=internal; Path=/app/\r\n\r\n'
const GET = 'GET /page?a=1 HTTP/1.1\r\nHost: a\r\nX-Original-URI: /forged\r\nConnection: close\r\n\r\n'

test('answers come in the client’s terms and without hidden fields', async () => {
  await using upstream = await startRawUpstream(answering(REDIRECT))
  await using proxy = await startFixture({
    upstreams: [upstream.port],
    action: {
      hiddenHeaders: ['x-secret'],
      answerRewrites: {
        location: { from: 'http://internal/', to: 'https://shop.example/app/' },
        cookieDomain: { from: 'internal', to: 'shop.example' },
        cookiePath: { from: '/app', to: '' },
      },
    },
  })
  const text = await sendRaw(proxy.port, GET)
  assert.match(text, /Location: https:\/\/shop\.example\/app\/x\r\n/)
  assert.match(text, /Set-Cookie: a=b; Domain=shop\.example; Path=\/\r\n/)
  assert.doesNotMatch(text, /X-Secret/)
})

test('the upstream sees one Host, one X-Original-URI and the Connection that was asked for', async () => {
  await using upstream = await startRawUpstream(answering(REDIRECT))
  await using proxy = await startFixture({
    upstreams: [upstream.port],
    action: {
      upstreamHeaders: { set: [{ name: 'Host', value: 'internal' }], add: [], remove: [] },
      addsOriginalUri: true,
      connectionHeader: 'close',
    },
  })
  await sendRaw(proxy.port, GET)
  const received = upstream.received()
  assert.deepEqual(received.match(/^host: .*$/gim), ['Host: internal'])
  assert.deepEqual(received.match(/^x-original-uri: .*$/gim), ['X-Original-URI: /page?a=1'])
  assert.deepEqual(received.match(/^connection: .*$/gim), ['Connection: close'])
  assert.deepEqual(received.match(/^x-forwarded-host: .*$/gim), ['X-Forwarded-Host: a'])
})
