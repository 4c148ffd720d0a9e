import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TargetGroup } from '../../../../aws/stack/model.ts'
import { routeManifests, type RoutedManifests, type RoutingChanges } from './testing/route-manifests.ts'

const ALB = 'alb.ingress.kubernetes.io/'
type Annotations = Readonly<Record<string, string>>

interface Changes extends RoutingChanges {
  readonly service?: object
  readonly onService?: Annotations
  readonly port?: number | string
  /** `spec` of IngressClassParams. */
  readonly params?: object
}

const prefixed = (map: Annotations): Annotations =>
  Object.fromEntries(Object.entries(map).map(([key, value]) => [ALB + key, value]))

function route(annotations: Annotations, changes: Changes = {}): RoutedManifests {
  const { port = 80 } = changes
  const backend = { service: { name: 'svc-1', port: typeof port === 'number' ? { number: port } : { name: port } } }
  return routeManifests(
    [
      JSON.stringify({
        apiVersion: 'networking.k8s.io/v1',
        kind: 'Ingress',
        metadata: { name: 'ing-1', namespace: 'ns-1', annotations: prefixed(annotations) },
        spec: { rules: [{ http: { paths: [{ path: '/x', pathType: 'Exact', backend }] } }] },
      }),
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'svc-1', namespace: 'ns-1', annotations: prefixed(changes.onService ?? {}) },
        spec: {
          type: 'NodePort',
          ports: [
            { name: 'http', port: 80, targetPort: 8080, nodePort: 32_768 },
            { name: 'admin', port: 81, targetPort: 'adm', nodePort: 32_769 },
          ],
          ...changes.service,
        },
      }),
      ...(changes.params === undefined
        ? []
        : [
            JSON.stringify({
              apiVersion: 'elbv2.k8s.aws/v1beta1',
              kind: 'IngressClassParams',
              metadata: { name: 'alb' },
              spec: changes.params,
            }),
          ]),
    ].join('\n---\n'),
    changes,
  )
}

function only(routed: RoutedManifests): TargetGroup {
  const [group, ...others] = routed.routing.targetGroups
  assert.ok(group !== undefined && others.length === 0, JSON.stringify(routed.places))
  return group
}

test('a Service without annotations is checked and reached by the defaults', () => {
  const routed = route({})
  const { origins, ...group } = only(routed)
  assert.deepEqual(group, {
    id: 'ns-1/ing-1-svc-1:80',
    name: group.name,
    targetType: 'instance',
    protocol: 'HTTP',
    protocolVersion: 'HTTP1',
    port: 32_768,
    ipAddressType: 'ipv4',
    healthCheck: {
      protocol: 'HTTP',
      port: 'traffic-port',
      path: '/',
      matcher: { kind: 'http', codes: '200' },
      intervalSeconds: 15,
      timeoutSeconds: 5,
      healthyThreshold: 2,
      unhealthyThreshold: 2,
    },
    attributes: {},
    tags: {},
    targets: { kind: 'service', namespace: 'ns-1', name: 'svc-1', port: '80', nodeLabels: {} },
    access: [{ source: { kind: 'securityGroup', group: 'sg-backend' }, protocol: 'tcp', ports: 'traffic' }],
    isMultiCluster: false,
  })
  assert.deepEqual(
    origins.map(({ object, path }) => `${object} ${path}`.trim()),
    ['Ingress ns-1/ing-1 spec.rules[0].http.paths[0].backend.service.name', 'Service ns-1/svc-1'],
  )
  assert.deepEqual(routed.places, [])
})

test('its name is that of the AWS controller', () => {
  const routed = route({}, { port: 'http', options: { clusterName: 'cluster-dummy' } })
  assert.equal(only(routed).name, 'k8s-ns1-svc1-9889425938')
  const https = { 'backend-protocol': 'HTTPS', 'target-type': 'ip' }
  const service = { ports: [{ name: 'https', port: 443, targetPort: 8443 }] }
  const named = only(route(https, { service, port: 'https' }))
  assert.deepEqual([named.port, named.targetType, named.protocol], [8443, 'ip', 'HTTPS'])
  assert.notEqual(named.name, only(routed).name)
})

