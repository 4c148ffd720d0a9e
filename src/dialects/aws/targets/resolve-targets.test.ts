import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EMPTY_INVENTORY, type Inventory } from '../../../aws/stack/inventory.ts'
import type { ResolvedTargets } from '../../../aws/stack/target.ts'
import { createSnapshot } from '../../../kube/snapshot.ts'
import { readContent } from '../../../sources/files/file-content.ts'
import { createFindingLog } from '../../report.ts'
import { resolveClassicInstances, resolveTargets, type TargetFacts } from './resolve-targets.ts'

const SERVICE = `
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  type: NodePort
  selector: {app: web}
  ports: [{name: http, port: 80, targetPort: 8080, nodePort: 30080}, {name: dns, port: 53, protocol: UDP, nodePort: 30053}]
`

function slice(endpoints: string, more = ''): string {
  return `
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-1${more === '' ? '' : '-six'}, namespace: shop, labels: {kubernetes.io/service-name: web}}
addressType: ${more === '' ? 'IPv4' : more}
ports: [{name: http, port: 8080}, {name: dns, port: 5353, protocol: UDP}]
endpoints:
${endpoints}
`
}

function endpoint(address: string, pod: string, conditions: string, node = 'n1'): string {
  const target = pod === '' ? '' : `targetRef: {kind: Pod, name: ${pod}}, `
  return `- {addresses: ["${address}"], conditions: {${conditions}}, ${target}nodeName: ${node}}\n`
}

function pod(name: string, conditions: string, gates: readonly string[] = []): string {
  return `
apiVersion: v1
kind: Pod
metadata: {name: ${name}, namespace: shop}
spec:
  nodeName: n1
  containers: [{name: c, image: i}]
  readinessGates: [${gates.map((gate) => `{conditionType: ${gate}}`).join(', ')}]
status: {conditions: [${conditions}]}
`
}

function node(name: string, ready: string, more: { id?: string; labels?: string; taints?: string } = {}): string {
  const id = more.id ?? `aws:///ap-northeast-1a/i-0${name.replaceAll(/\D/g, '')}`
  return `
apiVersion: v1
kind: Node
metadata: {name: ${name}, labels: {${more.labels ?? ''}}}
spec: {providerID: "${id}", taints: [${more.taints ?? ''}]}
status: {conditions: [{type: Ready, status: "${ready}"}]}
`
}

const GATE = 'target-health.elbv2.k8s.aws/k8s-web'
const IP: TargetFacts = {
  targetType: 'ip',
  protocol: 'HTTP',
  ipAddressType: 'ipv4',
  targets: { kind: 'service', namespace: 'shop', name: 'web', port: '80', nodeLabels: {} },
}
const INSTANCE: TargetFacts = { ...IP, targetType: 'instance' }

interface Outcome extends ResolvedTargets {
  readonly codes: readonly string[]
}

function resolve(group: TargetFacts, documents: readonly string[], inventory: Partial<Inventory> = {}): Outcome {
  const snapshot = createSnapshot(readContent([SERVICE, ...documents].join('---\n'), 'in.yaml', 0).objects)
  const log = createFindingLog()
  const view = { snapshot, inventory: { ...EMPTY_INVENTORY, ...inventory }, report: log.report }
  return { ...resolveTargets(group, view), codes: log.findings.map(({ code }) => code) }
}

const idsOf = ({ targets }: ResolvedTargets): readonly string[] => targets.map(({ id, port }) => `${id}:${port}`)

test('ready endpoints of pods are targets, sorted, with pod and node of each', () => {
  const found = resolve(IP, [slice(endpoint('10.0.0.9', 'b', 'ready: true') + endpoint('10.0.0.1', 'a', ''))])
  assert.deepEqual(found.targets, [
    { id: '10.0.0.1', port: 8080 },
    { id: '10.0.0.9', port: 8080 },
  ])
  assert.deepEqual(found.pods, { '10.0.0.1:8080': 'shop/a', '10.0.0.9:8080': 'shop/b' })
  assert.deepEqual(found.nodes, { '10.0.0.1:8080': 'n1', '10.0.0.9:8080': 'n1' })
  assert.equal(found.isFailOpen, false)
})

