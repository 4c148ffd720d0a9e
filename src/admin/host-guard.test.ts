import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHostGuard } from './host-guard.ts'

function isWelcome(bound: string, host: string | undefined, allowed: readonly string[] = []): boolean {
  return createHostGuard(bound, allowed).refuse(host, undefined) === null
}

test('on loopback only loopback hosts are served, whatever their port', () => {
  for (const host of [
    'localhost',
    'LOCALHOST:10254',
    '127.0.0.1:1',
    '127.9.9.9',
    '[::1]:80',
    'a.localhost',
    'localhost.',
  ])
    assert.equal(isWelcome('127.0.0.1', host), true, host)
  for (const host of [
    'evil.example',
    '192.0.2.1',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '',
    '[::2]',
    'a:b:c',
  ])
    assert.equal(isWelcome('127.0.0.1', host), false, host)
})

test('on every address any address is served but no name, since only names can be rebound', () => {
  for (const host of ['192.0.2.1:10254', '[2001:db8::1]:80', '127.0.0.1', 'localhost'])
    assert.equal(isWelcome('0.0.0.0', host), true, host)
  assert.equal(isWelcome('0.0.0.0', 'evil.example'), false)
})

test('the bound name and the allowed names are served', () => {
  assert.equal(isWelcome('node-1.example', 'Node-1.example:10254'), true)
  assert.equal(isWelcome('0.0.0.0', 'genkan.ingress.svc:10254', ['genkan.ingress.svc']), true)
})

test('a request without Host comes from no browser and is served', () => {
  assert.equal(isWelcome('127.0.0.1', undefined), true)
})

test('another page may not ask, the own page may', () => {
  const guard = createHostGuard('127.0.0.1', [])
  assert.equal(guard.refuse('127.0.0.1:80', 'http://127.0.0.1:80'), null)
  assert.match(guard.refuse('127.0.0.1:80', 'http://evil.example') ?? '', /evil\.example/)
  assert.match(guard.refuse('127.0.0.1:80', 'null') ?? '', /null/)
})