const SETTINGS: readonly [string, Annotations, Partial<TargetGroup> | ((group: TargetGroup) => unknown), unknown?][] = [
  ['ip targets have the targetPort', { 'target-type': 'ip' }, { targetType: 'ip', port: 8080 }],
  [
    'attributes are sorted',
    { 'target-group-attributes': 'stickiness.enabled=true,deregistration_delay.timeout_seconds=30' },
    (group) => Object.entries(group.attributes),
    [
      ['deregistration_delay.timeout_seconds', '30'],
      ['stickiness.enabled', 'true'],
    ],
  ],
  [
    'node labels choose instances',
    { 'target-node-labels': 'pool=web,zone=a' },
    (group) => group.targets,
    { kind: 'service', namespace: 'ns-1', name: 'svc-1', port: '80', nodeLabels: { pool: 'web', zone: 'a' } },
  ],
  ['several clusters share it', { 'multi-cluster-target-group': 'true' }, { isMultiCluster: true }],
  [
    'HTTPS is checked over HTTPS',
    { 'backend-protocol': 'HTTPS' },
    (group) => [group.protocol, group.healthCheck.protocol],
    ['HTTPS', 'HTTPS'],
  ],
  [
    'HTTPS may be checked over HTTP',
    { 'backend-protocol': 'HTTPS', 'healthcheck-protocol': 'HTTP' },
    (group) => [group.protocol, group.healthCheck.protocol],
    ['HTTPS', 'HTTP'],
  ],
  [
    'HTTP2 keeps the check of HTTP',
    { 'backend-protocol-version': 'HTTP2' },
    (group) => [group.protocolVersion, group.healthCheck.path, group.healthCheck.matcher],
    ['HTTP2', '/', { kind: 'http', codes: '200' }],
  ],
  [
    'a legacy spelling of the codes counts',
    { successCodes: '200,404' },
    (group) => group.healthCheck.matcher?.codes,
    '200,404',
  ],
  [
    'ranges of codes count',
    { 'success-codes': '200-299, 404' },
    (group) => group.healthCheck.matcher?.codes,
    '200-299,404',
  ],
  [
    'every part of the check can be set',
    {
      'healthcheck-path': '/up',
      'healthcheck-port': '9000',
      'healthcheck-interval-seconds': '20',
      'healthcheck-timeout-seconds': '7',
      'healthy-threshold-count': '3',
      'unhealthy-threshold-count': '4',
    },
    {
      healthCheck: {
        protocol: 'HTTP',
        port: '9000',
        path: '/up',
        matcher: { kind: 'http', codes: '200' },
        intervalSeconds: 20,
        timeoutSeconds: 7,
        healthyThreshold: 3,
        unhealthyThreshold: 4,
      },
    },
  ],
  [
    'a port of its own for checks is admitted',
    { 'healthcheck-port': '9000' },
    (group) => group.access.map(({ ports }) => ports),
    ['traffic', 'health'],
  ],
  ['a named health port is its nodePort', { 'healthcheck-port': 'admin' }, (group) => group.healthCheck.port, '32769'],
  [
    'a named health port of ip targets is its targetPort',
    { 'target-type': 'ip', 'healthcheck-port': 'http' },
    (group) => group.healthCheck.port,
    '8080',
  ],
  [
    'a control port of ip targets is admitted',
    { 'target-type': 'ip', 'target-control-port.svc-1.80': '3000' },
    (group) => [group.controlPort, group.access.map(({ ports }) => ports)],
    [3000, ['traffic', 3000]],
  ],
]

for (const [name, annotations, look, wanted] of SETTINGS) {
  test(name, () => {
    const routed = route(annotations)
    const group = only(routed)
    if (typeof look === 'function') assert.deepEqual(look(group), wanted)
    else assert.deepEqual({ ...group, ...look }, group)
    assert.deepEqual(
      routed.places.filter((place) => !place.startsWith('ANNOTATION_LEGACY')),
      [],
    )
  })
}

const HTTPS_ONLY = { 'listen-ports': '[{"HTTPS":443}]' }

