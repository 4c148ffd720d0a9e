import { test } from 'node:test'
import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import type { AnyObject } from '../objects.ts'
import { decodeObject, type DecodedObject } from './decode-object.ts'

function read(kind: string, apiVersion: string, fields: Record<string, unknown>, metadata = {}): DecodedObject {
  return decodeObject(
    { apiVersion, kind, metadata: { name: 'web', namespace: 'shop', ...metadata }, ...fields },
    undefined,
    0,
  )
}

/** The member of the union that has this kind, alone or among others. */
type OfKind<K extends string, T = AnyObject> = T extends { kind: infer Kind } ? (K extends Kind ? T : never) : never

/** The decoded object, which must be of this kind and have no findings. */
function clean<K extends AnyObject['kind']>(kind: K, decoded: DecodedObject): OfKind<K> {
  assert.deepEqual(decoded.findings, [])
  assert.equal(decoded.object?.kind, kind)
  return decoded.object as OfKind<K>
}

function codesOf(decoded: DecodedObject): string[] {
  return decoded.findings.map((finding) => `${finding.code} ${finding.origin.path}`)
}

test('a Service has its defaults filled in', () => {
  const ports = [{ port: 80 }]
  const service = clean('Service', read('Service', 'v1', { spec: { selector: { app: 'web' }, ports } }))
  assert.deepEqual(service.spec, {
    type: 'ClusterIP',
    clusterIp: '',
    externalName: '',
    selector: { app: 'web' },
    ports: [{ name: '', port: 80, targetPort: 80, nodePort: 0, protocol: 'TCP' }],
  })
})

test('named and numeric target ports, node ports and load balancer fields are read', () => {
  const ports = [
    { name: 'http', port: 80, targetPort: 'web', nodePort: 30_080, appProtocol: 'http' },
    { name: 'dns', port: 53, targetPort: 5353, protocol: 'UDP' },
  ]
  const spec = {
    type: 'LoadBalancer',
    loadBalancerClass: 'x/y',
    externalTrafficPolicy: 'Local',
    clusterIP: 'None',
    ports,
  }
  const service = clean('Service', read('Service', 'v1', { spec }))
  assert.equal(service.spec.clusterIp, 'None')
  assert.equal(service.spec.loadBalancerClass, 'x/y')
  assert.deepEqual(
    service.spec.ports.map((port) => [port.targetPort, port.nodePort, port.protocol, port.appProtocol]),
    [
      ['web', 30_080, 'TCP', 'http'],
      [5353, 0, 'UDP', undefined],
    ],
  )
})

test('an impossible port of a Service is left out alone', () => {
  const ports = [{ name: 'a', port: 70_000 }, { name: 'b', port: 80 }, { name: 'c' }]
  const decoded = read('Service', 'v1', { spec: { ports } })
  assert.deepEqual(codesOf(decoded), ['FIELD_VALUE spec.ports[0].port', 'FIELD_REQUIRED spec.ports[2].port'])
  assert.ok(decoded.object?.kind === 'Service')
  assert.deepEqual(
    decoded.object.spec.ports.map((port) => port.name),
    ['b'],
  )
})

test('several ports without names and an ExternalName without a name are errors', () => {
  assert.deepEqual(codesOf(read('Service', 'v1', { spec: { ports: [{ port: 1 }, { port: 2, name: 'b' }] } })), [
    'FIELD_REQUIRED spec.ports',
  ])
  assert.deepEqual(codesOf(read('Service', 'v1', { spec: { type: 'ExternalName' } })), [
    'FIELD_REQUIRED spec.externalName',
  ])
})

test('an IngressClass is the default only by its annotation', () => {
  const fields = { spec: { controller: 'k8s.io/ingress-nginx' } }
  const mark = (value: string) => ({
    namespace: undefined,
    annotations: { 'ingressclass.kubernetes.io/is-default-class': value },
  })
  const read1 = (value: string) => read('IngressClass', 'networking.k8s.io/v1', fields, mark(value))
  const marked = clean('IngressClass', read1('true'))
  assert.deepEqual([marked.controller, marked.isDefault], ['k8s.io/ingress-nginx', true])
  assert.equal(clean('IngressClass', read1('false')).isDefault, false)
  assert.deepEqual(codesOf(read1('yes')), [
    'ANNOTATION_VALUE metadata.annotations["ingressclass.kubernetes.io/is-default-class"]',
  ])
})

