import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  decodeAbsolutePath,
  decodeBoolean,
  type Decoder,
  decodeInteger,
  decodeRewriteTarget,
  decodeSeconds,
  decodeSize,
  decodeUrl,
  decodeWord,
} from './values.ts'

function check<T>(decode: Decoder<T>, good: ReadonlyMap<string, T>, bad: readonly string[]): void {
  for (const [text, value] of good) assert.deepEqual(decode(text), { ok: true, value }, text)
  for (const text of bad) {
    const decoded = decode(text)
    assert.ok(!decoded.ok && decoded.accepted !== '', text)
  }
}

test('booleans are the words of Go', () => {
  const words = new Map([
    ...['1', 't', 'T', 'TRUE', 'true', 'True'].map((word) => [word, true] as const),
    ...['0', 'f', 'F', 'FALSE', 'false', 'False'].map((word) => [word, false] as const),
  ])
  check(decodeBoolean, words, ['yes', 'on', 'tRUE', '', ' true', 'constructor', '__proto__'])
})

test('whole numbers have bounds and no unit', () => {
  check(
    decodeInteger(300, 308),
    new Map([
      ['300', 300],
      ['308', 308],
      ['0301', 301],
    ]),
    ['299', '309', '3e2', '301.0', '-301', ''],
  )
})

test('seconds become milliseconds', () => {
  check(
    decodeSeconds(1),
    new Map([
      ['60', 60_000],
      ['2147483', 2_147_483_000],
    ]),
    ['0', '60s', '1m', '2147484', '-1'],
  )
  check(decodeSeconds(0), new Map([['0', 0]]), ['s'])
})

test('sizes take k, m and g in any case', () => {
  const good = new Map([
    ['0', 0],
    ['100', 100],
    ['8k', 8192],
    ['8M', 8_388_608],
    ['1g', 1_073_741_824],
  ])
  check(decodeSize, good, ['8mb', '8b', '8 m', 'm', '-1', '1.5m', '999999999999999g'])
})

test('a redirect target that ends with $request_uri is refused with what keeps path and query', () => {
  for (const text of ['https://new.example.com$request_uri', 'https://new.example.com$uri']) {
    const result = decodeUrl(true)(text)
    assert.equal(result.ok, false)
    assert.match(result.accepted, /write genkan\.dev\/redirects: "308 \/\* https:\/\/new\.example\.com\/\$1"$/)
  }
  const other = decodeUrl(true)('https://$host/x')
  assert.ok(!other.ok && !other.accepted.includes('genkan.dev'))
})

test('redirect targets are URLs of plain characters, paths where nginx takes them', () => {
  check(decodeUrl(false), new Map([['https://a.example/x?y=1&z=2', 'https://a.example/x?y=1&z=2']]), [
    '/path',
    'ftp://a.example',
    'httpfoo',
    'https://a.example/$request_uri',
    'https://a.example/ x',
    'https://a.example/\r\nX: y',
    'https://a.example/"',
  ])
  check(decodeUrl(true), new Map([['/path', '/path']]), ['/pa th', '/$1'])
})

test('an app root stays on the host', () => {
  check(
    decodeAbsolutePath,
    new Map([
      ['/app?x=1#top', '/app?x=1#top'],
      ['/', '/'],
    ]),
    ['app', '//evil.example', '/a b', '/a\nb', '/a\\b', ''],
  )
})

test('a rewrite target is a path with captures', () => {
  check(
    decodeRewriteTarget,
    new Map([
      ['/$2', '/$2'],
      ['$1', '$1'],
      ['/a/$1?b=$2', '/a/$1?b=$2'],
    ]),
    ['https://a.example/', 'HTTP://a.example/', '$scheme://a.example/', '/a b', '/a;b', '/a\nb'],
  )
})

test('words are matched in any case where asked', () => {
  check(decodeWord(['HTTP', 'HTTPS'], true), new Map([['https', 'HTTPS']]), ['AJP', ''])
  check(decodeWord(['301', '302'], false), new Map([['301', '301']]), ['303'])
})
