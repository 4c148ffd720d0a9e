import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { EMPTY_INVENTORY, type Inventory, type InventorySubnet } from '../../aws/stack/inventory.ts'
import { chooseSecurityGroups } from './security-group-names.ts'
import { chooseSubnets, type SubnetChoice, type SubnetRequest } from './subnets.ts'

const ALB: SubnetRequest = { type: 'application', scheme: 'internal', needsIpv6: false, name: 'k8s-shop' }
const NLB: SubnetRequest = { ...ALB, type: 'network' }
const PUBLIC: SubnetRequest = { ...ALB, scheme: 'internet-facing' }
const INTERNAL_ROLE = { 'kubernetes.io/role/internal-elb': '1' }

function subnet(id: string, zone: string, extra: Partial<InventorySubnet> = {}): InventorySubnet {
  return {
    id: `subnet-${id}`,
    vpcId: 'vpc-1',
    availabilityZone: zone,
    availableIpAddressCount: 100,
    cidr: '10.0.0.0/24',
    tags: {},
    ...extra,
  }
}

function inventoryOf(...subnets: readonly InventorySubnet[]): Inventory {
  return { ...EMPTY_INVENTORY, vpcId: 'vpc-1', subnets }
}

function choose(request: SubnetRequest, ...subnets: readonly InventorySubnet[]): SubnetChoice {
  return chooseSubnets(request, 'demo', inventoryOf(...subnets))
}

function idsOf(choice: SubnetChoice): readonly string[] {
  assert.ok(choice.ok, choice.ok ? '' : choice.problem)
  return choice.subnets.map(({ id }) => id)
}

function problemOf(choice: SubnetChoice): string {
  assert.ok(!choice.ok)
  return choice.problem
}

test('subnets are found by the role tag of the scheme, empty or 1', () => {
  const inventory = [
    subnet('a', 'az1', { tags: INTERNAL_ROLE }),
    subnet('b', 'az2', { tags: { 'kubernetes.io/role/internal-elb': '' } }),
    subnet('c', 'az3', { tags: { 'kubernetes.io/role/internal-elb': '0' } }),
    subnet('d', 'az3', { tags: { 'kubernetes.io/role/elb': '1' } }),
  ]
  assert.deepEqual(idsOf(choose(ALB, ...inventory)), ['subnet-a', 'subnet-b'])
})

test('without any role tag the route table decides', () => {
  const inventory = [
    subnet('a', 'az1', { isPublic: true }),
    subnet('b', 'az2', { isPublic: true }),
    subnet('c', 'az1', { isPublic: false }),
    subnet('d', 'az2', { isPublic: false }),
  ]
  assert.deepEqual(idsOf(choose(PUBLIC, ...inventory)), ['subnet-a', 'subnet-b'])
  assert.deepEqual(idsOf(choose(ALB, ...inventory)), ['subnet-c', 'subnet-d'])
})

test('the role of the controller of 2017 counts on subnets of the own cluster', () => {
  const legacy = { 'kubernetes.io/role/alb-ingress': '', 'kubernetes.io/cluster/demo': 'shared' }
  const inventory = [
    subnet('a', 'az1', { tags: legacy }),
    subnet('b', 'az2', { tags: legacy }),
    subnet('c', 'az3', { tags: { 'kubernetes.io/role/alb-ingress': '' } }),
  ]
  assert.deepEqual(idsOf(choose(ALB, ...inventory)), ['subnet-a', 'subnet-b'])
})

test('subnets of other clusters and full ones are left out, the own cluster’s is preferred in a zone', () => {
  const tags = INTERNAL_ROLE
  const inventory = [
    subnet('a', 'az1', { tags }),
    subnet('b', 'az1', { tags: { ...tags, 'kubernetes.io/cluster/demo': 'owned' } }),
    subnet('c', 'az2', { tags: { ...tags, 'kubernetes.io/cluster/other': 'owned' } }),
    subnet('d', 'az2', {
      tags: { ...tags, 'kubernetes.io/cluster/other': 'shared', 'kubernetes.io/cluster/demo': 'shared' },
    }),
    subnet('e', 'az3', { tags, availableIpAddressCount: 7 }),
    subnet('f', 'az3', { tags, vpcId: 'vpc-2' }),
  ]
  assert.deepEqual(idsOf(choose(ALB, ...inventory)), ['subnet-b', 'subnet-d'])
})

