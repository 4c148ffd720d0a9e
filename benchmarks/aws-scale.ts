/**
 * A thousand Ingresses in twenty groups, from nothing to AWS and back, against the in-process account of the tests: how many calls
 * of which kind, and how long they take with our budgets on a clock of its own, where each call has a latency as AWS has.
 * `node benchmarks/aws-scale.ts [INGRESSES] [GROUPS] [--no-budgets]`
 */
import { type AwsApi, isReadOnly } from '../src/aws/deploy/aws-api.ts'
import { createBudgets, DEFAULT_RATES, type Rates } from '../src/aws/deploy/execute/budget.ts'
import { execute } from '../src/aws/deploy/execute/execute.ts'
import { createGuardedApi } from '../src/aws/deploy/execute/guarded-api.ts'
import { createInventoryReader } from '../src/aws/deploy/inventory/observe-inventory.ts'
import { createObserveCache, noteWrites } from '../src/aws/deploy/observe/observe-cache.ts'
import { observe } from '../src/aws/deploy/observe/observe.ts'
import { planOperations } from '../src/aws/deploy/plan/plan-operations.ts'
import { createNodeAccessKeeper } from '../src/aws/deploy/security-groups/node-access-keeper.ts'
import { createTargetLane } from '../src/aws/deploy/targets/target-lane.ts'
import { nodeAccess } from '../src/aws/stack/node-access.ts'
import { AwsTargets } from '../src/controller/aws/aws-targets.ts'
import { buildAws } from '../src/dialects/aws/build-aws.ts'
import { AWS_DEFAULTS } from '../src/dialects/aws/options.ts'
import type { AnyObject } from '../src/kube/objects.ts'
import { createSnapshot } from '../src/kube/snapshot.ts'
import { readContent } from '../src/sources/files/file-content.ts'
import { createAwsDouble } from '../test/aws/double/aws-double.ts'
import { createEventClock } from './event-clock.ts'

const [ingresses = 1000, groups = 20] = process.argv
  .slice(2)
  .filter((argument) => /^\d+$/.test(argument))
  .map(Number)
const hasBudgets = !process.argv.includes('--no-budgets')
/** What a call takes in a region that is near. */
const LATENCY_MS = { read: 60, write: 120 } as const
const UNLIMITED = { perSecond: 1e9, burst: 1e9 }
const rates: Rates = hasBudgets
  ? DEFAULT_RATES
  : (Object.fromEntries(Object.keys(DEFAULT_RATES).map((name) => [name, UNLIMITED])) as unknown as Rates)

const double = createAwsDouble()
const clock = createEventClock()
const counts = new Map<string, number>()
const slow: AwsApi = {
  async call(action, input, signal) {
    counts.set(action, (counts.get(action) ?? 0) + 1)
    await clock.wait(isReadOnly(action) ? LATENCY_MS.read : LATENCY_MS.write)
    return double.call(action, input, signal)
  },
}
const ports = { nowMs: clock.nowMs, wait: clock.wait, random: () => 0.5 }
const clusterName = 'demo'
const clusterUid = '00000000-0000-0000-0000-00000000000d'
const { vpcId } = double.state

/** All that a leader begins with. */
function createLeader() {
  const api = createGuardedApi(slow, { budgets: createBudgets(rates, ports), ports })
  const lane = createTargetLane({ api: slow, ports, rates, events: {} })
  const reader = createInventoryReader({
    api,
    region: 'eu-central-1',
    vpcId,
    clusterName,
    nodes: () => [1, 2, 3].map((at) => ({ name: `node-${at}`, instanceId: `i-node${at}` })),
    nowMs: clock.nowMs,
  })
  const targets = new AwsTargets(lane, () => undefined)
  const access = createNodeAccessKeeper({ api, ports, vpcId, clusterName })
  return { api, lane, reader, targets, access, cache: createObserveCache() }
}
let leader = createLeader()

function objectsOf(count: number, changed: number): readonly AnyObject[] {
  const texts = Array.from({ length: count }, (_, at) => {
    const path = at === changed ? '/changed' : '/'
    return `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web-${at}
  namespace: shop
  annotations:
    alb.ingress.kubernetes.io/group.name: group-${at % groups}
    alb.ingress.kubernetes.io/scheme: internet-facing
    alb.ingress.kubernetes.io/target-type: ip
spec:
  ingressClassName: alb
  rules:
    - host: web-${at}.example.com
      http: { paths: [{ path: ${path}, pathType: Prefix, backend: { service: { name: web-${at}, port: { number: 80 } } } }] }
---
apiVersion: v1
kind: Service
metadata: { name: web-${at}, namespace: shop, uid: uid-${at} }
spec: { type: ClusterIP, selector: { app: web-${at} }, ports: [{ port: 80, targetPort: 8080 }] }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: web-${at}, namespace: shop, labels: { kubernetes.io/service-name: web-${at} } }
addressType: IPv4
ports: [{ name: '', port: 8080, protocol: TCP }]
endpoints:
  - { addresses: [10.0.${100 + (at >> 7)}.${(at & 127) * 2}], conditions: { ready: true }, targetRef: { kind: Pod, name: a-${at}, namespace: shop } }
  - { addresses: [10.0.${100 + (at >> 7)}.${(at & 127) * 2 + 1}], conditions: { ready: true }, targetRef: { kind: Pod, name: b-${at}, namespace: shop } }
`
  })
  return readContent(texts.join('---'), 'scale.yaml', 0).objects
}

