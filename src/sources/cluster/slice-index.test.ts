import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EndpointSlice } from '../../kube/objects.ts'
import { DecodedStore } from './decoded-store.ts'
import { ENDPOINT_SLICES } from './resource.ts'
import { SliceIndex } from './slice-index.ts'

function slice(name: string, service: string): EndpointSlice {
  const store = new DecodedStore(ENDPOINT_SLICES)
  const labels = service === '' ? {} : { 'kubernetes.io/service-name': service }
  const raw = { metadata: { name, namespace: 'a', labels }, addressType: 'IPv4', ports: [], endpoints: [] }
  store.set(`a/${name}`, raw)
  const decoded = store.get(`a/${name}`)
  assert.ok(decoded?.kind === 'EndpointSlice')
  return decoded
}

const names = (index: SliceIndex, service: string): readonly string[] =>
  index.slicesOf('a', service).map(({ meta }) => meta.name)

test('slices are found by their Service, in the order of their names', () => {
  const index = new SliceIndex()
  assert.deepEqual(index.set('a/two', slice('two', 'web')), ['a/web'])
  index.set('a/one', slice('one', 'web'))
  assert.deepEqual(names(index, 'web'), ['one', 'two'])
})

test('a slice that moves to another Service changes both, and one that goes leaves nothing', () => {
  const index = new SliceIndex()
  index.set('a/one', slice('one', 'web'))
  assert.deepEqual(index.set('a/one', slice('one', 'api')), ['a/web', 'a/api'])
  assert.deepEqual([names(index, 'web'), names(index, 'api')], [[], ['one']])
  assert.deepEqual(index.set('a/one', undefined), ['a/api'])
  assert.deepEqual(index.set('a/one', undefined), [])
  assert.deepEqual(index.set('a/lone', slice('lone', '')), [])
})