test('zones of one kind are used, Availability Zones first', () => {
  const tags = INTERNAL_ROLE
  const local = { tags, zoneType: 'local-zone' } as const
  assert.deepEqual(idsOf(choose(ALB, subnet('l', 'lax', local))), ['subnet-l'])
  const mixed = [subnet('a', 'az1', { tags }), subnet('b', 'az2', { tags }), subnet('l', 'lax', local)]
  assert.deepEqual(idsOf(choose(ALB, ...mixed)), ['subnet-a', 'subnet-b'])
})

test('a dualstack load balancer takes subnets with an IPv6 range', () => {
  const inventory = ['az1', 'az2', 'az3'].map((zone, index) =>
    subnet(String(index), zone, { tags: INTERNAL_ROLE, ...(index === 0 ? {} : { ipv6Cidr: '2001:db8::/64' }) }),
  )
  assert.deepEqual(idsOf(choose({ ...ALB, needsIpv6: true }, ...inventory)), ['subnet-1', 'subnet-2'])
})

test('an ALB needs two zones and an NLB one', () => {
  const one = subnet('a', 'az1', { tags: INTERNAL_ROLE })
  assert.deepEqual(idsOf(choose(NLB, one)), ['subnet-a'])
  assert.match(problemOf(choose(ALB, one)), /^1 of 1 subnets can be used and 2 are needed/)
})

test('every subnet that cannot be used has a verdict, and the message says how to tag', () => {
  const problem = problemOf(
    choose(
      PUBLIC,
      subnet('a', 'az1', { isPublic: false, tags: { Name: 'private-a' } }),
      subnet('b', 'az1', { isPublic: true, availableIpAddressCount: 3 }),
      subnet('c', 'az2', { isPublic: true }),
      subnet('d', 'az2', { isPublic: true }),
      subnet('e', 'az3', { isPublic: true, tags: { 'kubernetes.io/cluster/other': 'owned' } }),
      subnet('f', 'az4'),
    ),
  )
  assert.equal(
    problem,
    '1 of 6 subnets can be used and 2 are needed (refused: 1 by cluster, 1 by free addresses, 2 by route table, 1 by zone): ' +
      'subnet-a "private-a" (az1) has no tag kubernetes.io/role/elb=1 and is private (it has no route to an internet gateway); ' +
      'subnet-b (az1) has 3 free addresses, 8 are needed; subnet-c (az2) fits; subnet-d (az2) is in the zone of subnet-c; ' +
      'subnet-e (az3) belongs to the cluster other; ' +
      'subnet-f (az4) has no tag kubernetes.io/role/elb=1 and its route table is not known; ' +
      'tag them: aws ec2 create-tags --resources subnet-b subnet-c subnet-e subnet-f --tags Key=kubernetes.io/role/elb,Value=1',
  )
})

test('named subnets are taken as they are, by id or Name tag', () => {
  const inventory = [subnet('a', 'az1', { tags: { Name: 'one' } }), subnet('b', 'az2'), subnet('c', 'az2')]
  assert.deepEqual(idsOf(choose({ ...ALB, named: ['subnet-b', 'one'] }, ...inventory)), ['subnet-a', 'subnet-b'])
  assert.match(problemOf(choose({ ...ALB, named: ['onee', 'subnet-b'] }, ...inventory)), /did you mean "one"/)
  assert.match(problemOf(choose({ ...ALB, named: ['subnet-x'] }, ...inventory)), /has no subnet subnet-x/)
  assert.match(problemOf(choose({ ...ALB, named: ['subnet-b', 'subnet-c'] }, ...inventory)), /are both in az2/)
  assert.match(problemOf(choose({ ...ALB, named: ['one'] }, ...inventory)), /needs subnets in 2 Availability Zones/)
  assert.match(problemOf(choose({ ...ALB, needsIpv6: true, named: ['one', 'subnet-b'] }, ...inventory)), /IPv6 range/)
})

