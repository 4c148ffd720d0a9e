import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { createManualPorts } from '../../../../test/aws/parts/manual-ports.ts'
import type { ResolvedTargets, Target } from '../../stack/target.ts'
import { type AwsApi, AwsError } from '../aws-api.ts'
import type { LaneEvents, OwnTargets, TargetChange, TargetHealth, TargetProblem } from './lane-events.ts'
import { createTargetLane } from './target-lane.ts'
import type { TargetPool } from './target-store.ts'

interface StoredState {
  state: string
  description?: string
}

/** Target groups and Classic Load Balancers as AWS keeps them. */
class FakeElb implements AwsApi {
  readonly groups = new Map<string, Map<string, StoredState>>()
  readonly calls: string[] = []
  readonly sizes: number[] = []
  /** Refuses a call: a code, or `null`. */
  refuse: (action: string, ids: readonly string[], group: string) => string | null = () => null

  group(arn: string): Map<string, StoredState> {
    let group = this.groups.get(arn)
    if (group === undefined) {
      group = new Map()
      this.groups.set(arn, group)
    }
    return group
  }

  async call(action: string, input: unknown): Promise<never> {
    await new Promise((resolve) => setImmediate(resolve))
    const given = input as {
      TargetGroupArn?: string
      LoadBalancerName?: string
      LoadBalancerNames?: string[]
      Targets?: { Id: string; Port: number; AvailabilityZone?: string }[]
      Instances?: { InstanceId: string }[]
    }
    const arn = given.TargetGroupArn ?? given.LoadBalancerName ?? given.LoadBalancerNames?.[0] ?? ''
    const ids = [
      ...(given.Targets ?? []).map(({ Id, Port }) => `${Id}:${Port}`),
      ...(given.Instances ?? []).map(({ InstanceId }) => InstanceId),
    ]
    const name = action.slice(action.indexOf(':') + 1)
    this.calls.push(ids.length === 0 ? name : `${name} ${ids.length > 3 ? ids.length : ids.join(' ')}`)
    this.sizes.push(ids.length)
    const zones = (given.Targets ?? []).some((target) => target.AvailabilityZone === 'all')
    const code = this.refuse(name, ids, zones ? `${arn} all` : arn)
    if (code !== null)
      throw new AwsError(
        'elbv2:RegisterTargets',
        code,
        code === 'ValidationError' ? 'bad availability zone' : code,
        400,
      )
    const group = this.group(arn)
    if (name.startsWith('Register')) for (const id of ids) group.set(id, { state: 'initial' })
    else if (name === 'DeregisterTargets') for (const id of ids) group.set(id, { state: 'draining' })
    else if (name.startsWith('Deregister')) for (const id of ids) group.delete(id)
    else if (name === 'DescribeLoadBalancers') {
      return {
        LoadBalancerDescriptions: [{ Instances: [...group.keys()].map((InstanceId) => ({ InstanceId })) }],
      } as never
    } else {
      const all = [...group].map(([key, { state, description }]) => ({
        Target: { Id: key.slice(0, key.indexOf(':')), Port: Number(key.slice(key.indexOf(':') + 1)) },
        TargetHealth: { State: state, ...(description === undefined ? {} : { Description: description }) },
      }))
      return { TargetHealthDescriptions: all } as never
    }
    return {} as never
  }

  set(arn: string, state: string): void {
    for (const stored of this.group(arn).values()) if (stored.state !== 'draining') stored.state = state
  }

  takeCalls(): string[] {
    return this.calls.splice(0)
  }
}

const POOL: TargetPool = { kind: 'targetGroup', arn: 'tg-1', isMultiCluster: false }

function wish(...ids: string[]): ResolvedTargets {
  const targets = ids.map((id): Target => ({ id, port: 80 }))
  return { targets, pods: Object.fromEntries(ids.map((id) => [`${id}:80`, `shop/pod-${id}`])), isFailOpen: false }
}

function open(context: TestContext, own?: OwnTargets) {
  const aws = new FakeElb()
  const ports = createManualPorts()
  const changes: TargetChange[] = []
  const problems: TargetProblem[] = []
  const health: (readonly TargetHealth[])[] = []
  const recovered: TargetPool[] = []
  const events: LaneEvents = {
    onChange: (change) => changes.push(change),
    onProblem: (problem) => problems.push(problem),
    onHealth: (_, all) => health.push(all),
    onRecovered: (pool) => recovered.push(pool),
  }
  const lane = createTargetLane({ api: aws, ports, events, ...(own === undefined ? {} : { own }) })
  context.after(() => lane.close())
  return { aws, ports, lane, changes, problems, health, recovered }
}

