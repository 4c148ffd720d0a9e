import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chooseRequestId, connectionForwardingLines, createRequestId } from './forwarding-headers.ts'

test('https is port 443 to pods, whatever port listens', () => {
  assert.match(
    connectionForwardingLines('https', '10.1.2.3', 8443),
    /\r\nX-Forwarded-Port: 443\r\nX-Forwarded-Proto: https\r\n/,
  )
  assert.match(
    connectionForwardingLines('http', '10.1.2.3', 8080),
    /\r\nX-Forwarded-Port: 8080\r\nX-Forwarded-Proto: http\r\n/,
  )
})

test('a request id is kept when it is visible ASCII of at most 128 bytes', () => {
  assert.equal(chooseRequestId('a-B_1'), 'a-B_1')
  assert.equal(chooseRequestId('x'.repeat(128)), 'x'.repeat(128))
  for (const bad of ['', 'x'.repeat(129), 'a b', 'a\tb', 'caf\xe9'])
    assert.match(chooseRequestId(bad), /^[0-9a-f]{32}$/)
})

test('request ids do not repeat over refills of their pool', () => {
  const ids = new Set(Array.from({ length: 2000 }, () => createRequestId()))
  assert.equal(ids.size, 2000)
})
