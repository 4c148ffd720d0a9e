import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EMPTY_INVENTORY, type Inventory, type InventoryNode } from './inventory.ts'
import type { TargetAccess } from './model.ts'
import { type AccessDemand, nodeAccess } from './node-access.ts'

const FROM_BALANCER: TargetAccess['source'] = { kind: 'securityGroup', group: { ref: 'SecurityGroup/own' } }
const FROM_SHARED: TargetAccess['source'] = {
  kind: 'securityGroup',
  group: { ref: 'SecurityGroup/backend-sg', stack: 'shared' },
}

function node(name: string, ...securityGroups: readonly string[]): InventoryNode {
  return { name, instanceId: `i-${name}`, subnetId: 'subnet-a', ip: `10.0.0.${name.length}`, securityGroups }
}

function demand(partial: Partial<AccessDemand>): AccessDemand {
  return {
    stack: 'service:shop/web',
    access: [{ source: FROM_SHARED, protocol: 'tcp', ports: 'traffic' }],
    targets: [{ id: 'i-a', port: 30080 }],
    nodes: {},
    healthCheckPort: 'traffic-port',
    origin: { object: 'Service shop/web', path: '' },
    ...partial,
  }
}

function access(
  demands: readonly AccessDemand[],
  inventory: Partial<Inventory>,
): { readonly rules: readonly string[]; readonly findings: readonly string[] } {
  const { groups, findings } = nodeAccess(demands, { ...EMPTY_INVENTORY, ...inventory }, 'demo')
  const rules = [...groups].flatMap(([id, list]) =>
    list.map(({ protocol, fromPort, toPort, source, description }) => {
      assert.equal(description, 'elbv2.k8s.aws/targetGroupBinding=shared')
      const from =
        source.kind === 'securityGroup'
          ? typeof source.group === 'string'
            ? source.group
            : `${source.group.stack}#${source.group.ref}`
          : source.kind === 'cidr'
            ? source.cidr
            : source.id
      return `${id} ${protocol} ${fromPort}-${toPort} ${from}`
    }),
  )
  return { rules, findings: findings.map(({ code, message }) => `${code} ${message}`) }
}

test('all needs of a group, protocol and source are one range of ports', () => {
  const nodes = [node('a', 'sg-node'), node('b', 'sg-node')]
  const found = access(
    [
      demand({ targets: [{ id: 'i-a', port: 30080 }] }),
      demand({ stack: 'ingress:shop/api', targets: [{ id: 'i-b', port: 31000 }] }),
      demand({
        access: [{ source: FROM_SHARED, protocol: 'udp', ports: 'traffic' }],
        targets: [{ id: 'i-a', port: 30053 }],
      }),
    ],
    { nodes },
  )
  assert.deepEqual(found.rules, [
    'sg-node tcp 30080-31000 shared#SecurityGroup/backend-sg',
    'sg-node udp 30053-30053 shared#SecurityGroup/backend-sg',
  ])
  assert.deepEqual(found.findings, [])
})

test('health checks have their own port, or that of the traffic', () => {
  const health: TargetAccess = { source: FROM_SHARED, protocol: 'tcp', ports: 'health' }
  const rules = (healthCheckPort: string): readonly string[] =>
    access([demand({ access: [health], healthCheckPort })], { nodes: [node('a', 'sg-node')] }).rules
  assert.deepEqual(rules('traffic-port'), ['sg-node tcp 30080-30080 shared#SecurityGroup/backend-sg'])
  assert.deepEqual(rules('10256'), ['sg-node tcp 10256-10256 shared#SecurityGroup/backend-sg'])
})

test('ranges, prefix lists, single ports and all ports are taken as they are', () => {
  const found = access(
    [
      demand({
        access: [
          { source: { kind: 'cidr', cidr: '10.0.0.0/8' }, protocol: 'tcp', ports: 'all' },
          { source: { kind: 'prefixList', id: 'pl-1' }, protocol: 'tcp', ports: 9000 },
        ],
      }),
    ],
    { nodes: [node('a', 'sg-node')] },
  )
  assert.deepEqual(found.rules, ['sg-node tcp 0-65535 10.0.0.0/8', 'sg-node tcp 9000-9000 pl-1'])
})

