import { test } from 'node:test'
import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { decodeObject } from './decode-object.ts'

const meta = (name: string) => ({ name, namespace: 'shop' })

/** Codes of the findings, in order. */
function codesOf(raw: unknown): string[] {
  return decodeObject(raw, undefined, 0).findings.map((finding) => finding.code)
}

test('an object of another group is kept aside with one info finding', () => {
  const raw = { apiVersion: 'serving.knative.dev/v1', kind: 'Service', metadata: meta('a'), spec: { rules: {} } }
  const { object, isKeptAside, findings } = decodeObject(raw, undefined, 0)
  assert.equal(object, null)
  assert.equal(isKeptAside, true)
  assert.deepEqual(
    findings.map(({ code, severity }) => [code, severity]),
    [['KIND_UNKNOWN', 'info']],
  )
})

for (const [apiVersion, kind] of [
  ['projectcontour.io/v1', 'HTTPProxy'],
  ['contour.heptio.com/v1beta1', 'IngressRoute'],
  ['gateway.networking.k8s.io/v1beta1', 'HTTPRoute'],
  ['traefik.io/v1alpha1', 'IngressRoute'],
] as const) {
  test(`${kind} of ${apiVersion} is a warning that its routes are not served`, () => {
    const { isKeptAside, findings } = decodeObject({ apiVersion, kind, metadata: meta('a') }, undefined, 0)
    assert.equal(isKeptAside, true)
    assert.deepEqual(
      findings.map(({ code, severity }) => [code, severity]),
      [['KIND_UNKNOWN', 'warning']],
    )
    assert.match(findings[0]?.message ?? '', /serves none of its routes; write them as Ingress$/)
  })
}

test('a misspelt kind is a warning that names the kind', () => {
  const [finding] = decodeObject({ apiVersion: 'networking.k8s.io/v1', kind: 'Ingres' }, undefined, 0).findings
  assert.equal(finding?.severity, 'warning')
  assert.match(finding.message, /did you mean Ingress\?/)
})

for (const [apiVersion, kind, release, replacement] of [
  ['extensions/v1beta1', 'Ingress', '1.22', 'networking.k8s.io/v1'],
  ['networking.k8s.io/v1beta1', 'Ingress', '1.22', 'networking.k8s.io/v1'],
  ['networking.k8s.io/v1beta1', 'IngressClass', '1.22', 'networking.k8s.io/v1'],
  ['extensions/v1beta1', 'Deployment', '1.16', 'apps/v1'],
  ['apps/v1beta1', 'StatefulSet', '1.16', 'apps/v1'],
  ['apps/v1beta2', 'DaemonSet', '1.16', 'apps/v1'],
  ['extensions/v1beta1', 'ReplicaSet', '1.16', 'apps/v1'],
  ['discovery.k8s.io/v1beta1', 'EndpointSlice', '1.25', 'discovery.k8s.io/v1'],
] as const) {
  test(`${kind} of ${apiVersion} is read, with a warning that Kubernetes ${release} removed it`, () => {
    const { object, findings } = decodeObject({ apiVersion, kind, metadata: meta('a') }, undefined, 0)
    assert.equal(object?.kind, kind)
    const removed = findings.find((finding) => finding.code === 'API_VERSION_REMOVED')
    assert.equal(removed?.severity, 'warning')
    assert.equal(removed.origin.path, 'apiVersion')
    assert.ok(removed.message.includes(`${release} removed it; write ${replacement}`), removed.message)
  })
}

test('a version that a kind never had is an error that names one that it has', () => {
  for (const apiVersion of ['v1', 'apps/v1', 'networking.k8s.io/v2', 'networking.k8s.oi/v1']) {
    const { object, findings } = decodeObject({ apiVersion, kind: 'Ingress', metadata: meta('a') }, undefined, 0)
    assert.equal(object, null)
    assert.deepEqual(
      findings.map((finding) => finding.code),
      ['API_VERSION_UNKNOWN'],
    )
    assert.match(findings[0]?.message ?? '', /write networking\.k8s\.io\/v1/)
  }
})

test('a document without apiVersion, without kind, or that is no map says so', () => {
  assert.deepEqual(codesOf({ kind: 'Service' }), ['KIND_MISSING'])
  assert.deepEqual(codesOf({ apiVersion: 'v1', kind: 5 }), ['KIND_MISSING'])
  for (const raw of ['text', 5, null, undefined, [], true]) assert.deepEqual(codesOf(raw), ['DOCUMENT_NOT_OBJECT'])
})