test('a new endpoint is registered and an old one taken out, in this order, well within a second', async (t) => {
  const { aws, ports, lane, changes } = open(t)
  aws.group('tg-1').set('10.0.0.1:80', { state: 'healthy' })
  lane.want(POOL, wish('10.0.0.1'))
  await ports.advance(100)
  assert.deepEqual(aws.takeCalls(), ['DescribeTargetHealth'])
  lane.want(POOL, wish('10.0.0.2'))
  await ports.advance(100)
  assert.deepEqual(aws.takeCalls(), ['RegisterTargets 10.0.0.2:80', 'DeregisterTargets 10.0.0.1:80'])
  const [change] = changes
  assert.ok(change !== undefined && change.tookMs <= 100)
  assert.deepEqual([change.registered, change.deregistered], [1, 1])
})

test('what is right already costs one reading and no write, after a restart and ever after', async (t) => {
  const { aws, ports, lane } = open(t)
  for (const id of ['10.0.0.1', '10.0.0.2']) aws.group('tg-1').set(`${id}:80`, { state: 'healthy' })
  for (let i = 0; i < 3; i++) {
    lane.want(POOL, wish('10.0.0.1', '10.0.0.2'))
    await ports.advance(600_000)
  }
  assert.deepEqual(new Set(aws.takeCalls()), new Set(['DescribeTargetHealth']))
})

test('many changes in a row are one call', async (t) => {
  const { aws, ports, lane } = open(t)
  for (let i = 1; i <= 50; i++) lane.want(POOL, wish(...Array.from({ length: i }, (_, n) => `10.0.0.${n}`)))
  await ports.advance(50)
  assert.deepEqual(aws.takeCalls(), ['DescribeTargetHealth', 'RegisterTargets 50'])
})

test('a thousand targets go in calls of two hundred', async (t) => {
  const { aws, ports, lane } = open(t)
  lane.want(POOL, wish(...Array.from({ length: 1000 }, (_, n) => `10.0.${n >> 8}.${n & 255}`)))
  await ports.advance(1_000)
  assert.deepEqual(
    aws.sizes.filter((size) => size > 0),
    [200, 200, 200, 200, 200],
  )
})

test('a draining target is left to drain, and registered again when it is wanted again', async (t) => {
  const { aws, ports, lane } = open(t)
  lane.want(POOL, wish('10.0.0.1'))
  await ports.advance(60_000)
  lane.want(POOL, wish())
  await ports.advance(60_000)
  aws.takeCalls()
  lane.want(POOL, wish())
  await ports.advance(600_000)
  assert.ok(aws.takeCalls().every((call) => call === 'DescribeTargetHealth'))
  lane.want(POOL, wish('10.0.0.1'))
  await ports.advance(100)
  assert.deepEqual(
    aws.takeCalls().filter((call) => call !== 'DescribeTargetHealth'),
    ['RegisterTargets 10.0.0.1:80'],
  )
})

test('health is read until all is well, told when it changes, and then seldom', async (t) => {
  const { aws, ports, lane, health } = open(t)
  lane.want(POOL, wish('10.0.0.1'))
  await ports.advance(3_000)
  assert.deepEqual(
    health.map(([one]) => [one?.state, one?.pod]),
    [['initial', 'shop/pod-10.0.0.1']],
  )
  aws.set('tg-1', 'healthy')
  await ports.advance(15_000)
  assert.equal(health.length, 2)
  assert.equal(health[1]?.[0]?.state, 'healthy')
  aws.takeCalls()
  await ports.advance(200_000)
  assert.deepEqual(aws.takeCalls(), [])
  aws.set('tg-1', 'unhealthy')
  await ports.advance(200_000)
  assert.equal(health.at(-1)?.[0]?.state, 'unhealthy')
})

