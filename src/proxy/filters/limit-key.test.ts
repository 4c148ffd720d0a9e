import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { GateRequest } from '../../routing/gate.ts'
import { gateRequest } from '../../routing/testing/gate-request.ts'
import { createConnectionGate } from './limit-connections.ts'
import { limitKey } from './limit-key.ts'

function requestOf(user: string, clientAddress = '192.0.2.1'): GateRequest {
  return gateRequest({ clientAddress, rawLines: user === '' ? '' : `X-User: ${user}\r\n` })
}

test('clients are told apart by their address unless a key says otherwise', () => {
  assert.equal(limitKey(undefined)(requestOf('ann')), '192.0.2.1')
  assert.equal(limitKey('$host:$http_x_user')(requestOf('ann')), 'a:ann')
})

test('a long key is remembered by its digest', () => {
  const keyOf = limitKey('$http_x_user')
  const long = keyOf(requestOf('x'.repeat(10_000)))
  assert.equal(long.length, 44)
  assert.notEqual(long, keyOf(requestOf('x'.repeat(10_001))))
})

test('running requests are counted by the key, and not at all where it is empty', () => {
  const running = new Map<string, number>()
  const gate = createConnectionGate(
    { kind: 'limit-connections', zone: 'z', max: 1, exempt: [], status: 503, key: '$http_x_user' },
    running,
  )
  const refused = (request: GateRequest): boolean => {
    const verdict = gate.check(request)
    assert.ok(!(verdict instanceof Promise))
    return verdict.kind === 'refuse'
  }
  const ann = requestOf('ann')
  assert.equal(refused(ann), false)
  assert.equal(refused(requestOf('ann', '192.0.2.2')), true)
  assert.equal(refused(requestOf('bob')), false)
  assert.equal(refused(requestOf('')), false)
  assert.equal(refused(requestOf('')), false)
  gate.release?.(ann)
  assert.equal(refused(ann), false)
  assert.deepEqual([...running.keys()].sort(), ['ann', 'bob'])
})
