import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TargetGroup } from '../../../aws/stack/model.ts'
import { buildNlbOf, buildOf, type Built, type ServiceText, TCP_80, TWO_SUBNETS } from './testing/build-service.ts'

const CERT = 'arn:aws:acm:ap-northeast-1:123456789012:certificate/one'
const PORTS =
  '{name: http, port: 80, targetPort: 8080, nodePort: 30080}, {name: https, port: 443, targetPort: 8443, nodePort: 30443}'

function groupOf(text: ServiceText): TargetGroup {
  const [group] = buildNlbOf(text).stack?.targetGroups ?? []
  assert.ok(group !== undefined)
  return group
}

test('names are those of the AWS controller', () => {
  const { stack } = buildNlbOf({})
  assert.equal(stack?.loadBalancers[0]?.name, 'k8s-default-websvc-7852e2c805')
  assert.equal(
    buildNlbOf({ annotations: { scheme: 'internet-facing' } }).stack?.loadBalancers[0]?.name,
    'k8s-default-websvc-b51ef3aec5',
  )
  assert.equal(stack?.targetGroups[0]?.name, 'k8s-default-websvc-1c8c70e356')
  assert.equal(stack?.securityGroups[0]?.name, 'k8s-default-websvc-353d7d8145')
})

test('with type nlb they are those of the in-tree controller', () => {
  const { stack } = buildOf({ annotations: { type: 'nlb' } })
  assert.equal(stack?.loadBalancers[0]?.name, 'a0000000000000000000000000000000')
  assert.equal(stack?.targetGroups[0]?.name, 'k8s-default-websvc-13d38051bf')
})

for (const [annotations, wanted, codes] of [
  [{}, 'internal', []],
  [{ scheme: 'internet-facing' }, 'internet-facing', []],
  [{ scheme: 'internet-facing', internal: 'true' }, 'internet-facing', []],
  [{ internal: 'true' }, 'internal', []],
  [{ internal: 'false' }, 'internet-facing', []],
  [{ internal: '0' }, 'internet-facing', []],
  [{ internal: '' }, 'internal', []],
  [{ internal: '0.0.0.0/0' }, 'internal', ['NLB_INTERNAL_IS_NOT_A_RANGE']],
  [{ internal: 'yes' }, 'internal', ['ANNOTATION_VALUE']],
  [{ scheme: 'public' }, 'internal', ['ANNOTATION_VALUE']],
] as const) {
  test(`${JSON.stringify(annotations)} is ${wanted}`, () => {
    const built = buildNlbOf({ annotations })
    assert.equal(built.stack?.loadBalancers[0]?.scheme, wanted)
    assert.deepEqual(built.codes, codes)
  })
}

test('with nothing written a load balancer keeps its scheme', () => {
  const schemeOf = (name: string): string | undefined =>
    buildNlbOf({}, { inventory: { ...TWO_SUBNETS, loadBalancerSubnets: { [name]: ['subnet-a'] } } }).stack
      ?.loadBalancers[0]?.scheme
  assert.equal(schemeOf('k8s-default-websvc-b51ef3aec5'), 'internet-facing')
  assert.equal(schemeOf('k8s-default-websvc-7852e2c805'), 'internal')
  assert.equal(buildNlbOf({}, { defaultScheme: 'internet-facing' }).stack?.loadBalancers[0]?.scheme, 'internet-facing')
})

test('the target type decides about the port', () => {
  assert.deepEqual([groupOf({}).targetType, groupOf({}).port], ['instance', 31509])
  const ip = { 'nlb-target-type': 'ip' }
  assert.deepEqual([groupOf({ annotations: ip }).targetType, groupOf({ annotations: ip }).port], ['ip', 8080])
  assert.equal(groupOf({ annotations: ip, ports: '{port: 80, targetPort: web}' }).port, 1)
})