test('gRPC has its own path and codes for checks, and HTTP listeners refuse it', () => {
  const annotations = { 'backend-protocol-version': 'GRPC', 'listen-ports': '[{"HTTP":80},{"HTTPS":443}]' }
  const routed = route(annotations)
  const { healthCheck } = only(routed)
  assert.deepEqual([healthCheck.path, healthCheck.matcher], ['/AWS.ALB/healthcheck', { kind: 'grpc', codes: '12' }])
  assert.deepEqual(routed.rules(80), ['path=/x -> 503 text/plain gRPC works over HTTPS alone'])
  assert.deepEqual(routed.places, ['AWS_GRPC_NEEDS_HTTPS warning spec.rules[0].http.paths[0]'])
  const codes = only(route({ ...annotations, ...HTTPS_ONLY, 'success-codes': '0,12-14' })).healthCheck.matcher
  assert.deepEqual(codes, { kind: 'grpc', codes: '0,12-14' })
  const plain = route({ 'backend-protocol-version': 'GRPC' })
  assert.deepEqual(plain.places, ['AWS_GRPC_NEEDS_HTTPS error spec.rules[0].http.paths[0]'])
  assert.deepEqual(plain.routing.targetGroups, [])
})

test('the Service wins over the Ingress, and the class over both for the target type', () => {
  const onIngress = { 'target-type': 'instance', 'healthcheck-path': '/ingress', 'backend-protocol': 'HTTPS' }
  const onService = { 'target-type': 'ip', 'healthcheck-path': '/service' }
  const group = only(route(onIngress, { onService }))
  assert.deepEqual([group.targetType, group.healthCheck.path, group.protocol], ['ip', '/service', 'HTTPS'])
  assert.equal(only(route(onIngress, { onService, params: { targetType: 'instance' } })).targetType, 'instance')
  assert.equal(only(route({}, { options: { defaultTargetType: 'ip' } })).targetType, 'ip')
})

test('a named targetPort of ip targets leaves the port to each target', () => {
  assert.equal(only(route({ 'target-type': 'ip' }, { port: 'admin' })).port, 1)
})

test('a nodePort that is not chosen yet is said, and nothing else is held up by it', () => {
  const service = { ports: [{ port: 80 }] }
  const routed = route({}, { service })
  assert.equal(only(routed).port, 1)
  assert.deepEqual(routed.places, ['AWS_NODE_PORT_MISSING info spec.ports[0]'])
})

test('security groups of nodes are left alone when the load balancer has none for them', () => {
  assert.deepEqual(only(route({}, { context: { backendSecurityGroup: null } })).access, [])
})

const UNREACHABLE: readonly [string, Changes, string, string][] = [
  ['a ClusterIP Service', { service: { type: 'ClusterIP' } }, 'Service svc-1 has no node ports', 'ALB_NEEDS_NODE_PORT'],
  [
    'a LoadBalancer Service without node ports',
    { service: { type: 'LoadBalancer', allocateLoadBalancerNodePorts: false } },
    'Service svc-1 has no node ports',
    'ALB_NEEDS_NODE_PORT',
  ],
  [
    'a Service of IPv6 alone behind ipv4',
    { service: { ipFamilies: ['IPv6'] } },
    'Service svc-1 cannot be reached over IPv6',
    'AWS_IPV6_NEEDS_DUALSTACK',
  ],
]

for (const [name, changes, text, code] of UNREACHABLE) {
  test(`${name} answers 503`, () => {
    const routed = route({}, changes)
    assert.deepEqual(routed.rules(80), [`path=/x -> 503 text/plain ${text}`])
    assert.deepEqual(routed.places, [`${code} error spec.rules[0].http.paths[0].backend.service.name`])
  })
}

test('addresses are of the family that Service and load balancer share', () => {
  const family = (ipFamilies: readonly string[], ipAddressType: 'ipv4' | 'dualstack'): string =>
    only(route({}, { service: { ipFamilies }, group: { ipAddressType } })).ipAddressType
  assert.equal(family(['IPv6'], 'dualstack'), 'ipv6')
  assert.equal(family(['IPv4', 'IPv6'], 'dualstack'), 'ipv6')
  assert.equal(family(['IPv4', 'IPv6'], 'ipv4'), 'ipv4')
  assert.equal(family(['IPv4'], 'dualstack'), 'ipv4')
})

