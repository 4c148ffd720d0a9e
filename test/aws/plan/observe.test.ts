/** What an observation costs, and that what it remembers is never wrong for long. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createObserveCache, noteWrites } from '../../../src/aws/deploy/observe/observe-cache.ts'
import { observe } from '../../../src/aws/deploy/observe/observe.ts'
import { createAwsDouble, type AwsDouble } from '../double/aws-double.ts'
import { IDENTITY, pass, smallStack } from './small-stack.ts'

async function callsOf(aws: AwsDouble, run: () => Promise<unknown>): Promise<string[]> {
  const before = aws.calls.length
  await run()
  return aws.calls.slice(before).map(({ action }) => action)
}

const count = (actions: readonly string[], action: string): number => actions.filter((one) => one === action).length

test('a steady pass asks for lists, listeners and rules, and for nothing else', async () => {
  const aws = createAwsDouble()
  const desired = [
    smallStack('shop/web', { attributes: { 'idle_timeout.timeout_seconds': '120' } }),
    smallStack('shop/other'),
  ]
  await pass(aws, desired)
  const cache = createObserveCache()
  const look = () => observe(aws, { ...IDENTITY, vpcId: aws.state.vpcId, desired }, cache)
  const first = await callsOf(aws, look)
  assert.equal(count(first, 'elbv2:DescribeLoadBalancerAttributes'), 2)
  const second = await callsOf(aws, look)
  assert.deepEqual(second.toSorted(), [
    'ec2:DescribeSecurityGroups',
    'elbv2:DescribeListeners',
    'elbv2:DescribeListeners',
    'elbv2:DescribeLoadBalancers',
    'elbv2:DescribeRules',
    'elbv2:DescribeRules',
    'elbv2:DescribeTargetGroups',
    'tagging:GetResources',
  ])
})

test('what we wrote is read again, and what others wrote is read in time', async () => {
  const aws = createAwsDouble()
  const desired = [smallStack('shop/web')]
  await pass(aws, desired)
  const cache = createObserveCache(4, () => 0.5)
  const api = noteWrites(aws, cache)
  const look = () => observe(api, { ...IDENTITY, vpcId: aws.state.vpcId, desired }, cache)
  const [balancer] = aws.state.loadBalancers.values()
  assert.ok(balancer !== undefined)
  const timeout = async (): Promise<string | undefined> => {
    const observed = await look()
    return observed.stacks.get('ingress:shop/web')?.loadBalancers[0]?.spec.attributes['idle_timeout.timeout_seconds']
  }
  assert.equal(await timeout(), '60')
  await api.call('elbv2:ModifyLoadBalancerAttributes', {
    LoadBalancerArn: balancer.shape.LoadBalancerArn,
    Attributes: [{ Key: 'idle_timeout.timeout_seconds', Value: '61' }],
  })
  assert.equal(await timeout(), '61')
  balancer.attributes.set('idle_timeout.timeout_seconds', '62')
  const seen: (string | undefined)[] = []
  for (let passes = 0; passes < 4; passes++) seen.push(await timeout())
  assert.deepEqual(seen, ['61', '61', '61', '62'])
})

test('where the index of tags is denied, tags are read twenty at a time', async () => {
  const aws = createAwsDouble()
  const paths = Array.from({ length: 30 }, (_, index) => `/${index}`)
  const desired = [smallStack('shop/web', {}, paths)]
  await pass(aws, desired)
  const seen = await observe(aws, { ...IDENTITY, vpcId: aws.state.vpcId, desired })
  aws.faults.denied.add('tagging:GetResources')
  const cache = createObserveCache()
  const look = () => observe(aws, { ...IDENTITY, vpcId: aws.state.vpcId, desired }, cache)
  const first = await callsOf(aws, look)
  // A load balancer, a target group, a listener, and thirty rules in two calls.
  assert.equal(count(first, 'elbv2:DescribeTags'), 5)
  assert.equal(count(await callsOf(aws, look), 'elbv2:DescribeTags'), 0)
  assert.deepEqual(await look(), seen)
})

test('a tag that we have just written counts, even if the index does not know it yet', async () => {
  const aws = createAwsDouble({ taggingLag: 40 })
  const desired = [smallStack('shop/web')]
  await pass(aws, desired)
  const cache = createObserveCache()
  const api = noteWrites(aws, cache)
  const look = () => observe(api, { ...IDENTITY, vpcId: aws.state.vpcId, desired }, cache)
  const [arn] = aws.state.loadBalancers.keys()
  for (let calls = 0; calls < 40; calls++) await aws.call('ec2:DescribeVpcs', {})
  await look()
  await api.call('elbv2:AddTags', { ResourceArns: [arn ?? ''], Tags: [{ Key: 'team', Value: 'new' }] })
  const observed = await look()
  assert.equal(observed.stacks.get('ingress:shop/web')?.loadBalancers[0]?.allTags['team'], 'new')
})

test('of a load balancer and its successor, the one that answers gives the host name', async () => {
  const aws = createAwsDouble()
  await pass(aws, [smallStack('shop/web')])
  const desired = [smallStack('shop/web', { scheme: 'internet-facing' })]
  const plan = await pass(aws, desired)
  assert.equal(plan.deferred?.length, 1)
  const [before, after] = [...aws.state.loadBalancers.values()].map(({ shape }) => shape)
  assert.ok(before !== undefined && after !== undefined)
  const name = async (): Promise<string | undefined> => {
    const observed = await observe(aws, { ...IDENTITY, vpcId: aws.state.vpcId, desired })
    return observed.dnsNames.get('ingress:shop/web#LoadBalancer/LoadBalancer')
  }
  after.State = { Code: 'provisioning' }
  assert.equal(await name(), before.DNSName)
  after.State = { Code: 'active' }
  assert.equal(await name(), after.DNSName)
})
