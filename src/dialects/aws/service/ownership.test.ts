import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildOf, buildYaml, serviceText, type ServiceText } from './testing/build-service.ts'

function kindOf(text: ServiceText, options = {}): string {
  const { stack } = buildOf(text, options)
  if (stack === undefined) return 'none'
  if (stack.classicLoadBalancers.length > 0) return 'classic'
  const name = stack.loadBalancers[0]?.name ?? ''
  return `nlb ${stack.targetGroups[0]?.targetType} ${name.startsWith('k8s-') ? 'controller' : 'in-tree'}`
}

const CLASS = 'loadBalancerClass: service.k8s.aws/nlb'

for (const [title, text, wanted] of [
  ['no annotation is a Classic Load Balancer', {}, 'classic'],
  ['type nlb is an NLB of the in-tree controller', { annotations: { type: 'nlb' } }, 'nlb instance in-tree'],
  ['type nlb-ip is an NLB with pods as targets', { annotations: { type: 'nlb-ip' } }, 'nlb ip controller'],
  ['type external with ip', { annotations: { type: 'external', 'nlb-target-type': 'ip' } }, 'nlb ip controller'],
  [
    'type external with nlb-ip, an older word',
    { annotations: { type: 'external', 'nlb-target-type': 'nlb-ip' } },
    'nlb ip controller',
  ],
  [
    'type external with instance',
    { annotations: { type: 'external', 'nlb-target-type': 'instance' } },
    'nlb instance controller',
  ],
  ['type external alone has the default target type', { annotations: { type: 'external' } }, 'nlb instance controller'],
  ['the class of the AWS controller', { spec: [CLASS] }, 'nlb instance controller'],
  ['the class wins over a type', { spec: [CLASS], annotations: { type: 'nlb' } }, 'nlb instance controller'],
  ['the class with target type ip', { spec: [CLASS], annotations: { 'nlb-target-type': 'ip' } }, 'nlb ip controller'],
  [
    'another class is nobody’s here',
    { spec: ['loadBalancerClass: metallb'], annotations: { type: 'external' } },
    'none',
  ],
  [
    'a Service that is being deleted has no load balancer',
    { spec: [CLASS], metadata: ['deletionTimestamp: "2025-01-01T00:00:00Z"'] },
    'none',
  ],
] as const) {
  test(title, () => assert.equal(kindOf(text), wanted))
}

test('a type that nobody knows means none at all, with a finding', () => {
  const { stack, codes } = buildOf({ annotations: { type: 'NLB' } })
  assert.equal(stack?.classicLoadBalancers.length, 1)
  assert.deepEqual(codes, ['ANNOTATION_VALUE'])
})

test('Services of other types and namespaces are not looked at', () => {
  const yaml = serviceText({}).replace('type: LoadBalancer', 'type: NodePort')
  assert.deepEqual(buildYaml(yaml).stacks, [])
  assert.equal(kindOf({}, { watchNamespace: 'other' }), 'none')
  assert.equal(kindOf({}, { watchNamespace: 'default' }), 'classic')
})

test('beside a cloud controller manager only explicit Services are ours', () => {
  const beside = { managesUnclassed: false }
  assert.equal(kindOf({}, beside), 'none')
  assert.equal(kindOf({ annotations: { type: 'nlb' } }, beside), 'none')
  assert.equal(kindOf({ annotations: { type: 'external' } }, beside), 'nlb instance controller')
  assert.equal(kindOf({ spec: [CLASS] }, beside), 'nlb instance controller')
  assert.deepEqual(buildOf({}, beside).codes, ['AWS_SERVICE_UNMANAGED'])
  assert.deepEqual([...buildOf({}, beside).stackOf], [])
})

test('the default target type is an option', () => {
  assert.equal(kindOf({ spec: [CLASS] }, { defaultTargetType: 'ip' }), 'nlb ip controller')
})

test('stack, load balancer and status belong together', () => {
  const { stackOf, loadBalancersOf, stack } = buildOf({ spec: [CLASS] })
  assert.equal(stack?.id, 'service:default/web-svc')
  assert.deepEqual([...stackOf], [['Service default/web-svc', 'service:default/web-svc']])
  assert.deepEqual([...loadBalancersOf], [['Service default/web-svc', ['LoadBalancer/LoadBalancer']]])
  assert.deepEqual(
    [...buildOf({}).loadBalancersOf.values()],
    [['ClassicLoadBalancer/a0000000000000000000000000000000']],
  )
})
