import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createControllerAdmin } from './controller-admin.ts'

const state = { findings: [], isDraining: false, hasRead: false }
let staleSinceMs: number | null = null
const admin = createControllerAdmin({
  state,
  metrics: () => ['up 1\n'],
  applied: () => ({ configVersion: 7, appliedAt: '' }),
  leadership: () => ({ lease: 'shop/front', leader: 'a', isLeader: false }),
  staleSinceMs: () => staleSinceMs,
  forbidden: () => ['Secret'],
  cannotExplain: 'Cannot explain: it serves nothing',
})

test('a controller is ready from its first look at the cluster until it is told to end', () => {
  assert.deepEqual(admin.readiness(), { isOk: false, reason: 'the cluster was not read yet' })
  state.hasRead = true
  assert.deepEqual(admin.readiness(), { isOk: true })
  state.isDraining = true
  assert.deepEqual(admin.readiness(), { isOk: false, reason: 'shutting down' })
  assert.deepEqual(admin.health(), { isOk: true })
})

test('its version tells what was applied, who leads, and since when the cluster is out of reach', () => {
  const version = admin.version()
  assert.equal(version.configVersion, 7)
  assert.deepEqual(version.cluster, { staleSince: '', forbidden: ['Secret'] })
  assert.deepEqual(version.leadership, { lease: 'shop/front', leader: 'a', isLeader: false })
  staleSinceMs = Date.UTC(2026, 0, 2)
  assert.equal(admin.version().cluster?.staleSince, '2026-01-02T00:00:00.000Z')
})
