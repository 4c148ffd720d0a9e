import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readMessage } from './http1-message.ts'

const read = (text: string, kind: 'request' | 'response' | 'head-response' = 'response', isClosed = false) =>
  readMessage(Buffer.from(text, 'latin1'), 0, kind, isClosed)

test('a message with Content-Length ends where its length says', () => {
  const message = read('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcHTTP/1.1')
  assert.equal(message?.body.toString(), 'abc')
  assert.equal(message?.end, 41)
})

test('a chunked message is decoded with its trailers', () => {
  const text = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA\r\n0123456789\r\n0\r\nX: y\r\n\r\n'
  const message = read(text)
  assert.equal(message?.body.toString(), 'abc0123456789')
  assert.deepEqual(message?.trailers, [['X', 'y']])
  assert.equal(message?.end, text.length)
})

test('every proper beginning of a message asks for more', () => {
  for (const text of [
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX: y\r\n\r\n',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc',
  ]) {
    for (let end = 0; end < text.length; end++) assert.equal(read(text.slice(0, end)), null, `${end} bytes of ${text}`)
    assert.notEqual(read(text), null)
  }
})

test('a response without framing lasts until the connection closes', () => {
  assert.equal(read('HTTP/1.1 200 OK\r\n\r\nabc'), null)
  assert.equal(read('HTTP/1.1 200 OK\r\n\r\nabc', 'response', true)?.body.toString(), 'abc')
})

test('an answer to HEAD has no body whatever its length says', () => {
  assert.equal(read('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n', 'head-response')?.body.length, 0)
})

for (const [why, text] of [
  ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na'],
  ['length and coding', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
  ['a signed length', 'HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\na'],
  ['a bare line feed', 'HTTP/1.1 200 OK\r\nA: b\nC: d\r\n\r\n'],
  ['a blank before the colon', 'HTTP/1.1 200 OK\r\nA : b\r\n\r\n'],
  ['a folded line', 'HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n'],
  ['a chunk extension', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;a\r\nx\r\n0\r\n\r\n'],
] as const) {
  test(`a message with ${why} is refused`, () => assert.throws(() => read(text), SyntaxError))
}