test('what somebody took out by hand comes back, and what somebody put in goes', async (t) => {
  const { aws, ports, lane } = open(t)
  lane.want(POOL, wish('10.0.0.1'))
  await ports.advance(1_000)
  aws.set('tg-1', 'healthy')
  await ports.advance(30_000)
  aws.takeCalls()
  aws.group('tg-1').delete('10.0.0.1:80')
  aws.group('tg-1').set('192.0.2.1:80', { state: 'healthy' })
  await ports.advance(400_000)
  const writes = aws.takeCalls().filter((call) => call !== 'DescribeTargetHealth')
  assert.deepEqual(writes, ['RegisterTargets 10.0.0.1:80', 'DeregisterTargets 192.0.2.1:80'])
})

test('a reading that does not show a registration yet is not believed', async (t) => {
  const { aws, ports, lane } = open(t)
  lane.want(POOL, wish('10.0.0.1'))
  await ports.advance(100)
  aws.group('tg-1').clear()
  await ports.advance(5_000)
  assert.deepEqual(aws.takeCalls().filter((call) => call.startsWith('Register')).length, 1)
  await ports.advance(30_000)
  assert.equal(aws.takeCalls().filter((call) => call.startsWith('Register')).length, 1)
})

test('of two hundred targets the one that AWS refuses keeps no other out', async (t) => {
  const { aws, ports, lane, problems, recovered } = open(t)
  let isBad = true
  aws.refuse = (_, ids) => (isBad && ids.includes('10.0.0.77:80') ? 'InvalidTarget' : null)
  lane.want(POOL, wish(...Array.from({ length: 200 }, (_, n) => `10.0.0.${n}`)))
  await ports.advance(10_000)
  assert.equal(aws.group('tg-1').size, 199)
  assert.deepEqual(
    problems.map(({ code, targets }) => [code, targets.map(({ id }) => id)]),
    [['InvalidTarget', ['10.0.0.77']]],
  )
  isBad = false
  await ports.advance(120_000)
  assert.equal(aws.group('tg-1').size, 200)
  assert.equal(recovered.length, 1)
})

test('where AWS refuses the zone "all", the target goes in without', async (t) => {
  const { aws, ports, lane, problems } = open(t)
  aws.refuse = (action, _, group) => (action === 'RegisterTargets' && group.endsWith(' all') ? 'ValidationError' : null)
  lane.want(POOL, { targets: [{ id: '192.0.2.1', port: 80, availabilityZone: 'all' }], pods: {}, isFailOpen: false })
  await ports.advance(1_000)
  assert.equal(aws.group('tg-1').size, 1)
  assert.deepEqual(problems, [])
})

test('a group that is gone harms no other, and is tried again with growing pauses', async (t) => {
  const { aws, ports, lane, problems } = open(t)
  aws.refuse = (_, __, group) => (group === 'tg-gone' ? 'TargetGroupNotFound' : null)
  lane.want({ kind: 'targetGroup', arn: 'tg-gone', isMultiCluster: false }, wish('10.0.0.1'))
  lane.want(POOL, wish('10.0.0.1'))
  await ports.advance(600_000)
  assert.equal(aws.group('tg-1').size, 1)
  assert.deepEqual(
    problems.map(({ code }) => code),
    ['TargetGroupNotFound'],
  )
  assert.ok(aws.takeCalls().length < 60)
})

test('a wish ends the pause after a failure', async (t) => {
  const { aws, ports, lane } = open(t)
  let isBroken = true
  aws.refuse = () => (isBroken ? 'AccessDenied' : null)
  lane.want(POOL, wish('10.0.0.1'))
  await ports.advance(300_000)
  isBroken = false
  lane.want(POOL, wish('10.0.0.2'))
  await ports.advance(1_000)
  assert.deepEqual([...aws.group('tg-1').keys()], ['10.0.0.2:80'])
})

