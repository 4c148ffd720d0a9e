import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EMPTY_INVENTORY, type Inventory } from '../../../aws/stack/inventory.ts'
import { createSnapshot } from '../../../kube/snapshot.ts'
import { readContent } from '../../../sources/files/file-content.ts'
import { createFindingLog } from '../../report.ts'
import { bindingTargets, type BoundTargetGroup } from './binding-targets.ts'

const ARN = 'arn:aws:elasticloadbalancing:ap-northeast-1:1:targetgroup/web/1'
const OBJECTS = `
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  type: NodePort
  ports: [{name: http, port: 80, targetPort: 8080, nodePort: 30080}]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-1, namespace: shop, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
ports: [{name: http, port: 8080}]
endpoints: [{addresses: [10.0.0.1], targetRef: {kind: Pod, name: a}, nodeName: n1}]
---
apiVersion: v1
kind: Node
metadata: {name: n1, labels: {pool: front}}
spec: {providerID: "aws:///a/i-01"}
status: {conditions: [{type: Ready, status: "True"}]}
---
apiVersion: v1
kind: Node
metadata: {name: n2, labels: {pool: back}}
spec: {providerID: "aws:///a/i-02"}
status: {conditions: [{type: Ready, status: "True"}]}
`

function binding(name: string, spec: string, metadata = ''): string {
  return `---
apiVersion: elbv2.k8s.aws/v1beta1
kind: TargetGroupBinding
metadata: {name: ${name}, namespace: shop${metadata}}
spec: {serviceRef: {name: web, port: 80}, ${spec}}
`
}

function bind(
  bindings: string,
  inventory: Partial<Inventory> = {},
): { readonly bound: readonly BoundTargetGroup[]; readonly codes: readonly string[] } {
  const snapshot = createSnapshot(readContent(OBJECTS + bindings, 'in.yaml', 0).objects)
  const log = createFindingLog()
  const bound = bindingTargets({ snapshot, inventory: { ...EMPTY_INVENTORY, ...inventory }, report: log.report })
  return { bound, codes: log.findings.map(({ code }) => code) }
}

test('a binding registers pods or instances of its Service', () => {
  const { bound, codes } = bind(
    binding('a', `targetGroupARN: "${ARN}", targetType: ip`) +
      binding(
        'b',
        `targetGroupARN: "${ARN}2", targetType: instance, nodeSelector: {matchExpressions: [{key: pool, operator: In, values: [front]}]}`,
      ),
  )
  assert.deepEqual(codes, [])
  assert.deepEqual(
    bound.map(({ binding, arn, targets }) => [binding, arn, ...targets.targets.map(({ id, port }) => `${id}:${port}`)]),
    [
      ['shop/a', ARN, '10.0.0.1:8080'],
      ['shop/b', `${ARN}2`, 'i-01:30080'],
    ],
  )
})

test('name and type of a target group come from the inventory', () => {
  const targetGroups = [{ arn: ARN, name: 'web', targetType: 'ip' as const }]
  const { bound } = bind(binding('a', 'targetGroupName: web'), { targetGroups })
  assert.deepEqual([bound[0]?.arn, bound[0]?.targetType], [ARN, 'ip'])
  assert.deepEqual(bind(binding('a', 'targetGroupName: wbe'), { targetGroups }).codes, ['AWS_BINDING_INCOMPLETE'])
  assert.deepEqual(bind(binding('a', 'targetGroupName: web, targetType: instance'), { targetGroups }).codes, [
    'AWS_BINDING_INCOMPLETE',
  ])
  assert.deepEqual(bind(binding('a', `targetGroupARN: "${ARN}"`)).codes, ['AWS_BINDING_INCOMPLETE'])
})

test('a target group has one binding, the older one, unless both share it', () => {
  const spec = `targetGroupARN: "${ARN}", targetType: ip`
  const older = `, creationTimestamp: "2024-01-01T00:00:00Z"`
  const younger = `, creationTimestamp: "2025-01-01T00:00:00Z"`
  const { bound, codes } = bind(binding('a', spec, younger) + binding('b', spec, older))
  assert.deepEqual(
    bound.map(({ binding }) => binding),
    ['shop/b'],
  )
  assert.deepEqual(codes, ['AWS_BINDING_CONFLICT'])
  const shared = `${spec}, multiClusterTargetGroup: true`
  assert.equal(bind(binding('a', shared) + binding('b', shared)).bound.length, 2)
})

test('bindings that the AWS controller derived from its own stacks are not bindings of users', () => {
  const spec = `targetGroupARN: "${ARN}", targetType: ip`
  const labels = ', labels: {service.k8s.aws/stack-name: web}'
  assert.deepEqual(bind(binding('a', spec, labels)).bound, [])
  assert.deepEqual(bind(binding('a', spec, ', deletionTimestamp: "2025-01-01T00:00:00Z"')).bound, [])
})

test('networking says who is admitted to which ports', () => {
  const networking =
    'networking: {ingress: [{from: [{securityGroup: {groupID: sg-1}}, {ipBlock: {cidr: 10.1.2.3/8}}], ports: [{protocol: TCP, port: 8080}, {protocol: UDP}]}, ' +
    '{from: [{ipBlock: {cidr: everywhere}}], ports: []}, {from: [{securityGroup: {groupID: sg-2}}], ports: []}, {from: [{securityGroup: {groupID: sg-3}}], ports: [{port: http}]}]}'
  const { bound, codes } = bind(binding('a', `targetGroupARN: "${ARN}", targetType: ip, ${networking}`))
  const group = (id: string): unknown => ({ kind: 'securityGroup', group: id })
  const range = { kind: 'cidr', cidr: '10.0.0.0/8' }
  assert.deepEqual(bound[0]?.access, [
    { source: group('sg-1'), protocol: 'tcp', ports: 8080 },
    { source: group('sg-1'), protocol: 'udp', ports: 'all' },
    { source: range, protocol: 'tcp', ports: 8080 },
    { source: range, protocol: 'udp', ports: 'all' },
    { source: group('sg-2'), protocol: 'tcp', ports: 'all' },
    { source: group('sg-3'), protocol: 'tcp', ports: 8080 },
  ])
  assert.deepEqual(codes, ['FIELD_VALUE'])
})

test('a missing Service or port binds nothing', () => {
  const spec = `targetGroupARN: "${ARN}", targetType: ip`
  assert.deepEqual(bind(binding('a', spec).replace('name: web, port: 80', 'name: gone, port: 80')).codes, [
    'SERVICE_NOT_FOUND',
  ])
  assert.deepEqual(bind(binding('a', spec).replace('name: web, port: 80', 'name: web, port: 8080')).codes, [
    'SERVICE_PORT_NOT_FOUND',
  ])
})