test('protocols of listener and targets', () => {
  const protocols = (annotations: Record<string, string>, ports = PORTS): readonly string[] => {
    const { stack } = buildNlbOf({ annotations, ports })
    return (stack?.listeners ?? []).map(({ port, protocol }) => {
      const group = stack?.targetGroups.find(
        ({ targets }) => targets.kind === 'service' && targets.port === String(port),
      )
      return `${port} ${protocol} ${group?.protocol}`
    })
  }
  assert.deepEqual(protocols({}), ['80 TCP TCP', '443 TCP TCP'])
  assert.deepEqual(protocols({ 'ssl-cert': CERT }), ['80 TLS TCP', '443 TLS TCP'])
  assert.deepEqual(protocols({ 'ssl-cert': CERT, 'ssl-ports': 'https' }), ['80 TCP TCP', '443 TLS TCP'])
  assert.deepEqual(protocols({ 'ssl-cert': CERT, 'ssl-ports': '443', 'backend-protocol': 'SSL' }), [
    '80 TCP TCP',
    '443 TLS TLS',
  ])
  assert.deepEqual(protocols({ 'ssl-cert': CERT }, `${TCP_80}, {name: u, port: 53, protocol: UDP, nodePort: 30053}`), [
    '53 UDP UDP',
    '80 TLS TCP',
  ])
})

test('one number in both protocols is one listener, where its targets are on one port', () => {
  const dns = (nodePort: number): string =>
    `{name: a, port: 53, nodePort: 30053}, {name: b, port: 53, nodePort: ${nodePort}, protocol: UDP}`
  const both = buildNlbOf({ ports: dns(30053) })
  assert.deepEqual(
    both.stack?.listeners.map(({ protocol }) => protocol),
    ['TCP_UDP'],
  )
  assert.deepEqual(both.codes, [])
  const differ = buildNlbOf({ ports: dns(30054) })
  assert.deepEqual(
    differ.stack?.listeners.map(({ protocol }) => protocol),
    ['TCP'],
  )
  assert.deepEqual(differ.codes, ['AWS_SERVICE_PORT_REFUSED'])
  const off = buildNlbOf({ ports: dns(30053), annotations: { 'enable-tcp-udp-listener': 'false' } })
  assert.deepEqual(off.codes, ['AWS_SERVICE_PORT_REFUSED'])
})

test('the default certificate is the first, the others are sorted', () => {
  const listener = buildNlbOf({ annotations: { 'ssl-cert': `${CERT}3,${CERT}2,${CERT}1` } }).stack?.listeners[0]
  assert.deepEqual(listener?.certificates, [`${CERT}3`, `${CERT}1`, `${CERT}2`])
  assert.equal(listener?.sslPolicy, 'ELBSecurityPolicy-2016-08')
  assert.equal(listener?.alpnPolicy, 'None')
})

test('health checks by default, with the policy Local, and as written', () => {
  const tcp = {
    protocol: 'TCP',
    port: 'traffic-port',
    intervalSeconds: 10,
    timeoutSeconds: 10,
    healthyThreshold: 3,
    unhealthyThreshold: 3,
  }
  const http = {
    protocol: 'HTTP',
    port: '32000',
    path: '/healthz',
    matcher: { kind: 'http', codes: '200-399' },
    intervalSeconds: 10,
    timeoutSeconds: 6,
    healthyThreshold: 2,
    unhealthyThreshold: 2,
  }
  const local = ['externalTrafficPolicy: Local', 'healthCheckNodePort: 32000']
  assert.deepEqual(groupOf({}).healthCheck, tcp)
  assert.deepEqual(groupOf({ spec: local }).healthCheck, http)
  assert.deepEqual(groupOf({ spec: local, annotations: { 'nlb-target-type': 'ip' } }).healthCheck, tcp)
  assert.deepEqual(
    groupOf({
      annotations: { 'healthcheck-protocol': 'https', 'healthcheck-success-codes': '200', 'healthcheck-path': '/up' },
    }).healthCheck,
    {
      ...tcp,
      protocol: 'HTTPS',
      path: '/up',
      matcher: { kind: 'http', codes: '200' },
    },
  )
  const inTree = buildOf({ annotations: { type: 'nlb' } }).stack?.targetGroups[0]?.healthCheck
  assert.deepEqual(inTree, { ...tcp, intervalSeconds: 30 })
  const inTreeLocal = buildOf({ annotations: { type: 'nlb' }, spec: local }).stack?.targetGroups[0]?.healthCheck
  assert.deepEqual(inTreeLocal, { ...http, timeoutSeconds: 10 })
})

