/**
 * The load balancers of every golden case of Services, made in an account that is as strict as AWS: one pass makes them, the
 * next one has nothing to do, and when the Services are gone nothing is left.
 */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { parse } from 'yaml'
import { createInventoryReader } from '../../src/aws/deploy/inventory/observe-inventory.ts'
import { buildAws } from '../../src/dialects/aws/build-aws.ts'
import { AWS_DEFAULTS, type AwsOptions } from '../../src/dialects/aws/options.ts'
import {
  arbitraryAnnotations,
  arbitrarySpec,
  serviceOf,
} from '../../src/dialects/aws/service/testing/arbitrary-service.ts'
import { createSnapshot, type Snapshot } from '../../src/kube/snapshot.ts'
import { readContent } from '../../src/sources/files/file-content.ts'
import { type AwsDouble, createAwsDouble } from './double/aws-double.ts'
import { converge, type Pass } from './parts/converge.ts'

const FOLDER = join(import.meta.dirname, '../golden-aws')

/** An account that has what the golden cases name. */
async function createAccount(): Promise<AwsDouble> {
  const double = createAwsDouble({ region: 'ap-northeast-1' })
  const { vpcId, securityGroups, certificates } = double.state
  for (const [id, name] of [
    ['sg-office', 'office'],
    ['sg-partner', 'partner'],
    ['sg-shared', 'shared'],
  ] as const) {
    const tags = new Map([['Name', name]])
    securityGroups.set(id, { hiddenReads: 0, id, name, description: name, vpcId, rules: [], tags })
  }
  const [some] = certificates.values()
  assert.ok(some !== undefined)
  for (const name of [
    'acm:ap-northeast-1:123456789012:certificate/shop',
    'acm:ap-northeast-1:123456789012:certificate/wildcard',
    'iam::123456789012:server-certificate/old',
  ]) {
    const arn = `arn:aws:${name}`
    certificates.set(arn, { ...some, arn, detail: { ...some.detail, CertificateArn: arn }, tags: new Map() })
  }
  const legacy = { Name: 'legacy', Protocol: 'TCP' as const, Port: 80, VpcId: vpcId, TargetType: 'instance' as const }
  await double.call('elbv2:CreateTargetGroup', legacy)
  return double
}

async function readInventoryOf(double: AwsDouble): Promise<AwsOptions['inventory']> {
  const { region, vpcId } = double.state
  const { inventory, problems } = await createInventoryReader({
    api: double,
    region,
    vpcId,
    clusterName: 'demo',
  }).read()
  assert.deepEqual(problems, [])
  return inventory
}

interface Case {
  readonly name: string
  readonly snapshot: Snapshot
  readonly optionsWith: (inventory: AwsOptions['inventory']) => AwsOptions
}

const CASES = globSync('service-*.in.yaml', { cwd: FOLDER })
  .sort()
  .map((file): Case => {
    const text = readFileSync(join(FOLDER, file), 'utf8')
    const written = parse(/^# options: (.*)$/m.exec(text)?.[1] ?? '{}') as Partial<AwsOptions>
    const { objects } = readContent(text.replaceAll('demo-private-c', 'private-b').replaceAll('demo-p', 'p'), file, 0)
    return {
      name: basename(file, '.in.yaml'),
      snapshot: createSnapshot(objects),
      optionsWith: (inventory) => ({ ...AWS_DEFAULTS, clusterName: 'demo', nowMs: 0, ...written, inventory }),
    }
  })
  // A manifest that no API server has seen has no node ports, and nothing is ever made of it.
  .filter(({ name }) => !name.startsWith('service-article'))

for (const { name, snapshot, optionsWith } of CASES) {
  test(`make and remove ${name}`, async () => {
    const double = await createAccount()
    const { vpcId } = double.state
    const built = buildAws(snapshot, optionsWith(await readInventoryOf(double)))
    const passes = await converge(double, built.stacks, { vpcId })
    assertAllDone(passes)
    assert.ok(passes.length <= 2, `${passes.length - 1} passes made it`)
    const wished = built.stacks.flatMap(({ loadBalancers, classicLoadBalancers }) => [
      ...loadBalancers,
      ...classicLoadBalancers,
    ])
    assert.equal(double.state.loadBalancers.size + double.state.classic.size, wished.length)

    const again = buildAws(snapshot, optionsWith(await readInventoryOf(double)))
    const [next] = await converge(double, again.stacks, { vpcId }, 1)
    assert.deepEqual(next?.plan.operations, [], 'what exists is what is wished')

    await converge(double, [], { vpcId })
    assert.deepEqual([double.state.loadBalancers.size, double.state.classic.size], [0, 0])
    assert.equal(double.state.targetGroups.size, 1, 'only that of somebody else is left')
  })
}

test('from each case to each next one, in one account', async () => {
  const double = await createAccount()
  const { vpcId } = double.state
  const order = [...CASES, ...CASES.toReversed()]
  for (const [index, { name, snapshot, optionsWith }] of order.entries()) {
    const label = `${order[index - 1]?.name ?? 'nothing'} to ${name}`
    const built = buildAws(snapshot, optionsWith(await readInventoryOf(double)))
    const keeps = new Set(built.unbuilt)
    const passes = await converge(double, built.stacks, { vpcId, plan: { keeps } })
    assertAllDone(passes, label)
  }
})

test('whatever a Service says, and whatever it said before, AWS takes every call and a second pass has nothing to do', async () => {
  const steps = fc.array(fc.tuple(arbitrarySpec, arbitraryAnnotations), { minLength: 1, maxLength: 3 })
  await fc.assert(
    fc.asyncProperty(steps, async (versions) => {
      const double = await createAccount()
      const { vpcId } = double.state
      for (const [written, annotations] of versions) {
        const inventory = await readInventoryOf(double)
        const options = { ...AWS_DEFAULTS, clusterName: 'demo', nowMs: 0, inventory }
        const service = serviceOf('any', { ...written, healthCheckNodePort: 32_000 }, annotations)
        const built = buildAws(createSnapshot([service]), options)
        assertAllDone(await converge(double, built.stacks, { vpcId, plan: { keeps: new Set(built.unbuilt) } }))
      }
    }),
    { numRuns: 150 },
  )
})

/** What the account refused, in words. */
function assertAllDone(passes: readonly Pass[], label = ''): void {
  const bad = passes.flatMap(({ result }) =>
    [...result.stacks.values()].flatMap(({ outcomes }) =>
      outcomes
        .filter(({ state }) => state !== 'done')
        .map(({ operation, code, message }) => `${operation.id}: ${code} ${message}`),
    ),
  )
  assert.deepEqual(bad, [], label)
}
