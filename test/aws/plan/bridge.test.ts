/** A target group is replaced and nobody loses traffic: what forwards to it never has unhealthy targets alone while others are healthy. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type * as Elb from '@aws-sdk/client-elastic-load-balancing-v2'
import type { AwsApi } from '../../../src/aws/deploy/aws-api.ts'
import type { PlanOptions } from '../../../src/aws/deploy/plan/plan-operations.ts'
import type { AwsStack, ListenerRule, TargetGroup } from '../../../src/aws/stack/model.ts'
import { createAwsDouble, type AwsDouble } from '../double/aws-double.ts'
import { applyPlan } from './apply-plan.ts'
import { planFor, smallStack } from './small-stack.ts'

type Change = Partial<TargetGroup>

function withGroup(stack: AwsStack, change: Change): AwsStack {
  return { ...stack, targetGroups: stack.targetGroups.map((one) => ({ ...one, ...change })) }
}

/** As the target lane does, a while after the target group is there. */
async function register(aws: AwsDouble, ids: readonly string[], port: number): Promise<void> {
  for (const [arn, group] of aws.state.targetGroups) {
    if (group.shape.Port !== port) continue
    await aws.call('elbv2:RegisterTargets', { TargetGroupArn: arn, Targets: ids.map((Id) => ({ Id, Port: port })) })
  }
}

const healthyIn = (aws: AwsDouble, arn: string): number =>
  [...(aws.state.targetGroups.get(arn)?.targets.values() ?? [])].filter(({ state }) => state === 'healthy').length

/** Target groups that get requests by an action, each with the number of its healthy targets. */
function serving(aws: AwsDouble, actions: readonly Elb.Action[] | undefined): number[] {
  return (actions ?? []).flatMap(({ TargetGroupArn: arn, ForwardConfig: config }) => {
    const weighted = (config?.TargetGroups ?? []).filter(({ Weight = 1 }) => Weight > 0)
    const arns = weighted.length > 0 ? weighted.map((one) => one.TargetGroupArn ?? '') : arn === undefined ? [] : [arn]
    return arns.map((one) => healthyIn(aws, one))
  })
}

/** The account, and a check after each of its calls. */
function watched(aws: AwsDouble): AwsApi {
  return {
    async call(action, input) {
      const output = await aws.call(action, input)
      const anyHealthy = [...aws.state.targetGroups.keys()].some((arn) => healthyIn(aws, arn) > 0)
      if (!anyHealthy) return output
      const all = [
        ...[...aws.state.rules.values()].map(({ shape }) => shape.Actions),
        ...[...aws.state.listeners.values()].map(({ shape }) => shape.DefaultActions),
      ]
      for (const actions of all) {
        const groups = serving(aws, actions)
        assert.ok(
          groups.length === 0 || groups.some((healthy) => healthy > 0),
          `after ${action} requests go to a target group without healthy targets: ${JSON.stringify(actions)}`,
        )
      }
      return output
    },
  }
}

async function pass(
  aws: AwsDouble,
  desired: readonly AwsStack[],
  options: Partial<PlanOptions> = {},
): ReturnType<typeof planFor> {
  const plan = await planFor(aws, desired, options)
  await applyPlan(watched(aws), plan)
  return plan
}

async function serviceOf(stack: AwsStack): Promise<AwsDouble> {
  const aws = createAwsDouble()
  await applyPlan(aws, await planFor(aws, [stack]))
  await register(aws, ['10.0.1.1', '10.0.1.2'], 8080)
  return aws
}

const forwardingTo = (aws: AwsDouble): (string | undefined)[] =>
  [...aws.state.rules.values()].map(({ shape }) =>
    (shape.Actions?.[0]?.ForwardConfig?.TargetGroups ?? []).map((one) => one.Weight).join(','),
  )

