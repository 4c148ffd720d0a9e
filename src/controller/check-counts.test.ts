import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Finding } from '../base/finding.ts'
import { fixtureModel } from '../proxy/testing/proxy-fixture.ts'
import { CheckCounts } from './check-counts.ts'

function finding(object: string, severity: Finding['severity']): Finding {
  return { code: 'SERVICE_NOT_FOUND', severity, message: 'Cannot', origin: { object, path: '' } }
}

test('an Ingress with an error counts as failed, one with warnings does not, and one that is gone is forgotten', () => {
  const checks = new CheckCounts()
  const model = fixtureModel({ upstreams: [] })
  checks.add(model, [finding('Ingress shop/web', 'error'), finding('Ingress shop/other', 'warning')])
  checks.add(model, [finding('Service shop/web', 'error'), finding('Ingress shop/web', 'warning')])
  assert.deepEqual(checks.list(), [{ namespace: 'shop', ingress: 'web', successes: 1, errors: 1 }])
})
