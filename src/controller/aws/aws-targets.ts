/** Tells the fast lane who the targets of each target group are: after each pass all, after a change of endpoints those of its Service. */
import { type AccessDemand } from '../../aws/stack/node-access.ts'
import { type BridgedGroup, identifierKey } from '../../aws/deploy/operation.ts'
import type { TargetLane } from '../../aws/deploy/targets/target-lane.ts'
import { poolKey, type TargetPool } from '../../aws/deploy/targets/target-store.ts'
import type { Inventory } from '../../aws/stack/inventory.ts'
import type { AwsStack, TargetGroup } from '../../aws/stack/model.ts'
import type { ResolvedTargets } from '../../aws/stack/target.ts'
import { compareText, type Finding, type Origin } from '../../base/finding.ts'
import { bindingTargets } from '../../dialects/aws/targets/binding-targets.ts'
import { resolveClassicInstances } from '../../dialects/aws/targets/resolve-targets.ts'
import { createFindingLog } from '../../dialects/report.ts'
import type { Snapshot } from '../../kube/snapshot.ts'
import { targetsNow } from './aws-view.ts'
import type { GatesByService } from './gate-injection.ts'

interface Entry {
  readonly stack: AwsStack
  readonly group: TargetGroup
  readonly pool: TargetPool
}

type Want = (pool: TargetPool, resolved: ResolvedTargets, origins: readonly Origin[]) => void

export interface AppliedTargets {
  /** Who may reach whom: what the security groups of nodes and pods are made of. */
  readonly demands: readonly AccessDemand[]
  readonly findings: readonly Finding[]
}

export class AwsTargets {
  readonly #lane: TargetLane
  readonly #onGone: (pool: TargetPool) => void
  /** By Service (`namespace/name`). */
  #byService = new Map<string, Entry[]>()
  #pools = new Map<string, TargetPool>()
  /** Objects that a pool's targets are registered for, by pool. */
  #owners = new Map<string, readonly string[]>()

  constructor(lane: TargetLane, onGone: (pool: TargetPool) => void) {
    this.#lane = lane
    this.#onGone = onGone
  }

  /**
   * @param identifiers what exists, by `stack#Kind/id`
   * @param bridges target groups that serve until their successors do: they are kept up to date too
   */
  apply(
    stacks: readonly AwsStack[],
    snapshot: Snapshot,
    inventory: Inventory,
    identifiers: ReadonlyMap<string, string>,
    bridges: readonly BridgedGroup[] = [],
  ): AppliedTargets {
    const pools = new Map<string, TargetPool>()
    const byService = new Map<string, Entry[]>()
    const demands: AccessDemand[] = []
    const findings: Finding[] = []
    const owners = new Map<string, readonly string[]>()
    const want = (pool: TargetPool, resolved: ResolvedTargets, origins: readonly Origin[]): void => {
      pools.set(poolKey(pool), pool)
      const objects = origins.map(({ object }) => object)
      owners.set(poolKey(pool), [...new Set([...(owners.get(poolKey(pool)) ?? []), ...objects])])
      this.#lane.want(pool, resolved)
    }
    this.#owners = owners
    for (const stack of stacks) {
      for (const group of stack.targetGroups) {
        const arn = identifiers.get(identifierKey(stack.id, `TargetGroup/${group.id}`))
        for (const { stack: id, id: of, arn: old, spec } of bridges) {
          if (id !== stack.id || of !== group.id || group.targets.kind !== 'service') continue
          const { targetType, ipAddressType } = spec
          const former: TargetGroup = { ...group, targetType, ipAddressType }
          const pool: TargetPool = { kind: 'targetGroup', arn: old, isMultiCluster: group.isMultiCluster }
          want(pool, targetsNow(former, snapshot, inventory).resolved, group.origins)
          remember(byService, `${group.targets.namespace}/${group.targets.name}`, { stack, group: former, pool })
        }
        if (arn === undefined) continue
        const pool: TargetPool = { kind: 'targetGroup', arn, isMultiCluster: group.isMultiCluster }
        if (group.targets.kind === 'loadBalancer') {
          const id = identify(group.targets.loadBalancer, stack, identifiers)
          if (id === undefined) continue
          want(pool, { targets: [{ id, port: group.targets.port }], pods: {}, isFailOpen: false }, group.origins)
          continue
        }
        const { resolved, findings: found } = targetsNow(group, snapshot, inventory)
        findings.push(...found)
        want(pool, resolved, group.origins)
        remember(byService, `${group.targets.namespace}/${group.targets.name}`, { stack, group, pool })
        const [origin] = group.origins
        if (origin !== undefined) demands.push(demandOf(stack, group, resolved, origin))
      }
      this.#applyClassics(stack, snapshot, inventory, want, demands)
    }
    this.#applyBindings(snapshot, inventory, want, demands, findings)
    for (const [key, pool] of this.#pools) {
      if (pools.has(key)) continue
      void this.#lane.forget(pool)
      this.#onGone(pool)
    }
    this.#pools = pools
    this.#byService = byService
    return { demands, findings }
  }

