import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { DecodedStore } from './decoded-store.ts'
import { keyOf, type RawObject } from './reflector.ts'
import { ENDPOINT_SLICES, INGRESSES, type Resource, SERVICES } from './resource.ts'
import { SliceIndex } from './slice-index.ts'

const OBJECTS = 4000
const PAGE = 500

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** As an API server writes them, with what is of no use to us: its managers' notes, and the object as it was applied. */
function metadataOf(name: string, index: number, labels: object, spec: object): object {
  return {
    name,
    namespace: `team-${index % 50}-production`,
    uid: `0f5e2a6c-7d1b-4b5e-9c37-${String(index).padStart(12, '0')}`,
    resourceVersion: String(100_000 + index),
    creationTimestamp: `2026-11-21T14:${String(index % 60).padStart(2, '0')}:00Z`,
    labels,
    annotations: { 'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(spec) },
    managedFields: [{ manager: 'kubectl', operation: 'Update', fieldsV1: { 'f:spec': spec } }],
  }
}

const LABELS = { 'app.kubernetes.io/managed-by': 'Helm of the platform', 'helm.sh/chart': 'web-application-1.22.333' }

const KINDS: readonly {
  readonly resource: Resource
  readonly make: (index: number) => object
  /** Bytes that one object may keep: a third more than it takes on Node 24. */
  readonly most: number
}[] = [
  {
    resource: INGRESSES,
    make: (index) => {
      const backend = { service: { name: `service-${index}`, port: { number: 80 } } }
      const paths = ['/', '/api'].map((path) => ({ path, pathType: 'Prefix', backend }))
      const spec = { ingressClassName: 'nginx', rules: [{ host: `host-${index}.example.com`, http: { paths } }] }
      return { metadata: metadataOf(`ingress-${index}`, index, LABELS, spec), spec, status: { loadBalancer: {} } }
    },
    most: 1550,
  },
  {
    resource: SERVICES,
    make: (index) => {
      const spec = { type: 'ClusterIP', clusterIP: 'None', ports: [{ name: 'http', port: 80, targetPort: 8080 }] }
      return { metadata: metadataOf(`service-${index}`, index, LABELS, spec), spec }
    },
    most: 950,
  },
  {
    resource: ENDPOINT_SLICES,
    make: (index) => {
      const endpoints = [1, 2, 3].map((host) => ({
        addresses: [`10.${index >> 8}.${index & 255}.${host}`],
        conditions: { ready: true, serving: true, terminating: false },
        nodeName: `node-${index % 20}`,
        targetRef: { kind: 'Pod', name: `service-${index}-5d4f8c7b9d-${host}`, uid: `${index}-${host}` },
      }))
      const labels = { ...LABELS, 'kubernetes.io/service-name': `service-${index}` }
      const metadata = metadataOf(`service-${index}-a`, index, labels, {})
      return { metadata, addressType: 'IPv4', ports: [{ name: 'http', port: 8080 }], endpoints }
    },
    most: 2250,
  },
]

for (const kind of KINDS) {
  const name = kind.resource.kind
  test(`of each ${name} little more is kept than is read`, () => {
    const store = new DecodedStore(kind.resource)
    const slices = new SliceIndex()
    // Compiled code and shared texts are no objects.
    load(kind, store, slices, 0, PAGE)
    const before = used()
    load(kind, store, slices, PAGE, OBJECTS)
    const each = (used() - before) / (OBJECTS - PAGE)
    assert.equal(store.size, OBJECTS)
    assert.ok(each < kind.most, `${Math.round(each)} bytes for each ${name}, expected less than ${kind.most}`)
  })
}

function load(
  { resource, make }: (typeof KINDS)[number],
  store: DecodedStore,
  slices: SliceIndex,
  from: number,
  to: number,
): void {
  for (let at = from; at < to; at += PAGE) {
    const text = JSON.stringify(Array.from({ length: PAGE }, (_, number) => make(at + number)))
    for (const raw of JSON.parse(text) as readonly RawObject[]) {
      const key = keyOf(raw)
      store.set(key, raw)
      const object = store.get(key)
      if (resource === ENDPOINT_SLICES && object?.kind === 'EndpointSlice') slices.set(key, object)
    }
  }
}

function used(): number {
  collect()
  collect()
  return process.memoryUsage().heapUsed
}
