/**
 * The process is killed at every write of ten stories, before the call reached AWS and after it took effect there. Whoever
 * comes next knows only what AWS tells, and has to reach the same end with nothing twice.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AwsApi, isReadOnly } from '../../../src/aws/deploy/aws-api.ts'
import type { AwsStack } from '../../../src/aws/stack/model.ts'
import { type AwsDouble, createAwsDouble, type DoubleOptions } from '../double/aws-double.ts'
import { converge, look, runPass, summarize } from '../parts/converge.ts'
import { STORIES, type Story } from '../parts/stories.ts'

/** The end of the process, which no code of ours may mistake for an answer. */
class Killed extends Error {}

/** AWS holds security groups for some passes. */
const MOST_PASSES = 40

type Moment = 'before' | 'after'

/** AWS as a process sees it that is killed at its n-th write: nothing of it reaches AWS any more. */
function mortal(aws: AwsApi, write: number, moment: Moment): { readonly api: AwsApi; isDead(): boolean } {
  let writes = 0
  let isDead = false
  return {
    isDead: () => isDead,
    api: {
      async call(action, input, signal) {
        if (isDead) throw new Killed()
        const isLast = !isReadOnly(action) && ++writes === write
        if (isLast && moment === 'before') isDead = true
        if (isDead) throw new Killed()
        if (isLast) isDead = true
        const output = await aws.call(action, input, signal)
        if (isLast) throw new Killed()
        return output
      },
    },
  }
}

/** Of a story, the step from one state to the next: all before it is calm. The first one begins with nothing. */
interface Step {
  readonly aws: AwsDouble
  readonly next: readonly AwsStack[]
}

/** What was just made is not found at first, and tags are late. */
const ACCOUNT: DoubleOptions = { hiddenReads: 1, taggingLag: 3 }

async function prepare(story: Story, step: number): Promise<Step | null> {
  const aws = createAwsDouble({ ...ACCOUNT, ...story.account })
  const states = [[], ...story.states(aws)]
  const next = states[step]
  if (next === undefined) return null
  for (const state of states.slice(0, step)) await converge(aws, state, { vpcId: aws.state.vpcId }, MOST_PASSES)
  return { aws, next }
}

const KINDS = [
  'securityGroups',
  'loadBalancers',
  'listeners',
  'rules',
  'targetGroups',
  'certificates',
  'classic',
  'protections',
  'webAclOf',
] as const

/** All there is, ours or not, by kind: a duplicate shows in no other way. */
function count({ state }: AwsDouble): Record<string, number> {
  return Object.fromEntries(KINDS.map((kind) => [kind, state[kind].size]))
}

for (const story of STORIES) {
  test(`${story.name}: killed at any write, the next process reaches the same end`, async (t) => {
    let kills = 0
    for (let step = 1; ; step++) {
      const calm = await prepare(story, step)
      if (calm === null) break
      kills += await killAtEachWrite(story, step, calm)
    }
    t.diagnostic(`${kills} kills`)
    assert.ok(kills >= 20, `only ${kills} kills: the story does next to nothing`)
  })
}

async function killAtEachWrite(story: Story, step: number, calm: Step): Promise<number> {
  const options = { vpcId: calm.aws.state.vpcId }
  await converge(calm.aws, calm.next, options, MOST_PASSES)
  const end = { count: count(calm.aws), all: summarize(await look(calm.aws, calm.next, options)) }
  for (let write = 1; ; write++) {
    for (const moment of ['before', 'after'] as const) {
      const { aws, next } = (await prepare(story, step)) as Step
      const process = mortal(aws, write, moment)
      await runPass(process.api, next, options).catch((error: unknown) =>
        assert.ok(error instanceof Killed, String(error)),
      )
      if (!process.isDead()) return 2 * (write - 1)
      // What was on its way when the process died may still arrive.
      await new Promise((resolve) => setImmediate(resolve))
      await converge(aws, next, options, MOST_PASSES)
      const where = `step ${step}, killed ${moment} write ${write}`
      assert.deepEqual(count(aws), end.count, where)
      assert.deepEqual(summarize(await look(aws, next, options)), end.all, where)
    }
  }
}