test('an EndpointSlice of v1 has ready, serving and terminating endpoints', () => {
  const slice = clean(
    'EndpointSlice',
    read(
      'EndpointSlice',
      'discovery.k8s.io/v1',
      {
        addressType: 'IPv4',
        ports: [{ name: 'http', port: 8080 }],
        endpoints: [
          { addresses: ['127.0.0.1'], targetRef: { kind: 'Pod', name: 'web-1' }, nodeName: 'n1' },
          { addresses: ['127.0.0.2'], conditions: { ready: false, serving: true, terminating: true } },
          { addresses: ['127.0.0.3'], conditions: { ready: false } },
        ],
      },
      { labels: { 'kubernetes.io/service-name': 'web' } },
    ),
  )
  assert.equal(slice.serviceName, 'web')
  assert.deepEqual(slice.ports, [{ name: 'http', port: 8080, protocol: 'TCP' }])
  assert.deepEqual(
    slice.endpoints.map((each) => [each.isReady, each.isServing, each.isTerminating, each.podName, each.nodeName]),
    [
      [true, true, false, 'web-1', 'n1'],
      [false, true, true, '', ''],
      [false, false, false, '', ''],
    ],
  )
})

test('an EndpointSlice has zones and hints for zones', () => {
  const slice = clean(
    'EndpointSlice',
    read(
      'EndpointSlice',
      'discovery.k8s.io/v1',
      {
        addressType: 'IPv4',
        endpoints: [
          { addresses: ['127.0.0.1'], zone: 'a', hints: { forZones: [{ name: 'a' }, { name: 'b' }], forNodes: [] } },
          { addresses: ['127.0.0.2'] },
        ],
      },
      { labels: { 'kubernetes.io/service-name': 'web' } },
    ),
  )
  assert.deepEqual(
    slice.endpoints.map(({ zone, hintZones }) => [zone, hintZones]),
    [
      ['a', ['a', 'b']],
      ['', []],
    ],
  )
})

test('an EndpointSlice of v1beta1 takes its node from the topology', () => {
  const topology = { 'kubernetes.io/hostname': 'n2', 'topology.kubernetes.io/zone': 'z2' }
  const { object, findings } = read(
    'EndpointSlice',
    'discovery.k8s.io/v1beta1',
    { addressType: 'IPv6', endpoints: [{ addresses: ['::1'], topology }] },
    { labels: { 'kubernetes.io/service-name': 'web' } },
  )
  assert.ok(object?.kind === 'EndpointSlice')
  assert.equal(object.endpoints[0]?.nodeName, 'n2')
  assert.equal(object.endpoints[0]?.zone, 'z2')
  assert.deepEqual(
    findings.map((finding) => finding.code),
    ['API_VERSION_REMOVED'],
  )
})

test('Endpoints with subsets of different ports become several slices of one Service', () => {
  const subsets = [
    { addresses: [{ ip: '127.0.0.1' }], notReadyAddresses: [{ ip: '127.0.0.2' }], ports: [{ port: 80 }] },
    { addresses: [{ ip: '127.0.0.3' }], ports: [{ port: 81 }] },
    { addresses: [{ ip: '127.0.0.4' }], ports: [{ port: 80 }] },
  ]
  const decoded = read('Endpoints', 'v1', { subsets })
  const slices = [clean('Endpoints', decoded), ...decoded.others]
  assert.deepEqual(
    slices.map((slice) => {
      assert.ok(slice.kind === 'Endpoints')
      const addresses = slice.endpoints.map((each) => `${each.addresses.join()} ${each.isReady}`)
      return [slice.meta.name, slice.serviceName, slice.ports[0]?.port, addresses]
    }),
    [
      ['web', 'web', 80, ['127.0.0.1 true', '127.0.0.2 false', '127.0.0.4 true']],
      ['web#2', 'web', 81, ['127.0.0.3 true']],
    ],
  )
})

