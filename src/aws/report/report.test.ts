import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AwsStack, emptyStack, type LoadBalancer } from '../stack/model.ts'
import { fixedCost } from './cost.ts'
import { quotaUses } from './quota-use.ts'
import { createNamer } from './readable.ts'

function balancer(name: string, more: Partial<LoadBalancer> = {}): LoadBalancer {
  return {
    id: 'LoadBalancer',
    origins: [],
    name,
    type: 'application',
    scheme: 'internal',
    ipAddressType: 'ipv4',
    subnets: [{ subnetId: 'subnet-a' }, { subnetId: 'subnet-b' }],
    securityGroups: [],
    attributes: {},
    tags: {},
    ...more,
  }
}

const STACK: AwsStack = {
  ...emptyStack('ingress:shop/web', ['Ingress shop/web']),
  loadBalancers: [balancer('k8s-shop-web')],
  listeners: [
    {
      id: '443',
      origins: [],
      loadBalancer: { ref: 'LoadBalancer/LoadBalancer' },
      port: 443,
      protocol: 'HTTPS',
      defaultActions: [{ type: 'forward', targetGroups: [{ targetGroup: { ref: 'TargetGroup/a' }, weight: 1 }] }],
      certificates: ['arn:1', 'arn:2', 'arn:3'],
      attributes: {},
      tags: {},
    },
  ],
}

test('an internal load balancer costs its hours, an internet-facing one its addresses too', () => {
  assert.equal(fixedCost([STACK], 'us-east-1').usdPerMonth, 16.43)
  const open = { ...STACK, loadBalancers: [balancer('open', { scheme: 'internet-facing' })] }
  assert.equal(fixedCost([open], 'us-east-1').usdPerMonth, 23.73)
  assert.equal(fixedCost([], 'us-east-1').usdPerMonth, 0)
})

test('an unknown region has the prices of us-east-1, and says so', () => {
  const { usdPerMonth, assumption } = fixedCost([STACK], 'mars-north-1')
  assert.equal(usdPerMonth, 16.43)
  assert.match(assumption, /us-east-1 \(mars-north-1 is not in the table\)/)
})

test('quotas count what AWS counts: no default certificate, each target group once', () => {
  const uses = new Map(quotaUses([STACK], {}, () => 7).map(({ name, used }) => [name, used]))
  assert.equal(uses.get('certificates-per-application-load-balancer'), 2)
  assert.equal(uses.get('target-groups-per-application-load-balancer'), 1)
  assert.equal(uses.get('targets-per-application-load-balancer'), 7)
  assert.equal(uses.has('rules-per-application-load-balancer'), false, 'none is used')
})

test('a limit of the account takes the place of the default one', () => {
  const [use] = quotaUses([STACK], { 'application-load-balancers': 0 }, () => 0)
  assert.deepEqual(use, { name: 'application-load-balancers', of: '', used: 1, limit: 0, isExceeded: true })
})

test('references are shown by name, identifiers as they are', () => {
  const nameOf = createNamer([STACK])
  assert.equal(nameOf({ ref: 'LoadBalancer/LoadBalancer' }, STACK.id), 'k8s-shop-web')
  assert.equal(nameOf({ ref: 'LoadBalancer/LoadBalancer', stack: STACK.id }, 'shared'), 'k8s-shop-web')
  assert.equal(nameOf('sg-1', STACK.id), 'sg-1')
  assert.equal(nameOf({ ref: 'TargetGroup/none' }, STACK.id), 'TargetGroup/none')
})
