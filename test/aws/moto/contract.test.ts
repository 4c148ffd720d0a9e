/** What only a server on the wire can show: names of errors, pages, and the shapes that the SDK sends and reads. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type AwsAction, AwsError, isReadOnly } from '../../../src/aws/deploy/aws-api.ts'
import { createInventoryReader } from '../../../src/aws/deploy/inventory/observe-inventory.ts'
import { readPages } from '../../../src/aws/deploy/observe/pages.ts'
import { AWS_ACTIONS } from '../../../src/aws/deploy/aws-actions.ts'
import { MOTO_REGION, type MotoServer, startMoto } from '../parts/moto-server.ts'
import { readMotoNetwork } from '../parts/moto-network.ts'

let moto: MotoServer
before(async () => {
  moto = await startMoto()
})
after(() => moto.stop())

const NO_BALANCER = `arn:aws:elasticloadbalancing:${MOTO_REGION}:123456789012:loadbalancer/app/x/0123456789abcdef`
const NO_LISTENER = `arn:aws:elasticloadbalancing:${MOTO_REGION}:123456789012:listener/app/x/0123456789abcdef/0123456789abcdef`
const NO_GROUP = `arn:aws:elasticloadbalancing:${MOTO_REGION}:123456789012:targetgroup/x/0123456789abcdef`
const NO_CERTIFICATE = `arn:aws:acm:${MOTO_REGION}:123456789012:certificate/00000000-0000-0000-0000-000000000000`

async function codeOf(action: AwsAction, input: unknown): Promise<string> {
  try {
    await moto.aws.call(action, input as never)
    return ''
  } catch (error) {
    assert.ok(error instanceof AwsError)
    return error.code
  }
}

/** Code that each call gives for what is not there; empty = it answers without. */
const OF_NOTHING: readonly (readonly [AwsAction, unknown, string])[] = [
  ['elbv2:DescribeLoadBalancers', { Names: ['nobody'] }, 'LoadBalancerNotFound'],
  ['elbv2:DescribeLoadBalancerAttributes', { LoadBalancerArn: NO_BALANCER }, 'LoadBalancerNotFound'],
  ['elbv2:DescribeListeners', { LoadBalancerArn: NO_BALANCER }, 'LoadBalancerNotFound'],
  ['elbv2:DescribeRules', { ListenerArn: NO_LISTENER }, 'ListenerNotFound'],
  ['elbv2:DescribeTargetHealth', { TargetGroupArn: NO_GROUP }, 'TargetGroupNotFound'],
  ['elbv2:DescribeTargetGroupAttributes', { TargetGroupArn: NO_GROUP }, 'TargetGroupNotFound'],
  ['elbv2:ModifyTargetGroup', { TargetGroupArn: NO_GROUP }, 'TargetGroupNotFound'],
  ['elbv2:RegisterTargets', { TargetGroupArn: NO_GROUP, Targets: [{ Id: 'i-1' }] }, 'TargetGroupNotFound'],
  ['elb:DescribeLoadBalancers', { LoadBalancerNames: ['nobody'] }, 'LoadBalancerNotFound'],
  ['ec2:DescribeSecurityGroups', { GroupIds: ['sg-0123456789abcdef0'] }, 'InvalidGroup.NotFound'],
  ['ec2:DeleteSecurityGroup', { GroupId: 'sg-0123456789abcdef0' }, 'InvalidGroup.NotFound'],
  ['ec2:DescribeInstances', { InstanceIds: ['i-0123456789abcdef0'] }, 'InvalidInstanceID.NotFound'],
  ['acm:DescribeCertificate', { CertificateArn: NO_CERTIFICATE }, 'ResourceNotFound'],
  ['shield:DescribeProtection', { ResourceArn: NO_BALANCER }, 'ResourceNotFound'],
  // moto does not have these: an answer that is no AWS answer.
  ['shield:GetSubscriptionState', {}, 'Unparsable'],
  ['elbv2:DescribeTrustStores', {}, 'Unparsable'],
]

test('errors have the names of AWS', async () => {
  for (const [action, input, code] of OF_NOTHING) assert.equal(await codeOf(action, input), code, action)
})