test('an object without a usable name is left out', () => {
  const named = (metadata: unknown) => decodeObject({ apiVersion: 'v1', kind: 'Namespace', metadata }, undefined, 0)
  for (const metadata of [undefined, {}, { name: '' }, { name: 'Bad_Name' }, { name: 'a/b' }, { name: ['a'] }, 'a']) {
    const { object, findings } = named(metadata)
    assert.equal(object, null, JSON.stringify(metadata))
    assert.notEqual(findings.length, 0, JSON.stringify(metadata))
  }
  assert.equal(named({ name: 'a.b-c' }).object?.meta.name, 'a.b-c')
})

test('the namespace is default where none is written and empty for cluster-scoped kinds', () => {
  const read = (kind: string, apiVersion = 'v1') =>
    decodeObject({ apiVersion, kind, metadata: { name: 'a' } }, undefined, 0)
  assert.equal(read('ConfigMap').object?.meta.namespace, 'default')
  assert.equal(read('Namespace').object?.meta.namespace, '')
  assert.equal(read('IngressClass', 'networking.k8s.io/v1').object?.meta.namespace, '')
})

test('an unquoted boolean in an annotation is an error and is used as text', () => {
  const metadata = { ...meta('a'), annotations: { 'nginx.ingress.kubernetes.io/ssl-redirect': true } }
  const { object, findings } = decodeObject({ apiVersion: 'v1', kind: 'ConfigMap', metadata }, undefined, 0)
  assert.equal(object?.meta.annotations['nginx.ingress.kubernetes.io/ssl-redirect'], 'true')
  assert.equal(findings[0]?.code, 'FIELD_TYPE')
  assert.equal(findings[0].origin.path, 'metadata.annotations["nginx.ingress.kubernetes.io/ssl-redirect"]')
  assert.match(findings[0].message, /write it in quotes: "true"/)
})

test('the object of a finding is named as kubectl names it', () => {
  const raw = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'a' }, spec: { ports: [{ port: 0 }] } }
  assert.equal(decodeObject(raw, undefined, 0).findings[0]?.origin.object, 'Service default/a')
})

const KINDS = (
  'Ingress IngressClass Service Endpoints EndpointSlice Secret ConfigMap Namespace Pod Deployment ' +
  'StatefulSet DaemonSet ReplicaSet List Foo'
).split(' ')
const VERSIONS = ['v1', 'networking.k8s.io/v1', 'extensions/v1beta1', 'apps/v1', 'discovery.k8s.io/v1']
const WORDS = (
  'metadata spec rules http paths path backend service name port number tls hosts host serviceName ' +
  'servicePort defaultBackend data stringData subsets addresses endpoints conditions ports selector ' +
  'template containers labels annotations toString __proto__ namespace replicas pathType resource ip ' +
  'targetRef kind matchLabels'
).split(' ')

test('no value whatever makes the decoder throw, and what is left out has a finding', () => {
  const key = fc.oneof(fc.constantFrom(...WORDS), fc.string())
  const { tree } = fc.letrec((tie) => ({
    leaf: fc.oneof(
      fc.string(),
      fc.integer(),
      fc.double(),
      fc.boolean(),
      fc.constant(null),
      fc.constantFrom('a', '/', 80),
    ),
    tree: fc.oneof(
      { depthSize: 'medium', withCrossShrink: true },
      tie('leaf'),
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(key, tie('tree'), { maxKeys: 6 }),
    ),
  }))
  const object = fc.record({
    apiVersion: fc.oneof({ arbitrary: fc.constantFrom(...VERSIONS), weight: 9 }, { arbitrary: tree, weight: 1 }),
    kind: fc.oneof({ arbitrary: fc.constantFrom(...KINDS), weight: 9 }, { arbitrary: tree, weight: 1 }),
    metadata: fc.oneof(fc.constant({ name: 'a' }), tree),
    spec: tree,
    data: tree,
    subsets: tree,
    endpoints: tree,
    ports: tree,
  })
  fc.assert(
    fc.property(fc.oneof(object, tree), (raw) => {
      const decoded = decodeObject(raw, undefined, 0)
      assert.ok(decoded.object !== null || decoded.findings.length > 0)
      JSON.stringify(decoded)
    }),
    { numRuns: 2000 },
  )
})
