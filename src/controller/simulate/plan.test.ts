import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AnyObject, PodTemplate, Service, Workload } from '../../kube/objects.ts'
import { createSnapshot } from '../../kube/snapshot.ts'
import { metaOf } from '../../kube/testing/plain-objects.ts'
import { hasTargetPort, planSimulatedPods } from './plan.ts'

const template = (labels: Record<string, string>): PodTemplate => ({
  labels,
  containers: [{ name: 'c', image: 'i', args: [], ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }] }],
})

const service = (selector: Record<string, string>): Service => ({
  kind: 'Service',
  meta: metaOf('web'),
  order: 0,
  spec: {
    type: 'ClusterIP',
    clusterIp: '',
    externalName: '',
    selector,
    ports: [{ name: '', port: 80, targetPort: 'http', nodePort: 0, protocol: 'TCP' }],
  },
})

const workload = (kind: Workload['kind'], replicas: number): Workload => ({
  kind,
  meta: metaOf('web'),
  order: 1,
  replicas,
  template: template({ app: 'web', tier: 'front' }),
})

const podsOf = (...objects: readonly AnyObject[]): readonly string[] =>
  planSimulatedPods(createSnapshot(objects)).map((pod) => pod.pod)

test('a Deployment gives as many pods as it has replicas, with the same names on every run', () => {
  const first = podsOf(service({ app: 'web' }), workload('Deployment', 3))
  assert.equal(first.length, 3)
  assert.equal(new Set(first).size, 3)
  for (const name of first) assert.match(name, /^web-[b-df-hj-np-tv-z2-9]{9}-[b-df-hj-np-tv-z2-9]{5}$/)
  assert.deepEqual(podsOf(service({ app: 'web' }), workload('Deployment', 3)), first)
})

test('a StatefulSet numbers its pods', () => {
  assert.deepEqual(podsOf(service({ app: 'web' }), workload('StatefulSet', 2)), ['web-0', 'web-1'])
})

test('every label of the selector has to match', () => {
  assert.equal(podsOf(service({ app: 'web', tier: 'back' }), workload('Deployment', 2)).length, 0)
  assert.equal(podsOf(service({ app: 'web', tier: 'front' }), workload('Deployment', 2)).length, 2)
})

test('a Service without selector and a workload without replicas give no pods', () => {
  assert.equal(podsOf(service({}), workload('Deployment', 2)).length, 0)
  assert.equal(podsOf(service({ app: 'web' }), workload('Deployment', 0)).length, 0)
})

test('a target port by name exists only where a container declares it', () => {
  const [port] = service({}).spec.ports
  assert.ok(port)
  assert.equal(hasTargetPort(template({}), port), true)
  assert.equal(hasTargetPort(template({}), { ...port, targetPort: 'grpc' }), false)
  assert.equal(hasTargetPort(template({}), { ...port, targetPort: 9 }), true)
})