test('errors of security groups have the names of AWS', async () => {
  const { vpcId } = await readMotoNetwork(moto.aws)
  const create = { GroupName: 'twice', Description: 'twice', VpcId: vpcId }
  const { GroupId = '' } = await moto.aws.call('ec2:CreateSecurityGroup', create)
  assert.equal(await codeOf('ec2:CreateSecurityGroup', create), 'InvalidGroup.Duplicate')
  const rule = {
    GroupId,
    IpPermissions: [{ IpProtocol: 'tcp', FromPort: 80, ToPort: 80, IpRanges: [{ CidrIp: '192.0.2.0/24' }] }],
  }
  await moto.aws.call('ec2:AuthorizeSecurityGroupIngress', rule)
  assert.equal(await codeOf('ec2:AuthorizeSecurityGroupIngress', rule), 'InvalidPermission.Duplicate')
  await moto.aws.call('ec2:RevokeSecurityGroupIngress', rule)
  assert.equal(await codeOf('ec2:RevokeSecurityGroupIngress', rule), 'InvalidPermission.NotFound')
  const cidrs = Array.from({ length: 61 }, (_, i) => ({ CidrIp: `192.0.2.${i}/32` }))
  const many = { GroupId, IpPermissions: [{ IpProtocol: 'tcp', FromPort: 80, ToPort: 80, IpRanges: cidrs }] }
  assert.equal(await codeOf('ec2:AuthorizeSecurityGroupIngress', many), 'RulesPerSecurityGroupLimitExceeded')
})

test('every read that takes no name is understood by a server that is not ours', async () => {
  const named = new Set(OF_NOTHING.map(([action]) => action))
  const bare = AWS_ACTIONS.filter((action) => isReadOnly(action) && !named.has(action))
  const inputs: Partial<Record<AwsAction, unknown>> = { 'wafv2:ListWebACLs': { Scope: 'REGIONAL' } }
  for (const action of bare) {
    const code = await codeOf(action, inputs[action] ?? {})
    // Those that need a name say so in their way; none may be a shape that cannot be read.
    assert.notEqual(code, 'Unreachable', action)
    if (
      /:(?:List(?!Tags)|Describe(?:Subnets|RouteTables|Vpcs|AvailabilityZones|TargetGroups|AccountLimits|NetworkInterfaces)$)/.test(
        action,
      )
    ) {
      assert.equal(code, '', action)
    }
  }
})

test('lists come page by page, whole', async () => {
  const { vpcId, subnets } = await readMotoNetwork(moto.aws)
  const created = new Set<string>()
  for (let i = 0; i < 60; i++) {
    const { LoadBalancers: [one] = [] } = await moto.aws.call('elbv2:CreateLoadBalancer', {
      Name: `page-${i}`,
      Subnets: [...subnets],
      Type: 'network',
    })
    created.add(one?.LoadBalancerArn ?? '')
  }
  const first = await moto.aws.call('elbv2:DescribeLoadBalancers', {})
  assert.ok((first.LoadBalancers?.length ?? 0) < 60 && first.NextMarker !== undefined, 'one page would show nothing')
  const all = await readPages(moto.aws, 'elbv2:DescribeLoadBalancers', {}, (page) => page.LoadBalancers)
  assert.deepEqual(new Set(all.map((one) => one.LoadBalancerArn)), created)
  for (const LoadBalancerArn of created) await moto.aws.call('elbv2:DeleteLoadBalancer', { LoadBalancerArn })
  assert.equal((await readPages(moto.aws, 'elbv2:DescribeLoadBalancers', {}, (page) => page.LoadBalancers)).length, 0)
  assert.ok(vpcId.startsWith('vpc-'))
})

test('the inventory of an account is read through the SDK', async () => {
  const { vpcId, subnets } = await readMotoNetwork(moto.aws)
  const reader = createInventoryReader({ api: moto.aws, region: MOTO_REGION, vpcId, clusterName: 'demo' })
  const { inventory, problems } = await reader.read()
  assert.deepEqual(
    problems.map((line) => line.slice(0, 25)),
    ['Cannot read trust stores:'],
  )
  assert.deepEqual(inventory.subnets.map(({ id }) => id).sort(), [...subnets].sort())
  assert.deepEqual(inventory.vpcCidrs, ['172.31.0.0/16'])
  assert.equal(inventory.subnets[0]?.zoneType, 'availability-zone')
  assert.ok((inventory.quotas['target-groups'] ?? 0) > 0)
})
