import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AwsDouble, createAwsDouble, type DoubleOptions } from '../../../../test/aws/double/aws-double.ts'
import { createVirtualPorts } from '../../../../test/aws/parts/virtual-ports.ts'
import type { IngressRule } from '../../stack/model.ts'
import { BACKEND_RULE_DESCRIPTION } from '../../stack/tag-keys.ts'
import { createNodeAccessKeeper, type WishedAccess } from './node-access-keeper.ts'

const BACKEND = 'shared#SecurityGroup/backend'

async function createGroup(aws: AwsDouble, name: string, tags: Record<string, string> = {}): Promise<string> {
  const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
  const { GroupId = '' } = await aws.call('ec2:CreateSecurityGroup', {
    GroupName: name,
    Description: name,
    VpcId: aws.state.vpcId,
    ...(Tags.length === 0 ? {} : { TagSpecifications: [{ ResourceType: 'security-group', Tags }] }),
  })
  return GroupId
}

function fromBackend(fromPort: number, toPort = fromPort): IngressRule {
  const source = { kind: 'securityGroup', group: { ref: 'SecurityGroup/backend', stack: 'shared' } } as const
  return { protocol: 'tcp', fromPort, toPort, source, description: BACKEND_RULE_DESCRIPTION }
}

function fromCidr(cidr: string, port: number): IngressRule {
  const source = { kind: 'cidr', cidr } as const
  return { protocol: 'tcp', fromPort: port, toPort: port, source, description: BACKEND_RULE_DESCRIPTION }
}

async function open(options: DoubleOptions = {}) {
  const aws = createAwsDouble(options)
  const nodes = await createGroup(aws, 'nodes-of-demo', { 'kubernetes.io/cluster/demo': 'owned' })
  const backend = await createGroup(aws, 'k8s-traffic-demo')
  const keeper = createNodeAccessKeeper({
    api: aws,
    ports: createVirtualPorts(),
    vpcId: aws.state.vpcId,
    clusterName: 'demo',
  })
  const wish = (rules: readonly IngressRule[], isComplete = true, groupId = nodes): WishedAccess => ({
    groups: new Map(rules.length === 0 ? [] : [[groupId, rules]]),
    isComplete,
    identifiers: new Map([[BACKEND, backend]]),
  })
  const rulesOf = (id: string): string[] =>
    (aws.state.securityGroups.get(id)?.rules ?? []).map((rule) => `${rule.from}-${rule.to} ${rule.source}`).sort()
  return { aws, nodes, backend, keeper, wish, rulesOf }
}

/** A rule that somebody else wrote. */
async function addRule(
  aws: AwsDouble,
  groupId: string,
  port: number,
  source: string,
  description: string,
): Promise<void> {
  const pair = source.startsWith('sg-')
    ? { UserIdGroupPairs: [{ GroupId: source, Description: description }] }
    : { IpRanges: [{ CidrIp: source, Description: description }] }
  await aws.call('ec2:AuthorizeSecurityGroupIngress', {
    GroupId: groupId,
    IpPermissions: [{ IpProtocol: 'tcp', FromPort: port, ToPort: port, ...pair }],
  })
}

test('a new range is admitted before the old one goes, and a second pass calls for nothing', async () => {
  const { aws, nodes, backend, keeper, wish, rulesOf } = await open()
  await keeper.apply(wish([fromBackend(30_080)]))
  assert.deepEqual(rulesOf(nodes), [`30080-30080 ${backend}`])
  const before = aws.calls.length
  const result = await keeper.apply(wish([fromBackend(30_080, 30_443)]))
  assert.deepEqual([result.authorized, result.revoked], [1, 1])
  const writes = aws.calls.slice(before).filter(({ isWrite }) => isWrite)
  assert.deepEqual(
    writes.map(({ action }) => action),
    ['ec2:AuthorizeSecurityGroupIngress', 'ec2:RevokeSecurityGroupIngress'],
  )
  assert.deepEqual(rulesOf(nodes), [`30080-30443 ${backend}`])
  const after = aws.calls.length
  await keeper.apply(wish([fromBackend(30_080, 30_443)]))
  assert.equal(aws.calls.length, after)
})

test('nothing is taken away before everything has been computed', async () => {
  const { nodes, backend, keeper, wish, rulesOf } = await open()
  await keeper.apply(wish([fromBackend(30_080)]))
  await keeper.apply(wish([fromBackend(30_443)], false))
  assert.deepEqual(rulesOf(nodes), [`30080-30080 ${backend}`, `30443-30443 ${backend}`])
  await keeper.apply(wish([fromBackend(30_443)]))
  assert.deepEqual(rulesOf(nodes), [`30443-30443 ${backend}`])
})

