/** Targets and the rules of nodes through the real SDK on the wire. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { SYSTEM_PORTS } from '../../../src/aws/deploy/execute/ports.ts'
import { createNodeAccessKeeper } from '../../../src/aws/deploy/security-groups/node-access-keeper.ts'
import type { TargetHealth, TargetProblem } from '../../../src/aws/deploy/targets/lane-events.ts'
import { createTargetLane } from '../../../src/aws/deploy/targets/target-lane.ts'
import { openStore, type TargetPool } from '../../../src/aws/deploy/targets/target-store.ts'
import { BACKEND_RULE_DESCRIPTION } from '../../../src/aws/stack/tag-keys.ts'
import type { ResolvedTargets } from '../../../src/aws/stack/target.ts'
import { readMotoNetwork } from '../parts/moto-network.ts'
import { type MotoServer, startMoto } from '../parts/moto-server.ts'

let moto: MotoServer
let network: { readonly vpcId: string; readonly subnets: readonly string[] }
before(async () => {
  moto = await startMoto()
  network = await readMotoNetwork(moto.aws)
})
after(() => moto.stop())

function wish(port: number, ...ids: readonly string[]): ResolvedTargets {
  return { targets: ids.map((id) => ({ id, port })), pods: {}, isFailOpen: false }
}

/** Ids that AWS has and does not let go. */
async function held(pool: TargetPool): Promise<string[]> {
  const stored = await openStore(pool, moto.aws).read()
  return stored
    .filter(({ state }) => state !== 'draining')
    .map(({ target }) => target.id)
    .sort()
}

async function open() {
  const problems: TargetProblem[] = []
  const health: (readonly TargetHealth[])[] = []
  const lane = createTargetLane({
    api: moto.aws,
    events: { onProblem: (problem) => problems.push(problem), onHealth: (_, all) => health.push(all) },
  })
  return { lane, problems, health }
}

test('targets come into a target group and go', async (t) => {
  const { TargetGroups: [group] = [] } = await moto.aws.call('elbv2:CreateTargetGroup', {
    Name: 'web',
    Protocol: 'HTTP',
    Port: 80,
    VpcId: network.vpcId,
    TargetType: 'ip',
  })
  const pool: TargetPool = { kind: 'targetGroup', arn: group?.TargetGroupArn ?? '', isMultiCluster: false }
  const { lane, problems, health } = await open()
  t.after(() => lane.close())
  lane.want(pool, wish(8080, '172.31.0.10', '172.31.0.11'))
  await lane.attempted()
  assert.deepEqual(await held(pool), ['172.31.0.10', '172.31.0.11'])
  lane.want(pool, wish(8080, '172.31.0.11', '172.31.0.12'))
  await lane.attempted()
  assert.deepEqual(await held(pool), ['172.31.0.11', '172.31.0.12'])
  assert.deepEqual(problems, [])
  assert.ok(health.length > 0)
})

test('instances come into a Classic Load Balancer and go', async (t) => {
  await moto.aws.call('elb:CreateLoadBalancer', {
    LoadBalancerName: 'old',
    Subnets: [network.subnets[0] ?? ''],
    Listeners: [{ Protocol: 'TCP', LoadBalancerPort: 80, InstancePort: 30_080, InstanceProtocol: 'TCP' }],
  })
  const pool: TargetPool = { kind: 'classic', name: 'old' }
  const { lane, problems } = await open()
  t.after(() => lane.close())
  lane.want(pool, wish(30_080, 'i-0123456789abcdef0', 'i-0123456789abcdef1'))
  await lane.attempted()
  lane.want(pool, wish(30_080, 'i-0123456789abcdef1'))
  await lane.attempted()
  assert.deepEqual(await held(pool), ['i-0123456789abcdef1'])
  assert.deepEqual(problems, [])
})

test('a target group that is gone is told by its code', async (t) => {
  const { lane, problems } = await open()
  t.after(() => lane.close())
  const arn = 'arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/x/0123456789abcdef'
  lane.want({ kind: 'targetGroup', arn, isMultiCluster: false }, wish(80, '172.31.0.10'))
  await lane.attempted()
  assert.deepEqual(
    problems.map(({ code }) => code),
    ['TargetGroupNotFound'],
  )
})

test('the group of the nodes admits the load balancers, once', async () => {
  const create = async (name: string): Promise<string> => {
    const answer = await moto.aws.call('ec2:CreateSecurityGroup', {
      GroupName: name,
      Description: name,
      VpcId: network.vpcId,
      TagSpecifications: [
        { ResourceType: 'security-group', Tags: [{ Key: 'kubernetes.io/cluster/demo', Value: 'owned' }] },
      ],
    })
    return answer.GroupId ?? ''
  }
  const nodes = await create('nodes')
  const backend = await create('k8s-traffic-demo')
  const keeper = createNodeAccessKeeper({
    api: moto.aws,
    ports: SYSTEM_PORTS,
    vpcId: network.vpcId,
    clusterName: 'demo',
  })
  const source = { kind: 'securityGroup', group: { ref: 'SecurityGroup/backend-sg', stack: 'shared' } } as const
  const apply = (fromPort: number, toPort: number) =>
    keeper.apply({
      groups: new Map([
        [nodes, [{ protocol: 'tcp', fromPort, toPort, source, description: BACKEND_RULE_DESCRIPTION }]],
      ]),
      isComplete: true,
      identifiers: new Map([['shared#SecurityGroup/backend-sg', backend]]),
    })
  assert.deepEqual(await apply(30_080, 30_080), { authorized: 1, revoked: 0, problems: [] })
  assert.deepEqual(await apply(30_080, 30_443), { authorized: 1, revoked: 1, problems: [] })
  const { SecurityGroups: [group] = [] } = await moto.aws.call('ec2:DescribeSecurityGroups', { GroupIds: [nodes] })
  assert.deepEqual(
    group?.IpPermissions?.map((one) => [one.FromPort, one.ToPort, one.UserIdGroupPairs?.map(({ GroupId }) => GroupId)]),
    [[30_080, 30_443, [backend]]],
  )
})
