import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DecodedStore } from './decoded-store.ts'
import { ENDPOINT_SLICES, INGRESSES, SECRETS } from './resource.ts'

const ingress = (resourceVersion: string, host: string, status: object = {}) => ({
  metadata: { name: 'web', namespace: 'a', resourceVersion },
  spec: { rules: [{ host }] },
  status,
})

test('an object that differs in nothing that is read stays the very same one', () => {
  const store = new DecodedStore(INGRESSES)
  assert.equal(store.set('a/web', ingress('1', 'a.example')), true)
  const first = store.get('a/web')
  assert.equal(store.set('a/web', ingress('2', 'a.example', { loadBalancer: {} })), false)
  assert.equal(store.get('a/web'), first)
  assert.equal(store.set('a/web', ingress('3', 'b.example')), true)
  assert.notEqual(store.get('a/web'), first)
  assert.equal(store.size, 1)
  assert.equal(store.delete('a/web'), true)
  assert.equal(store.delete('a/web'), false)
})

test('what is wrong with an object is told for the namespaces that are asked for', () => {
  const store = new DecodedStore(INGRESSES)
  store.set('a/web', { ...ingress('1', 'a.example'), spec: { rules: {} } } as never)
  assert.ok(store.findings().length > 0)
  assert.deepEqual(
    store.findings((namespace) => namespace !== 'a'),
    [],
  )
})

test('a Secret changes with its version: contents are not compared', () => {
  const store = new DecodedStore(SECRETS)
  const secret = (resourceVersion: string) => ({ metadata: { name: 's', namespace: 'a', resourceVersion }, data: {} })
  store.set('a/s', secret('1'))
  assert.equal(store.set('a/s', secret('1')), false)
  assert.equal(store.set('a/s', secret('2')), true)
})

test('what kubectl and controllers note on objects for themselves is no change', () => {
  const ingresses = new DecodedStore(INGRESSES)
  const applied = (configuration: string) => ({
    ...ingress('1', 'a.example'),
    metadata: {
      ...ingress('1', 'a.example').metadata,
      annotations: { 'kubectl.kubernetes.io/last-applied-configuration': configuration, 'example.com/a': 'b' },
    },
  })
  assert.equal(ingresses.set('a/web', applied('{}')), true)
  assert.equal(ingresses.set('a/web', applied('{"kind":"Ingress"}')), false)
  assert.deepEqual(ingresses.get('a/web')?.meta.annotations, { 'example.com/a': 'b' })

  const slices = new DecodedStore(ENDPOINT_SLICES)
  const slice = (version: string) => ({
    metadata: {
      name: 'web-a',
      namespace: 'a',
      labels: { 'kubernetes.io/service-name': 'web', version },
      annotations: { 'endpoints.kubernetes.io/last-change-trigger-time': version },
    },
    addressType: 'IPv4',
    ports: [],
    endpoints: [],
  })
  assert.equal(slices.set('a/web-a', slice('1')), true)
  assert.equal(slices.set('a/web-a', slice('2')), false)
  assert.deepEqual(slices.get('a/web-a')?.meta.labels, { 'kubernetes.io/service-name': 'web' })
})

test('an object that gets well, and one that goes, leave no findings', () => {
  const store = new DecodedStore(INGRESSES)
  const bad = { ...ingress('1', 'a.example'), spec: { rules: [{ host: 'a.example' }, { host: '-' }] } }
  store.set('a/web', bad)
  store.set('a/api', { ...bad, metadata: { ...bad.metadata, name: 'api' } })
  assert.deepEqual([store.findings().length > 1, store.size, store.objects().length], [true, 2, 2])
  assert.equal(store.set('a/web', ingress('2', 'a.example')), true)
  assert.deepEqual([store.findings().length > 0, store.size, store.objects().length], [true, 2, 2])
  assert.equal(store.set('a/web', bad), true)
  assert.equal(store.set('a/web', ingress('3', 'a.example')), true)
  assert.equal(store.delete('a/api'), true)
  assert.deepEqual([store.findings(), store.size, store.objects().length], [[], 1, 1])
})
