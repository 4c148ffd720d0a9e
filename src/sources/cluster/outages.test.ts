import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Outages } from './outages.ts'

const AWAY = { isForbidden: false, message: 'away' }
const FORBIDDEN = { isForbidden: true, message: 'forbidden' }

test('what was read is stale from the first kind that is away to the last one that is back', () => {
  const outages = new Outages()
  outages.failed('Ingress', AWAY)
  const since = outages.staleSinceMs
  assert.ok(since !== null)
  outages.failed('Service', AWAY)
  outages.recovered('Ingress')
  assert.equal(outages.staleSinceMs, since)
  outages.recovered('Service')
  assert.equal(outages.staleSinceMs, null)
})

test('a kind that is forbidden is not stale, also when it was away before', () => {
  const outages = new Outages()
  outages.failed('Secret', AWAY)
  outages.failed('Secret', FORBIDDEN)
  assert.equal(outages.staleSinceMs, null)
  assert.deepEqual(outages.forbidden, ['Secret'])
  outages.recovered('Secret')
  assert.deepEqual(outages.forbidden, [])
})

test('a reason is known while something is away for it', () => {
  const outages = new Outages()
  assert.equal(outages.says('away'), false)
  outages.failed('ConfigMap one', AWAY)
  assert.equal(outages.says('away'), true)
  outages.recovered('ConfigMap one')
  assert.equal(outages.says('away'), false)
})