test('rules of others stay: of people, and of other clusters with our description', async () => {
  const { aws, nodes, backend, keeper, wish, rulesOf } = await open()
  const twin = await createGroup(aws, 'k8s-traffic-twin')
  await addRule(aws, nodes, 22, '10.0.0.0/8', 'ssh')
  await addRule(aws, nodes, 31_000, twin, BACKEND_RULE_DESCRIPTION)
  await addRule(aws, nodes, 32_000, backend, BACKEND_RULE_DESCRIPTION)
  const alien = await createGroup(aws, 'nodes-of-another-cluster')
  await addRule(aws, alien, 33_000, '10.0.0.0/8', BACKEND_RULE_DESCRIPTION)
  await keeper.apply(wish([]))
  assert.deepEqual(rulesOf(nodes), ['22-22 10.0.0.0/8', `31000-31000 ${twin}`])
  assert.deepEqual(rulesOf(alien), ['33000-33000 10.0.0.0/8'])
})

test('a rule that somebody wrote with another description is good enough, and stays', async () => {
  const { aws, nodes, backend, keeper, wish, rulesOf } = await open()
  await addRule(aws, nodes, 30_080, backend, 'by hand')
  const result = await keeper.apply(wish([fromBackend(30_080)]))
  assert.deepEqual([result.authorized, result.revoked], [0, 0])
  await keeper.apply(wish([]))
  assert.deepEqual(rulesOf(nodes), [`30080-30080 ${backend}`])
})

test('a full group gets room first', async () => {
  const { nodes, backend, keeper, wish, rulesOf } = await open({ quotas: { rulesPerSecurityGroup: 2 } })
  await keeper.apply(wish([fromBackend(1), fromBackend(2)]))
  const result = await keeper.apply(wish([fromBackend(3), fromBackend(4)]))
  assert.deepEqual(result.problems, [])
  assert.deepEqual(rulesOf(nodes), [`3-3 ${backend}`, `4-4 ${backend}`])
})

test('a problem with one group leaves the others be, and is tried again', async () => {
  const { aws, nodes, backend, keeper, rulesOf } = await open()
  const pods = await createGroup(aws, 'pods')
  const wished: WishedAccess = {
    groups: new Map([
      [nodes, [fromBackend(1)]],
      [pods, [fromBackend(2)]],
      ['sg-0missing', [fromBackend(3)]],
    ]),
    isComplete: true,
    identifiers: new Map([[BACKEND, backend]]),
  }
  aws.faults.refuse = ({ action, input }) =>
    action === 'ec2:AuthorizeSecurityGroupIngress' && (input as { GroupId: string }).GroupId === nodes
      ? { code: 'RulesPerSecurityGroupLimitExceeded', message: 'full' }
      : null
  const result = await keeper.apply(wished)
  assert.deepEqual(rulesOf(pods), [`2-2 ${backend}`])
  assert.deepEqual(
    result.problems.map(({ groupId, code }) => [groupId, code]),
    [
      ['sg-0missing', 'InvalidGroup.NotFound'],
      [nodes, 'RulesPerSecurityGroupLimitExceeded'],
    ],
  )
  aws.faults.refuse = null
  await keeper.apply(wished)
  assert.deepEqual(rulesOf(nodes), [`1-1 ${backend}`])
})

test('while the source group does not exist, the group is left as it is', async () => {
  const { nodes, backend, keeper, wish, rulesOf } = await open()
  await keeper.apply(wish([fromBackend(30_080)]))
  await keeper.apply({ ...wish([fromBackend(30_443), fromCidr('10.0.0.0/16', 80)]), identifiers: new Map() })
  assert.deepEqual(rulesOf(nodes), [`30080-30080 ${backend}`, '80-80 10.0.0.0/16'])
})

test('rules that came or went meanwhile are no error', async () => {
  const { aws, nodes, backend, keeper, wish, rulesOf } = await open()
  let isMeddled = false
  aws.faults.refuse = ({ action }) => {
    if (isMeddled || action !== 'ec2:AuthorizeSecurityGroupIngress') return null
    isMeddled = true
    aws.state.securityGroups.get(nodes)?.rules.push({
      protocol: 'tcp',
      from: 1,
      to: 1,
      kind: 'group',
      source: backend,
      description: 'by hand',
    })
    return { code: 'InvalidPermission.Duplicate', message: 'already exists' }
  }
  const result = await keeper.apply(wish([fromBackend(1), fromBackend(2), fromCidr('10.0.0.0/16', 80)]))
  assert.deepEqual(result.problems, [])
  assert.deepEqual(rulesOf(nodes), [`1-1 ${backend}`, `2-2 ${backend}`, '80-80 10.0.0.0/16'])
})

test('groups are read page by page', async () => {
  const { aws, nodes, backend, keeper, wish, rulesOf } = await open({ pageSize: 2 })
  for (let i = 0; i < 5; i++) await createGroup(aws, `more-${i}`, { 'kubernetes.io/cluster/demo': 'owned' })
  const last = await createGroup(aws, 'last', { 'kubernetes.io/cluster/demo': 'owned' })
  await addRule(aws, last, 1, backend, BACKEND_RULE_DESCRIPTION)
  await keeper.apply(wish([fromBackend(30_080)]))
  assert.deepEqual([rulesOf(last), rulesOf(nodes)], [[], [`30080-30080 ${backend}`]])
})
