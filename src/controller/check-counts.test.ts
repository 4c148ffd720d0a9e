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
  checks.add(model, [finding('Ingress shop/web', 'error'), finding('Ingress shop/routeless', 'error')])
  assert.deepEqual(checks.list(), [
    { namespace: 'shop', ingress: 'routeless', successes: 0, errors: 1 },
    { namespace: 'shop', ingress: 'web', successes: 0, errors: 1 },
  ])
  checks.add(model, [finding('Service shop/web', 'error'), finding('Ingress shop/web', 'warning')])
  checks.add(fixtureModel({ upstreams: [] }), [])
  assert.deepEqual(checks.list(), [{ namespace: 'shop', ingress: 'web', successes: 2, errors: 1 }])
})

test('an Ingress counts from the version that brought it', () => {
  const checks = new CheckCounts()
  const model = fixtureModel({ upstreams: [] })
  checks.add({ ...model, routes: { ...model.routes, hosts: [] } }, [])
  checks.add(model, [])
  assert.deepEqual(checks.list(), [{ namespace: 'shop', ingress: 'web', successes: 1, errors: 0 }])
})
