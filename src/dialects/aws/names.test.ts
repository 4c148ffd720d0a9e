import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as names from './names.ts'

const IMPLICIT = { id: 'ns-1/ing-1', isExplicit: false }
const EXPLICIT = { id: 'my-group', isExplicit: true }
const WEB = { namespace: 'default', name: 'web-svc', uid: '00000000-0000-0000-0000-000000000001' }

/** Names that the controllers before ours give. */
const VECTORS: readonly (readonly [string, string])[] = [
  [names.albName('cluster-dummy', IMPLICIT, 'internal'), 'k8s-ns1-ing1-b7e914000d'],
  [names.albName('cluster-dummy', IMPLICIT, 'internet-facing'), 'k8s-ns1-ing1-159dd7a143'],
  [names.managedSecurityGroupName('cluster-dummy', IMPLICIT), 'k8s-ns1-ing1-bd83176788'],
  [names.albName('cluster-dummy', EXPLICIT, 'internal'), 'k8s-mygroup-3de7ea1769'],
  [names.albName('cluster-dummy', EXPLICIT, 'internet-facing'), 'k8s-mygroup-d8f2248e3c'],
  [names.backendSecurityGroupName('cluster-dummy'), 'k8s-traffic-clusterdummy-1fa64436d7'],
  [
    names.ingressTargetGroupName({
      cluster: 'cluster-dummy',
      groupId: 'ns-1/ing-1',
      ingress: { namespace: 'ns-1', name: 'ing-1' },
      service: { namespace: 'ns-1', name: 'svc-1', uid: '' },
      port: 'http',
      targetPort: 32_768,
      targetType: 'instance',
      protocol: 'HTTP',
      protocolVersion: 'HTTP1',
    }),
    'k8s-ns1-svc1-9889425938',
  ],
  [
    names.ingressTargetGroupName({
      cluster: 'cluster-dummy',
      groupId: 'ns-1/ing-1',
      ingress: { namespace: 'ns-1', name: 'ing-1' },
      service: { namespace: 'ns-1', name: 'svc-3', uid: '' },
      port: 'https',
      targetPort: 8443,
      targetType: 'ip',
      protocol: 'HTTPS',
      protocolVersion: 'HTTP1',
    }),
    'k8s-ns1-svc3-bf42870fba',
  ],
  [names.nlbName('', { namespace: 'foo', name: 'bar', uid: '' }, 'internet-facing'), 'k8s-foo-bar-e053368fb2'],
  [names.nlbName('demo', WEB, 'internal'), 'k8s-default-websvc-7852e2c805'],
  [names.nlbName('demo', WEB, 'internet-facing'), 'k8s-default-websvc-b51ef3aec5'],
  [
    names.serviceTargetGroupName({
      cluster: 'demo',
      service: WEB,
      targetPort: 31_509,
      servicePort: 80,
      targetType: 'instance',
      protocol: 'TCP',
      healthCheckProtocol: 'TCP',
      healthCheckIntervalSeconds: 10,
    }),
    'k8s-default-websvc-1c8c70e356',
  ],
  [names.serviceSecurityGroupName('demo', WEB), 'k8s-default-websvc-353d7d8145'],
  [names.classicLoadBalancerName(WEB.uid), 'a0000000000000000000000000000000'],
  [
    names.inTreeTargetGroupName({
      cluster: 'demo',
      namespace: 'default',
      name: 'web-svc',
      servicePort: 80,
      nodePort: 31_509,
      protocol: 'TCP',
      targetType: 'instance',
      healthCheckProtocol: 'TCP',
      healthCheckIntervalSeconds: 30,
    }),
    'k8s-default-websvc-13d38051bf',
  ],
  [names.legacyAlbName('demo', 'echoserver', 'echoserver'), 'demo-echoserver-echoserver-2ad7'],
  [names.legacyTargetGroupName('demo', 'demo-echoserver-echoserver-2ad7', 31_509, 'HTTP'), 'demo-31509-HTTP-2676b95'],
]

for (const [actual, expected] of VECTORS) {
  test(`a resource is named ${expected} as its controller names it`, () => assert.equal(actual, expected))
}

test('no name is longer than AWS takes', () => {
  const long = { id: `${'n'.repeat(63)}/${'i'.repeat(200)}`, isExplicit: false }
  const explicit = { id: 'g'.repeat(63), isExplicit: true }
  const alb = names.albName('c'.repeat(100), long, 'internet-facing')
  const made = [
    alb,
    names.albName('c', explicit, 'internal', 2),
    names.frontendNlbName(alb),
    names.frontendNlbTargetGroupName('c', long, 65_535),
    names.frontendNlbTargetGroupName('c', explicit, 65_535),
    names.classicLoadBalancerName(WEB.uid),
    names.legacyAlbName('c'.repeat(30), 'namespace', 'ingress'),
    names.legacyTargetGroupName('c'.repeat(30), alb, 32_767, 'HTTPS'),
  ]
  for (const name of made) assert.ok(name.length <= names.MAX_NAME, `${name} has ${name.length} characters`)
})

test('a further load balancer of a group has another name', () => {
  assert.notEqual(names.albName('c', EXPLICIT, 'internal', 2), names.albName('c', EXPLICIT, 'internal'))
  assert.notEqual(names.albName('c', EXPLICIT, 'internal', 2), names.albName('c', EXPLICIT, 'internal', 3))
})

test('an NLB in front of an ALB keeps what fits of its name', () => {
  assert.equal(names.frontendNlbName('k8s-mygroup-3de7ea1769'), 'k8s-mygroup-3de7ea1769-nlb')
})
