/** What a plan does, and what it leaves alone. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { emptyStack, type AwsStack } from '../../../src/aws/stack/model.ts'
import { createAwsDouble, type AwsDouble } from '../double/aws-double.ts'
import { actionsOf, pass, planFor, smallStack } from './small-stack.ts'

const only = <T>(things: ReadonlyMap<string, T>): T => {
  assert.equal(things.size, 1)
  return [...things.values()][0] as T
}

const writes = (aws: AwsDouble): string[] => aws.calls.filter((call) => call.isWrite).map((call) => call.action)

test('everything is made in order, with Events in the words of the first controller', async () => {
  const plan = await pass(createAwsDouble(), [smallStack('shop/web')])
  assert.deepEqual(actionsOf(plan), [
    'CreateSecurityGroup',
    'AuthorizeSecurityGroupIngress',
    'CreateTargetGroup',
    'CreateLoadBalancer',
    'CreateListener',
    'CreateRule',
  ])
  assert.deepEqual(
    plan.operations.flatMap(({ event }) => (event === undefined ? [] : [`${event.reason} ${event.message}`])),
    [
      'CREATE k8s-sg-shop-web security group created',
      'CREATE k8s-tg-shop-web target group created',
      'CREATE k8s-shop-web-in created',
      'CREATE 80 listener created',
      'CREATE 1 rule created',
    ],
  )
})

test('what nobody wishes any more goes by its tags alone, the load balancer first', async () => {
  const aws = createAwsDouble()
  await pass(aws, [smallStack('shop/web')])
  const plan = await pass(aws, [])
  assert.deepEqual(actionsOf(plan), ['DeleteLoadBalancer', 'DeleteTargetGroup', 'DeleteSecurityGroup'])
  assert.equal(aws.state.targetGroups.size, 0)
  assert.deepEqual((await planFor(aws, [])).operations, [])
})

test('another scheme is a new load balancer, made before the old one goes, with a target group of its own', async () => {
  const aws = createAwsDouble()
  await pass(aws, [smallStack('shop/web')])
  const plan = await pass(aws, [smallStack('shop/web', { scheme: 'internet-facing' })])
  assert.deepEqual(actionsOf(plan), ['CreateTargetGroup', 'CreateLoadBalancer', 'CreateListener', 'CreateRule'])
  assert.match(plan.deferred?.[0]?.reason ?? '', /k8s-shop-web-in answers until k8s-shop-web-out is active/)
  assert.match(plan.operations[1]?.outage ?? '', /the host name changes; the old load balancer answers until/)
  const desired = [smallStack('shop/web', { scheme: 'internet-facing' })]
  const made = [...aws.state.loadBalancers.values()][1]?.shape
  assert.ok(made !== undefined)
  made.State = { Code: 'provisioning' }
  assert.deepEqual((await planFor(aws, desired)).operations, [])
  made.State = { Code: 'active' }
  const rest = await pass(aws, desired)
  assert.deepEqual(actionsOf(rest), ['DeleteLoadBalancer', 'DeleteTargetGroup'])
  assert.equal(rest.operations[0]?.verb, 'replace')
  assert.equal(only(aws.state.targetGroups).shape.TargetGroupName, 'k8s-tg-shop-web-2')
  assert.equal(only(aws.state.loadBalancers).shape.Scheme, 'internet-facing')
})

test('under a name that the user chose the old load balancer has to go first', async () => {
  const aws = createAwsDouble()
  await pass(aws, [smallStack('shop/web', { name: 'mine' })])
  const plan = await pass(aws, [smallStack('shop/web', { name: 'mine', scheme: 'internet-facing' })])
  const actions = actionsOf(plan)
  assert.ok(actions.indexOf('DeleteLoadBalancer') < actions.indexOf('CreateLoadBalancer'))
  assert.match(
    plan.operations.find(({ action }) => action === 'elbv2:CreateLoadBalancer')?.outage ?? '',
    /nobody is answered/,
  )
})

test('another name alone is no reason to replace a load balancer', async () => {
  const aws = createAwsDouble()
  await pass(aws, [smallStack('shop/web')])
  const plan = await planFor(aws, [smallStack('shop/web', { name: 'other' })])
  assert.deepEqual(plan.operations, [])
  assert.match(plan.remarks[0]?.message ?? '', /keeps its name/)
})

test('an attribute that is wished no longer goes back to its default, and those of others stay', async () => {
  const aws = createAwsDouble()
  await pass(aws, [smallStack('shop/web', { attributes: { 'idle_timeout.timeout_seconds': '120' } })])
  const balancer = only(aws.state.loadBalancers)
  assert.equal(balancer.attributes.get('idle_timeout.timeout_seconds'), '120')
  balancer.attributes.set('routing.http2.enabled', 'false')
  await pass(aws, [smallStack('shop/web')])
  assert.equal(balancer.attributes.get('idle_timeout.timeout_seconds'), '60')
  assert.equal(balancer.attributes.get('routing.http2.enabled'), 'false')
  assert.ok(!balancer.tags.has('genkan.dev/attributes'))
  assert.deepEqual((await planFor(aws, [smallStack('shop/web')])).operations, [])
})

test('tags of users are written and removed, those of others that are named are not touched', async () => {
  const aws = createAwsDouble()
  const options = { externalManagedTags: ['billing'] }
  await pass(aws, [smallStack('shop/web', { tags: { team: 'a', env: 'x' } })], options)
  const { tags } = only(aws.state.loadBalancers)
  tags.set('billing', '42')
  await pass(aws, [smallStack('shop/web', { tags: { team: 'b', billing: '0' } })], options)
  assert.deepEqual([tags.get('team'), tags.get('env'), tags.get('billing')], ['b', undefined, '42'])
})

test('at the quota a rule goes before another comes', async () => {
  const aws = createAwsDouble({ quotas: { rules: 2 } })
  const quotas = { rules: 2 }
  const onTwoPorts = (first: readonly string[], second: readonly string[]): AwsStack => {
    const stack = smallStack('shop/web', {}, first)
    const [listener] = stack.listeners
    const rules = smallStack('shop/web', {}, second).rules.map((one) => ({
      ...one,
      id: one.id.replace('80', '81'),
      listener: { ref: 'Listener/81' } as const,
    }))
    assert.ok(listener !== undefined)
    return { ...stack, listeners: [listener, { ...listener, id: '81', port: 81 }], rules: [...stack.rules, ...rules] }
  }
  await pass(aws, [onTwoPorts(['/a'], ['/b'])], { quotas })
  const plan = await pass(aws, [onTwoPorts(['/a', '/c'], [])], { quotas })
  assert.deepEqual(actionsOf(plan), ['DeleteRule', 'CreateRule'])
})

test('a rule that somebody made on our listener keeps its place, and ours go round it', async () => {
  const aws = createAwsDouble()
  await pass(aws, [smallStack('shop/web', {}, ['/a'])])
  const listener = only(aws.state.listeners).shape.ListenerArn
  await aws.call('elbv2:CreateRule', {
    ListenerArn: listener,
    Priority: 2,
    Conditions: [{ Field: 'path-pattern', PathPatternConfig: { Values: ['/theirs'] } }],
    Actions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '200' } }],
  })
  const desired = [smallStack('shop/web', {}, ['/a', '/b'])]
  await pass(aws, desired)
  const order = [...aws.state.rules.values()].map(({ shape }) => [shape.Priority, shape.Conditions?.[0]?.Values?.[0]])
  assert.deepEqual(
    order.toSorted(([a], [b]) => Number(a) - Number(b)),
    [
      ['1', '/a'],
      ['2', '/theirs'],
      ['3', '/b'],
    ],
  )
  assert.deepEqual((await planFor(aws, desired)).operations, [])
})

test('a listener that somebody made on our load balancer is left alone, with a remark', async () => {
  const aws = createAwsDouble()
  await pass(aws, [smallStack('shop/web')])
  await aws.call('elbv2:CreateListener', {
    LoadBalancerArn: only(aws.state.loadBalancers).shape.LoadBalancerArn,
    Port: 81,
    Protocol: 'HTTP',
    DefaultActions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '200' } }],
  })
  const stack = smallStack('shop/web')
  const [listener] = stack.listeners
  assert.ok(listener !== undefined)
  const plan = await planFor(aws, [{ ...stack, listeners: [listener, { ...listener, id: '81', port: 81 }] }])
  assert.deepEqual(plan.operations, [])
  assert.match(plan.remarks[0]?.message ?? '', /port 81 has a listener that somebody else made/)
})

test('a target group to which a load balancer of others forwards is left, with a remark', async () => {
  const aws = createAwsDouble()
  const stack = smallStack('shop/web')
  const unused = { ...emptyStack(stack.id), targetGroups: stack.targetGroups }
  await pass(aws, [unused])
  const made = await aws.call('elbv2:CreateLoadBalancer', {
    Name: 'theirs',
    Subnets: ['subnet-private-a', 'subnet-private-b'],
    SecurityGroups: ['sg-own'],
  })
  await aws.call('elbv2:CreateListener', {
    LoadBalancerArn: made.LoadBalancers?.[0]?.LoadBalancerArn,
    Port: 80,
    Protocol: 'HTTP',
    DefaultActions: [{ Type: 'forward', TargetGroupArn: only(aws.state.targetGroups).shape.TargetGroupArn }],
  })
  const plan = await planFor(aws, [])
  assert.deepEqual(plan.operations, [])
  assert.match(plan.remarks[0]?.message ?? '', /which is not ours, forwards to it/)
})

test('what has our name but not our UID is left alone until it is adopted, and adoption comes first', async () => {
  const aws = createAwsDouble()
  const desired = [smallStack('shop/web')]
  await pass(aws, desired, { clusterUid: 'before' })
  const count = writes(aws).length
  const plan = await pass(aws, desired)
  assert.deepEqual(plan.operations, [])
  assert.match(plan.held[0]?.reason ?? '', /exists with this cluster's name but not its UID/)
  assert.equal(plan.remarks.length, 5)
  assert.deepEqual((await pass(aws, [])).operations, [], 'not even deleted')
  assert.equal(writes(aws).length, count)

  const adoption = await pass(aws, [smallStack('shop/web', {}, ['/', '/b'])], { adopts: true })
  assert.deepEqual(
    adoption.operations.map(({ verb }) => verb),
    ['adopt', 'adopt', 'adopt', 'adopt', 'adopt', 'create'],
  )
  assert.ok(adoption.operations[5]?.after.length === 5)
  assert.equal(only(aws.state.loadBalancers).tags.get('genkan.dev/cluster-uid'), 'uid-1')
  assert.deepEqual((await planFor(aws, [smallStack('shop/web', {}, ['/', '/b'])])).operations, [])
})

test('a name that somebody has holds the stack back', async () => {
  const aws = createAwsDouble()
  await aws.call('elbv2:CreateLoadBalancer', {
    Name: 'k8s-shop-web-in',
    Subnets: ['subnet-private-a', 'subnet-private-b'],
    SecurityGroups: ['sg-own'],
  })
  const plan = await planFor(aws, [smallStack('shop/web'), smallStack('shop/other')])
  assert.match(plan.held[0]?.reason ?? '', /k8s-shop-web-in belongs to arn:/)
  assert.ok(plan.operations.length > 0 && plan.operations.every(({ stack }) => stack === 'ingress:shop/other'))
})

test('deletes of many load balancers wait for a confirmation; other stacks go on', async () => {
  const aws = createAwsDouble()
  const all = ['a', 'b', 'c', 'd', 'e'].map((name) => smallStack(`shop/${name}`))
  await pass(aws, all)
  const rest = [smallStack('shop/e', {}, ['/', '/new'])]
  const plan = await planFor(aws, rest)
  assert.deepEqual(
    plan.held.map(({ stack }) => stack),
    ['ingress:shop/a', 'ingress:shop/b', 'ingress:shop/c', 'ingress:shop/d'],
  )
  assert.match(plan.held[0]?.reason ?? '', /4 of 5 load balancers \(80 %\) would be deleted at once/)
  assert.deepEqual(actionsOf(plan), ['CreateRule'])
  assert.equal((await planFor(aws, rest, { maxDeleteShare: 0.8 })).held.length, 0)
  const some = await planFor(aws, rest, { confirmedDeletes: new Set(['ingress:shop/a']) })
  assert.equal(some.held.length, 3)
  await pass(aws, rest, { confirmedDeletes: true })
  assert.equal(aws.state.loadBalancers.size, 1)
})

test('one small Ingress of one is deleted without a question', async () => {
  const aws = createAwsDouble()
  await pass(aws, [smallStack('shop/web')])
  assert.deepEqual((await planFor(aws, [])).held, [])
})

test('most rules of a large listener wait for a confirmation', async () => {
  const aws = createAwsDouble()
  const paths = Array.from({ length: 30 }, (_, index) => `/${index}`)
  await pass(aws, [smallStack('shop/web', {}, paths)])
  const plan = await planFor(aws, [smallStack('shop/web', {}, paths.slice(0, 10))])
  assert.match(plan.held[0]?.reason ?? '', /20 of 30 rules of the listener on port 80/)
  assert.deepEqual(plan.operations, [])
  assert.deepEqual((await planFor(aws, [smallStack('shop/web', {}, paths.slice(0, 20))])).held, [])
})

test('a load balancer that an annotation protects is not deleted; one that somebody protected is', async () => {
  const aws = createAwsDouble()
  await pass(aws, [smallStack('shop/web', { attributes: { 'deletion_protection.enabled': 'true' } })])
  const plan = await planFor(aws, [])
  assert.match(plan.held[0]?.reason ?? '', /an annotation protects it/)
  assert.deepEqual(plan.operations, [])
  await pass(aws, [smallStack('shop/web')])
  only(aws.state.loadBalancers).attributes.set('deletion_protection.enabled', 'true')
  assert.deepEqual(actionsOf(await pass(aws, [])).slice(0, 2), ['ModifyLoadBalancerAttributes', 'DeleteLoadBalancer'])
})

test('a stack that cannot be built now stays as it is', async () => {
  const aws = createAwsDouble()
  await pass(aws, [smallStack('shop/web')])
  assert.deepEqual((await planFor(aws, [], { keeps: new Set(['ingress:shop/web']) })).operations, [])
})

test('rules of a security group are admitted before others are revoked, unless there is no room', async () => {
  const open = (cidrs: readonly string[]): AwsStack => {
    const stack = smallStack('shop/web')
    const ingress = cidrs.map(
      (cidr) =>
        ({ protocol: 'tcp', fromPort: 80, toPort: 80, source: { kind: 'cidr', cidr }, description: '' }) as const,
    )
    return { ...stack, securityGroups: stack.securityGroups.map((group) => ({ ...group, ingress })) }
  }
  const aws = createAwsDouble({ quotas: { rulesPerSecurityGroup: 2 } })
  await pass(aws, [open(['10.0.0.0/8', '192.0.2.0/24'])])
  assert.deepEqual(actionsOf(await planFor(aws, [open(['10.0.0.0/8', '198.51.100.0/24'])])), [
    'AuthorizeSecurityGroupIngress',
    'RevokeSecurityGroupIngress',
  ])
  const tight = await pass(aws, [open(['10.0.0.0/8', '198.51.100.0/24'])], { quotas: { rulesPerSecurityGroup: 2 } })
  assert.deepEqual(actionsOf(tight), ['RevokeSecurityGroupIngress', 'AuthorizeSecurityGroupIngress'])
})

test('a changed OIDC Secret is written again, and no plan holds it', async () => {
  const withSecret = (secretFingerprint: string): AwsStack => {
    const stack = smallStack('shop/web')
    const config = {
      onUnauthenticatedRequest: 'authenticate',
      scope: 'openid',
      sessionCookieName: 'AWSELBAuthSessionCookie',
      sessionTimeoutSeconds: 604_800,
      extraParams: {},
      issuer: 'https://id.example.com',
      authorizationEndpoint: 'https://id.example.com/a',
      tokenEndpoint: 'https://id.example.com/t',
      userInfoEndpoint: 'https://id.example.com/u',
      secret: 'shop/oidc',
      secretFingerprint,
    } as const
    return {
      ...stack,
      listeners: stack.listeners.map((one) => ({
        ...one,
        protocol: 'HTTPS',
        certificates: [`arn:aws:acm:eu-central-1:123456789012:certificate/00000000-0000-0000-0000-000000000001`],
      })),
      rules: stack.rules.map((one) => ({ ...one, actions: [{ type: 'authenticate-oidc', config }, ...one.actions] })),
    }
  }
  const aws = createAwsDouble()
  await pass(aws, [withSecret('one')])
  assert.deepEqual((await planFor(aws, [withSecret('one')])).operations, [])
  const plan = await pass(aws, [withSecret('two')])
  assert.deepEqual(actionsOf(plan), ['ModifyRule', 'AddTags'])
  assert.match(JSON.stringify(plan.operations), /\{"\$secret":"shop\/oidc","part":"clientSecret"\}/)
  assert.deepEqual((await planFor(aws, [withSecret('two')])).operations, [])
})

test('what IAM does not let us read is left alone', async () => {
  const aws = createAwsDouble()
  const stack = smallStack('shop/web')
  await pass(aws, [stack])
  aws.faults.denied.add('wafv2:GetWebACLForResource')
  const [acl] = aws.state.webAcls.keys()
  const common = { id: 'LoadBalancer', origins: [], loadBalancer: { ref: 'LoadBalancer/LoadBalancer' } } as const
  const desired = [{ ...stack, webAcls: [{ ...common, generation: 'v2', arn: acl ?? '' } as const] }]
  assert.deepEqual((await planFor(aws, desired)).operations, [])
  aws.faults.denied.clear()
  assert.deepEqual(actionsOf(await pass(aws, desired)), ['AssociateWebACL'])
  assert.deepEqual((await planFor(aws, desired)).operations, [])
})

test("the in-tree controller's Classic Load Balancer is taken over when it is told to be ours", async () => {
  const aws = createAwsDouble()
  const desired: AwsStack = {
    ...emptyStack('service:shop/old'),
    classicLoadBalancers: [
      {
        id: 'LoadBalancer',
        origins: [],
        name: 'a0123456789abcdef',
        scheme: 'internal',
        subnetIds: ['subnet-private-a'],
        securityGroups: ['sg-own'],
        listeners: [{ port: 80, protocol: 'TCP', instancePort: 30_080, instanceProtocol: 'TCP' }],
        healthCheck: {
          target: 'TCP:30080',
          intervalSeconds: 10,
          timeoutSeconds: 5,
          healthyThreshold: 2,
          unhealthyThreshold: 6,
        },
        attributes: { crossZone: false, idleTimeoutSeconds: 60, drainingSeconds: null, accessLog: null },
        sendsProxyProtocol: false,
        tags: {},
        nodeLabels: {},
        access: [],
      },
    ],
  }
  await aws.call('elb:CreateLoadBalancer', {
    LoadBalancerName: 'a0123456789abcdef',
    Scheme: 'internal',
    Subnets: ['subnet-private-a'],
    SecurityGroups: ['sg-own'],
    Listeners: [{ Protocol: 'TCP', LoadBalancerPort: 80, InstancePort: 30_080 }],
    Tags: [
      { Key: 'kubernetes.io/service-name', Value: 'shop/old' },
      { Key: 'kubernetes.io/cluster/test', Value: 'owned' },
    ],
  })
  assert.equal((await planFor(aws, [desired])).held.length, 1)
  const plan = await pass(aws, [desired], { adopts: true })
  assert.deepEqual(actionsOf(plan), ['AddTags', 'ConfigureHealthCheck'])
  assert.deepEqual((await planFor(aws, [desired])).operations, [])
})

test('what the index of tags does not know yet is found and deleted all the same', async () => {
  const aws = createAwsDouble({ taggingLag: 1000 })
  await pass(aws, [smallStack('shop/web', { name: 'mine' })])
  const again = smallStack('shop/web', { name: 'mine' })
  assert.deepEqual((await planFor(aws, [again])).operations, [])
  const stack = smallStack('shop/web', { name: 'mine' })
  const named = { ...stack, targetGroups: stack.targetGroups.map((one) => ({ ...one, name: `k8s-${one.id.length}` })) }
  assert.deepEqual((await planFor(aws, [named])).operations, [], 'a target group keeps its name')
  assert.deepEqual(actionsOf(await pass(aws, [])), ['DeleteLoadBalancer', 'DeleteTargetGroup', 'DeleteSecurityGroup'])
})