const CHANGES: readonly (readonly [string, (stack: AwsStack) => AwsStack])[] = [
  ['another port', (stack) => withGroup(stack, { port: 9090 })],
  ['another protocol', (stack) => withGroup(stack, { protocol: 'HTTPS', port: 9090 })],
  [
    'another port, and other conditions of its rules',
    (stack) => ({
      ...withGroup(stack, { port: 9090 }),
      rules: stack.rules.map((rule): ListenerRule => ({
        ...rule,
        conditions: [{ field: 'host-header', values: [`h${rule.priority}.example.com`] }],
      })),
    }),
  ],
  [
    'another port, of the default action too',
    (stack) => ({
      ...withGroup(stack, { port: 9090 }),
      listeners: stack.listeners.map((one) => ({ ...one, defaultActions: stack.rules[0]?.actions ?? [] })),
    }),
  ],
]

for (const [name, change] of CHANGES) {
  test(`requests go to the old target group until targets of the new one are healthy: ${name}`, async () => {
    const before = smallStack('shop/web', {}, ['/a', '/b'])
    const aws = await serviceOf(before)
    aws.state.targetCalls = 40
    const desired = [change(before)]
    const first = await pass(aws, desired)
    assert.match(first.deferred?.[0]?.reason ?? '', /k8s-tg-shop-web serves until targets of its successor are healthy/)
    assert.deepEqual(
      first.bridges?.map(({ id, spec }) => [id, spec.name]),
      [['shop/web-app:80', 'k8s-tg-shop-web']],
    )
    assert.equal(aws.state.targetGroups.size, 2)
    assert.deepEqual(forwardingTo(aws), ['1,0', '1,0'])
    assert.deepEqual((await pass(aws, desired)).operations, [], 'nothing changes while nobody is registered')
    await register(aws, ['10.0.1.1', '10.0.1.2'], 9090)
    assert.deepEqual((await pass(aws, desired)).operations, [], 'nothing changes while they are checked')
    for (let calls = 0; calls < 50; calls++) await aws.call('ec2:DescribeVpcs', {})
    const last = await pass(aws, desired)
    assert.deepEqual([last.deferred, last.bridges], [[], []])
    assert.deepEqual(
      [...aws.state.targetGroups.values()].map(({ shape }) => shape.Port),
      [9090],
    )
    assert.deepEqual((await pass(aws, desired)).operations, [])
  })
}

test('who has waited long enough takes over, healthy or not', async () => {
  const before = smallStack('shop/web')
  const aws = await serviceOf(before)
  aws.state.targetCalls = 1_000_000
  const desired = [withGroup(before, { port: 9090 })]
  await pass(aws, desired)
  await register(aws, ['10.0.1.1'], 9090)
  const successor = [...aws.state.targetGroups].find(([, { shape }]) => shape.Port === 9090)?.[0] ?? ''
  assert.equal((await planFor(aws, desired)).deferred?.length, 1)
  await applyPlan(aws, await planFor(aws, desired, { impatientFor: new Set([successor]) }))
  assert.deepEqual([...aws.state.targetGroups.keys()], [successor])
})

test('replaced again before it was healthy, the one that serves stays', async () => {
  const before = smallStack('shop/web')
  const aws = await serviceOf(before)
  aws.state.targetCalls = 40
  await pass(aws, [withGroup(before, { port: 9090 })])
  await register(aws, ['10.0.1.1'], 9090)
  const desired = [withGroup(before, { port: 7070 })]
  await pass(aws, desired)
  assert.deepEqual(
    [...aws.state.targetGroups.values()].map(({ shape }) => shape.Port),
    [8080, 7070],
  )
  await register(aws, ['10.0.1.1', '10.0.1.2'], 7070)
  await pass(aws, desired)
  for (let calls = 0; calls < 50; calls++) await aws.call('ec2:DescribeVpcs', {})
  await pass(aws, desired)
  assert.deepEqual(
    [...aws.state.targetGroups.values()].map(({ shape }) => shape.Port),
    [7070],
  )
})

test('a target group without healthy targets is replaced at once, and who asks for nothing new is asked nothing', async () => {
  const before = smallStack('shop/web')
  const aws = createAwsDouble()
  await applyPlan(aws, await planFor(aws, [before]))
  await pass(aws, [before])
  assert.ok(aws.calls.every(({ action }) => action !== 'elbv2:DescribeTargetHealth'))
  const plan = await pass(aws, [withGroup(before, { port: 9090 })])
  assert.deepEqual([plan.deferred, aws.state.targetGroups.size], [[], 1])
})
