import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  array,
  assert as assertProperty,
  constantFrom,
  oneof,
  property,
  string,
  stringMatching,
  tuple,
} from 'fast-check'
import { NO_BODY, UNKNOWN_LENGTH } from '../downstream.ts'
import { parseRequestHead, RequestHead } from '../http1/request-head.ts'
import { HeaderField } from './header-field.ts'
import { Http2RequestHead, MALFORMED, parseHttp2Head } from './request-head.ts'

const GET = [':method', 'GET', ':scheme', 'https', ':authority', 'Shop.example.com:8443', ':path', '/a?b']

function toFields(list: readonly string[]): HeaderField[] {
  return list.flatMap((name, at) => (at % 2 === 0 ? [new HeaderField(name, list[at + 1] ?? '')] : []))
}

function parse(fields: readonly string[], hasBody = false, head = new Http2RequestHead()) {
  return { status: parseHttp2Head(toFields(fields), false, hasBody, false, head), head }
}

test('pseudo fields become what routing and forwarding need', () => {
  const { status, head } = parse([...GET, 'referer', 'https://r/', 'user-agent', 'curl', 'x-a', '1', 'x-a', '2'])
  assert.equal(status, 0)
  assert.deepEqual(
    [head.method, head.target, head.authority, head.host],
    ['GET', '/a?b', 'Shop.example.com:8443', 'shop.example.com'],
  )
  assert.equal(head.lines, 'referer: https://r/\r\nuser-agent: curl\r\nx-a: 1\r\nx-a: 2\r\n')
  assert.deepEqual([head.referer, head.userAgent], ['https://r/', 'curl'])
})

test('Host stands in for a missing authority', () => {
  const { status, head } = parse([':method', 'GET', ':scheme', 'http', ':path', '/', 'host', 'a.example.com'])
  assert.deepEqual([status, head.host], [0, 'a.example.com'])
})

test('the body length follows from content-length, the end of the stream and the method', () => {
  const post = [':method', 'POST', ...GET.slice(2)]
  assert.equal(parse(GET).head.contentLength, NO_BODY)
  assert.equal(parse(post).head.contentLength, 0)
  assert.equal(parse(post, true).head.contentLength, UNKNOWN_LENGTH)
  assert.equal(parse([...post, 'content-length', '7'], true).head.contentLength, 7)
  assert.equal(parse([...post, 'content-length', '7'], false).status, MALFORMED)
  assert.equal(parse([...post, 'content-length', '7, 7'], true).status, MALFORMED)
})

test('a reused head keeps nothing of the request before, refused or not', () => {
  const head = new Http2RequestHead()
  assert.equal(
    parse([...GET, 'authorization', 'Basic x', 'cookie', 'a=1', 'x-forwarded-for', '1.1.1.1'], true, head).status,
    0,
  )
  assert.equal(parse(GET, false, head).status, 0)
  assert.deepEqual([head.authorization, head.cookie, head.forwardedFor, head.lines], ['', '', '', ''])
  const bad = [':method', 'GET', ':scheme', 'https', ':authority', 'a b', ':path', '/']
  assert.equal(parse(bad, false, head).status, 400)
  assert.equal(parse(bad, false, head).status, 400)
})

test('bytes above ASCII in the path are percent-encoded', () => {
  const { status, head } = parse([
    ':method',
    'GET',
    ':scheme',
    'https',
    ':authority',
    'a',
    ':path',
    '/\xe7\x8e\x84?\xff',
  ])
  assert.deepEqual([status, head.target], [0, '/%E7%8E%84?%FF'])
})

test('an expectation other than 100-continue is answered 417', () => {
  assert.equal(parse([...GET, 'expect', 'miracles']).status, 417)
})

test('fields with underscores are dropped unless allowed, and remain known to the log', () => {
  const fields = [...GET, 'x_real_ip', '1.1.1.1']
  const { head } = parse(fields)
  assert.equal(head.lines, '')
  assert.match(head.otherLines, /^x_real_ip: 1\.1\.1\.1\r$/m)
  const allowed = new Http2RequestHead()
  parseHttp2Head(toFields(fields), false, false, true, allowed)
  assert.equal(allowed.lines, 'x_real_ip: 1.1.1.1\r\n')
})

/** Values as nghttp2 lets them through: no controls. */
const value = stringMatching(/^[\x21-\x7e]([\x20-\x7e]{0,20}[\x21-\x7e])?$/)
const name = oneof(
  stringMatching(/^[a-z0-9-]{1,12}$/),
  constantFrom(
    'host',
    'te',
    'connection',
    'content-length',
    'transfer-encoding',
    'cookie',
    'expect',
    'x-forwarded-for',
    'proxy',
  ),
)

test('whatever is accepted reads as the same single request in HTTP/1.1', () => {
  assertProperty(
    property(
      constantFrom('GET', 'POST', 'OPTIONS', 'get', 'A B', ''),
      oneof(string(), stringMatching(/^\/[ a#?%\x7f\x80\xff]{0,4}$/), constantFrom('*', '/')),
      oneof(constantFrom('a.example.com', 'A.example.com:80', '[::1]:8080', 'a@b', ''), string()),
      array(tuple(name, value), { maxLength: 8 }),
      (method, path, authority, fields) => {
        const list = [':method', method, ':scheme', 'https', ':authority', authority, ':path', path, ...fields.flat()]
        const { status, head } = parse(list, true)
        if (status !== 0) return
        const text = `${head.method} ${head.target} HTTP/1.1\r\nHost: ${head.authority}\r\n${head.lines}\r\n`
        const read = new RequestHead()
        assert.equal(parseRequestHead(text, 0, text.length - 2, false, read), 0, text)
        assert.deepEqual([read.method, read.target, read.host], [head.method, head.target, head.host])
        assert.deepEqual([read.contentLength, read.upgrade, read.isPersistent], [NO_BODY, '', true])
        assert.equal(read.lines, head.lines)
      },
    ),
    { numRuns: 2000 },
  )
})
