/** Looks into the double itself, so that observation and plan are not judged by themselves alone. */
import assert from 'node:assert/strict'
import type { AwsStack } from '../../../src/aws/stack/model.ts'
import type { AwsDouble } from '../double/aws-double.ts'

const UID = 'genkan.dev/cluster-uid'

/** What nobody may touch: a load balancer without tags, and one of a twin cluster of our name. */
export async function seedForeign(aws: AwsDouble): Promise<void> {
  const twin = [
    { Key: 'elbv2.k8s.aws/cluster', Value: 'test' },
    { Key: UID, Value: 'another' },
    { Key: 'ingress.k8s.aws/stack', Value: 'twin/web' },
    { Key: 'ingress.k8s.aws/resource', Value: 'LoadBalancer' },
  ]
  for (const [Name, Tags] of [
    ['foreign', undefined],
    ['twin', twin],
  ] as const) {
    const made = await aws.call('elbv2:CreateLoadBalancer', {
      Name,
      Subnets: ['subnet-private-a', 'subnet-private-b'],
      SecurityGroups: ['sg-own'],
      ...(Tags === undefined ? {} : { Tags: [...Tags] }),
    })
    const group = await aws.call('elbv2:CreateTargetGroup', {
      Name,
      Protocol: 'HTTP',
      Port: 80,
      VpcId: aws.state.vpcId,
      ...(Tags === undefined ? {} : { Tags: [...Tags] }),
    })
    const TargetGroupArn = group.TargetGroups?.[0]?.TargetGroupArn
    const listener = await aws.call('elbv2:CreateListener', {
      LoadBalancerArn: made.LoadBalancers?.[0]?.LoadBalancerArn,
      Port: 80,
      Protocol: 'HTTP',
      DefaultActions: [{ Type: 'forward', TargetGroupArn }],
    })
    await aws.call('elbv2:CreateRule', {
      ListenerArn: listener.Listeners?.[0]?.ListenerArn,
      Priority: 1,
      Conditions: [{ Field: 'path-pattern', PathPatternConfig: { Values: ['/x'] } }],
      Actions: [{ Type: 'forward', TargetGroupArn }],
    })
  }
}

/** Everything without our UID, as text. */
export function foreignState({ state }: AwsDouble): unknown {
  const foreign = <T extends { readonly tags: ReadonlyMap<string, string> }>(things: ReadonlyMap<string, T>): unknown =>
    [...things].filter(([, one]) => one.tags.get(UID) !== 'uid-1')
  return structuredClone([
    foreign(state.loadBalancers),
    foreign(state.listeners),
    foreign(state.rules),
    foreign(state.targetGroups),
    foreign(state.securityGroups),
    foreign(state.classic),
    foreign(state.certificates),
  ])
}

/** Everything with our UID is what is wished, no more and no less. */
export function assertIsAs({ state }: AwsDouble, desired: readonly AwsStack[]): void {
  const ours = <T extends { readonly tags: ReadonlyMap<string, string> }>(things: ReadonlyMap<string, T>): T[] =>
    [...things.values()].filter((one) => one.tags.get(UID) === 'uid-1')
  const count = (
    list:
      | 'targetGroups'
      | 'securityGroups'
      | 'loadBalancers'
      | 'listeners'
      | 'rules'
      | 'certificates'
      | 'classicLoadBalancers',
  ): number => desired.reduce((sum, stack) => sum + stack[list].length, 0)

  assert.equal(ours(state.loadBalancers).length, count('loadBalancers'))
  assert.equal(ours(state.targetGroups).length, count('targetGroups'))
  assert.equal(ours(state.securityGroups).length, count('securityGroups'))
  assert.equal(ours(state.listeners).length, count('listeners'))
  assert.equal(ours(state.rules).length, count('rules'))
  assert.equal(ours(state.certificates).length, count('certificates'))
  assert.equal(ours(state.classic).length, count('classicLoadBalancers'))

  for (const stack of desired) {
    for (const listener of stack.listeners) {
      const balancer = stack.loadBalancers.find(
        (one) => typeof listener.loadBalancer !== 'string' && listener.loadBalancer.ref === `LoadBalancer/${one.id}`,
      )
      const id = stack.id.slice(stack.id.indexOf(':') + 1)
      const real = ours(state.loadBalancers).find(
        (one) =>
          balancer !== undefined &&
          one.shape.Scheme === balancer.scheme &&
          [one.tags.get('ingress.k8s.aws/stack'), one.tags.get('service.k8s.aws/stack')].includes(id) &&
          [one.tags.get('ingress.k8s.aws/resource'), one.tags.get('service.k8s.aws/resource')].includes(balancer.id),
      )
      assert.ok(real !== undefined)
      assert.deepEqual(
        (real.shape.AvailabilityZones ?? []).map((zone) => zone.SubnetId),
        balancer?.subnets.map((one) => one.subnetId),
      )
      for (const [key, value] of Object.entries(balancer?.attributes ?? {}))
        assert.equal(real.attributes.get(key), value)
      const its = [...state.listeners.values()].find(
        (one) => one.shape.LoadBalancerArn === real.shape.LoadBalancerArn && one.shape.Port === listener.port,
      )
      assert.equal(its?.shape.Protocol, listener.protocol)
      for (const [key, value] of Object.entries(listener.attributes)) assert.equal(its?.attributes.get(key), value)
      const rules = [...state.rules.values()]
        .filter((one) => one.listenerArn === its?.shape.ListenerArn)
        .sort((a, b) => Number(a.shape.Priority) - Number(b.shape.Priority))
      const wished = stack.rules.filter(
        (rule) => typeof rule.listener !== 'string' && rule.listener.ref === `Listener/${listener.id}`,
      )
      assert.deepEqual(
        rules.map((one) => [
          Number(one.shape.Priority),
          (one.shape.Conditions ?? []).map((condition) => condition.Field ?? '').toSorted(),
          one.shape.Actions?.map((action) => action.Type),
          (one.shape.Transforms ?? []).map((transform) => transform.Type),
        ]),
        wished.map((rule) => [
          rule.priority,
          rule.conditions.map((condition): string => condition.field).toSorted(),
          rule.actions.map((action) => action.type),
          rule.transforms.map((transform) => transform.type),
        ]),
      )
    }
  }
}