const MISTAKES: readonly [string, Annotations, (group: TargetGroup) => unknown, unknown][] = [
  ['target-type', { 'target-type': 'IP' }, (group) => group.targetType, 'instance'],
  ['backend-protocol', { 'backend-protocol': 'GRPC' }, (group) => group.protocol, 'HTTP'],
  ['healthcheck-path', { 'healthcheck-path': 'up' }, (group) => group.healthCheck.path, '/'],
  ['healthcheck-port', { 'healthcheck-port': 'admni' }, (group) => group.healthCheck.port, 'traffic-port'],
  [
    'healthcheck-port',
    { 'healthcheck-port': 'admin', 'target-type': 'ip' },
    (group) => group.healthCheck.port,
    'traffic-port',
  ],
  [
    'healthcheck-timeout-seconds',
    { 'healthcheck-timeout-seconds': '15' },
    (group) => group.healthCheck.timeoutSeconds,
    5,
  ],
  [
    'healthcheck-interval-seconds',
    { 'healthcheck-interval-seconds': '5' },
    (group) => group.healthCheck.timeoutSeconds,
    4,
  ],
  [
    'healthcheck-interval-seconds',
    { 'healthcheck-interval-seconds': '1m' },
    (group) => group.healthCheck.intervalSeconds,
    15,
  ],
  ['success-codes', { 'success-codes': '2xx' }, (group) => group.healthCheck.matcher?.codes, '200'],
  ['success-codes', { 'success-codes': '200-600' }, (group) => group.healthCheck.matcher?.codes, '200'],
  ['target-group-attributes', { 'target-group-attributes': 'stickiness.enabled' }, (group) => group.attributes, {}],
  ['multi-cluster-target-group', { 'multi-cluster-target-group': 'yes' }, (group) => group.isMultiCluster, false],
  ['target-control-port.svc-1.80', { 'target-control-port.svc-1.80': '3000' }, (group) => group.controlPort, undefined],
]

const ATTRIBUTES: readonly [string, Readonly<Record<string, string>>, RegExp | null][] = [
  ['slow_start.duration_seconds=0', { 'slow_start.duration_seconds': '0' }, null],
  ['slow_start.duration_seconds=20', {}, /0 or 30 to 900/],
  ['deregistration_delay.timeout_seconds=30s', {}, /0 to 3600/],
  ['stickiness.enabled=yes', {}, /true or false/],
  ['stickiness.app_cookie.cookie_name=who', { 'stickiness.app_cookie.cookie_name': 'who' }, null],
  ['load_balancing.algorithm.type=random', {}, /least_outstanding_requests/],
  ['deregistration_delay=30', {}, /no attribute of an ALB's target group that is known; write those that it has/],
  ['stickyness.enabled=true', {}, /did you mean stickiness\.enabled/],
  [
    'target_group_health.dns_failover.minimum_healthy_targets.count=off',
    { 'target_group_health.dns_failover.minimum_healthy_targets.count': 'off' },
    null,
  ],
  ['target_group_health.unhealthy_state_routing.minimum_healthy_targets.count=off', {}, /write 1 to 1000/],
]

for (const [text, wanted, message] of ATTRIBUTES) {
  test(`of the attributes ${text} what AWS takes is written`, () => {
    const routed = route({ 'target-group-attributes': `${text},stickiness.type=lb_cookie` })
    assert.deepEqual(only(routed).attributes, { ...wanted, 'stickiness.type': 'lb_cookie' })
    assert.equal(routed.findings.length, message === null ? 0 : 1)
    if (message !== null) assert.match(routed.findings[0]?.message ?? '', message)
  })
}

for (const [annotation, annotations, look, wanted] of MISTAKES) {
  test(`${JSON.stringify(annotations)} has a remark and its default`, () => {
    const routed = route(annotations)
    assert.deepEqual(look(only(routed)), wanted)
    assert.deepEqual(routed.places, [`ANNOTATION_VALUE warning metadata.annotations["${ALB}${annotation}"]`])
  })
}

test('class parameters with an unknown target type have a remark', () => {
  const routed = route({}, { params: { targetType: 'pod' } })
  assert.equal(only(routed).targetType, 'instance')
  assert.deepEqual(routed.places, ['ANNOTATION_VALUE warning spec.targetType'])
})
