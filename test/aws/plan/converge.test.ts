/** From any state to any other: the plan is accepted call by call, and afterwards there is nothing to do. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { noteWrites, createObserveCache } from '../../../src/aws/deploy/observe/observe-cache.ts'
import { observe } from '../../../src/aws/deploy/observe/observe.ts'
import { planOperations } from '../../../src/aws/deploy/plan/plan-operations.ts'
import type { Plan } from '../../../src/aws/deploy/operation.ts'
import type { AwsStack } from '../../../src/aws/stack/model.ts'
import { createAwsDouble, type AwsDouble } from '../double/aws-double.ts'
import { applyPlan } from './apply-plan.ts'
import { assertIsAs, foreignState, seedForeign } from './as-wished.ts'
import { desiredState } from './stack-arbitrary.ts'

const RUNS = Number(process.env['CONVERGE_RUNS'] ?? 150)
/** A failure again: `CONVERGE_SEED=123 CONVERGE_PATH=4`. */
const SEED =
  process.env['CONVERGE_SEED'] === undefined
    ? {}
    : { seed: Number(process.env['CONVERGE_SEED']), path: process.env['CONVERGE_PATH'] ?? '' }
const IDENTITY = { clusterName: 'test', clusterUid: 'uid-1' }

async function planFor(
  aws: AwsDouble,
  api: AwsDouble | ReturnType<typeof noteWrites>,
  cache: ReturnType<typeof createObserveCache>,
  desired: readonly AwsStack[],
): Promise<Plan> {
  const observed = await observe(api, { ...IDENTITY, vpcId: aws.state.vpcId, desired }, cache)
  return planOperations(desired, observed, { ...IDENTITY, vpcId: aws.state.vpcId, confirmedDeletes: true })
}

test('from any state to any other a plan converges, and a second one is empty', { timeout: 600_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(desiredState, { minLength: 2, maxLength: 3 }),
      fc.boolean(),
      fc.infiniteStream(fc.nat({ max: 9999 })),
      fc.boolean(),
      async (states, isIndexed, choices, isShielded) => {
        const aws = createAwsDouble({ pageSize: 3 })
        aws.state.hasShieldSubscription = isShielded
        if (!isIndexed) aws.faults.denied.add('tagging:GetResources')
        await seedForeign(aws)
        const before = foreignState(aws)
        const cache = createObserveCache(3)
        const api = noteWrites(aws, cache)
        const choose = (ready: number): number => (choices.next().value ?? 0) % ready
        for (const desired of states) {
          const plan = await planFor(aws, api, cache, desired)
          assert.deepEqual(plan.held, [])
          await applyPlan(api, isShielded ? plan : withoutShield(plan), choose)
          if (plan.deferred?.length !== 0) await applyPlan(api, await planFor(aws, api, cache, desired), choose)
          const again = await planFor(aws, api, cache, desired)
          assert.deepEqual(
            (isShielded ? again : withoutShield(again)).operations.map(({ id, input }) => [id, input]),
            [],
          )
          assertIsAs(aws, desired)
          // Nothing that was cached was wrong.
          const fresh = await planFor(aws, aws, createObserveCache(), desired)
          assert.deepEqual(
            (isShielded ? fresh : withoutShield(fresh)).operations.map(({ id }) => id),
            [],
          )
          assert.deepEqual(foreignState(aws), before)
        }
      },
    ),
    // Shrinking takes minutes; the seed and path that are printed lead back.
    { numRuns: RUNS, endOnFailure: process.env['CONVERGE_SHRINK'] !== '1', ...SEED },
  )
})

test(
  'stopped at any call, before or after it took effect, the next plan ends at the same',
  { timeout: 600_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(desiredState, { minLength: 2, maxLength: 2 }),
        fc.array(fc.tuple(fc.nat({ max: 40 }), fc.boolean()), { minLength: 1, maxLength: 3 }),
        fc.infiniteStream(fc.nat({ max: 9999 })),
        fc.constantFrom(0, 0, 3),
        async (states, crashes, choices, taggingLag) => {
          const aws = createAwsDouble({ taggingLag })
          aws.state.hasShieldSubscription = true
          await seedForeign(aws)
          const before = foreignState(aws)
          const choose = (ready: number): number => (choices.next().value ?? 0) % ready
          const pass = async (desired: readonly AwsStack[]): Promise<Plan> => {
            const plan = await planFor(aws, aws, createObserveCache(), desired)
            await applyPlan(aws, plan, choose)
            return plan
          }
          for (const desired of states) {
            for (const [writes, isAfter] of crashes) {
              let left = writes
              const cut = ({ isWrite }: { readonly isWrite: boolean }): boolean => isWrite && left-- === 0
              aws.faults[isAfter ? 'cutAfter' : 'cutBefore'] = cut
              await pass(desired).catch((error: unknown) => assert.match(String(error), /socket hang up/))
              aws.faults.cutAfter = null
              aws.faults.cutBefore = null
            }
            const plan = await pass(desired)
            if (plan.deferred?.length !== 0) await pass(desired)
            // What an index of tags that lags behind hid is seen once it has caught up.
            for (let calls = 0; calls < taggingLag; calls++) await aws.call('ec2:DescribeVpcs', {})
            if (taggingLag > 0) await pass(desired)
            for (let calls = 0; calls < taggingLag; calls++) await aws.call('ec2:DescribeVpcs', {})
            if (taggingLag > 0) await pass(desired)
            for (let calls = 0; calls < taggingLag; calls++) await aws.call('ec2:DescribeVpcs', {})
            assert.deepEqual(
              (await pass(desired)).operations.map(({ id, input }) => [id, input]),
              [],
            )
            assertIsAs(aws, desired)
            assert.deepEqual(foreignState(aws), before)
          }
        },
      ),
      { numRuns: RUNS, endOnFailure: process.env['CONVERGE_SHRINK'] !== '1', ...SEED },
    )
  },
)

/** Without a subscription there is nothing to be had. */
function withoutShield(plan: Plan): Plan {
  const operations = plan.operations.filter(({ resource }) => !resource.startsWith('Shield/'))
  const ids = new Set(operations.map(({ id }) => id))
  return { ...plan, operations: operations.map((one) => ({ ...one, after: one.after.filter((id) => ids.has(id)) })) }
}
