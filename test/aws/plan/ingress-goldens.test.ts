/**
 * The stacks of every golden case of Ingresses, made in an account as strict as AWS: each call is accepted, a second pass
 * has nothing to do, from each case to the next one too, and nothing is left at the end.
 */
import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import type { Inventory } from '../../../src/aws/stack/inventory.ts'
import type { AwsStack } from '../../../src/aws/stack/model.ts'
import { buildAws } from '../../../src/dialects/aws/build-aws.ts'
import { AWS_DEFAULTS, type AwsOptions } from '../../../src/dialects/aws/options.ts'
import { createSnapshot } from '../../../src/kube/snapshot.ts'
import { readContent } from '../../../src/sources/files/file-content.ts'
import { STANDARD_INVENTORY } from '../../golden-aws/standard-inventory.ts'
import type { AwsDouble } from '../double/aws-double.ts'
import { accountOf } from './account-of.ts'
import { pass, planFor } from './small-stack.ts'

const FOLDER = join(import.meta.dirname, '../../golden-aws')
const NOW_MS = Date.parse('2026-11-21T00:00:00Z')

interface Case {
  readonly name: string
  readonly inventory: Inventory
  readonly stacks: readonly AwsStack[]
}

const CASES = globSync('*.in.yaml', { cwd: FOLDER })
  .filter((file) => !file.startsWith('service-'))
  .sort()
  .map((file): Case => {
    const text = readFileSync(join(FOLDER, file), 'utf8')
    const beside = join(FOLDER, file.replace(/\.in\.yaml$/, '.options.json'))
    const line = /^# options: (.*)$/m.exec(text)?.[1] ?? '{}'
    const written = (existsSync(beside) ? JSON.parse(readFileSync(beside, 'utf8')) : parse(line)) as Partial<AwsOptions>
    const inventory = { ...STANDARD_INVENTORY, ...written.inventory }
    const { objects } = readContent(text, file, 0)
    const options = { ...AWS_DEFAULTS, clusterName: 'demo', nowMs: NOW_MS, ...written, inventory }
    return { name: basename(file, '.in.yaml'), inventory, stacks: buildAws(createSnapshot(objects), options).stacks }
  })
  .filter(({ stacks }) => stacks.length > 0)

/** What users wrote, and were told about, that AWS refuses; and plans without an account, which nobody runs. */
const REFUSED: Readonly<Record<string, RegExp>> = {
  'subnets-not-known': /At least two subnets/,
  'subnets-not-known-but-named': /is not valid/,
}

const OPTIONS = { confirmedDeletes: true } as const

async function settle(aws: AwsDouble, stacks: readonly AwsStack[]): Promise<void> {
  const plan = await pass(aws, stacks, OPTIONS)
  assert.deepEqual(plan.held, [])
  if (plan.deferred?.length !== 0) await pass(aws, stacks, OPTIONS)
  assert.deepEqual(
    (await planFor(aws, stacks, OPTIONS)).operations.map(({ id, input }) => [id, input]),
    [],
  )
}

for (const { name, inventory, stacks } of CASES) {
  test(`make and remove ${name}`, async () => {
    const aws = accountOf(inventory, stacks)
    const before = aws.state.targetGroups.size
    const refusal = REFUSED[name]
    if (refusal !== undefined) {
      // Told better, it may come right.
      await settle(aws, stacks).catch((error: unknown) => assert.match(String(error), refusal))
      return
    }
    await settle(aws, stacks)
    await settle(aws, [])
    const { loadBalancers, classic, targetGroups } = aws.state
    assert.deepEqual([loadBalancers.size, classic.size, targetGroups.size], [0, 0, before])
  })
}

test('from each case to each next one, and back, in one account', async () => {
  const ordinary = CASES.filter(
    ({ name, inventory }) => inventory.vpcId === STANDARD_INVENTORY.vpcId && REFUSED[name] === undefined,
  )
  const aws = accountOf(
    STANDARD_INVENTORY,
    ordinary.flatMap(({ stacks }) => stacks),
  )
  for (const { inventory } of ordinary) {
    const { state } = accountOf(inventory, [])
    for (const [id, subnet] of state.subnets) if (!aws.state.subnets.has(id)) aws.state.subnets.set(id, subnet)
  }
  for (const { name, stacks } of [...ordinary, ...ordinary.toReversed()]) {
    await settle(aws, stacks).catch((error: unknown) => {
      throw new Error(`${name}: ${String(error)}`, { cause: error })
    })
  }
})
