/** Which nodes are targets: ready, wanted and with a known instance. */
import { compareText, type Finding } from '../../../base/finding.ts'
import { remark } from '../../../base/remark.ts'
import type { InventoryNode } from '../../../aws/stack/inventory.ts'
import { originOf } from '../../../kube/meta.ts'
import type { Node } from '../../../kube/objects.ts'

export interface EligibleNode {
  readonly name: string
  readonly instanceId: string
  readonly labels: Readonly<Record<string, string>>
}

export interface EligibleNodes {
  /** Sorted by instance id. */
  readonly nodes: readonly EligibleNode[]
  /** No node was known to be ready, so those of unknown state stand in. */
  readonly isFailOpen: boolean
  readonly findings: readonly Finding[]
}

const EXCLUDING_LABELS = [
  'node-role.kubernetes.io/master',
  'node.kubernetes.io/exclude-from-external-load-balancers',
  'alpha.service-controller.kubernetes.io/exclude-balancer',
] as const

/** Nodes change rarely and endpoints often: what one list of nodes means is worked out once. */
const known = new WeakMap<
  readonly Node[],
  { readonly inventory: readonly InventoryNode[]; readonly result: EligibleNodes }
>()

/**
 * Without any Node object (a plan from manifests alone) every node of the inventory counts. A node whose providerID
 * cannot be read is looked up in the inventory by its name; one that is not there either is left out alone.
 */
export function eligibleNodes(nodes: readonly Node[], inventory: readonly InventoryNode[]): EligibleNodes {
  const earlier = known.get(nodes)
  if (earlier !== undefined && earlier.inventory === inventory) return earlier.result
  const result = nodes.length === 0 ? ofInventory(inventory) : ofObjects(nodes, inventory)
  known.set(nodes, { inventory, result })
  return result
}

/** True when the object has every one of the labels. */
export function hasLabels(labels: Readonly<Record<string, string>>, wanted: Readonly<Record<string, string>>): boolean {
  for (const name in wanted) if (!Object.hasOwn(labels, name) || labels[name] !== wanted[name]) return false
  return true
}

/** `i-0123456789abcdef0` of `aws:///ap-northeast-1a/i-0123456789abcdef0`; `null` for anything else. */
export function instanceIdOf(providerId: string): string | null {
  return /^aws:\/\/(?:\/[^/]*)?\/(?<id>i-[0-9a-z]+)$/.exec(providerId)?.groups?.['id'] ?? null
}

function ofInventory(inventory: readonly InventoryNode[]): EligibleNodes {
  const nodes = inventory.map(({ name, instanceId }) => ({ name, instanceId, labels: {} }))
  return { nodes: unique(nodes.filter(({ instanceId }) => instanceId !== '')), isFailOpen: false, findings: [] }
}

function ofObjects(nodes: readonly Node[], inventory: readonly InventoryNode[]): EligibleNodes {
  const wanted = nodes.filter(isWanted)
  const ready = wanted.filter((node) => readinessOf(node) === 'True')
  const chosen = ready.length > 0 ? ready : wanted.filter((node) => readinessOf(node) === 'Unknown')
  const instances = new Map(inventory.map(({ name, instanceId }) => [name, instanceId]))
  const findings: Finding[] = []
  const found: EligibleNode[] = []
  for (const node of chosen) {
    const instanceId = instanceIdOf(node.providerId) ?? instances.get(node.meta.name) ?? null
    if (instanceId === null) findings.push(withoutInstance(node))
    else found.push({ name: node.meta.name, instanceId, labels: node.meta.labels })
  }
  return { nodes: unique(found), isFailOpen: ready.length === 0 && found.length > 0, findings }
}

/** `Unknown` where nothing is said: hand-written nodes have no status. */
export function readinessOf(node: Node): string {
  return node.conditions['Ready'] ?? 'Unknown'
}

function isWanted({ meta, taints }: Node): boolean {
  if (EXCLUDING_LABELS.some((label) => Object.hasOwn(meta.labels, label))) return false
  if (meta.labels['eks.amazonaws.com/compute-type'] === 'fargate') return false
  return !taints.some(
    ({ key, effect }) =>
      key === 'ToBeDeletedByClusterAutoscaler' || (key === 'karpenter.sh/disrupted' && effect === 'NoSchedule'),
  )
}

function withoutInstance(node: Node): Finding {
  const written =
    node.providerId === ''
      ? 'it has no spec.providerID'
      : `its providerID is ${JSON.stringify(node.providerId.slice(0, 80))}`
  const message = `Cannot register node ${node.meta.name} as a target: ${written}; aws:///ZONE/i-0123456789abcdef0 is accepted, the other nodes are registered`
  return remark('AWS_NODE_UNKNOWN', originOf(node, 'spec', 'providerID'), message)
}

function unique(nodes: readonly EligibleNode[]): readonly EligibleNode[] {
  const byId = new Map(nodes.map((node) => [node.instanceId, node]))
  return [...byId.values()].sort((a, b) => compareText(a.instanceId, b.instanceId))
}
