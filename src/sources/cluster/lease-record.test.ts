import assert from 'node:assert/strict'
import { test } from 'node:test'
import { freeInMs, heldBy, observeLease, released, type Lease } from './lease-record.ts'

const NOW = new Date('2026-01-02T03:04:05.678Z')
const NEW: Lease = { metadata: { name: 'l', namespace: 'a', resourceVersion: '7' } }

test('a Lease that nobody holds is taken, renewed without a transition, and taken over with one', () => {
  const ours = heldBy('me', NEW, 15, NOW)
  assert.deepEqual(ours.spec, {
    holderIdentity: 'me',
    leaseDurationSeconds: 15,
    acquireTime: '2026-01-02T03:04:05.678000Z',
    renewTime: '2026-01-02T03:04:05.678000Z',
    leaseTransitions: 1,
  })
  assert.equal(ours.metadata.resourceVersion, '7', 'a write fails when somebody else wrote')
  const later = heldBy('me', ours, 15, new Date(NOW.getTime() + 1000))
  assert.equal(later.spec?.acquireTime, ours.spec?.acquireTime)
  assert.equal(later.spec?.leaseTransitions, 1)
  assert.equal(heldBy('you', ours, 15, NOW).spec?.leaseTransitions, 2)
})

test('a Lease is free to others when it did not change for its duration, by our own clock', () => {
  const held = heldBy('me', NEW, 15, NOW)
  const first = observeLease(null, held, 1000)
  const same = observeLease(first, { ...held }, 9000)
  assert.equal(freeInMs(same, 'you', 9000), 7000)
  assert.equal(freeInMs(same, 'you', 16_000), 0)
  assert.equal(freeInMs(same, 'me', 9000), 0)
  const renewed = observeLease(same, heldBy('me', held, 15, new Date(NOW.getTime() + 1)), 9000)
  assert.equal(freeInMs(renewed, 'you', 9000), 15_000)
  assert.equal(freeInMs(observeLease(first, released(held, NOW), 9000), 'you', 9000), 0)
})
