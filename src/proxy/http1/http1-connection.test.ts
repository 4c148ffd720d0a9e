import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { startFixture } from '../testing/proxy-fixture.ts'
import { RawClient, sendRaw } from '../testing/raw-client.ts'
import { answering, startRawUpstream } from '../testing/raw-upstream.ts'

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

suite('requests that are refused', () => {
  const cases: readonly (readonly [string, string, number])[] = [
    ['a request without Host', 'GET / HTTP/1.1\r\n\r\n', 400],
    ['two Host fields', 'GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n', 400],
    ['an empty Host', 'GET / HTTP/1.1\r\nHost:\r\n\r\n', 400],
    ['a Host with user info', 'GET / HTTP/1.1\r\nHost: a@b\r\n\r\n', 400],
    ['a Host with a path', 'GET / HTTP/1.1\r\nHost: a/b\r\n\r\n', 400],
    ['a Host with an impossible port', 'GET / HTTP/1.1\r\nHost: a:99999\r\n\r\n', 400],
    [
      'Content-Length beside Transfer-Encoding',
      post('Content-Length: 5\r\nTransfer-Encoding: chunked', '0\r\n\r\n'),
      400,
    ],
    [
      'Transfer-Encoding beside Content-Length',
      post('Transfer-Encoding: chunked\r\nContent-Length: 5', '0\r\n\r\n'),
      400,
    ],
    ['two equal Content-Length fields', post('Content-Length: 5\r\nContent-Length: 5', 'hello'), 400],
    ['two different Content-Length fields', post('Content-Length: 5\r\nContent-Length: 6', 'hello'), 400],
    ['a list of Content-Length values', post('Content-Length: 5, 5', 'hello'), 400],
    ['a signed Content-Length', post('Content-Length: +5', 'hello'), 400],
    ['a hexadecimal Content-Length', post('Content-Length: 0x5', 'hello'), 400],
    ['an empty Content-Length', post('Content-Length:', ''), 400],
    ['an unknown transfer coding', post('Transfer-Encoding: xchunked', ''), 501],
    ['a list of transfer codings', post('Transfer-Encoding: gzip, chunked', ''), 501],
    ['identity as transfer coding', post('Transfer-Encoding: identity', ''), 501],
    [
      'two Transfer-Encoding fields',
      post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked', '0\r\n\r\n'),
      400,
    ],
    ['a blank before the colon', post('Transfer-Encoding : chunked', '0\r\n\r\n'), 400],
    ['a tab before the colon', post('Content-Length\t: 5', 'hello'), 400],
    ['a folded line', 'GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n', 400],
    ['a folded first field line', 'GET / HTTP/1.1\r\n Host: a\r\n\r\n', 400],
    ['a line without colon', 'GET / HTTP/1.1\r\nHost: a\r\nnonsense\r\n\r\n', 400],
    ['an empty field name', 'GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n', 400],
    ['NUL in a value', 'GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n', 400],
    ['NUL in a name', 'GET / HTTP/1.1\r\nHost: a\r\nX\0: b\r\n\r\n', 400],
    ['bare CR in a value', 'GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n', 400],
    ['bare LF between lines', 'GET / HTTP/1.1\nHost: a\n\n', 400],
    ['bare LF inside a head', 'GET / HTTP/1.1\r\nHost: a\r\nX: 1\nY: 2\r\n\r\n', 400],
    ['DEL in a value', 'GET / HTTP/1.1\r\nHost: a\r\nX: a\x7fb\r\n\r\n', 400],
    ['HTTP/2.0 in a request line', 'GET / HTTP/2.0\r\nHost: a\r\n\r\n', 505],
    ['HTTP/1.2', 'GET / HTTP/1.2\r\nHost: a\r\n\r\n', 505],
    ['lower-case protocol name', 'GET / http/1.1\r\nHost: a\r\n\r\n', 400],
    ['no protocol', 'GET /\r\nHost: a\r\n\r\n', 400],
    ['two blanks in the request line', 'GET  / HTTP/1.1\r\nHost: a\r\n\r\n', 400],
    ['a blank after the version', 'GET / HTTP/1.1 \r\nHost: a\r\n\r\n', 400],
    ['a fragment in the target', 'GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n', 400],
    ['a target without slash', 'GET a HTTP/1.1\r\nHost: a\r\n\r\n', 400],
    ['asterisk with GET', 'GET * HTTP/1.1\r\nHost: a\r\n\r\n', 400],
    ['CONNECT', 'CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n', 405],
    ['TRACE', 'TRACE / HTTP/1.1\r\nHost: a\r\n\r\n', 405],
    ['an absolute target of another scheme', 'GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n', 400],
    ['chunked in HTTP/1.0', 'POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 400],
    ['an unknown expectation', post('Expect: fire\r\nContent-Length: 0', ''), 417],
    ['a method that is no token', 'G(T / HTTP/1.1\r\nHost: a\r\n\r\n', 400],
    ['TLS on a plain port', '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03', 400],
    ['a head that is too large', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`, 431],
    ['a request line that is too long', `GET /${'x'.repeat(40_000)} HTTP/1.1\r\nHost: a\r\n\r\n`, 431],
    ['too many fields', `GET / HTTP/1.1\r\nHost: a\r\n${'X: 1\r\n'.repeat(300)}\r\n`, 431],
    ['an escape out of the root', 'GET /../../etc/passwd HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', 400],
  ]
  for (const [name, bytes, status] of cases) {
    test(`${name} answers ${status} and closes, nothing is forwarded`, async () => {
      await using upstream = await startRawUpstream(answering(OK))
      await using proxy = await startFixture({ upstreams: [upstream.port] })
      const text = await sendRaw(proxy.port, bytes)
      assert.match(text, new RegExp(`^HTTP/1\\.1 ${status} [A-Z]`))
      assert.match(text, /\r\nDate: /)
      assert.match(text, /\r\nServer: genkan\r\n/)
      assert.match(text, /\r\nConnection: close\r\n/)
      assert.equal(text.split('HTTP/1.1 ').length, 2, 'one answer only')
      assert.equal(upstream.connections(), 0)
      await proxy.recordCount(1)
      assert.equal(proxy.records[0]?.status, status)
    })
  }

  const brokenBodies: readonly (readonly [string, string])[] = [
    ['a size that is no hexadecimal number', 'zz\r\nhello\r\n0\r\n\r\n'],
    ['a size with a prefix', '0x5\r\nhello\r\n0\r\n\r\n'],
    ['a negative size', '-5\r\nhello\r\n0\r\n\r\n'],
    ['an empty size', '\r\nhello\r\n0\r\n\r\n'],
    ['a size that overflows', 'fffffffffffffffff\r\nhello\r\n0\r\n\r\n'],
    ['a blank after the size', '5 \r\nhello\r\n0\r\n\r\n'],
    ['bare LF after the size', '5\nhello\r\n0\r\n\r\n'],
    ['bare LF in an extension', '5;a\nhello\r\n0\r\n\r\n'],
    ['bare LF after the data', '5\r\nhello\n0\r\n\r\n'],
    ['data longer than its size', '3\r\nhello\r\n0\r\n\r\n'],
    ['an endless extension', `5;${'x'.repeat(5000)}\r\nhello\r\n0\r\n\r\n`],
    ['a broken trailer', '0\r\nnonsense\r\n\r\n'],
    ['a trailer with bare LF', '0\r\nA: b\n\r\n'],
    ['a trailer with a blank before the colon', '0\r\nA : b\r\n\r\n'],
  ]
  for (const [name, body] of brokenBodies) {
    test(`chunked body with ${name} answers 400 and closes`, async () => {
      await using upstream = await startRawUpstream(() => undefined)
      await using proxy = await startFixture({ upstreams: [upstream.port] })
      const text = await sendRaw(proxy.port, post('Transfer-Encoding: chunked', body))
      assert.match(text, /^HTTP\/1\.1 400 /)
      assert.equal(text.split('HTTP/1.1 ').length, 2, 'one answer only')
      assert.doesNotMatch(upstream.received(), /\r\n0\r\n\r\n$/, 'the upstream must not see a complete request')
    })
  }
})

suite('requests that are forwarded', () => {
  test('arrive with our framing and forwarding fields, without hop-by-hop fields', async () => {
    await using upstream = await startRawUpstream(answering(OK))
    await using proxy = await startFixture({ upstreams: [upstream.port] })
    const client = new RawClient(proxy.port)
    client.send(
      'GET /a?b=c HTTP/1.1\r\nHost: Shop.Example:8080\r\nAccept: */*\r\nConnection: close, X-Secret, Host\r\n' +
        'X-Secret: 1\r\nKeep-Alive: 5\r\nProxy-Connection: close\r\nTE: trailers\r\nProxy: evil\r\nX_Under: 1\r\n' +
        'X-Forwarded-For: 9.9.9.9\r\nX-Forwarded-For: 8.8.8.8\r\nX-Forwarded-Host: evil\r\nX-Forwarded-Proto: https\r\n' +
        'X-Real-IP: 9.9.9.9\r\nX-Request-ID: abc-1\r\nX-Original-Forwarded-For: x\r\nCookie: a=b\r\n\r\n',
    )
    const text = await client.untilClosed()
    assert.match(text, /^HTTP\/1\.1 200 OK\r\n/)
    assert.match(text, /\r\nServer: genkan\r\n/)
    assert.match(text, /\r\nDate: /)
    assert.match(text, /\r\n\r\nok$/)
    const port = String(proxy.port)
    assert.equal(
      upstream.received(),
      'GET /a?b=c HTTP/1.1\r\nHost: Shop.Example:8080\r\nAccept: */*\r\nCookie: a=b\r\n' +
        'X-Request-ID: abc-1\r\nX-Forwarded-Host: Shop.Example:8080\r\nX-Real-IP: 127.0.0.1\r\n' +
        `X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Port: ${port}\r\nX-Forwarded-Proto: http\r\n` +
        'X-Forwarded-Scheme: http\r\nX-Scheme: http\r\nX-Original-Forwarded-For: 9.9.9.9, 8.8.8.8\r\n' +
        'X-Original-Forwarded-Host: evil\r\n\r\n',
    )
  })

  test('get a new request id when theirs is not sane', async () => {
    await using upstream = await startRawUpstream(answering(OK))
    await using proxy = await startFixture({ upstreams: [upstream.port] })
    const client = new RawClient(proxy.port)
    client.send('GET / HTTP/1.1\r\nHost: a\r\nX-Request-ID: two words\r\n\r\n')
    await client.until(/ok$/)
    client.close()
    assert.match(upstream.received(), /\r\nX-Request-ID: [0-9a-f]{32}\r\n/)
  })

  test('an absolute target decides over Host', async () => {
    await using upstream = await startRawUpstream(answering(OK))
    await using proxy = await startFixture({ upstreams: [upstream.port] })
    const client = new RawClient(proxy.port)
    client.send('GET http://Real.example?x HTTP/1.1\r\nHost: other\r\n\r\n')
    await client.until(/ok$/)
    client.close()
    assert.match(upstream.received(), /^GET \/\?x HTTP\/1\.1\r\nHost: Real\.example\r\n/)
    assert.equal(proxy.records[0]?.host, 'real.example')
  })

  test('OPTIONS * is answered by the proxy', async () => {
    await using upstream = await startRawUpstream(answering(OK))
    await using proxy = await startFixture({ upstreams: [upstream.port] })
    const client = new RawClient(proxy.port)
    client.send('OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n')
    await client.until(/^HTTP\/1\.1 200 OK\r\n[^]*Content-Length: 0\r\n\r\n$/)
    client.close()
    assert.equal(upstream.connections(), 0)
  })

  test('raw bytes above ASCII in a target are percent-encoded', async () => {
    await using upstream = await startRawUpstream(answering(OK))
    await using proxy = await startFixture({ upstreams: [upstream.port] })
    const client = new RawClient(proxy.port)
    client.send('GET /caf\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n')
    await client.until(/ok$/)
    client.close()
    assert.match(upstream.received(), /^GET \/caf%C3%A9 HTTP\/1\.1\r\n/)
  })

  test('one empty line before a request is forgiven', async () => {
    await using upstream = await startRawUpstream(answering(OK))
    await using proxy = await startFixture({ upstreams: [upstream.port] })
    const client = new RawClient(proxy.port)
    client.send('\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await client.until(/^HTTP\/1\.1 200 [^]*ok$/)
    client.close()
  })

  test('a head that arrives byte by byte is read like any other', async () => {
    await using upstream = await startRawUpstream(answering(OK))
    await using proxy = await startFixture({ upstreams: [upstream.port] })
    const client = new RawClient(proxy.port)
    client.socket.setNoDelay(true)
    for (const char of 'GET /slow HTTP/1.1\r\nHost: a\r\n\r\n') {
      await new Promise((resolve) => client.socket.write(char, resolve))
    }
    await client.until(/ok$/)
    client.close()
    assert.match(upstream.received(), /^GET \/slow HTTP\/1\.1\r\nHost: a\r\n/)
  })
})

function post(fields: string, body: string): string {
  return `POST / HTTP/1.1\r\nHost: a\r\n${fields}\r\n\r\n${body}`
}
