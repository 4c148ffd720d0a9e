import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeDuration, decodeHost, decodeStatuses, decodeTarget } from './values.ts'

const decode = decodeDuration(100, 3_600_000)
const msOf = (text: string): number | null => {
  const decoded = decode(text)
  return decoded.ok ? decoded.value : null
}

test('durations have units, and may have several and decimals', () => {
  assert.equal(msOf('500ms'), 500)
  assert.equal(msOf('30s'), 30_000)
  assert.equal(msOf('2m'), 120_000)
  assert.equal(msOf('1h'), 3_600_000)
  assert.equal(msOf('1m30s'), 90_000)
  assert.equal(msOf('1.5s'), 1500)
})

test('durations without unit, out of bounds or with anything else are refused', () => {
  for (const text of ['30', '', 's', '30 s', '-5s', '99ms', '61m', '1d', '5s5', '١s', '1e3s', '.5s', '1..5s']) {
    assert.equal(msOf(text), null, text)
  }
  const decoded = decode('30')
  assert.equal(decoded.ok ? '' : decoded.accepted, 'a time such as "500ms", "30s" or "2m", from 100ms to 1h')
})

test('no text makes durations throw or leave their bounds', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^([0-9.]{1,12}(ms|s|m|h)){0,5}$/)), (text) => {
      const decoded = decode(text)
      if (decoded.ok) assert.ok(Number.isInteger(decoded.value) && decoded.value >= 100 && decoded.value <= 3_600_000)
    }),
  )
})

test('statuses are numbers and ranges', () => {
  const decoded = decodeStatuses('200-299, 404')
  assert.deepEqual(decoded.ok && decoded.value, [
    { from: 200, to: 299 },
    { from: 404, to: 404 },
  ])
  for (const text of ['', '99', '600', '2xx', '299-200', '200-', '200,,201', Array(40).fill('200').join()]) {
    assert.equal(decodeStatuses(text).ok, false, text)
  }
})

test('targets and hosts can break no request apart', () => {
  assert.equal(decodeTarget('/healthz?deep=1').ok, true)
  for (const text of ['healthz', '', '/a b', '/a\r\nX: y', '/a#b', '/ä', `/${'a'.repeat(3000)}`]) {
    assert.equal(decodeTarget(text).ok, false, text)
  }
  for (const text of ['shop.example', 'shop.example:8080', '[2001:db8::1]:80', '192.0.2.1']) {
    assert.equal(decodeHost(text).ok, true, text)
  }
  for (const text of ['', 'a b', 'a\r\nX: y', 'a/b', 'a:', '[::1']) assert.equal(decodeHost(text).ok, false, text)
})