/** One pass, as the leader makes it. @returns operations that were planned */
async function pass(snapshot: ReturnType<typeof createSnapshot>): Promise<number> {
  const { api, lane, reader, targets, access, cache } = leader
  const { inventory } = await reader.read()
  const translation = buildAws(snapshot, { ...AWS_DEFAULTS, clusterName, inventory, nowMs: Date.now() })
  const scope = { clusterName, clusterUid, vpcId, desired: translation.stacks }
  const observed = await observe(api, scope, cache)
  const plan = planOperations(translation.stacks, observed, {
    clusterName,
    clusterUid,
    vpcId,
    keeps: new Set(translation.unbuilt),
    confirmedDeletes: true,
  })
  targets.apply(translation.stacks, snapshot, inventory, plan.identifiers)
  const stacks = new Map(translation.stacks.map((stack) => [stack.id, stack]))
  const result = await execute(plan, noteWrites(api, cache), {
    readSecret: () => Promise.resolve(null),
    ports,
    onOutcome: ({ operation: { stack: id, resource }, identifier }) => {
      const stack = stacks.get(id)
      if (stack === undefined || identifier === undefined || !resource.startsWith('TargetGroup/')) return
      targets.created(stack, resource.slice('TargetGroup/'.length), identifier, snapshot, inventory)
    },
  })
  for (const { outcomes } of result.stacks.values()) {
    const failed = outcomes.find(({ state }) => state === 'failed')
    if (failed !== undefined) throw new Error(`${failed.operation.summary}: ${failed.code}: ${failed.message}`)
  }
  const applied = targets.apply(translation.stacks, snapshot, inventory, result.identifiers)
  const wished = nodeAccess(applied.demands, inventory, clusterName)
  await access.apply({ groups: wished.groups, isComplete: true, identifiers: result.identifiers })
  await lane.attempted()
  return plan.operations.length
}

async function measure(name: string, snapshot: ReturnType<typeof createSnapshot>, most: number): Promise<void> {
  counts.clear()
  const beganMs = clock.nowMs()
  const cpu = process.cpuUsage()
  let passes = 0
  let operations = 0
  for (let planned = 1; planned > 0 && passes < most; passes++) {
    planned = await pass(snapshot)
    operations += planned
  }
  const { user, system } = process.cpuUsage(cpu)
  const sorted = [...counts].sort(([, a], [, b]) => b - a)
  const sum = (isWanted: (action: string) => boolean): number =>
    sorted.reduce((total, [action, count]) => total + (isWanted(action) ? count : 0), 0)
  const isRead = (action: string): boolean => isReadOnly(action as Parameters<typeof isReadOnly>[0])
  process.stdout.write(
    `${name}: ${passes} passes, ${operations} operations, ${sum(isRead)} reads, ${sum((action) => !isRead(action))} writes, ` +
      `${((clock.nowMs() - beganMs) / 1000).toFixed(1)} s of AWS time, ${((user + system) / 1e6).toFixed(1)} s CPU, ` +
      `heap ${(process.memoryUsage().heapUsed / 1e6).toFixed(0)} MB, RSS ${(process.memoryUsage().rss / 1e6).toFixed(0)} MB\n` +
      `  ${sorted.map(([action, count]) => `${action} ${count}`).join(', ')}\n`,
  )
}

process.stdout.write(`${ingresses} Ingresses in ${groups} groups, budgets ${hasBudgets ? 'on' : 'off'}\n`)
const all = createSnapshot(objectsOf(ingresses, -1))
await measure('create', all, 10)
await measure('steady, right after', all, 1)
for (let at = 0; at < 25; at++) await pass(all)
await measure('steady, later', all, 1)
await leader.lane.close()
leader = createLeader()
await measure('a new leader', all, 1)
await measure('change one', createSnapshot(objectsOf(ingresses, 7)), 1)
await measure('delete all', createSnapshot([]), 10)
process.stdout.write(
  `left: ${double.state.loadBalancers.size} load balancers, ${double.state.targetGroups.size} target groups\n`,
)
clock.stop()
process.exit(0)