test('in a group of several clusters only own targets are taken out, also after a restart', async (t) => {
  const memory = new Map<string, readonly string[]>()
  const own: OwnTargets = {
    load: (arn) => Promise.resolve(memory.get(arn) ?? []),
    save: (arn, keys) => Promise.resolve(void memory.set(arn, keys)),
  }
  const shared: TargetPool = { ...POOL, isMultiCluster: true }
  const first = open(t, own)
  first.aws.group('tg-1').set('192.0.2.1:80', { state: 'healthy' })
  first.lane.want(shared, wish('10.0.0.1', '10.0.0.2'))
  await first.ports.advance(1_000)
  await first.lane.close()
  assert.deepEqual(memory.get('tg-1'), ['10.0.0.1:80', '10.0.0.2:80'])
  const second = open(t, own)
  for (const [key, state] of first.aws.group('tg-1')) second.aws.group('tg-1').set(key, state)
  second.lane.want(shared, wish('10.0.0.2'))
  await second.ports.advance(1_000)
  assert.deepEqual(
    second.aws.takeCalls().filter((call) => !call.startsWith('Describe')),
    ['DeregisterTargets 10.0.0.1:80'],
  )
  assert.deepEqual(memory.get('tg-1'), ['10.0.0.2:80'])
})

test('what is ours is not guessed: without the memory nothing is taken out', async (t) => {
  const saved: (readonly string[])[] = []
  let isDown = true
  const own: OwnTargets = {
    load: () => (isDown ? Promise.reject(new Error('no answer')) : Promise.resolve(['10.0.0.9:80'])),
    save: (_, keys) => Promise.resolve(void saved.push(keys)),
  }
  const { aws, ports, lane, problems } = open(t, own)
  aws.group('tg-1').set('192.0.2.1:80', { state: 'healthy' })
  lane.want({ ...POOL, isMultiCluster: true }, wish('10.0.0.1'))
  aws.group('tg-1').set('10.0.0.9:80', { state: 'healthy' })
  await ports.advance(10_000)
  assert.deepEqual(
    aws.takeCalls().filter((call) => call !== 'DescribeTargetHealth'),
    ['RegisterTargets 10.0.0.1:80'],
  )
  assert.deepEqual([problems[0]?.message, saved], ['no answer', []])
  isDown = false
  await ports.advance(60_000)
  assert.deepEqual(
    aws.takeCalls().filter((call) => call !== 'DescribeTargetHealth'),
    ['DeregisterTargets 10.0.0.9:80'],
  )
  assert.deepEqual(saved, [['10.0.0.1:80', '10.0.0.9:80'], ['10.0.0.1:80']])
})

test('a Classic Load Balancer gets its instances by the same lane', async (t) => {
  const { aws, ports, lane } = open(t)
  const pool: TargetPool = { kind: 'classic', name: 'a0123' }
  aws.group('a0123').set('i-old', { state: 'unknown' })
  lane.want(pool, {
    targets: [
      { id: 'i-1', port: 30080 },
      { id: 'i-1', port: 30443 },
      { id: 'i-2', port: 30080 },
    ],
    pods: {},
    isFailOpen: false,
  })
  await ports.advance(1_000)
  assert.deepEqual(aws.takeCalls(), [
    'DescribeLoadBalancers',
    'RegisterInstancesWithLoadBalancer i-1 i-2',
    'DeregisterInstancesFromLoadBalancer i-old',
  ])
})

test('an emptied pool holds nothing of ours and is not looked at again', async (t) => {
  const { aws, ports, lane } = open(t)
  lane.want(POOL, wish('10.0.0.1'))
  await ports.advance(1_000)
  const emptied = lane.empty(POOL)
  await ports.advance(1_000)
  await emptied
  assert.ok(aws.takeCalls().includes('DeregisterTargets 10.0.0.1:80'))
  await ports.advance(3_600_000)
  assert.deepEqual(aws.takeCalls(), [])
})

test('a throttled lane comes through, and a hundred groups at once do not wait for a broken one', async (t) => {
  const { aws, ports, lane } = open(t)
  let calls = 0
  aws.refuse = (_, __, group) => (group === 'tg-0' ? 'InternalFailure' : ++calls % 5 === 0 ? 'Throttling' : null)
  for (let i = 0; i < 100; i++)
    lane.want({ kind: 'targetGroup', arn: `tg-${i}`, isMultiCluster: false }, wish('10.0.0.1'))
  await ports.advance(300_000)
  for (let i = 1; i < 100; i++) assert.equal(aws.group(`tg-${i}`).size, 1, `tg-${i}`)
})

test('closing waits for what is on its way and calls nothing more', async (t) => {
  const { aws, ports, lane } = open(t)
  lane.want(POOL, wish('10.0.0.1'))
  await lane.close()
  lane.want(POOL, wish('10.0.0.2'))
  await ports.advance(10_000)
  assert.deepEqual(aws.takeCalls(), [])
})
