/** The promise of the fast lane, on the clock: an endpoint is with AWS within a second, whatever else is to be written. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createBudgets, DEFAULT_RATES } from '../../../src/aws/deploy/execute/budget.ts'
import { createGuardedApi } from '../../../src/aws/deploy/execute/guarded-api.ts'
import { SYSTEM_PORTS } from '../../../src/aws/deploy/execute/ports.ts'
import type { TargetChange } from '../../../src/aws/deploy/targets/lane-events.ts'
import { createTargetLane } from '../../../src/aws/deploy/targets/target-lane.ts'
import type { ResolvedTargets } from '../../../src/aws/stack/target.ts'
import { type AwsDouble, createAwsDouble } from '../double/aws-double.ts'

const PROMISE_MS = 1000

async function createGroup(aws: AwsDouble, name: string): Promise<string> {
  const { TargetGroups: [group] = [] } = await aws.call('elbv2:CreateTargetGroup', {
    Name: name,
    Protocol: 'HTTP',
    Port: 80,
    VpcId: aws.state.vpcId,
    TargetType: 'ip',
  })
  return group?.TargetGroupArn ?? ''
}

function wish(...ids: readonly string[]): ResolvedTargets {
  return { targets: ids.map((id) => ({ id, port: 8080 })), pods: {}, isFailOpen: false }
}

test('a change of endpoints overtakes a rebuild that has a minute of writes before it', async (t) => {
  const aws = createAwsDouble()
  const arn = await createGroup(aws, 'web')
  const changes: TargetChange[] = []
  const arrived = new Map<number, () => void>()
  const lane = createTargetLane({
    api: aws,
    events: {
      onChange: (change) => {
        changes.push(change)
        arrived.get(changes.length)?.()
      },
    },
  })
  t.after(() => lane.close())
  const nth = (count: number): Promise<void> => new Promise((resolve) => arrived.set(count, resolve))

  const stop = new AbortController()
  const budgets = createBudgets(DEFAULT_RATES, SYSTEM_PORTS)
  const slow = createGuardedApi(aws, { budgets, ports: SYSTEM_PORTS, signal: stop.signal })
  const rebuild = Array.from({ length: 200 }, (_, i) =>
    slow.call('elbv2:AddTags', { ResourceArns: [arn], Tags: [{ Key: 'step', Value: String(i) }] }).catch(() => null),
  )
  const first = nth(1)
  lane.want({ kind: 'targetGroup', arn, isMultiCluster: false }, wish('10.0.10.1'))
  await first
  const second = nth(2)
  lane.want({ kind: 'targetGroup', arn, isMultiCluster: false }, wish('10.0.10.2'))
  await second
  stop.abort()
  const done = (await Promise.all(rebuild)).filter((answer) => answer !== null).length
  assert.ok(done < 100, `${done} of 200 writes were done: there was no rebuild to overtake`)
  assert.deepEqual(
    changes.map(({ registered, deregistered }) => [registered, deregistered]),
    [
      [1, 0],
      [1, 1],
    ],
  )
  for (const { tookMs } of changes) assert.ok(tookMs <= PROMISE_MS, `took ${tookMs} ms`)
})
