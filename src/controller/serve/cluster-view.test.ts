import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeObject } from '../../kube/decode/decode-object.ts'
import type { AnyObject, EndpointSlice } from '../../kube/objects.ts'
import { viewCluster } from './cluster-view.ts'

function decode(raw: object): AnyObject {
  const { object } = decodeObject(raw, undefined, 0)
  if (object === null) throw new TypeError('Cannot decode an object of the test')
  return object
}

const service = (port: number): AnyObject =>
  decode({ apiVersion: 'v1', kind: 'Service', metadata: { name: 's', namespace: 'a' }, spec: { ports: [{ port }] } })
const slice = (name: string, of: string, address: string): AnyObject =>
  decode({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name, namespace: 'a', labels: { 'kubernetes.io/service-name': of } },
    addressType: 'IPv4',
    ports: [],
    endpoints: [{ addresses: [address] }],
  })

test('a view answers as things are until it is held, and then as they were', () => {
  const objects = new Map<string, AnyObject>()
  const put = (object: AnyObject): void => void objects.set(`${object.kind}/${object.meta.name}`, object)
  const view = viewCluster(
    {
      ingressClasses: [],
      find: (kind, _, name) => objects.get(`${kind}/${name}`),
      slicesOf: (_, name) =>
        [...objects.values()].filter((one): one is EndpointSlice => 'serviceName' in one && one.serviceName === name),
    },
    [],
  )
  const [old, fresh] = [service(80), service(81)]
  const [stays, moves, moved, comes] = [
    slice('b', 's', '192.0.2.1'),
    slice('a', 's', '192.0.2.2'),
    slice('a', 't', '192.0.2.2'),
    slice('c', 's', '192.0.2.3'),
  ]
  for (const one of [old, stays, moves]) put(one)
  const { snapshot } = view
  assert.equal(snapshot.service('a', 's'), old)
  for (const one of [fresh, moved, comes]) put(one)
  assert.equal(snapshot.service('a', 's'), fresh)
  assert.deepEqual(snapshot.slicesOf('a', 's'), [stays, comes])
  view.hold([
    { before: old, after: fresh },
    { before: moves, after: moved },
    { before: undefined, after: comes },
  ])
  assert.equal(snapshot.service('a', 's'), old)
  assert.equal(snapshot.secret('a', 's'), undefined)
  assert.deepEqual(snapshot.slicesOf('a', 's'), [moves, stays])
  assert.deepEqual(snapshot.slicesOf('a', 't'), [])
})