  /** A target group was made a moment ago: its targets do not wait for the rest of the pass. */
  created(stack: AwsStack, id: string, arn: string, snapshot: Snapshot, inventory: Inventory): void {
    const group = stack.targetGroups.find((one) => one.id === id)
    if (group?.targets.kind !== 'service') return
    const pool: TargetPool = { kind: 'targetGroup', arn, isMultiCluster: group.isMultiCluster }
    this.#pools.set(poolKey(pool), pool)
    this.#owners.set(poolKey(pool), [...new Set(group.origins.map(({ object }) => object))])
    remember(this.#byService, `${group.targets.namespace}/${group.targets.name}`, { stack, group, pool })
    this.#lane.want(pool, targetsNow(group, snapshot, inventory).resolved)
  }

  /** Endpoints of these Services changed (`namespace/name`): their targets go to AWS at once. */
  changed(services: Iterable<string>, snapshot: Snapshot, inventory: Inventory): void {
    for (const service of services) {
      for (const { group, pool } of this.#byService.get(service) ?? []) {
        this.#lane.want(pool, targetsNow(group, snapshot, inventory).resolved)
      }
    }
    if (snapshot.targetGroupBindings.length === 0) return
    const log = createFindingLog()
    const changed = new Set(services)
    for (const bound of bindingTargets({ snapshot, inventory, report: log.report })) {
      if (bound.arn === '' || !changed.has(`${bound.service.namespace}/${bound.service.name}`)) continue
      this.#lane.want({ kind: 'targetGroup', arn: bound.arn, isMultiCluster: bound.isMultiCluster }, bound.targets)
    }
  }

  /** Names of target groups that exist and hold addresses of pods, by Service (`namespace/name`). */
  gates(): GatesByService {
    const gates: Record<string, readonly string[]> = {}
    for (const [service, entries] of [...this.#byService].sort(([a], [b]) => compareText(a, b))) {
      const names = entries.filter(({ group }) => group.targetType === 'ip').map(({ group }) => group.name)
      if (names.length > 0) gates[service] = names.sort(compareText)
    }
    return gates
  }

  /** Objects that wait for this pool's targets, as `Kind namespace/name`. */
  ownersOf(pool: TargetPool): readonly string[] {
    return this.#owners.get(poolKey(pool)) ?? []
  }

  #applyClassics(stack: AwsStack, snapshot: Snapshot, inventory: Inventory, want: Want, demands: AccessDemand[]): void {
    for (const balancer of stack.classicLoadBalancers) {
      const log = createFindingLog()
      const ids = resolveClassicInstances(balancer, { snapshot, inventory, report: log.report })
      const resolved = { targets: ids.map((id) => ({ id, port: 0 })), pods: {}, isFailOpen: false }
      want({ kind: 'classic', name: balancer.name }, resolved, balancer.origins)
      const [origin] = balancer.origins
      if (origin === undefined) continue
      const ports = [...new Set(balancer.listeners.map(({ instancePort }) => instancePort))]
      const targets = ids.flatMap((id) => ports.map((port) => ({ id, port })))
      demands.push({
        stack: stack.id,
        access: balancer.access,
        targets,
        nodes: {},
        healthCheckPort: 'traffic-port',
        origin,
      })
    }
  }

  #applyBindings(
    snapshot: Snapshot,
    inventory: Inventory,
    want: Want,
    demands: AccessDemand[],
    findings: Finding[],
  ): void {
    const log = createFindingLog()
    for (const bound of bindingTargets({ snapshot, inventory, report: log.report })) {
      if (bound.arn !== '') {
        const pool: TargetPool = { kind: 'targetGroup', arn: bound.arn, isMultiCluster: bound.isMultiCluster }
        want(pool, bound.targets, [bound.origin])
      }
      const { targets, nodes = {} } = bound.targets
      const { access, origin } = bound
      demands.push({ stack: 'shared', access, targets, nodes, healthCheckPort: 'traffic-port', origin })
    }
    findings.push(...log.findings)
  }
}

function demandOf(
  stack: AwsStack,
  group: TargetGroup,
  { targets, nodes = {} }: ResolvedTargets,
  origin: AccessDemand['origin'],
): AccessDemand {
  return { stack: stack.id, access: group.access, targets, nodes, healthCheckPort: group.healthCheck.port, origin }
}

function identify(
  ref: AwsStack['listeners'][number]['loadBalancer'],
  stack: AwsStack,
  identifiers: ReadonlyMap<string, string>,
): string | undefined {
  return typeof ref === 'string' ? ref : identifiers.get(identifierKey(ref.stack ?? stack.id, ref.ref))
}

function remember(map: Map<string, Entry[]>, key: string, entry: Entry): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [entry])
  else list.push(entry)
}
