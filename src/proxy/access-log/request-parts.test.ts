import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findArgument, findCookie, findHeader } from './request-parts.ts'

const LINES =
  'Host: shop.example\r\nX-Foo-Bar: \t one \r\nCookie: b=1; C="x=y"\r\nEmpty:\r\nx-foo-bar:two\r\nCookie: d=4\r\n'

test('a header is found in any case, with underscores for dashes', () => {
  assert.equal(findHeader(LINES, 'host'), 'shop.example')
})

test('repeated headers are joined in order without the blanks around them', () => {
  assert.equal(findHeader(LINES, 'x_foo_bar'), 'one, two')
})

test('an empty header differs from an absent one', () => {
  assert.equal(findHeader(LINES, 'empty'), '')
  assert.equal(findHeader(LINES, 'absent'), null)
  assert.equal(findHeader('', 'host'), null)
})

test('a header name does not match the beginning of a longer name', () => {
  assert.equal(findHeader('Hostname: a\r\n', 'host'), null)
  assert.equal(findHeader('A: Host: b\r\n', 'host'), null)
})

test('a last line without line break is read', () => {
  assert.equal(findHeader('A: 1\r\nB: 2', 'b'), '2')
})

test('a cookie is found in any case over several cookie headers, quotes kept', () => {
  assert.equal(findCookie(LINES, 'c'), '"x=y"')
  assert.equal(findCookie(LINES, 'd'), '4')
  assert.equal(findCookie(LINES, 'e'), null)
  assert.equal(findCookie('Host: a\r\n', 'b'), null)
})

test('the first argument of a name counts, in any case and not decoded', () => {
  assert.equal(findArgument('x&A=%201&a=2', 'a'), '%201')
  assert.equal(findArgument('ab=1&c=', 'c'), '')
  assert.equal(findArgument('ab=1', 'a'), null)
  assert.equal(findArgument('a', 'a'), null)
  assert.equal(findArgument('', 'a'), null)
})