function accessOf(built: Built): readonly string[] {
  return (built.stack?.targetGroups[0]?.access ?? []).map(({ source, protocol, ports }) => {
    const from =
      source.kind === 'cidr' ? source.cidr : source.kind === 'prefixList' ? source.id : JSON.stringify(source.group)
    return `${protocol} ${ports} ${from}`
  })
}

const SHARED = '{"ref":"SecurityGroup/backend-sg","stack":"shared"}'

test('nodes admit the shared group, the own one, or nobody new', () => {
  assert.deepEqual(accessOf(buildNlbOf({})), [`tcp traffic ${SHARED}`])
  assert.deepEqual(accessOf(buildNlbOf({}, { usesBackendSecurityGroup: false })), [
    'tcp traffic {"ref":"SecurityGroup/ManagedLBSecurityGroup"}',
  ])
  assert.deepEqual(accessOf(buildNlbOf({ annotations: { 'security-groups': 'sg-1' } })), [])
  const managed = buildNlbOf({
    annotations: { 'security-groups': 'sg-1', 'manage-backend-security-group-rules': 'true' },
  })
  assert.deepEqual(accessOf(managed), [`tcp traffic ${SHARED}`])
  assert.deepEqual(managed.stack?.loadBalancers[0]?.securityGroups, [
    'sg-1',
    { ref: 'SecurityGroup/backend-sg', stack: 'shared' },
  ])
  assert.deepEqual(accessOf(buildNlbOf({ annotations: { 'healthcheck-port': '8081' } })), [
    `tcp traffic ${SHARED}`,
    `tcp health ${SHARED}`,
  ])
  assert.deepEqual(accessOf(buildNlbOf({ ports: '{port: 53, protocol: UDP, nodePort: 30053}' })), [
    `udp traffic ${SHARED}`,
    `tcp health ${SHARED}`,
  ])
})

test('without a security group nodes admit clients, or the load balancer where that is who they see', () => {
  const of = (annotations: Record<string, string>, spec: readonly string[] = []): Built =>
    buildNlbOf({ annotations: { 'disable-nlb-sg': 'true', ...annotations }, spec }, { inventory: TWO_SUBNETS })
  const ranges = ['loadBalancerSourceRanges: [192.0.2.0/24]']
  assert.deepEqual(accessOf(of({})), ['tcp traffic 0.0.0.0/0'])
  assert.deepEqual(accessOf(of({}, ranges)), [
    'tcp traffic 192.0.2.0/24',
    'tcp health 10.0.1.0/24',
    'tcp health 10.0.2.0/24',
  ])
  assert.deepEqual(accessOf(of({ 'nlb-target-type': 'ip' })), ['tcp traffic 10.0.1.0/24', 'tcp traffic 10.0.2.0/24'])
  const kept = { 'nlb-target-type': 'ip', 'target-group-attributes': 'preserve_client_ip.enabled=true' }
  assert.deepEqual(accessOf(of(kept, ranges)), [
    'tcp traffic 192.0.2.0/24',
    'tcp health 10.0.1.0/24',
    'tcp health 10.0.2.0/24',
  ])
  const unseen = of({ 'nlb-target-type': 'ip' }, ranges)
  assert.deepEqual(accessOf(unseen), [])
  assert.deepEqual(
    unseen.findings.map(({ code, severity }) => `${code} ${severity}`),
    ['FIELD_VALUE error'],
  )
})

test('source ranges that cannot be read admit nobody', () => {
  const rulesOf = (built: Built): readonly string[] =>
    (built.stack?.securityGroups[0]?.ingress ?? []).map(({ source }) =>
      source.kind === 'cidr' ? source.cidr : source.kind,
    )
  const annotation = 'service.beta.kubernetes.io/load-balancer-source-ranges'
  assert.deepEqual(rulesOf(buildNlbOf({})), ['0.0.0.0/0'])
  assert.deepEqual(rulesOf(buildNlbOf({ annotations: { [annotation]: '' } })), ['0.0.0.0/0'])
  assert.deepEqual(rulesOf(buildNlbOf({ annotations: { [annotation]: 'office' } })), [])
  assert.deepEqual(rulesOf(buildNlbOf({ spec: ['loadBalancerSourceRanges: ["2001:db8::/32"]'] })), [])
  const dual = buildNlbOf({
    spec: ['loadBalancerSourceRanges: ["2001:db8::/32"]'],
    annotations: { 'ip-address-type': 'dualstack' },
  })
  assert.deepEqual(rulesOf(dual), ['2001:db8::/32'])
  const lists = buildNlbOf({ annotations: { 'security-group-prefix-lists': 'pl-1' } })
  assert.deepEqual(rulesOf(lists), ['prefixList'])
  assert.deepEqual(rulesOf(buildNlbOf({ annotations: { 'security-group-prefix-lists': 'nonsense' } })), [])
})