test('the port of a target is that of the slice under the name of the Service port', () => {
  const dns = { ...IP, targets: { ...IP.targets, port: 'dns' }, protocol: 'UDP' } as TargetFacts
  assert.deepEqual(idsOf(resolve(dns, [slice(endpoint('10.0.0.1', 'a', 'ready: true'))])), ['10.0.0.1:5353'])
})

test('endpoints that end, or that are no pods, are no targets', () => {
  const found = resolve(IP, [
    slice(
      endpoint('10.0.0.1', 'a', 'ready: true, terminating: true') +
        endpoint('10.0.0.2', '', 'ready: true') +
        endpoint('10.0.0.3', 'c', ''),
    ),
  ])
  assert.deepEqual(idsOf(found), ['10.0.0.3:8080'])
  assert.deepEqual(found.codes, ['AWS_TARGET_WITHOUT_POD'])
})

test('a pod that lacks nothing but our readiness gate is a target, another one is not', () => {
  const ready = '{type: ContainersReady, status: "True"}'
  const documents = [
    node('n1', 'True'),
    pod('ours', ready, [GATE]),
    pod('other', ready, [GATE, 'example.com/gate']),
    pod('both', `${ready}, {type: example.com/gate, status: "True"}`, [GATE, 'example.com/gate']),
    pod('starting', '{type: ContainersReady, status: "False"}', [GATE]),
    slice(
      ['ours', 'other', 'both', 'starting', 'unknown']
        .map((name, at) => endpoint(`10.0.0.${at}`, name, 'ready: false'))
        .join(''),
    ),
  ]
  assert.deepEqual(Object.values(resolve(IP, documents).pods), ['shop/ours', 'shop/both'])
})

test('pods of a node that is not ready do not count, and those of a node that cannot say stand in for nobody', () => {
  const documents = (state: string): string[] => [
    node('n1', state),
    node('n2', 'True'),
    pod('waiting', '{type: ContainersReady, status: "True"}'),
    slice(endpoint('10.0.0.1', 'waiting', 'ready: false')),
  ]
  assert.deepEqual(idsOf(resolve(IP, documents('False'))), [])
  const open = resolve(IP, documents('Unknown'))
  assert.deepEqual(idsOf(open), ['10.0.0.1:8080'])
  assert.equal(open.isFailOpen, true)
  const beside = resolve(IP, [
    ...documents('Unknown').slice(0, 3),
    slice(endpoint('10.0.0.1', 'waiting', 'ready: false') + endpoint('10.0.0.2', 'b', '', 'n2')),
  ])
  assert.deepEqual(idsOf(beside), ['10.0.0.2:8080'])
  assert.equal(beside.isFailOpen, false)
})

test('addresses outside the VPC are in all zones, where its ranges are known', () => {
  const documents = [slice(endpoint('10.0.0.1', 'a', '') + endpoint('100.64.0.1', 'b', ''))]
  const known = resolve(IP, documents, { vpcCidrs: ['10.0.0.0/16', 'nonsense'] })
  assert.deepEqual(known.targets, [
    { id: '10.0.0.1', port: 8080 },
    { id: '100.64.0.1', port: 8080, availabilityZone: 'all' },
  ])
  assert.ok(resolve(IP, documents).targets.every((target) => target.availabilityZone === undefined))
})

test('a target group has addresses of its own family', () => {
  const documents = [slice(endpoint('10.0.0.1', 'a', '')), slice(endpoint('2001:db8::1', 'a', ''), 'IPv6')]
  assert.deepEqual(idsOf(resolve(IP, documents)), ['10.0.0.1:8080'])
  assert.deepEqual(idsOf(resolve({ ...IP, ipAddressType: 'ipv6' }, documents)), ['2001:db8::1:8080'])
})