test('subnets are chosen by the tags of class parameters', () => {
  const inventory = [
    subnet('a', 'az1', { tags: { tier: 'edge' } }),
    subnet('b', 'az2', { tags: { tier: 'core' } }),
    subnet('c', 'az3'),
  ]
  assert.deepEqual(idsOf(choose({ ...ALB, tags: { tier: ['edge', 'core'] } }, ...inventory)), ['subnet-a', 'subnet-b'])
  assert.match(problemOf(choose({ ...ALB, tags: { tier: ['edge'] } }, ...inventory)), /has no tag tier=edge/)
})

test('a load balancer keeps the subnets that it has', () => {
  const tagged = ['a', 'b', 'c'].map((id) => subnet(id, `az-${id}`, { tags: INTERNAL_ROLE }))
  const held = { ...inventoryOf(...tagged), loadBalancerSubnets: { 'k8s-shop': ['subnet-b', 'subnet-c'] } }
  assert.deepEqual(idsOf(chooseSubnets(ALB, 'demo', held)), ['subnet-b', 'subnet-c'])
  const gone = { ...held, loadBalancerSubnets: { 'k8s-shop': ['subnet-gone', 'subnet-c'] } }
  assert.deepEqual(idsOf(chooseSubnets(ALB, 'demo', gone)), ['subnet-a', 'subnet-b', 'subnet-c'])
})

test('without any subnet known, ids are taken at their word and nothing else is chosen', () => {
  assert.deepEqual(choose(ALB), { ok: true, subnets: [], isKnown: false })
  assert.deepEqual(idsOf(choose({ ...ALB, named: ['subnet-a', 'subnet-b'] })), ['subnet-a', 'subnet-b'])
  assert.equal(choose({ ...ALB, named: ['by-name'] }).ok, false)
})

test('the choice does not depend on the order of the inventory, and has one subnet per zone', () => {
  const anySubnet = fc.record({
    id: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h').map((id) => `subnet-${id}`),
    vpcId: fc.constantFrom('vpc-1', ''),
    availabilityZone: fc.constantFrom('az1', 'az2', 'az3'),
    availableIpAddressCount: fc.integer({ min: 0, max: 20 }),
    cidr: fc.constant('10.0.0.0/24'),
    tags: fc.dictionary(
      fc.constantFrom(
        'kubernetes.io/role/internal-elb',
        'kubernetes.io/role/alb-ingress',
        'kubernetes.io/cluster/demo',
        'kubernetes.io/cluster/x',
      ),
      fc.constantFrom('', '1', 'owned'),
    ),
    isPublic: fc.boolean(),
  })
  const subnets = fc.uniqueArray(anySubnet, { selector: ({ id }) => id, maxLength: 8 })
  fc.assert(
    fc.property(subnets, fc.constantFrom(ALB, NLB, PUBLIC), (list, request) => {
      const choice = choose(request, ...list)
      assert.deepEqual(choose(request, ...list.toReversed()), choice)
      if (!choice.ok) return
      assert.equal(new Set(choice.subnets.map(({ availabilityZone }) => availabilityZone)).size, choice.subnets.length)
    }),
  )
})

test('security groups are found by id or Name tag', () => {
  const securityGroups = [
    { id: 'sg-1', name: 'web', tags: { Name: 'front' } },
    { id: 'sg-2', name: 'db', tags: {} },
  ]
  const inventory = { ...EMPTY_INVENTORY, securityGroups }
  assert.deepEqual(chooseSecurityGroups(['sg-2', 'front', 'sg-1'], inventory), { ok: true, ids: ['sg-2', 'sg-1'] })
  for (const [name, message] of [
    ['sg-9', /no security group sg-9/],
    ['fronts', /did you mean "front"/],
    ['db', /is a group's name/],
  ] as const) {
    const choice = chooseSecurityGroups([name], inventory)
    assert.ok(!choice.ok)
    assert.match(choice.problem, message)
  }
  assert.deepEqual(chooseSecurityGroups(['sg-9'], EMPTY_INVENTORY), { ok: true, ids: ['sg-9'] })
})
