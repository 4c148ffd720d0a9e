/** Security groups that AWS holds after their load balancer is gone: over restarts, and when they are wanted again. */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { createOrphanCollector } from '../../../src/aws/deploy/security-groups/orphan-collector.ts'
import { ORPHAN_TAG } from '../../../src/aws/stack/tag-keys.ts'
import { type AwsDouble, createAwsDouble } from '../double/aws-double.ts'
import { IDENTITY, runPass } from '../parts/converge.ts'
import { createManualPorts, type ManualPorts } from '../parts/manual-ports.ts'
import { albStack, type Place } from '../parts/sample-stacks.ts'

const PLACE: Place = { subnets: ['subnet-private-a', 'subnet-private-b'] }

/** A process with a collector of its own. */
function startProcess(context: TestContext, aws: AwsDouble, ports: ManualPorts) {
  const orphans = createOrphanCollector({
    api: aws,
    ports,
    ...IDENTITY,
    nowSeconds: () => 1_700_000_000,
    events: {},
  })
  context.after(() => orphans.close())
  return {
    orphans,
    pass: (desired: Parameters<typeof runPass>[1]) =>
      runPass(aws, desired, { vpcId: aws.state.vpcId, hooks: { orphans } }),
  }
}

function ours(aws: AwsDouble): string[] {
  return [...aws.state.securityGroups.values()].filter(({ name }) => name.startsWith('k8s-')).map(({ id }) => id)
}

test('finalizers may go at once, and the group goes when AWS lets it go', async (t) => {
  const aws = createAwsDouble({ interfaceCalls: 30 })
  const ports = createManualPorts()
  const { pass, orphans } = startProcess(t, aws, ports)
  await pass([albStack(PLACE)])
  const { result } = await pass([])
  assert.equal(result.stacks.get('ingress:shop/web')?.isSettled, true)
  assert.equal(orphans.size, 1)
  const deletes = (): number => aws.calls.filter(({ action }) => action === 'ec2:DeleteSecurityGroup').length
  const before = deletes()
  await pass([])
  assert.equal(deletes(), before, 'a further pass leaves it to the collector')
  await ports.advance(3_600_000)
  assert.deepEqual([ours(aws), orphans.size], [[], 0])
})

test('the next process finds the group and goes on', async (t) => {
  const aws = createAwsDouble({ interfaceCalls: 60 })
  const ports = createManualPorts()
  const first = startProcess(t, aws, ports)
  await first.pass([albStack(PLACE)])
  await first.pass([])
  await first.orphans.close()
  const second = startProcess(t, aws, ports)
  await second.pass([])
  assert.equal(second.orphans.size, 1)
  await ports.advance(24 * 3_600_000)
  assert.deepEqual(ours(aws), [])
})

test('a group that is wanted again while it waits is used again, without the mark', async (t) => {
  const aws = createAwsDouble({ interfaceCalls: 1_000 })
  const ports = createManualPorts()
  const { pass, orphans } = startProcess(t, aws, ports)
  await pass([albStack(PLACE)])
  const [id = ''] = ours(aws)
  await pass([])
  assert.ok(aws.state.securityGroups.get(id)?.tags.has(ORPHAN_TAG))
  await pass([albStack(PLACE)])
  await ports.advance(24 * 3_600_000)
  assert.deepEqual([ours(aws), orphans.size], [[id], 0])
  assert.equal(aws.state.securityGroups.get(id)?.tags.has(ORPHAN_TAG), false)
  assert.ok([...aws.state.loadBalancers.values()].length === 1)
})
