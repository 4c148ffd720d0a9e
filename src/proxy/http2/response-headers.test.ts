import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toHeaderList, toHeaderObject, toLines } from './response-headers.ts'

test('lines become a list with lower-case names, the status first and the length last', () => {
  assert.deepEqual(toHeaderList(200, 'X-One:  a b \r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nX-Empty:\r\n', 3), [
    ':status',
    '200',
    'x-one',
    'a b',
    'set-cookie',
    'a=1',
    'set-cookie',
    'b=2',
    'x-empty',
    '',
    'content-length',
    '3',
  ])
  assert.deepEqual(toHeaderList(204, '', -1), [':status', '204'])
})

test('repeated lines become arrays in an object, and a name like __proto__ is only a name', () => {
  const headers = toHeaderObject('Link: a\r\nLink: b\r\nLink: c\r\n__proto__: x\r\n')
  assert.deepEqual(headers['link'], ['a', 'b', 'c'])
  assert.deepEqual(Object.keys(headers), ['link', '__proto__'])
})

test('received fields become lines', () => {
  assert.equal(toLines(['a', '1', 'b', '']), 'a: 1\r\nb: \r\n')
})
