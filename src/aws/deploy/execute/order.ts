/** Which operation may begin: those of small stacks first, else in the order of the plan, each after what it needs, a bounded number of each stack at once. */
import type { StackId } from '../../stack/model.ts'
import { identifierKey, type Operation, type Plan } from '../operation.ts'
import { referencesOf } from './placeholders.ts'
import { isDelete } from './settling.ts'

export interface Order {
  /** The next one that may begin; `null` = none now. */
  next(): Operation | null
  /** It no longer takes a place among those of its stack. */
  ended(operation: Operation): void
  done(operation: Operation): void
  /** @returns everything that needed it, directly or not; none of them begins any more */
  failed(operation: Operation): readonly Operation[]
  /**
   * The operation is to be tried again after the deletes of its kind in its stack, even those that should have followed it.
   *
   * @returns false when there is none, or it was put back before
   */
  putAfterDeletes(operation: Operation): boolean
}

interface Node {
  readonly operation: Operation
  readonly needs: Set<Node>
  readonly neededBy: Set<Node>
  state: 'waiting' | 'running' | 'over'
  wasPutBack: boolean
}

export function createOrder(plan: Plan, parallelPerStack: number): Order {
  const nodes = new Map<string, Node>()
  for (const operation of plan.operations) {
    nodes.set(operation.id, { operation, needs: new Set(), neededBy: new Set(), state: 'waiting', wasPutBack: false })
  }
  for (const node of nodes.values()) {
    for (const id of node.operation.after) link(node, nodes.get(id))
  }
  // A reference to what does not exist yet needs the operation that makes it, even if nobody wrote that down.
  const makers = new Map<string, Node>()
  for (const node of nodes.values()) {
    if (node.operation.yields === undefined) continue
    makers.set(identifierKey(node.operation.stack, node.operation.resource), node)
  }
  for (const node of nodes.values()) {
    for (const key of referencesOf(node.operation.input)) {
      if (!plan.identifiers.has(key)) link(node, makers.get(key))
    }
  }

  const sizes = new Map<StackId, number>()
  for (const { stack } of plan.operations) sizes.set(stack, (sizes.get(stack) ?? 0) + 1)
  const sizeOf = ({ operation }: Node): number => sizes.get(operation.stack) ?? 0
  // What is little does not wait for what is much: one changed Ingress beside a thousand new ones.
  const waiting = new Set([...nodes.values()].sort((a, b) => sizeOf(a) - sizeOf(b)))
  const runningOf = new Map<StackId, number>()
  const nodeOf = (operation: Operation): Node => nodes.get(operation.id) as Node

  return {
    next() {
      for (const node of waiting) {
        const { stack } = node.operation
        if (node.needs.size > 0 || (runningOf.get(stack) ?? 0) >= parallelPerStack) continue
        waiting.delete(node)
        node.state = 'running'
        runningOf.set(stack, (runningOf.get(stack) ?? 0) + 1)
        return node.operation
      }
      return null
    },
    ended({ stack }) {
      runningOf.set(stack, (runningOf.get(stack) ?? 1) - 1)
    },
    done(operation) {
      const node = nodeOf(operation)
      node.state = 'over'
      for (const other of node.neededBy) other.needs.delete(node)
    },
    failed(operation) {
      const node = nodeOf(operation)
      node.state = 'over'
      const skipped = [...dependentsOf(node)].filter((other) => other.state === 'waiting')
      for (const other of skipped) {
        other.state = 'over'
        waiting.delete(other)
      }
      return skipped.map((other) => other.operation)
    },
    putAfterDeletes(operation) {
      const node = nodeOf(operation)
      if (node.wasPutBack) return false
      node.wasPutBack = true
      const dependents = dependentsOf(node)
      const deletes = [...waiting].filter((other) => isRoomFor(node, other, dependents))
      if (deletes.length === 0) return false
      for (const other of deletes) {
        other.needs.delete(node)
        node.neededBy.delete(other)
        link(node, other)
      }
      node.state = 'waiting'
      waiting.add(node)
      return true
    },
  }
}

/** A delete of the same kind that needs the operation itself at most, and nothing that needs it in turn. */
function isRoomFor(node: Node, other: Node, dependents: ReadonlySet<Node>): boolean {
  const { operation } = other
  if (!isDelete(operation) || operation.stack !== node.operation.stack) return false
  if (kindOf(operation) !== kindOf(node.operation)) return false
  return [...other.needs].every((need) => need === node || !dependents.has(need))
}

function kindOf(operation: Operation): string {
  return operation.resource.slice(0, operation.resource.indexOf('/'))
}

function link(node: Node, need: Node | undefined): void {
  if (need === undefined || need === node || need.state === 'over') return
  node.needs.add(need)
  need.neededBy.add(node)
}

function dependentsOf(node: Node): ReadonlySet<Node> {
  const found = new Set<Node>()
  const open = [node]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const other of next.neededBy) {
      if (found.has(other)) continue
      found.add(other)
      open.push(other)
    }
  }
  return found
}
