/**
 * Which rules the security groups of nodes and pods need so that load balancers reach their targets.
 * One rule per group, source and protocol, over the range of all ports that are needed: groups hold 60 rules, and one per
 * port and source used them up. The driver manages rules with {@link BACKEND_RULE_DESCRIPTION} and leaves all others alone.
 */
import { compareText, type Finding, type Origin } from '../../base/finding.ts'
import { remark } from '../../base/remark.ts'
import type { Inventory, InventoryNode } from './inventory.ts'
import type { IngressRule, Ref, StackId, TargetAccess } from './model.ts'
import { BACKEND_RULE_DESCRIPTION } from './tag-keys.ts'
import type { Target } from './target.ts'

/** Targets of one target group, or of one Classic Load Balancer, and who may reach them. */
export interface AccessDemand {
  /** Where references without a stack are at home. */
  readonly stack: StackId
  readonly access: readonly TargetAccess[]
  readonly targets: readonly Target[]
  /** Node of a target by `id:port`; see `ResolvedTargets.nodes`. */
  readonly nodes: Readonly<Record<string, string>>
  /** A number as text, or `traffic-port`. */
  readonly healthCheckPort: string
  /** Whom to tell when the security group of a target is not known. */
  readonly origin: Origin
}

export interface NodeAccess {
  /** Rules by id of the security group, both sorted. A group that is not here needs none of ours. */
  readonly groups: ReadonlyMap<string, readonly IngressRule[]>
  readonly findings: readonly Finding[]
}

interface Range {
  readonly protocol: IngressRule['protocol']
  readonly source: IngressRule['source']
  from: number
  to: number
}

/** @param cluster its name: a security group tagged `kubernetes.io/cluster/NAME` is preferred where there are several */
export function nodeAccess(demands: readonly AccessDemand[], inventory: Inventory, cluster: string): NodeAccess {
  const chooser = createChooser(inventory, cluster)
  const groups = new Map<string, Map<string, Range>>()
  const findings = new Map<string, Finding>()
  for (const demand of demands) {
    if (demand.access.length === 0) continue
    const portsOfGroup = new Map<string, Set<number>>()
    for (const target of demand.targets) {
      const choice = chooser(target, demand.nodes[`${target.id}:${target.port}`] ?? '')
      if (choice.remark !== null) {
        const { code, message } = choice.remark
        const finding = remark(code, demand.origin, message)
        findings.set(`${finding.code} ${finding.message}`, finding)
      }
      if (choice.group === null) continue
      const ports = portsOfGroup.get(choice.group)
      if (ports === undefined) portsOfGroup.set(choice.group, new Set([target.port]))
      else ports.add(target.port)
    }
    for (const [group, ports] of portsOfGroup) admit(groups, group, demand, ports)
  }
  const ids = [...groups.keys()].sort(compareText)
  return {
    groups: new Map(ids.map((id) => [id, toRules(groups.get(id) ?? new Map())])),
    findings: [...findings.keys()].sort(compareText).flatMap((key) => findings.get(key) ?? []),
  }
}

function admit(
  groups: Map<string, Map<string, Range>>,
  group: string,
  { access, stack, healthCheckPort }: AccessDemand,
  ports: ReadonlySet<number>,
): void {
  let ranges = groups.get(group)
  if (ranges === undefined) {
    ranges = new Map()
    groups.set(group, ranges)
  }
  for (const wish of access) {
    const source = absolute(wish.source, stack)
    const key = `${wish.protocol} ${JSON.stringify(source)}`
    const [from, to] = rangeOf(wish.ports, ports, healthCheckPort)
    const range = ranges.get(key)
    if (range === undefined) ranges.set(key, { protocol: wish.protocol, source, from, to })
    else {
      range.from = Math.min(range.from, from)
      range.to = Math.max(range.to, to)
    }
  }
}

function rangeOf(wish: TargetAccess['ports'], ports: ReadonlySet<number>, healthCheckPort: string): [number, number] {
  if (typeof wish === 'number') return [wish, wish]
  if (wish === 'all') return [0, 65_535]
  const health = Number(healthCheckPort)
  if (wish === 'health' && Number.isInteger(health)) return [health, health]
  let from = 65_535
  let to = 0
  for (const port of ports) {
    from = Math.min(from, port)
    to = Math.max(to, port)
  }
  return [from, to]
}

