import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ClassicLoadBalancer } from '../../../aws/stack/model.ts'
import { buildOf, type ServiceText, TWO_SUBNETS } from './testing/build-service.ts'

const CERT = 'arn:aws:acm:ap-northeast-1:123456789012:certificate/one'

function classicOf(text: ServiceText): ClassicLoadBalancer {
  const balancer = buildOf(text).stack?.classicLoadBalancers[0]
  assert.ok(balancer !== undefined)
  return balancer
}

for (const [hasTls, backend, listener, instance] of [
  [true, '', 'SSL', 'TCP'],
  [true, 'http', 'HTTPS', 'HTTP'],
  [true, 'https', 'HTTPS', 'HTTPS'],
  [true, 'tcp', 'SSL', 'TCP'],
  [true, 'ssl', 'SSL', 'SSL'],
  [true, 'HTTP', 'HTTPS', 'HTTP'],
  [false, 'http', 'HTTP', 'HTTP'],
  [false, 'https', 'TCP', 'TCP'],
  [false, 'tcp', 'TCP', 'TCP'],
  [false, 'ssl', 'TCP', 'TCP'],
  [false, '', 'TCP', 'TCP'],
] as const) {
  test(`backend-protocol "${backend}" ${hasTls ? 'with' : 'without'} a certificate is ${listener} to ${instance}`, () => {
    const annotations = {
      ...(hasTls ? { 'ssl-cert': CERT } : {}),
      ...(backend === '' ? {} : { 'backend-protocol': backend }),
    }
    assert.deepEqual(classicOf({ annotations }).listeners, [
      {
        port: 80,
        protocol: listener,
        instanceProtocol: instance,
        instancePort: 31509,
        ...(hasTls ? { certificate: CERT } : {}),
      },
    ])
  })
}

const PORTS = '{name: http, port: 80, nodePort: 30080}, {name: https, port: 443, nodePort: 30443}'

test('ssl-ports chooses ports by number, name or *', () => {
  const protocols = (sslPorts: string): readonly string[] =>
    classicOf({ ports: PORTS, annotations: { 'ssl-cert': CERT, 'ssl-ports': sslPorts } }).listeners.map(
      ({ protocol }) => protocol,
    )
  assert.deepEqual(protocols('443'), ['TCP', 'SSL'])
  assert.deepEqual(protocols('https'), ['TCP', 'SSL'])
  assert.deepEqual(protocols('http, 443'), ['SSL', 'SSL'])
  assert.deepEqual(protocols('*'), ['SSL', 'SSL'])
})

test('a port that ssl-ports names and nobody has is remarked on; with no other one nothing is built', () => {
  const some = buildOf({ ports: PORTS, annotations: { 'ssl-cert': CERT, 'ssl-ports': '443,8443' } })
  assert.deepEqual(some.codes, ['ANNOTATION_VALUE'])
  assert.equal(some.stacks.length, 1)
  const none = buildOf({ ports: PORTS, annotations: { 'ssl-cert': CERT, 'ssl-ports': 'htps' } })
  assert.deepEqual(none.codes, ['ANNOTATION_VALUE', 'AWS_SERVICE_REFUSED'])
  assert.deepEqual([none.stacks, none.unbuilt], [[], ['service:default/web-svc']])
})

test('a certificate that cannot be read never becomes plain text', () => {
  const { stacks, unbuilt, codes } = buildOf({ annotations: { 'ssl-cert': 'my-cert' } })
  assert.deepEqual(
    [stacks, unbuilt, codes],
    [[], ['service:default/web-svc'], ['ANNOTATION_VALUE', 'AWS_SERVICE_REFUSED']],
  )
})

test('a security policy is on listeners with TLS only', () => {
  const annotations = {
    'ssl-cert': CERT,
    'ssl-ports': 'https',
    'ssl-negotiation-policy': 'ELBSecurityPolicy-TLS-1-2-2017-01',
  }
  assert.deepEqual(
    classicOf({ ports: PORTS, annotations }).listeners.map(({ sslPolicy }) => sslPolicy),
    [undefined, 'ELBSecurityPolicy-TLS-1-2-2017-01'],
  )
})

