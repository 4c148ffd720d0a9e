import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toLoadBalancerServices, toServiceEndpoints } from './services.ts'
import { toSnapshot } from './testing/config-script.ts'
import { createSnapshot } from '../../kube/snapshot.ts'
import { decodeObject } from '../../kube/decode/decode-object.ts'

const ONLINE = { loadBalancerClass: '', isOffline: false }

function read(text: string, options = ONLINE): ReturnType<typeof toLoadBalancerServices> {
  return toLoadBalancerServices(
    toSnapshot(['Namespace shop {metadata: {labels: {env: prod}}}', text]).snapshot,
    options,
  )
}

test('everything that address management looks at is read', () => {
  const { services, faults } = read(
    `Service x {metadata: {namespace: shop, labels: {team: red}, resourceVersion: "7", annotations: {metallb.io/address-pool: a, metallb.io/loadBalancerIPs: "2001:DB8::1 , 192.0.2.1", metallb.io/allow-shared-ip: k}},
      spec: {type: LoadBalancer, clusterIP: 10.0.0.1, clusterIPs: [10.0.0.1, "fd00::1"], ipFamilyPolicy: RequireDualStack, externalTrafficPolicy: Local, selector: {b: c, a: b}, ports: [{port: 80}, {port: 53, protocol: UDP, name: u}]},
      status: {loadBalancer: {ingress: [{ip: 192.0.2.1}, {hostname: x.example}]}}}`,
  )
  assert.equal(faults.size, 0)
  assert.deepEqual(services, [
    {
      key: 'shop/x',
      namespace: 'shop',
      labels: { team: 'red' },
      namespaceLabels: { env: 'prod' },
      resourceVersion: '7',
      families: [4, 6],
      familyPolicy: 'RequireDualStack',
      ports: [
        { protocol: 'TCP', port: 80 },
        { protocol: 'UDP', port: 53 },
      ],
      trafficPolicy: 'Local',
      selector: 'a=b,b=c',
      addresses: ['192.0.2.1'],
      requested: ['2001:db8::1', '192.0.2.1'],
      pool: 'a',
      sharingKey: 'k',
      hasSharingAnnotation: true,
    },
  ])
})

test('the new prefix wins over the old one, and an empty sharing key is one that is there', () => {
  const { services } = read(
    'Service x {metadata: {namespace: shop, annotations: {metallb.universe.tf/address-pool: old, metallb.io/address-pool: new, metallb.universe.tf/allow-shared-ip: ""}}, spec: {type: LoadBalancer, clusterIP: 10.0.0.1, ports: [{port: 80}]}}',
  )
  assert.equal(services[0]?.pool, 'new')
  assert.equal(services[0].sharingKey, '')
  assert.equal(services[0].hasSharingAnnotation, true)
})

test('a class is ours only if it is the one, and no class only if none is', () => {
  const plain = 'Service x {spec: {type: LoadBalancer, clusterIP: 10.0.0.1, ports: [{port: 80}]}}'
  const other =
    'Service x {spec: {type: LoadBalancer, loadBalancerClass: a/b, clusterIP: 10.0.0.1, ports: [{port: 80}]}}'
  const counts = [plain, other].map((text) => [
    read(text).services.length,
    read(text, { loadBalancerClass: 'a/b', isOffline: false }).services.length,
  ])
  assert.deepEqual(counts, [
    [1, 0],
    [0, 1],
  ])
  assert.equal(read('Service x {spec: {type: NodePort, ports: [{port: 80}]}}').services.length, 0)
  assert.equal(read('Service x {spec: {type: ExternalName, externalName: a.example}}').services.length, 0)
})

test('what cannot be meant is a fault, and is refused by whoever does not look at faults', () => {
  const { services, faults } = read(
    'Service x {metadata: {namespace: shop, annotations: {metallb.io/loadBalancerIPs: 192.0.2.1}}, spec: {type: LoadBalancer, loadBalancerIP: 192.0.2.1, clusterIP: 10.0.0.1, ports: [{port: 80}]}}',
  )
  assert.match(faults.get('shop/x') ?? '', /spec\.loadBalancerIP asks for an address as well/)
  assert.deepEqual(services[0]?.requested, [faults.get('shop/x')])
})

test('families are those of cluster IPs; manifests get what an API server would give', () => {
  const rows = [
    ['clusterIP: ""', []],
    ['clusterIP: None', []],
    ['clusterIP: "fd00::1"', [6]],
  ] as const
  for (const [spec, families] of rows) {
    const { services } = read(`Service x {spec: {type: LoadBalancer, ports: [{port: 80}], ${spec}}}`)
    assert.deepEqual(services[0]?.families, families)
  }
  const offline = [
    ['sessionAffinity: None', [4]],
    ['ipFamilies: [IPv6]', [6]],
    ['ipFamilyPolicy: PreferDualStack', [4, 6]],
    ['ipFamilyPolicy: RequireDualStack, ipFamilies: [IPv6]', [6, 4]],
    ['loadBalancerIP: "2001:db8::1"', [6]],
  ] as const
  for (const [spec, families] of offline) {
    const text = `Service x {spec: {type: LoadBalancer, ports: [{port: 80}], ${spec}}}`
    assert.deepEqual(read(text, { loadBalancerClass: '', isOffline: true }).services[0]?.families, families, spec)
  }
})

test('an endpoint is usable when it is ready, says nothing, or serves while it ends', () => {
  const conditions = [
    {},
    { ready: true },
    { ready: false },
    { ready: false, serving: true },
    { serving: false, ready: false },
  ]
  const raw = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'x-1', namespace: 'shop', labels: { 'kubernetes.io/service-name': 'x' } },
    addressType: 'IPv4',
    ports: [{ port: 80 }],
    endpoints: conditions.map((one, n) => ({ addresses: [`10.1.0.${n}`], nodeName: `n${n}`, conditions: one })),
  }
  const { object } = decodeObject(raw, undefined, 0)
  assert.ok(object !== null)
  const endpoints = toServiceEndpoints(createSnapshot([object]), 'shop', 'x')
  assert.deepEqual(
    endpoints.map(({ isUsable }) => isUsable),
    [true, true, false, true, false],
  )
  assert.equal(endpoints[3]?.nodeName, 'n3')
})
