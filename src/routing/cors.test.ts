import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileCors, type CorsPolicy } from './cors.ts'

const policy = (allowOrigins: readonly string[], more: Partial<CorsPolicy> = {}): CorsPolicy => ({
  allowOrigins,
  allowMethods: 'GET',
  allowHeaders: 'X-A',
  allowsCredentials: false,
  exposeHeaders: '',
  maxAgeSeconds: 5,
  ...more,
})

test('an open policy sends a star, with or without an origin', () => {
  const cors = compileCors(policy(['*']))
  assert.match(cors.answerLines(''), /^Access-Control-Allow-Origin: \*\r\n/)
  assert.notEqual(cors.preflightLines(''), null)
})

test('a listed origin is reflected whole, and caches are told', () => {
  const cors = compileCors(
    policy(['https://a.test', 'https://*.b.test:8443', 'null'], { exposeHeaders: 'X-B', allowsCredentials: true }),
  )
  const lines = cors.answerLines('https://A.test')
  assert.match(lines, /^Access-Control-Allow-Origin: https:\/\/A\.test\r\n/)
  assert.match(lines, /Vary: Origin\r\n$/)
  assert.match(lines, /Access-Control-Allow-Credentials: true\r\n/)
  assert.match(lines, /Access-Control-Expose-Headers: X-B\r\n/)
  for (const origin of ['https://x.b.test:8443', 'null']) assert.notEqual(cors.preflightLines(origin), null, origin)
})

test('what only ends or begins like a listed origin is a stranger', () => {
  const cors = compileCors(policy(['https://a.test', 'https://*.b.test']))
  for (const origin of [
    'https://evil-a.test',
    'https://a.test.evil',
    'http://a.test',
    'https://b.test',
    'https://x.y.b.test',
    'https://.b.test',
    'https://evil/.b.test',
    '',
  ]) {
    assert.equal(cors.preflightLines(origin), null, origin)
    assert.equal(cors.answerLines(origin), 'Vary: Origin\r\n', origin)
  }
})
