import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Service } from '../../kube/objects.ts'
import type { AdmissionRequest } from '../admission/admission-review.ts'
import { metaOf } from '../../kube/testing/plain-objects.ts'
import { injectGates } from './gate-injection.ts'

function service(name: string, selector: Readonly<Record<string, string>>): Service {
  const meta = metaOf(name, { uid: name })
  const spec = { type: 'NodePort' as const, clusterIp: '', externalName: '', selector, ports: [] }
  return { kind: 'Service', meta, order: 0, spec }
}

const SERVICES = [service('web', { app: 'web' }), service('all', {}), service('api', { app: 'web', tier: 'api' })]
const GATES = { 'shop/web': ['k8s-web-b', 'k8s-web-a'], 'shop/api': ['k8s-api'], 'shop/all': ['k8s-all'] }

function review(labels: Readonly<Record<string, string>>, spec: object = {}): AdmissionRequest {
  const object = { metadata: { labels }, spec }
  return { uid: 'u', operation: 'CREATE', kind: '/v1/Pod', namespace: 'shop', object, oldObject: null }
}

const inject = (request: AdmissionRequest) =>
  injectGates(request, { servicesOf: () => SERVICES, gates: () => Promise.resolve(GATES) })
const gate = (group: string) => ({ conditionType: `target-health.elbv2.k8s.aws/${group}` })

test('a pod gets a gate for each target group of each Service that selects it', async () => {
  const { patch } = await inject(review({ app: 'web', tier: 'api' }))
  const value = ['k8s-api', 'k8s-web-a', 'k8s-web-b'].map(gate)
  assert.deepEqual(patch, [{ op: 'add', path: '/spec/readinessGates', value }])
})

test('gates that are written stay, and none comes twice', async () => {
  const readinessGates = [{ conditionType: 'example.com/own' }, gate('k8s-web-a')]
  const { patch } = await inject(review({ app: 'web' }, { readinessGates }))
  assert.deepEqual(patch, [{ op: 'add', path: '/spec/readinessGates/-', value: gate('k8s-web-b') }])
})

test('nothing is added where no Service selects the pod, and to nothing but new pods', async () => {
  assert.equal((await inject(review({ app: 'other' }))).patch, undefined)
  assert.equal((await inject({ ...review({ app: 'web' }), operation: 'UPDATE' })).patch, undefined)
  assert.equal((await inject({ ...review({ app: 'web' }), kind: 'apps/v1/Deployment' })).patch, undefined)
  assert.equal((await inject({ ...review({ app: 'web' }), object: null })).patch, undefined)
})

test('when the target groups cannot be known the question fails, which the server answers with yes', async () => {
  const failing = { servicesOf: () => SERVICES, gates: () => Promise.reject(new Error('no answer')) }
  await assert.rejects(injectGates(review({ app: 'web' }), failing), /no answer/)
})
