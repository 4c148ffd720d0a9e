import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DecodedStore } from './decoded-store.ts'
import { INGRESSES, SECRETS } from './resource.ts'

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