/** References of several stacks meet in one group, so each says its stack. */
function absolute(source: TargetAccess['source'], stack: StackId): IngressRule['source'] {
  if (source.kind !== 'securityGroup') return source
  const { group } = source
  const ref: Ref = typeof group === 'string' ? group : { ref: group.ref, stack: group.stack ?? stack }
  return { kind: 'securityGroup', group: ref }
}

function toRules(ranges: ReadonlyMap<string, Range>): readonly IngressRule[] {
  return [...ranges.keys()].sort(compareText).flatMap((key): readonly IngressRule[] => {
    const range = ranges.get(key)
    if (range === undefined) return []
    const { protocol, source, from, to } = range
    return [{ protocol, fromPort: from, toPort: to, source, description: BACKEND_RULE_DESCRIPTION }]
  })
}

interface Choice {
  readonly group: string | null
  readonly remark: {
    readonly code: 'AWS_NODE_GROUP_AMBIGUOUS' | 'AWS_NODE_GROUP_UNKNOWN'
    readonly message: string
  } | null
}

/** The one security group of a target that is opened: of its own network interface, else of its node's. */
function createChooser(inventory: Inventory, cluster: string): (target: Target, node: string) => Choice {
  const tagged = new Set(
    inventory.securityGroups
      .filter(({ tags }) => Object.hasOwn(tags, `kubernetes.io/cluster/${cluster}`))
      .map(({ id }) => id),
  )
  const byName = new Map(inventory.nodes.map((node) => [node.name, node]))
  const byInstance = new Map(inventory.nodes.map((node) => [node.instanceId, node]))
  const byAddress = new Map(inventory.nodes.map((node) => [node.ip, node]))
  const uses = countUses(inventory.nodes)
  const choices = new Map<string, Choice>()
  return (target, nodeName) => {
    const node = byInstance.get(target.id) ?? byName.get(nodeName) ?? byAddress.get(target.id)
    const own = inventory.addressGroups?.[target.id]
    const groups = own ?? node?.securityGroups ?? []
    const place = own === undefined && node !== undefined ? `node ${node.name}` : `target ${target.id}`
    if (groups.length === 0) {
      const message = `Cannot open the security group of ${place}: it is not known; the load balancer may not reach it`
      return { group: null, remark: { code: 'AWS_NODE_GROUP_UNKNOWN', message } }
    }
    const key = groups.join(' ')
    const earlier = choices.get(key)
    if (earlier !== undefined) return earlier
    const choice = chooseGroup(groups, tagged, uses, cluster)
    choices.set(key, choice)
    return choice
  }
}

function countUses(nodes: readonly InventoryNode[]): ReadonlyMap<string, number> {
  const uses = new Map<string, number>()
  for (const { securityGroups = [] } of nodes) {
    for (const id of securityGroups) uses.set(id, (uses.get(id) ?? 0) + 1)
  }
  return uses
}

/** With several: the one that has the cluster's tag, else the one that most nodes have, else the lowest id. */
function chooseGroup(
  groups: readonly string[],
  tagged: ReadonlySet<string>,
  uses: ReadonlyMap<string, number>,
  cluster: string,
): Choice {
  const own = groups.filter((id) => tagged.has(id))
  const [only] = groups
  if (groups.length === 1 && only !== undefined) return { group: only, remark: null }
  const candidates = own.length > 0 ? own : groups
  const [best = ''] = [...candidates].sort((a, b) => (uses.get(b) ?? 0) - (uses.get(a) ?? 0) || compareText(a, b))
  if (own.length === 1) return { group: best, remark: null }
  const names = [...groups].sort(compareText).join(', ')
  const state = own.length === 0 ? 'none of them has' : `${own.length} of them have`
  const message =
    `Cannot tell which security group to open of ${names}: ${state} the tag kubernetes.io/cluster/${cluster}; ` +
    `${best} is opened, tag exactly one of them to choose`
  return { group: best, remark: { code: 'AWS_NODE_GROUP_AMBIGUOUS', message } }
}
