import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAwsDouble, type DoubleOptions } from '../../../../test/aws/double/aws-double.ts'
import { isReadOnly } from '../aws-api.ts'
import { CLUSTER_TAG } from '../../stack/tag-keys.ts'
import { createInventoryReader, type InventoryReaderOptions } from './observe-inventory.ts'
import { instanceIdOf } from './read-nodes.ts'

function open(options: DoubleOptions = {}, more: Partial<InventoryReaderOptions> = {}) {
  const aws = createAwsDouble(options)
  let now = 0
  const reader = createInventoryReader({
    api: aws,
    region: aws.state.region,
    vpcId: aws.state.vpcId,
    clusterName: 'demo',
    nodes: () => ['a', 'b', 'c'].map((name, index) => ({ name, instanceId: `i-node${index + 1}` })),
    nowMs: () => now,
    ...more,
  })
  return { aws, reader, pass: (ms: number) => (now += ms) }
}

test('an account is read whole, in any size of pages', async () => {
  const one = await open().reader.read()
  const paged = await open({ pageSize: 1 }).reader.read()
  assert.deepEqual(paged, one)
  const { inventory, problems } = one
  assert.deepEqual(problems, [])
  assert.deepEqual(inventory.vpcCidrs, ['10.0.0.0/16'])
  assert.deepEqual(
    inventory.subnets.map(({ id, isPublic, zoneType }) => [id, isPublic, zoneType]),
    [
      ...['a', 'b', 'c'].map((zone) => [`subnet-private-${zone}`, false, 'availability-zone']),
      ...['a', 'b', 'c'].map((zone) => [`subnet-public-${zone}`, true, 'availability-zone']),
    ],
  )
  assert.equal(inventory.subnets[0]?.ipv6Cidr, '2001:db8:0:10::/64')
  assert.deepEqual(
    inventory.certificates.map(({ domainNames }) => domainNames),
    [['a.example.com'], ['b.example.com'], ['*.example.com']],
  )
  assert.deepEqual(
    inventory.nodes.map(({ name, securityGroups }) => [name, securityGroups]),
    ['a', 'b', 'c'].map((name) => [name, ['sg-nodes']]),
  )
  assert.deepEqual(
    inventory.trustStores.map(({ name }) => name),
    ['store'],
  )
  assert.deepEqual(inventory.webAcls.map(({ name }) => name).sort(), ['first', 'second'])
  assert.ok(
    inventory.securityGroups.some(
      ({ id, tags }) => id === 'sg-nodes' && tags['kubernetes.io/cluster/test'] === 'owned',
    ),
  )
  assert.ok((inventory.quotas['rules-per-application-load-balancer'] ?? 0) > 0)
})

test('what is denied is one line, and everything else is there', async () => {
  const { aws, reader } = open()
  const whole = (await reader.read()).inventory
  for (const action of new Set(aws.calls.map((call) => call.action))) {
    if (action === 'acm:DescribeCertificate' || action === 'acm:ListTagsForCertificate') continue
    if (action === 'elbv2:DescribeLoadBalancers') continue
    const fresh = open()
    fresh.aws.faults.denied.add(action)
    const { inventory, problems } = await fresh.reader.read()
    assert.equal(problems.length, 1, `${action}: ${problems.join(' | ')}`)
    assert.match(problems[0] ?? '', /^Cannot read [\w ]+: .+; .+$/)
    const kept = Object.keys(whole).filter((key) => {
      const part = key as keyof typeof whole
      return JSON.stringify(inventory[part]) === JSON.stringify(whole[part])
    })
    assert.ok(kept.length >= Object.keys(whole).length - 1, `${action} took away more than its own part`)
  }
})

test('without the list of load balancers there is no inventory: what they are could not be told apart from none', async () => {
  const { aws, reader } = open()
  aws.faults.denied.add('elbv2:DescribeLoadBalancers')
  await assert.rejects(reader.read(), { code: 'AccessDenied' })
})

test('without route tables nobody claims to know what is public', async () => {
  const { aws, reader } = open()
  aws.faults.denied.add('ec2:DescribeRouteTables')
  const { inventory } = await reader.read()
  assert.ok(inventory.subnets.every((subnet) => !('isPublic' in subnet)))
})

test('a second reading costs the list of load balancers and nothing else', async () => {
  const { aws, reader, pass } = open()
  await reader.read()
  const before = aws.calls.length
  await reader.read()
  assert.deepEqual(
    aws.calls
      .slice(before)
      .map(({ action }) => action)
      .sort(),
    ['elb:DescribeLoadBalancers', 'elbv2:DescribeLoadBalancers'],
  )
  pass(61_000)
  const later = aws.calls.length
  await reader.read()
  const actions = aws.calls.slice(later).map(({ action }) => action)
  assert.ok(actions.includes('ec2:DescribeSubnets') && actions.includes('acm:ListCertificates'))
  assert.ok(!actions.includes('acm:DescribeCertificate') && !actions.includes('elbv2:DescribeAccountLimits'))
  assert.ok(aws.calls.every(({ action }) => isReadOnly(action)))
})

test('what could not be read is read again at once', async () => {
  const { aws, reader } = open()
  aws.faults.denied.add('ec2:DescribeSubnets')
  await reader.read()
  aws.faults.denied.clear()
  assert.equal((await reader.read()).inventory.subnets.length, 6)
})

test('certificates that we imported are marked, those of others and of other clusters are not', async () => {
  const { aws, reader } = open()
  const [template] = aws.state.certificates.values()
  assert.ok(template)
  for (const [name, cluster] of [
    ['own', 'demo'],
    ['twin', 'other'],
  ] as const) {
    const arn = `arn:aws:acm:eu-central-1:123456789012:certificate/${name}`
    const tags = new Map([[CLUSTER_TAG, cluster]])
    aws.state.certificates.set(arn, {
      ...template,
      arn,
      tags,
      detail: { ...template.detail, CertificateArn: arn, Type: 'IMPORTED' },
    })
  }
  const { inventory } = await reader.read()
  assert.deepEqual(
    inventory.certificates.filter(({ isImported }) => isImported).map(({ arn }) => arn),
    ['arn:aws:acm:eu-central-1:123456789012:certificate/own'],
  )
})

test('the VPC is that of a node when nobody names it', async () => {
  const { aws, reader } = open({}, { vpcId: '' })
  assert.equal((await reader.read()).inventory.vpcId, aws.state.vpcId)
  await assert.rejects(open({}, { vpcId: '', nodes: () => [] }).reader.read(), /give the id of the VPC/)
  const unknown = { vpcId: '', nodes: () => [], vpcHere: () => Promise.resolve(null) }
  await assert.rejects(open({}, unknown).reader.read(), /give the id of the VPC/)
  const here = open({}, { ...unknown, vpcHere: () => Promise.resolve(aws.state.vpcId) })
  assert.equal((await here.reader.read()).inventory.vpcId, aws.state.vpcId)
})

test('only an address that an interface has by itself has groups of its own', async () => {
  const { reader } = open({}, { podAddresses: () => ['10.0.10.10', '10.0.10.77'] })
  assert.deepEqual((await reader.read()).inventory.addressGroups, { '10.0.10.10': ['sg-nodes'] })
})

test('instances are told by their provider id', () => {
  assert.equal(instanceIdOf('aws:///eu-central-1a/i-0123456789abcdef0'), 'i-0123456789abcdef0')
  for (const other of ['aws:///eu-central-1a/fargate-ip-10-0-0-1', 'kind://docker/i-1', 'i-0123', '']) {
    assert.equal(instanceIdOf(other), null)
  }
})
