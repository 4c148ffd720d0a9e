/** The same ten stories in an account that throttles, forgets for a while, loses answers and denies what is extra. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AwsApi } from '../../../src/aws/deploy/aws-api.ts'
import { createBudgets, DEFAULT_RATES } from '../../../src/aws/deploy/execute/budget.ts'
import { createGuardedApi } from '../../../src/aws/deploy/execute/guarded-api.ts'
import type { AwsStack } from '../../../src/aws/stack/model.ts'
import { type AwsDouble, createAwsDouble, type DoubleOptions } from '../double/aws-double.ts'
import { converge, look, summarize } from '../parts/converge.ts'
import { STORIES } from '../parts/stories.ts'
import { createVirtualPorts } from '../parts/virtual-ports.ts'

interface Weather {
  readonly name: string
  readonly account?: DoubleOptions
  readonly begin?: (aws: AwsDouble) => void
}

/** One in `of`, the same on every run, but not in step with passes that make the same calls. */
function isHit(number: number, of: number): boolean {
  return (Math.imul(number, 2_654_435_761) >>> 7) % of === 0
}

const WEATHERS: readonly Weather[] = [
  { name: 'every third call is throttled', begin: ({ faults }) => (faults.throttleEvery = 3) },
  {
    name: 'EC2 throttles in its own words',
    begin: ({ faults }) => {
      faults.throttleEvery = 4
      faults.throttleCode = 'RequestLimitExceeded'
    },
  },
  { name: 'what is made is found late', account: { hiddenReads: 3, taggingLag: 20 } },
  { name: 'one answer in seven is lost', begin: ({ faults }) => (faults.cutAfter = ({ number }) => isHit(number, 7)) },
  {
    name: 'one call in five does not arrive',
    begin: ({ faults }) => (faults.cutBefore = ({ number }) => isHit(number, 5)),
  },
  { name: 'lists have pages of two', account: { pageSize: 2 } },
  {
    name: 'the index of tags is denied',
    begin: ({ faults }) => faults.denied.add('tagging:GetResources'),
  },
]

/** Through budgets and retries, as in production, with a clock that runs only while somebody waits. */
function guard(aws: AwsDouble): AwsApi {
  const ports = createVirtualPorts()
  return createGuardedApi(aws, { budgets: createBudgets(DEFAULT_RATES, ports), ports })
}

async function play(states: readonly (readonly AwsStack[])[], aws: AwsDouble, api: AwsApi): Promise<unknown> {
  const options = { vpcId: aws.state.vpcId }
  for (const state of states) await converge(api, state, options, 40)
  Object.assign(aws.faults, { throttleEvery: 0, cutAfter: null, cutBefore: null })
  // The index of tags has caught up.
  aws.state.clock += 1_000
  return summarize(await look(aws, states.at(-1) ?? [], options))
}

for (const weather of WEATHERS) {
  test(`all stories come to their ends while ${weather.name}`, async () => {
    for (const story of STORIES) {
      const calm = createAwsDouble(story.account)
      const end = await play(story.states(calm), calm, calm)
      const aws = createAwsDouble({ ...story.account, ...weather.account })
      weather.begin?.(aws)
      assert.deepEqual(await play(story.states(aws), aws, guard(aws)), end, story.name)
    }
  })
}