test('a Secret is decoded from base64, stringData wins, and nothing of it shows', () => {
  const fields = {
    type: 'kubernetes.io/tls',
    data: { a: 'aGVs\nbG8=', b: 'aGVsbG8=', e: '' },
    stringData: { b: 'plain' },
  }
  const secret = clean('Secret', read('Secret', 'v1', fields))
  assert.equal(secret.type, 'kubernetes.io/tls')
  assert.equal(secret.data['a']?.reveal().toString(), 'hello')
  assert.equal(secret.data['b']?.reveal().toString(), 'plain')
  assert.equal(secret.data['e']?.reveal().length, 0)
  assert.doesNotMatch(JSON.stringify(secret) + inspect(secret, { depth: 9 }), /hello|plain|aGVs/)
})

test('a Secret value that is not base64 is left out alone and never quoted', () => {
  const decoded = read('Secret', 'v1', { data: { 'tls.key': 'hunter2!', n: 1234567, ok: 'aGk=', list: ['hunter2'] } })
  assert.ok(decoded.object?.kind === 'Secret')
  assert.deepEqual(Object.keys(decoded.object.data), ['ok'])
  assert.deepEqual(codesOf(decoded), ['SECRET_INVALID data["tls.key"]', 'FIELD_TYPE data.n', 'FIELD_TYPE data.list'])
  assert.doesNotMatch(JSON.stringify(decoded.findings), /hunter2|1234567/)
})

test('a ConfigMap reads unquoted scalars as text, with a finding each', () => {
  const decoded = read('ConfigMap', 'v1', { data: { a: 'x', 'use-http2': false, n: 10 }, binaryData: { b: 'AA==' } })
  assert.ok(decoded.object?.kind === 'ConfigMap')
  assert.deepEqual(decoded.object.data, { a: 'x', 'use-http2': 'false', n: '10' })
  assert.deepEqual(codesOf(decoded), ['FIELD_TYPE data.use-http2', 'FIELD_TYPE data.n'])
})

const TEMPLATE = {
  metadata: { labels: { app: 'web' } },
  spec: { containers: [{ name: 'c', image: 'i', args: ['--x'], ports: [{ name: 'http', containerPort: 8080 }] }] },
}
const CONTAINER = {
  name: 'c',
  image: 'i',
  args: ['--x'],
  ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }],
}

test('a Deployment has replicas, labels and containers', () => {
  const spec = { replicas: 3, selector: { matchLabels: { app: 'web' } }, template: TEMPLATE }
  const workload = clean('Deployment', read('Deployment', 'apps/v1', { spec }))
  assert.equal(workload.replicas, 3)
  assert.deepEqual(workload.template, { labels: { app: 'web' }, containers: [CONTAINER] })
})

test('replicas default to one, may be none, and a DaemonSet always counts once', () => {
  const selector = { matchLabels: { app: 'web' } }
  const count = (kind: 'Deployment' | 'DaemonSet' | 'StatefulSet', spec: object) =>
    clean(kind, read(kind, 'apps/v1', { spec: { selector, template: TEMPLATE, ...spec } })).replicas
  assert.equal(count('Deployment', {}), 1)
  assert.equal(count('StatefulSet', { replicas: 0 }), 0)
  assert.equal(count('DaemonSet', {}), 1)
})

test('a selector that the template does not satisfy, or none in apps/v1, is an error', () => {
  assert.deepEqual(codesOf(read('Deployment', 'apps/v1', { spec: { template: TEMPLATE } })), [
    'FIELD_REQUIRED spec.selector',
  ])
  const spec = { selector: { matchLabels: { app: 'wbe' } }, template: TEMPLATE }
  assert.deepEqual(codesOf(read('Deployment', 'apps/v1', { spec })), ['FIELD_VALUE spec.selector.matchLabels.app'])
})

test('an old Deployment needs no selector', () => {
  const { findings } = read('Deployment', 'extensions/v1beta1', { spec: { template: TEMPLATE } })
  assert.deepEqual(
    findings.map((finding) => finding.code),
    ['API_VERSION_REMOVED'],
  )
})

test('a Pod is its own template', () => {
  const pod = clean('Pod', read('Pod', 'v1', { spec: TEMPLATE.spec }, { labels: { app: 'web' } }))
  assert.deepEqual(pod.template, { labels: { app: 'web' }, containers: [CONTAINER] })
})
