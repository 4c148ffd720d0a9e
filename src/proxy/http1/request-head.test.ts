import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { isHopeless } from './head-text.ts'
import { parseRequestHead, RequestHead } from './request-head.ts'

function parse(text: string): { head: RequestHead; refusal: number } {
  const head = new RequestHead()
  return { head, refusal: parseRequestHead(text, 0, text.length - 2, false, head) }
}

const TOKEN_CHARS = "!#$%&'*+-.^`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
const token = fc.string({ unit: fc.constantFrom(...TOKEN_CHARS.split('')), minLength: 1, maxLength: 20 })
const value = fc.string({ unit: fc.constantFrom(...' \tabcXYZ019,;="\xe9'.split('')), maxLength: 40 })
const SPECIAL =
  /^(?:host|connection|keep-alive|proxy-connection|te|http2-settings|proxy|content-length|transfer-encoding|upgrade|expect|x-.*)$/i

test('fields without a meaning for us pass unchanged and in order', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(token, value), { maxLength: 20 }), (fields) => {
      const lines = fields.filter(([name]) => !SPECIAL.test(name)).map(([name, text]) => `${name}: ${text}\r\n`)
      const { head, refusal } = parse(`GET / HTTP/1.1\r\nHost: a\r\n${lines.join('')}\r\n`)
      assert.equal(refusal, 0)
      assert.equal(head.lines, lines.join(''))
      assert.equal(head.rawLines, `Host: a\r\n${lines.join('')}`)
    }),
  )
})

test('one byte that no field may hold, anywhere in the head, is always refused', () => {
  const good = 'POST /path?q HTTP/1.1\r\nHost: example.com\r\nAccept: */*\r\nContent-Length: 5\r\nX-A: b c\r\n\r\n'
  const bytes = ['\0', '\x01', '\x0b', '\x7f', '\r', '\n']
  fc.assert(
    fc.property(fc.nat(good.length - 5), fc.constantFrom(...bytes), (at, byte) => {
      // Before an existing line end the byte would only repeat or complete it.
      fc.pre(good[at] !== '\n' && good[at] !== '\r')
      const { refusal } = parse(good.slice(0, at) + byte + good.slice(at))
      assert.notEqual(refusal, 0)
    }),
  )
})

test('nothing throws or hangs, whatever bytes come', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const text = `${Buffer.from(bytes).toString('latin1')}\r\n\r\n`
      const { refusal } = parse(text)
      assert.ok(refusal === 0 || (refusal >= 400 && refusal < 600))
    }),
  )
})

test('whatever is accepted has exactly one reading of its length', () => {
  const framing = fc.constantFrom(
    'Content-Length: 5\r\n',
    'content-length: 6\r\n',
    'Content-Length: 5,5\r\n',
    'Transfer-Encoding: chunked\r\n',
    'transfer-encoding:chunked\r\n',
    'Transfer-Encoding: gzip\r\n',
    'Transfer-Encoding : chunked\r\n',
    'Transfer_Encoding: chunked\r\n',
  )
  fc.assert(
    fc.property(fc.array(framing, { maxLength: 3 }), fc.constantFrom('1.0', '1.1'), (lines, version) => {
      const { head, refusal } = parse(`POST / HTTP/${version}\r\nHost: a\r\n${lines.join('')}\r\n`)
      const lengths = lines.filter((line) => /^content-length: \d+\r\n$/i.test(line))
      const chunked = lines.filter((line) => /^transfer-encoding: ?chunked\r\n$/i.test(line))
      const ignored = lines.filter((line) => line.startsWith('Transfer_'))
      const isClear =
        lengths.length + chunked.length + ignored.length === lines.length &&
        lengths.length + chunked.length <= 1 &&
        (chunked.length === 0 || version === '1.1')
      assert.equal(refusal === 0, isClear)
      if (refusal !== 0) return
      const declared = lengths.length === 1 ? Number(/\d+/.exec(lengths[0]!)![0]) : -2
      assert.equal(head.contentLength, chunked.length === 1 ? -1 : declared)
      assert.doesNotMatch(head.lines, /length|encoding/i, 'framing is ours to write')
    }),
  )
})

test('Connection names remove their fields, wherever they stand', () => {
  const { head } = parse(
    'GET / HTTP/1.1\r\nX-A: 1\r\nHost: a\r\nConnection: x-a, Keep-Alive, X-B\r\nX-B: 2\r\nX-C: 3\r\n\r\n',
  )
  assert.equal(head.lines, 'X-C: 3\r\n')
  assert.equal(head.isPersistent, true)
})

test('the routing host is lower-case, without port and trailing dot', () => {
  for (const [authority, host] of [
    ['Example.COM', 'example.com'],
    ['example.com.:8080', 'example.com'],
    ['example.com:', 'example.com'],
    ['[::1]:80', '[::1]'],
    ['10.0.0.1', '10.0.0.1'],
  ] as const) {
    const { head, refusal } = parse(`GET / HTTP/1.1\r\nHost: ${authority}\r\n\r\n`)
    assert.equal(refusal, 0, authority)
    assert.deepEqual([head.authority, head.host], [authority, host])
  }
})

test('a head object used again holds nothing of the request before', () => {
  const head = new RequestHead()
  const first = 'GET /a HTTP/1.0\r\nHost: a\r\nX-Request-ID: 1\r\nUser-Agent: u\r\nX-Forwarded-For: f\r\n\r\n'
  assert.equal(parseRequestHead(first, 0, first.length - 2, false, head), 0)
  const second = 'GET /b HTTP/1.0\r\n\r\n'
  assert.equal(parseRequestHead(second, 0, second.length - 2, false, head), 0)
  const fresh = parse(second).head
  fresh.knownAuthority = head.knownAuthority
  fresh.knownHost = head.knownHost
  assert.deepEqual(head, fresh)
})

test('fields with an underscore pass only when allowed', () => {
  const text = 'GET / HTTP/1.1\r\nHost: a\r\nX_A: 1\r\n\r\n'
  const head = new RequestHead()
  assert.equal(parseRequestHead(text, 0, text.length - 2, true, head), 0)
  assert.equal(head.lines, 'X_A: 1\r\n')
  assert.equal(parse(text).head.lines, '')
})

test('an incomplete head is hopeless once it holds a bare CR or LF or a control', () => {
  assert.equal(isHopeless('GET / HTTP/1.1\r\nHost: a\r'), false)
  for (const text of ['GET / HTTP/1.1\nHost', '\n', 'GET /\rx', 'GET /\0', '\x16\x03\x01']) {
    assert.equal(isHopeless(text), true, JSON.stringify(text))
  }
})