for (const [value, scheme, codes] of [
  [undefined, 'internet-facing', []],
  ['', 'internet-facing', []],
  ['false', 'internet-facing', []],
  ['true', 'internal', []],
  ['0.0.0.0/0', 'internal', ['NLB_INTERNAL_IS_NOT_A_RANGE']],
  ['10.0.0.0/8', 'internal', ['NLB_INTERNAL_IS_NOT_A_RANGE']],
  ['xx.xx.xx.xx/xx', 'internal', ['NLB_INTERNAL_IS_NOT_A_RANGE']],
  ['False', 'internal', ['ANNOTATION_VALUE']],
  ['yes', 'internal', ['ANNOTATION_VALUE']],
] as const) {
  test(`internal: ${JSON.stringify(value)} is ${scheme}`, () => {
    const built = buildOf(value === undefined ? {} : { annotations: { internal: value } })
    assert.equal(built.stack?.classicLoadBalancers[0]?.scheme, scheme)
    assert.deepEqual(built.codes, codes)
  })
}

test('it has a security group of its own for its source ranges and path MTU discovery', () => {
  const built = buildOf({ spec: ['loadBalancerSourceRanges: [10.0.0.0/8, 192.0.2.7]', 'loadBalancerIP: ""'] })
  const [group] = built.stack?.securityGroups ?? []
  assert.equal(group?.name, 'k8s-elb-a0000000000000000000000000000000')
  assert.deepEqual(
    group?.ingress.map(
      ({ protocol, fromPort, toPort, source }) =>
        `${protocol} ${fromPort}-${toPort} ${source.kind === 'cidr' ? source.cidr : ''}`,
    ),
    ['icmp 3-4 10.0.0.0/8', 'icmp 3-4 192.0.2.7/32', 'tcp 80-80 10.0.0.0/8', 'tcp 80-80 192.0.2.7/32'],
  )
  assert.deepEqual(built.stack?.classicLoadBalancers[0]?.access, [
    {
      source: { kind: 'securityGroup', group: { ref: 'SecurityGroup/ManagedLBSecurityGroup' } },
      protocol: 'tcp',
      ports: 'all',
    },
  ])
})

test('own groups replace it, extra groups are beside it', () => {
  assert.deepEqual(classicOf({ annotations: { 'extra-security-groups': 'sg-1,sg-2' } }).securityGroups, [
    { ref: 'SecurityGroup/ManagedLBSecurityGroup' },
    'sg-1',
    'sg-2',
  ])
  const own = buildOf({ annotations: { 'security-groups': 'sg-1', 'extra-security-groups': 'sg-2' } })
  assert.deepEqual(own.stack?.classicLoadBalancers[0]?.securityGroups, ['sg-1', 'sg-2'])
  assert.deepEqual(own.stack?.securityGroups, [])
  assert.deepEqual(own.stack?.classicLoadBalancers[0]?.access[0]?.source, { kind: 'securityGroup', group: 'sg-1' })
})

test('attributes are always said', () => {
  assert.deepEqual(classicOf({}).attributes, {
    crossZone: false,
    idleTimeoutSeconds: 60,
    drainingSeconds: null,
    accessLog: null,
  })
  const annotations = {
    'cross-zone-load-balancing-enabled': 'true',
    'connection-idle-timeout': '120',
    'connection-draining-enabled': 'true',
    'access-log-enabled': 'true',
    'access-log-emit-interval': '5',
    'access-log-s3-bucket-name': 'logs',
    'access-log-s3-bucket-prefix': 'web',
  }
  assert.deepEqual(classicOf({ annotations }).attributes, {
    crossZone: true,
    idleTimeoutSeconds: 120,
    drainingSeconds: 300,
    accessLog: { bucket: 'logs', prefix: 'web', emitIntervalMinutes: 5 },
  })
  assert.deepEqual(buildOf({ annotations: { 'access-log-enabled': 'true' } }).codes, ['ANNOTATION_LONELY'])
  assert.deepEqual(buildOf({ annotations: { 'connection-idle-timeout': '4000' } }).codes, ['ANNOTATION_VALUE'])
})

test('health checks: the first port, TLS to instances, the policy Local, and annotations', () => {
  const local = ['externalTrafficPolicy: Local', 'healthCheckNodePort: 32000']
  const targetOf = (text: ServiceText): string => classicOf(text).healthCheck.target
  assert.equal(targetOf({}), 'TCP:31509')
  assert.equal(targetOf({ annotations: { 'ssl-cert': CERT, 'backend-protocol': 'https' } }), 'SSL:31509')
  assert.equal(targetOf({ spec: local }), 'HTTP:32000/healthz')
  assert.equal(
    targetOf({
      annotations: { 'healthcheck-protocol': 'http', 'healthcheck-path': '/ok', 'healthcheck-port': '8081' },
    }),
    'HTTP:8081/ok',
  )
  assert.equal(targetOf({ ports: PORTS, annotations: { 'healthcheck-port': 'https' } }), 'TCP:30443')
  assert.equal(
    targetOf({ spec: local, annotations: { 'healthcheck-port': 'traffic-port', 'healthcheck-protocol': 'tcp' } }),
    'TCP:31509',
  )
  assert.deepEqual(classicOf({}).healthCheck, {
    target: 'TCP:31509',
    intervalSeconds: 10,
    timeoutSeconds: 5,
    healthyThreshold: 2,
    unhealthyThreshold: 6,
  })
  const slow = buildOf({ annotations: { 'healthcheck-timeout': '30' } })
  assert.deepEqual(slow.codes, ['ANNOTATION_VALUE'])
  assert.equal(slow.stack?.classicLoadBalancers[0]?.healthCheck.timeoutSeconds, 5)
})