test('instances are those of ready nodes that nothing excludes', () => {
  const found = resolve(INSTANCE, [
    node('n1', 'True'),
    node('n2', 'False'),
    node('n3', 'True', { labels: 'node-role.kubernetes.io/master: ""' }),
    node('n4', 'True', { labels: 'node.kubernetes.io/exclude-from-external-load-balancers: "true"' }),
    node('n5', 'True', { labels: 'eks.amazonaws.com/compute-type: fargate' }),
    node('n6', 'True', { taints: '{key: ToBeDeletedByClusterAutoscaler, effect: NoExecute}' }),
    node('n7', 'True', { taints: '{key: karpenter.sh/disrupted, effect: NoSchedule}' }),
    node('n8', 'True', { taints: '{key: dedicated, effect: NoSchedule}' }),
    node('n9', 'Unknown'),
  ])
  assert.deepEqual(idsOf(found), ['i-01:30080', 'i-08:30080'])
  assert.deepEqual(found.nodes, { 'i-01:30080': 'n1', 'i-08:30080': 'n8' })
  assert.deepEqual(found.codes, [])
})

test('a node whose providerID cannot be read is left out alone, unless the inventory knows it', () => {
  const documents = [node('n1', 'True'), node('n2', 'True', { id: 'kind://docker/n2' })]
  const found = resolve(INSTANCE, documents)
  assert.deepEqual(idsOf(found), ['i-01:30080'])
  assert.deepEqual(found.codes, ['AWS_NODE_UNKNOWN'])
  const known = resolve(INSTANCE, documents, { nodes: [{ name: 'n2', instanceId: 'i-0b', subnetId: '', ip: '' }] })
  assert.deepEqual(idsOf(known), ['i-01:30080', 'i-0b:30080'])
})

test('with no ready node those of unknown state stand in', () => {
  const found = resolve(INSTANCE, [node('n1', 'Unknown'), node('n2', 'False')])
  assert.deepEqual(idsOf(found), ['i-01:30080'])
  assert.equal(found.isFailOpen, true)
})

test('only nodes with every wanted label are targets, also of a Classic Load Balancer', () => {
  const documents = [
    node('n1', 'True', { labels: 'pool: front, zone: a' }),
    node('n2', 'True', { labels: 'pool: back' }),
  ]
  const wish = {
    ...INSTANCE,
    targets: { ...INSTANCE.targets, nodeLabels: { pool: 'front', zone: 'a' } },
  } as TargetFacts
  assert.deepEqual(idsOf(resolve(wish, documents)), ['i-01:30080'])
  const snapshot = createSnapshot(readContent(documents.join('---\n'), 'in.yaml', 0).objects)
  const view = { snapshot, inventory: EMPTY_INVENTORY, report: createFindingLog().report }
  assert.deepEqual(resolveClassicInstances({ nodeLabels: {} }, view), ['i-01', 'i-02'])
  assert.deepEqual(resolveClassicInstances({ nodeLabels: { pool: 'back' } }, view), ['i-02'])
})

test('without Node objects the inventory says which instances there are', () => {
  const nodes = ['b', 'a'].map((id) => ({ name: id, instanceId: `i-0${id}`, subnetId: '', ip: '' }))
  assert.deepEqual(idsOf(resolve(INSTANCE, [], { nodes })), ['i-0a:30080', 'i-0b:30080'])
})

test('a missing Service, port or nodePort gives no targets, and a finding where somebody can act on it', () => {
  const of = (name: string, port: string): TargetFacts => ({
    ...INSTANCE,
    targets: { ...INSTANCE.targets, name, port } as TargetFacts['targets'],
  })
  assert.deepEqual(resolve(of('gone', '80'), []).targets, [])
  assert.deepEqual(resolve(of('web', '8080'), []).codes, ['SERVICE_PORT_NOT_FOUND'])
  const cluster = SERVICE.replace('name: web,', 'name: inner,')
    .replace('type: NodePort', 'type: ClusterIP')
    .replaceAll(/, nodePort: \d+/g, '')
  assert.deepEqual(resolve(of('inner', '80'), [cluster, node('n1', 'True')]).codes, ['AWS_NODE_PORT_MISSING'])
})