test('a reference of one stack says its stack, because rules of many meet', () => {
  const own = demand({ access: [{ source: FROM_BALANCER, protocol: 'tcp', ports: 'traffic' }] })
  const found = access([own, { ...own, stack: 'service:shop/api' }], { nodes: [node('a', 'sg-node')] })
  assert.deepEqual(found.rules, [
    'sg-node tcp 30080-30080 service:shop/api#SecurityGroup/own',
    'sg-node tcp 30080-30080 service:shop/web#SecurityGroup/own',
  ])
})

test('a pod has the group of its own network interface, else that of its node', () => {
  const targets = [
    { id: '10.0.1.1', port: 8080 },
    { id: '10.0.1.2', port: 8080 },
  ]
  const found = access([demand({ targets, nodes: { '10.0.1.1:8080': 'a', '10.0.1.2:8080': 'a' } })], {
    nodes: [node('a', 'sg-node')],
    addressGroups: { '10.0.1.2': ['sg-pod'] },
  })
  assert.deepEqual(found.rules, [
    'sg-node tcp 8080-8080 shared#SecurityGroup/backend-sg',
    'sg-pod tcp 8080-8080 shared#SecurityGroup/backend-sg',
  ])
})

test('of several groups the one with the tag of the cluster is opened', () => {
  const found = access([demand({})], {
    nodes: [node('a', 'sg-1', 'sg-2')],
    securityGroups: [{ id: 'sg-2', name: '', tags: { 'kubernetes.io/cluster/demo': 'owned' } }],
  })
  assert.deepEqual(found.rules, ['sg-2 tcp 30080-30080 shared#SecurityGroup/backend-sg'])
  assert.deepEqual(found.findings, [])
})

test('without such a tag it is the one that most nodes have, then the lowest id, with a finding', () => {
  const targets = [{ id: 'i-a', port: 30080 }]
  const most = access([demand({ targets })], { nodes: [node('a', 'sg-1', 'sg-2'), node('b', 'sg-2')] })
  assert.deepEqual(most.rules, ['sg-2 tcp 30080-30080 shared#SecurityGroup/backend-sg'])
  assert.match(most.findings[0] ?? '', /^AWS_NODE_GROUP_AMBIGUOUS .*sg-1, sg-2.*sg-2 is opened/)
  const lowest = access([demand({ targets })], { nodes: [node('a', 'sg-2', 'sg-1')] })
  assert.deepEqual(lowest.rules, ['sg-1 tcp 30080-30080 shared#SecurityGroup/backend-sg'])
  assert.equal(lowest.findings.length, 1)
})

test('several tagged groups are told apart the same way', () => {
  const tags = { 'kubernetes.io/cluster/demo': 'owned' }
  const found = access([demand({})], {
    nodes: [node('a', 'sg-1', 'sg-2', 'sg-3')],
    securityGroups: ['sg-3', 'sg-2'].map((id) => ({ id, name: '', tags })),
  })
  assert.deepEqual(found.rules, ['sg-2 tcp 30080-30080 shared#SecurityGroup/backend-sg'])
  assert.equal(found.findings.length, 1)
})

test('a target without a known group has a finding, the others their rules', () => {
  const targets = [
    { id: 'i-a', port: 30080 },
    { id: 'i-z', port: 30080 },
  ]
  const found = access([demand({ targets })], { nodes: [node('a', 'sg-node')] })
  assert.equal(found.rules.length, 1)
  assert.match(found.findings[0] ?? '', /^AWS_NODE_GROUP_UNKNOWN .*i-z/)
})

test('who asks for no access is not looked at', () => {
  assert.deepEqual(access([demand({ access: [] })], {}), { rules: [], findings: [] })
})

test('the order of demands, nodes and targets makes no difference', () => {
  const nodes = [node('a', 'sg-1'), node('bb', 'sg-2')]
  const demands = [
    demand({ targets: [{ id: 'i-a', port: 30080 }] }),
    demand({
      targets: [
        { id: 'i-bb', port: 30090 },
        { id: 'i-a', port: 30070 },
      ],
    }),
  ]
  assert.deepEqual(access([...demands].reverse(), { nodes: [...nodes].reverse() }), access(demands, { nodes }))
})
