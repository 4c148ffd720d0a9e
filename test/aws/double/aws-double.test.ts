/** The double refuses what AWS refuses. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAwsDouble, type AwsDouble } from './aws-double.ts'

const SUBNETS = ['subnet-private-a', 'subnet-private-b']
const NO_ONE = { Type: 'fixed-response', FixedResponseConfig: { StatusCode: '404' } } as const

async function withListener(aws: AwsDouble): Promise<{ balancer: string; listener: string }> {
  const made = await aws.call('elbv2:CreateLoadBalancer', {
    Name: 'web',
    Scheme: 'internal',
    Subnets: SUBNETS,
    SecurityGroups: ['sg-own'],
  })
  const balancer = made.LoadBalancers?.[0]?.LoadBalancerArn ?? ''
  const answer = await aws.call('elbv2:CreateListener', {
    LoadBalancerArn: balancer,
    Port: 80,
    Protocol: 'HTTP',
    DefaultActions: [NO_ONE],
  })
  return { balancer, listener: answer.Listeners?.[0]?.ListenerArn ?? '' }
}

async function addRule(
  aws: AwsDouble,
  listener: string,
  priority: number,
  host = `h${priority}.example.com`,
): Promise<string> {
  const made = await aws.call('elbv2:CreateRule', {
    ListenerArn: listener,
    Priority: priority,
    Conditions: [{ Field: 'host-header', HostHeaderConfig: { Values: [host] } }],
    Actions: [NO_ONE],
  })
  return made.Rules?.[0]?.RuleArn ?? ''
}

test('creating a load balancer twice gives the same one, and another one of its name is refused', async () => {
  const aws = createAwsDouble()
  const { balancer } = await withListener(aws)
  const again = await aws.call('elbv2:CreateLoadBalancer', {
    Name: 'web',
    Scheme: 'internal',
    Subnets: SUBNETS,
    SecurityGroups: ['sg-own'],
  })
  assert.equal(again.LoadBalancers?.[0]?.LoadBalancerArn, balancer)
  await assert.rejects(
    aws.call('elbv2:CreateLoadBalancer', {
      Name: 'web',
      Scheme: 'internet-facing',
      Subnets: SUBNETS,
      SecurityGroups: ['sg-own'],
    }),
    { code: 'DuplicateLoadBalancerName' },
  )
})

test('an ALB needs subnets in two zones', async () => {
  const aws = createAwsDouble()
  const input = { Name: 'web', Subnets: ['subnet-private-a'], SecurityGroups: ['sg-own'] }
  await assert.rejects(aws.call('elbv2:CreateLoadBalancer', input), { code: 'ValidationError' })
  await aws.call('elbv2:CreateLoadBalancer', { ...input, Type: 'network' })
})

test('priorities are swapped in one call, and a taken one is refused', async () => {
  const aws = createAwsDouble()
  const { listener } = await withListener(aws)
  const first = await addRule(aws, listener, 1)
  const second = await addRule(aws, listener, 2)
  await assert.rejects(addRule(aws, listener, 2), { code: 'PriorityInUse' })
  await assert.rejects(aws.call('elbv2:SetRulePriorities', { RulePriorities: [{ RuleArn: first, Priority: 2 }] }), {
    code: 'PriorityInUse',
  })
  await aws.call('elbv2:SetRulePriorities', {
    RulePriorities: [
      { RuleArn: first, Priority: 2 },
      { RuleArn: second, Priority: 1 },
    ],
  })
  const rules = await aws.call('elbv2:DescribeRules', { ListenerArn: listener })
  assert.deepEqual(rules.Rules?.map((rule) => rule.RuleArn).slice(0, 2), [second, first])
})

test('rules are limited in number and in values', async () => {
  const aws = createAwsDouble({ quotas: { rules: 2 } })
  const { listener } = await withListener(aws)
  await addRule(aws, listener, 1)
  await addRule(aws, listener, 2)
  await assert.rejects(addRule(aws, listener, 3), { code: 'TooManyRules' })
  const values = (count: number) => Array.from({ length: count }, (_, index) => `/${index}`)
  await assert.rejects(
    aws.call('elbv2:CreateRule', {
      ListenerArn: listener,
      Priority: 9,
      Conditions: [
        { Field: 'path-pattern', PathPatternConfig: { Values: values(3) } },
        { Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'x', Values: values(3) } },
      ],
      Actions: [NO_ONE],
    }),
    { code: 'TooManyConditionValues' },
  )
})

test('a target group in use is not deleted and serves one load balancer only', async () => {
  const aws = createAwsDouble()
  const { balancer, listener } = await withListener(aws)
  const made = await aws.call('elbv2:CreateTargetGroup', {
    Name: 'web',
    Protocol: 'HTTP',
    Port: 80,
    VpcId: aws.state.vpcId,
  })
  const group = made.TargetGroups?.[0]?.TargetGroupArn ?? ''
  await aws.call('elbv2:ModifyListener', {
    ListenerArn: listener,
    DefaultActions: [{ Type: 'forward', TargetGroupArn: group }],
  })
  await assert.rejects(aws.call('elbv2:DeleteTargetGroup', { TargetGroupArn: group }), { code: 'ResourceInUse' })
  const other = await aws.call('elbv2:CreateLoadBalancer', {
    Name: 'other',
    Subnets: SUBNETS,
    SecurityGroups: ['sg-own'],
  })
  await assert.rejects(
    aws.call('elbv2:CreateListener', {
      LoadBalancerArn: other.LoadBalancers?.[0]?.LoadBalancerArn,
      Port: 80,
      Protocol: 'HTTP',
      DefaultActions: [{ Type: 'forward', TargetGroupArn: group }],
    }),
    { code: 'TargetGroupAssociationLimit' },
  )
  await aws.call('elbv2:DeleteLoadBalancer', { LoadBalancerArn: balancer })
  await aws.call('elbv2:DeleteTargetGroup', { TargetGroupArn: group })
})

test('a security group stays in use until the interfaces of its load balancer are gone', async () => {
  const aws = createAwsDouble({ interfaceCalls: 2 })
  const { balancer } = await withListener(aws)
  const remove = () => aws.call('ec2:DeleteSecurityGroup', { GroupId: 'sg-own' })
  await aws.call('elbv2:DeleteLoadBalancer', { LoadBalancerArn: balancer })
  await assert.rejects(remove(), { code: 'DependencyViolation' })
  await remove()
})

test('deletion protection holds', async () => {
  const aws = createAwsDouble()
  const { balancer } = await withListener(aws)
  const protect = (Value: string) =>
    aws.call('elbv2:ModifyLoadBalancerAttributes', {
      LoadBalancerArn: balancer,
      Attributes: [{ Key: 'deletion_protection.enabled', Value }],
    })
  await protect('true')
  await assert.rejects(aws.call('elbv2:DeleteLoadBalancer', { LoadBalancerArn: balancer }), {
    code: 'OperationNotPermitted',
  })
  await protect('false')
  await aws.call('elbv2:DeleteLoadBalancer', { LoadBalancerArn: balancer })
})

test('rules of a security group are unique whatever their description, and limited', async () => {
  const aws = createAwsDouble({ quotas: { rulesPerSecurityGroup: 1 } })
  const open = (port: number, Description: string) =>
    aws.call('ec2:AuthorizeSecurityGroupIngress', {
      GroupId: 'sg-own',
      IpPermissions: [
        { IpProtocol: 'tcp', FromPort: port, ToPort: port, IpRanges: [{ CidrIp: '0.0.0.0/0', Description }] },
      ],
    })
  await open(80, 'one')
  await assert.rejects(open(80, 'two'), { code: 'InvalidPermission.Duplicate' })
  await assert.rejects(open(81, 'two'), { code: 'RulesPerSecurityGroupLimitExceeded' })
})

test('what is created is not found by the next reads, if so asked', async () => {
  const aws = createAwsDouble({ hiddenReads: 1 })
  const made = await aws.call('elbv2:CreateLoadBalancer', { Name: 'web', Subnets: SUBNETS, SecurityGroups: ['sg-own'] })
  const listener = {
    LoadBalancerArn: made.LoadBalancers?.[0]?.LoadBalancerArn,
    Port: 80,
    Protocol: 'HTTP',
    DefaultActions: [NO_ONE],
  } as const
  await assert.rejects(
    aws.call('elbv2:CreateListener', { ...listener, DefaultActions: [...listener.DefaultActions] }),
    { code: 'LoadBalancerNotFound' },
  )
  await aws.call('elbv2:CreateListener', { ...listener, DefaultActions: [...listener.DefaultActions] })
})

test('a connection that is cut afterwards has had its effect', async () => {
  const aws = createAwsDouble()
  aws.faults.cutAfter = (call) => call.action === 'elbv2:CreateLoadBalancer'
  await assert.rejects(withListener(aws), { code: 'Unreachable', status: 0 })
  assert.equal(aws.state.loadBalancers.size, 1)
})

test('the tag index lags behind, if so asked', async () => {
  const aws = createAwsDouble({ taggingLag: 2 })
  await aws.call('elbv2:CreateLoadBalancer', {
    Name: 'web',
    Subnets: SUBNETS,
    SecurityGroups: ['sg-own'],
    Tags: [{ Key: 'a', Value: 'b' }],
  })
  const count = async () =>
    (await aws.call('tagging:GetResources', { TagFilters: [{ Key: 'a' }] })).ResourceTagMappingList?.length
  assert.equal(await count(), 0)
  assert.equal(await count(), 1)
})

test('draining targets are listed until they are gone, and strangers are refused', async () => {
  const aws = createAwsDouble({ targetCalls: 2 })
  const { listener } = await withListener(aws)
  const made = await aws.call('elbv2:CreateTargetGroup', {
    Name: 'web',
    Protocol: 'HTTP',
    Port: 80,
    VpcId: aws.state.vpcId,
    TargetType: 'ip',
  })
  const TargetGroupArn = made.TargetGroups?.[0]?.TargetGroupArn ?? ''
  await aws.call('elbv2:ModifyListener', {
    ListenerArn: listener,
    DefaultActions: [{ Type: 'forward', TargetGroupArn }],
  })
  const states = async () =>
    (await aws.call('elbv2:DescribeTargetHealth', { TargetGroupArn })).TargetHealthDescriptions?.map(
      (one) => one.TargetHealth?.State,
    )
  const target = { Id: '10.0.10.9', Port: 8080 }
  await aws.call('elbv2:RegisterTargets', { TargetGroupArn, Targets: [target] })
  assert.deepEqual(await states(), ['initial'])
  assert.deepEqual(await states(), ['healthy'])
  await aws.call('elbv2:DeregisterTargets', { TargetGroupArn, Targets: [target] })
  assert.deepEqual(await states(), ['draining'])
  assert.deepEqual(await states(), [])
  await assert.rejects(aws.call('elbv2:RegisterTargets', { TargetGroupArn, Targets: [{ Id: '8.8.8.8', Port: 1 }] }), {
    code: 'InvalidTarget',
  })
})
