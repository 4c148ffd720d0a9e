import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeInventory, InventoryError, readInventory } from './read-inventory.ts'

const WHOLE = {
  vpcId: 'vpc-1',
  region: 'ap-northeast-1',
  subnets: [
    {
      id: 'subnet-a',
      vpcId: 'vpc-1',
      availabilityZone: 'ap-northeast-1a',
      availableIpAddressCount: 20,
      cidr: '192.0.2.0/25',
      tags: { 'kubernetes.io/role/elb': '1' },
    },
  ],
  certificates: [{ arn: 'arn:aws:acm:ap-northeast-1:1:certificate/a', domainNames: ['*.example.com'] }],
  securityGroups: [{ id: 'sg-1', name: 'web', tags: {} }],
  nodes: [{ name: 'node-a', instanceId: 'i-0a', subnetId: 'subnet-a', ip: '192.0.2.4' }],
}

test('an inventory in the documented form is read as it is', () => {
  const { inventory, findings } = decodeInventory(WHOLE, 'inventory.json')
  assert.deepEqual(findings, [])
  assert.deepEqual(inventory.subnets, WHOLE.subnets)
  assert.deepEqual(inventory.certificates, WHOLE.certificates)
  assert.deepEqual(inventory.nodes, WHOLE.nodes)
  assert.equal(inventory.region, 'ap-northeast-1')
})

test('what is not said is empty, and a subnet without a count has room', () => {
  const { inventory } = decodeInventory({ subnets: [{ id: 'subnet-a', availabilityZone: 'a' }] }, 'i.json')
  assert.deepEqual(inventory.subnets[0]?.tags, {})
  assert.ok((inventory.subnets[0]?.availableIpAddressCount ?? 0) >= 8)
  assert.deepEqual(inventory.nodes, [])
})

test('an entry that cannot be used is left out alone, and named with the file', () => {
  const subnets = [...WHOLE.subnets, { id: 'subnet-b' }, 'subnet-c', { id: 'subnet-d', availabilityZone: 'd' }]
  const { inventory, findings } = decodeInventory({ ...WHOLE, subnets }, 'inventory.json')
  assert.deepEqual(
    inventory.subnets.map(({ id }) => id),
    ['subnet-a', 'subnet-d'],
  )
  assert.deepEqual(
    findings.map(({ code, origin }) => [code, origin.path, origin.file]),
    [
      ['FIELD_REQUIRED', 'subnets[1].availabilityZone', 'inventory.json'],
      ['FIELD_TYPE', 'subnets[2]', 'inventory.json'],
    ],
  )
})

test('a misspelt part is remarked on with the one meant', () => {
  const { findings } = decodeInventory({ subnet: [] }, 'inventory.json')
  assert.match(findings[0]?.message ?? '', /did you mean subnets\?/)
})

test('a file that is not there, or holds no object, is a mistake of the caller', async () => {
  await assert.rejects(readInventory('/nowhere/inventory.json'), (error: Error) => {
    assert.ok(error instanceof InventoryError)
    assert.match(error.message, /^Cannot read the inventory \/nowhere\/inventory\.json: ENOENT; give a JSON file/)
    return true
  })
  assert.throws(() => decodeInventory([], 'i.json'), /it is not a JSON object; write \{\.\.\.\}/)
})

test('no JSON object makes it throw', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...Object.keys(WHOLE), 'quotas', 'x'), fc.jsonValue()), (raw) => {
      decodeInventory(raw, 'i.json')
    }),
  )
})

test('target groups have types, NLBs may be without security groups, and pods may have some of their own', () => {
  const raw = {
    targetGroups: [
      { arn: 'arn:a', name: 'a', targetType: 'ip', ipAddressType: 'ipv6' },
      { arn: 'arn:b', targetType: 'pod' },
      { arn: 'arn:c' },
    ],
    nlbsWithoutGroups: ['old-nlb'],
    addressGroups: { '192.0.2.7': ['sg-1', 'sg-2'] },
  }
  const { inventory, findings } = decodeInventory(raw, 'i.json')
  assert.deepEqual(inventory.targetGroups, [
    { arn: 'arn:a', name: 'a', targetType: 'ip', ipAddressType: 'ipv6' },
    { arn: 'arn:b', name: '' },
    { arn: 'arn:c', name: '' },
  ])
  assert.deepEqual(inventory.nlbsWithoutGroups, ['old-nlb'])
  assert.deepEqual(inventory.addressGroups, { '192.0.2.7': ['sg-1', 'sg-2'] })
  assert.deepEqual(
    findings.map(({ origin }) => origin.path),
    ['targetGroups[1].targetType'],
  )
})
