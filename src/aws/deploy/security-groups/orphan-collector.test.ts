import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { type AwsDouble, createAwsDouble } from '../../../../test/aws/double/aws-double.ts'
import { createManualPorts } from '../../../../test/aws/parts/manual-ports.ts'
import { CLUSTER_TAG, CLUSTER_UID_TAG, ORPHAN_TAG } from '../../stack/tag-keys.ts'
import type { Operation } from '../operation.ts'
import { createOrphanCollector, type Orphan } from './orphan-collector.ts'

const DELETE: Operation = {
  id: 'delete SecurityGroup/sg',
  stack: 'ingress:shop/web',
  resource: 'SecurityGroup/sg',
  verb: 'delete',
  action: 'ec2:DeleteSecurityGroup',
  input: {},
  after: [],
  summary: 'delete security group',
  origins: [],
}

async function createGroup(aws: AwsDouble, name: string, tags: Record<string, string> = {}): Promise<string> {
  const all = { [CLUSTER_TAG]: 'demo', [CLUSTER_UID_TAG]: 'uid-1', ...tags }
  const { GroupId = '' } = await aws.call('ec2:CreateSecurityGroup', {
    GroupName: name,
    Description: name,
    VpcId: aws.state.vpcId,
    TagSpecifications: [
      { ResourceType: 'security-group', Tags: Object.entries(all).map(([Key, Value]) => ({ Key, Value })) },
    ],
  })
  return GroupId
}

/** Something that has the group until it is let go. */
function hold(aws: AwsDouble, groupId: string): () => void {
  const id = `eni-${groupId}`
  aws.state.interfaces.set(id, {
    id,
    owner: 'ELB app/k8s-shop-web/0123',
    groups: [groupId],
    privateIp: '10.0.0.9',
    goneAt: Infinity,
  })
  return () => aws.state.interfaces.delete(id)
}

function open(context: TestContext) {
  const aws = createAwsDouble()
  const ports = createManualPorts()
  const collected: Orphan[] = []
  const stuck: { readonly orphan: Orphan; readonly holders: readonly string[] }[] = []
  const collector = createOrphanCollector({
    api: aws,
    ports,
    clusterName: 'demo',
    clusterUid: 'uid-1',
    nowSeconds: () => 1_700_000_000,
    events: {
      onCollected: (one) => collected.push(one),
      onStuck: (orphan, holders) => stuck.push({ orphan, holders }),
    },
  })
  context.after(() => collector.close())
  return { aws, ports, collector, collected, stuck }
}

test('a group in use is marked, and deleted once it is free', async (t) => {
  const { aws, ports, collector, collected, stuck } = open(t)
  const id = await createGroup(aws, 'k8s-shop-web')
  const letGo = hold(aws, id)
  await collector.add(id, DELETE)
  assert.equal(aws.state.securityGroups.get(id)?.tags.get(ORPHAN_TAG), '1700000000')
  await ports.advance(120_000)
  assert.ok(collector.has(id))
  letGo()
  await ports.advance(300_000)
  assert.equal(aws.state.securityGroups.has(id), false)
  assert.deepEqual(collected, [{ groupId: id, stack: 'ingress:shop/web' }])
  assert.deepEqual([collector.size, stuck], [0, []])
})

test('after ten minutes it is told what holds a group, then once an hour', async (t) => {
  const { aws, ports, collector, stuck } = open(t)
  const id = await createGroup(aws, 'k8s-shop-web')
  hold(aws, id)
  const other = await createGroup(aws, 'other')
  await aws.call('ec2:AuthorizeSecurityGroupIngress', {
    GroupId: other,
    IpPermissions: [{ IpProtocol: 'tcp', FromPort: 80, ToPort: 80, UserIdGroupPairs: [{ GroupId: id }] }],
  })
  await collector.add(id, DELETE)
  await ports.advance(540_000)
  assert.deepEqual(stuck, [])
  await ports.advance(360_000)
  assert.deepEqual(
    stuck.map(({ holders }) => holders),
    [[`network interface eni-${id} (ELB app/k8s-shop-web/0123)`, `a rule of security group ${other} (other)`]],
  )
  await ports.advance(2 * 3_600_000)
  assert.ok(stuck.length >= 2 && stuck.length <= 4, `told ${stuck.length} times`)
})

test('pauses grow, so that a group that stays costs little', async (t) => {
  const { aws, ports, collector } = open(t)
  const id = await createGroup(aws, 'k8s-shop-web')
  hold(aws, id)
  await collector.add(id, DELETE)
  const before = aws.calls.length
  await ports.advance(24 * 3_600_000)
  const calls = aws.calls.length - before
  assert.ok(calls > 200 && calls < 800, `${calls} calls a day`)
})

test('nothing is deleted that lost the mark or is not of this cluster', async (t) => {
  const { aws, ports, collector, collected } = open(t)
  const unmarked = await createGroup(aws, 'unmarked')
  const twin = await createGroup(aws, 'twin', { [CLUSTER_UID_TAG]: 'uid-of-a-twin', [ORPHAN_TAG]: '1' })
  const foreign = await createGroup(aws, 'foreign', { [CLUSTER_TAG]: 'other', [ORPHAN_TAG]: '1' })
  collector.adopt([unmarked, twin, foreign].map((groupId) => ({ groupId, stack: 'ingress:shop/web' })))
  await ports.advance(3_600_000)
  assert.deepEqual(collected, [])
  for (const id of [unmarked, twin, foreign]) assert.ok(aws.state.securityGroups.has(id))
  assert.equal(collector.size, 0)
})

test('a group that is wanted again loses its mark and stays', async (t) => {
  const { aws, ports, collector } = open(t)
  const id = await createGroup(aws, 'k8s-shop-web')
  const letGo = hold(aws, id)
  await collector.add(id, DELETE)
  await ports.advance(30_000)
  await collector.release(id)
  letGo()
  await ports.advance(3_600_000)
  assert.equal(aws.state.securityGroups.get(id)?.tags.has(ORPHAN_TAG), false)
})

test('another process goes on with what is marked, and what is gone meanwhile is done', async (t) => {
  const { aws, ports, collector, collected } = open(t)
  const id = await createGroup(aws, 'k8s-shop-web', { [ORPHAN_TAG]: '1' })
  collector.adopt([
    { groupId: id, stack: 'ingress:shop/web' },
    { groupId: 'sg-00000000', stack: 'ingress:shop/web' },
  ])
  await ports.advance(60_000)
  assert.deepEqual(
    collected.map(({ groupId }) => groupId),
    [id],
  )
  assert.equal(collector.size, 0)
})