test('a weighted action shares a listener among Services', () => {
  const action = (groups: string): Record<string, string> => ({
    'service.beta.kubernetes.io/actions.TCP-80': `{"type":"forward","forwardConfig":{"baseServiceWeight":7,"targetGroups":[${groups}]}}`,
  })
  const sharesOf = (built: Built): readonly (number | undefined)[] => {
    const forward = built.stack?.listeners[0]?.defaultActions[0]
    return forward?.type === 'forward' ? forward.targetGroups.map(({ weight }) => weight) : []
  }
  assert.deepEqual(sharesOf(buildNlbOf({ annotations: action('{"targetGroupARN":"arn:aws:x","weight":3}') })), [7, 3])
  const gone = buildNlbOf({ annotations: action('{"serviceName":"gone","servicePort":80,"weight":3}') })
  assert.deepEqual([sharesOf(gone), gone.codes], [[1], ['SERVICE_NOT_FOUND']])
  const itself = buildNlbOf({ annotations: action('{"serviceName":"web-svc","servicePort":"http","weight":3}') })
  assert.deepEqual(sharesOf(itself), [7, 3])
  assert.equal(new Set(itself.stack?.targetGroups.map(({ id }) => id)).size, 2)
})

test('dual stack by annotation, by families where it is silent, and not against them', () => {
  const typeOf = (text: ServiceText): string => {
    const { stack } = buildNlbOf(text)
    return stack === undefined
      ? 'none'
      : `${stack.loadBalancers[0]?.ipAddressType} ${stack.targetGroups[0]?.ipAddressType}`
  }
  assert.equal(typeOf({}), 'ipv4 ipv4')
  assert.equal(typeOf({ annotations: { 'ip-address-type': 'dualstack' } }), 'dualstack ipv4')
  assert.equal(typeOf({ spec: ['ipFamilies: [IPv6]'] }), 'dualstack ipv6')
  assert.equal(typeOf({ spec: ['ipFamilies: [IPv4]'] }), 'ipv4 ipv4')
  assert.equal(typeOf({ spec: ['ipFamilies: [IPv4, IPv6]'] }), 'dualstack ipv6')
  assert.equal(typeOf({ spec: ['ipFamilies: [IPv4, IPv6]'], annotations: { 'ip-address-type': 'ipv4' } }), 'ipv4 ipv4')
  assert.equal(typeOf({ spec: ['ipFamilies: [IPv6]'], annotations: { 'ip-address-type': 'ipv4' } }), 'none')
})

test('a load balancer that was made without security groups goes on without, and the other way round', () => {
  const name = 'k8s-default-websvc-7852e2c805'
  const held = { ...TWO_SUBNETS, loadBalancerSubnets: { [name]: ['subnet-a', 'subnet-b'] } }
  const bare = buildNlbOf({}, { inventory: { ...held, nlbsWithoutGroups: [name] } })
  assert.deepEqual([bare.stack?.loadBalancers[0]?.securityGroups, bare.stack?.securityGroups], [[], []])
  assert.deepEqual(accessOf(bare), ['tcp traffic 0.0.0.0/0'])
  assert.deepEqual(bare.codes, ['AWS_SETTING_IDLE'])
  const annotations = { 'disable-nlb-sg': 'true' }
  const grouped = buildNlbOf({ annotations }, { inventory: { ...held, nlbsWithoutGroups: [] } })
  assert.equal(grouped.stack?.loadBalancers[0]?.securityGroups.length, 2)
  assert.deepEqual(grouped.codes, ['AWS_SETTING_IDLE'])
  assert.deepEqual(buildNlbOf({ annotations }, { inventory: held }).stack?.loadBalancers[0]?.securityGroups, [])
  assert.deepEqual(buildNlbOf({ annotations }, { inventory: { ...held, nlbsWithoutGroups: [name] } }).codes, [])
})