test('proxy protocol, node labels and tags', () => {
  const annotations = {
    'proxy-protocol': '*',
    'target-node-labels': 'pool=front',
    'additional-resource-tags': 'team=shop',
  }
  const balancer = classicOf({ annotations })
  assert.equal(balancer.sendsProxyProtocol, true)
  assert.deepEqual(balancer.nodeLabels, { pool: 'front' })
  assert.deepEqual(balancer.tags, {
    'kubernetes.io/cluster/demo': 'owned',
    'kubernetes.io/service-name': 'default/web-svc',
    team: 'shop',
  })
})

test('what no Classic Load Balancer has refuses it', () => {
  for (const spec of ['sessionAffinity: ClientIP', 'loadBalancerIP: 192.0.2.1']) {
    const { stacks, unbuilt, codes } = buildOf({ spec: [spec] })
    assert.deepEqual([stacks, unbuilt, codes], [[], ['service:default/web-svc'], ['AWS_SERVICE_REFUSED']], spec)
  }
  const empty = buildOf({ ports: '' })
  assert.deepEqual([empty.unbuilt.length, empty.codes.at(-1)], [1, 'AWS_SERVICE_REFUSED'])
})

test('a UDP port is left out alone; with no other port there is nothing to build', () => {
  const mixed = buildOf({
    ports: '{name: a, port: 80, nodePort: 30080}, {name: b, port: 53, protocol: UDP, nodePort: 30053}',
  })
  assert.deepEqual(
    mixed.stack?.classicLoadBalancers[0]?.listeners.map(({ port }) => port),
    [80],
  )
  assert.deepEqual(mixed.codes, ['AWS_SERVICE_PORT_REFUSED'])
  const udp = buildOf({ ports: '{port: 53, protocol: UDP, nodePort: 30053}' })
  assert.deepEqual(udp.codes, ['AWS_SERVICE_PORT_REFUSED', 'AWS_SERVICE_REFUSED'])
})

test('annotations of NLBs are remarked on', () => {
  const { findings } = buildOf({
    annotations: { scheme: 'internal', 'alpn-policy': 'HTTP2Only', 'eip-allocations': 'eipalloc-1' },
  })
  assert.deepEqual(
    findings.map(
      ({ code, severity, origin }) =>
        `${code} ${severity} ${origin.path.slice(origin.path.lastIndexOf('balancer-') + 9, -2)}`,
    ),
    ['AWS_SETTING_IDLE info alpn-policy', 'AWS_SETTING_IDLE info eip-allocations', 'AWS_SETTING_IDLE warning scheme'],
  )
})

test('a manifest without node ports is built, and says that the API server gives them', () => {
  const { stack, findings } = buildOf({ ports: '{port: 80, targetPort: http}' })
  assert.equal(stack?.classicLoadBalancers[0]?.listeners[0]?.instancePort, 0)
  assert.deepEqual(
    findings.map(({ code, severity }) => `${code} ${severity}`),
    ['AWS_NODE_PORT_MISSING info'],
  )
  const never = buildOf({ ports: '{port: 80}', spec: ['allocateLoadBalancerNodePorts: false'] })
  assert.deepEqual(never.codes, ['AWS_NODE_PORT_MISSING', 'AWS_SERVICE_REFUSED'])
})

test('subnets are chosen from the inventory', () => {
  const { stack } = buildOf({ annotations: { internal: 'true' } }, { inventory: TWO_SUBNETS })
  assert.deepEqual(stack?.classicLoadBalancers[0]?.subnetIds, ['subnet-a', 'subnet-b'])
  const named = buildOf({ annotations: { subnets: 'net-c' } }, { inventory: TWO_SUBNETS })
  assert.deepEqual(named.stack?.classicLoadBalancers[0]?.subnetIds, ['subnet-b'])
  assert.deepEqual(buildOf({ annotations: { subnets: 'net-x' } }, { inventory: TWO_SUBNETS }).codes, ['AWS_SUBNETS'])
})
