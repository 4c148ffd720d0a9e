/** What a large cluster costs in calls and in time: 1,000 Ingresses in 20 groups, at the rates that we keep to. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isReadOnly } from '../../../src/aws/deploy/aws-api.ts'
import { createBudgets, DEFAULT_RATES } from '../../../src/aws/deploy/execute/budget.ts'
import { execute } from '../../../src/aws/deploy/execute/execute.ts'
import { createGuardedApi } from '../../../src/aws/deploy/execute/guarded-api.ts'
import { createObserveCache, noteWrites } from '../../../src/aws/deploy/observe/observe-cache.ts'
import { observe } from '../../../src/aws/deploy/observe/observe.ts'
import { planOperations } from '../../../src/aws/deploy/plan/plan-operations.ts'
import type { AwsStack } from '../../../src/aws/stack/model.ts'
import { type AwsDouble, createAwsDouble } from '../double/aws-double.ts'
import { IDENTITY } from '../parts/converge.ts'
import { albStack } from '../parts/sample-stacks.ts'
import { createVirtualPorts } from '../parts/virtual-ports.ts'

const GROUPS = 20
const INGRESSES_PER_GROUP = 50
const PLACE = { subnets: ['subnet-private-a', 'subnet-private-b'] }

/** One path for each Ingress; `changed` gets another one in the first group. */
function cluster(isChanged = false): readonly AwsStack[] {
  return Array.from({ length: GROUPS }, (_, group) => {
    const paths = Array.from({ length: INGRESSES_PER_GROUP }, (_, path) => `/g${group}/p${path}`)
    if (isChanged && group === 0) paths[INGRESSES_PER_GROUP - 1] = '/changed'
    return albStack(PLACE, { id: `ingress:group-${group}`, paths })
  })
}

/** A controller that lives on from pass to pass. */
function startController(aws: AwsDouble) {
  const ports = createVirtualPorts()
  const guarded = createGuardedApi(aws, { budgets: createBudgets(DEFAULT_RATES, ports), ports })
  const cache = createObserveCache()
  return async (desired: readonly AwsStack[]): Promise<{ reads: number; writes: number; seconds: number }> => {
    const { vpcId } = aws.state
    const before = aws.calls.length
    const beganMs = ports.nowMs()
    const observed = await observe(guarded, { ...IDENTITY, vpcId, desired }, cache)
    const plan = planOperations(desired, observed, { ...IDENTITY, vpcId, confirmedDeletes: true })
    const api = noteWrites(guarded, cache)
    const result = await execute(plan, api, { readSecret: () => Promise.resolve(null), ports })
    for (const { stack, isSettled } of result.stacks.values()) assert.ok(isSettled, stack)
    const calls = aws.calls.slice(before)
    const reads = calls.filter(({ action }) => isReadOnly(action)).length
    return { reads, writes: calls.length - reads, seconds: Math.round((ports.nowMs() - beganMs) / 1000) }
  }
}

test('a thousand Ingresses in twenty groups: calls and time of making, leaving alone, changing and deleting', async (t) => {
  const aws = createAwsDouble({ quotas: { securityGroupsPerVpc: 100 } })
  const pass = startController(aws)
  const figures = {
    make: await pass(cluster()),
    restart: await startController(aws)(cluster()),
    'first steady pass': await pass(cluster()),
    'steady pass': await pass(cluster()),
    'change one': await pass(cluster(true)),
    'delete all': await pass([]),
  }
  for (const [name, { reads, writes, seconds }] of Object.entries(figures)) {
    t.diagnostic(`${name}: ${reads} reads, ${writes} writes, ${seconds} s`)
  }
  // A rule and a target group for each Ingress; a load balancer, its security group with a rule, and a listener for each group.
  assert.equal(figures.make.writes, GROUPS * (2 * INGRESSES_PER_GROUP + 4))
  assert.ok(figures.make.seconds < 15 * 60)
  for (const name of ['restart', 'first steady pass', 'steady pass'] as const)
    assert.equal(figures[name].writes, 0, name)
  assert.ok(figures.restart.seconds < 60)
  assert.ok(figures['steady pass'].reads < 150)
  assert.ok(figures['change one'].writes <= 4 && figures['change one'].seconds < 10)
  assert.ok(figures['delete all'].writes <= GROUPS * (INGRESSES_PER_GROUP + 2))
  assert.equal(aws.state.loadBalancers.size + aws.state.targetGroups.size + aws.state.rules.size, 0)
})
