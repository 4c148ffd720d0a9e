/** Operations while they are written down: their ids, what they need, and which of them let go of what. */
import type { Origin } from '../../../base/finding.ts'
import type { Ref, ResourceKey, StackId } from '../../stack/model.ts'
import type { AwsAction } from '../aws-api.ts'
import {
  identifierKey,
  type HeldStack,
  type Operation,
  type OperationInput,
  type Placeholder,
  type PlanRemark,
} from '../operation.ts'

export interface Entry {
  readonly stack: StackId
  readonly resource: ResourceKey
  readonly verb: Operation['verb']
  /** Which of several calls about the resource; empty = the main one. */
  readonly part?: string
  readonly action: AwsAction
  readonly input: OperationInput
  readonly after?: readonly string[]
  /** Identifiers whose deletion in this plan, if any, has to come first. */
  readonly afterDeletesOf?: readonly string[]
  /** What is deleted. */
  readonly deletes?: string
  readonly yields?: string
  readonly summary: string
  readonly outage?: string
  readonly event?: NonNullable<Operation['event']>
  readonly origins: readonly Origin[]
}

export interface Book {
  readonly remarks: PlanRemark[]
  readonly deferred: HeldStack[]
  /** Identifiers of what something that stays for now still uses. */
  readonly stillUsed: Set<string>
  /** What exists and stays, by `stack#Kind/id`. */
  readonly identifiers: Map<string, string>
  /** Everything that is added to the stack from now on comes after these. */
  barrier(stack: StackId, operations: readonly string[]): void
  /** @returns the operation's id */
  add(entry: Entry): string
  /** For an input. */
  value(stack: StackId, ref: Ref): string | Placeholder
  /** Identifier of what exists; `null` = it is yet to be made. */
  known(stack: StackId, ref: Ref): string | null
  /** After the operation, what used this resource does not any more. */
  release(identifier: string, operation: string): void
  /** Operations after which it may be deleted. */
  releasesOf(identifier: string): readonly string[]
  /** Ids of operations about a resource, in the order in which they were added. */
  about(stack: StackId, resource: ResourceKey): readonly string[]
  finish(): readonly Operation[]
}

interface Draft {
  readonly operation: Omit<Operation, 'after'>
  readonly after: Set<string>
  readonly afterDeletesOf: readonly string[]
}

export function createBook(): Book {
  const drafts = new Map<string, Draft>()
  const releases = new Map<string, string[]>()
  const about = new Map<string, string[]>()
  const makers = new Map<string, string>()
  const deleters = new Map<string, string>()
  const identifiers = new Map<string, string>()
  const barriers = new Map<StackId, readonly string[]>()

  const keyOf = (stack: StackId, ref: Exclude<Ref, string>): string => identifierKey(ref.stack ?? stack, ref.ref)

  return {
    remarks: [],
    deferred: [],
    stillUsed: new Set(),
    identifiers,
    barrier: (stack, operations) => barriers.set(stack, operations),
    add(entry) {
      const { part, after = [], afterDeletesOf = [], deletes, ...rest } = entry
      const key = identifierKey(entry.stack, entry.resource)
      let id = `${entry.verb} ${key}${part === undefined ? '' : ` ${part}`}`
      for (let count = 2; drafts.has(id); count++) id = `${id.replace(/ \(\d+\)$/, '')} (${count})`
      drafts.set(id, {
        operation: { id, ...rest },
        after: new Set([...(barriers.get(entry.stack) ?? []), ...after]),
        afterDeletesOf,
      })
      about.set(key, [...(about.get(key) ?? []), id])
      if (entry.yields !== undefined) makers.set(key, id)
      if (deletes !== undefined) deleters.set(deletes, id)
      return id
    },
    value(stack, ref) {
      if (typeof ref === 'string') return ref
      return identifiers.get(keyOf(stack, ref)) ?? { $ref: ref.ref, stack: ref.stack ?? stack }
    },
    known(stack, ref) {
      return typeof ref === 'string' ? ref : (identifiers.get(keyOf(stack, ref)) ?? null)
    },
    release(identifier, operation) {
      releases.set(identifier, [...(releases.get(identifier) ?? []), operation])
    },
    releasesOf: (identifier) => releases.get(identifier) ?? [],
    about: (stack, resource) => about.get(identifierKey(stack, resource)) ?? [],
    finish() {
      for (const { operation, after, afterDeletesOf } of drafts.values()) {
        for (const { $ref, stack } of placeholdersOf(operation.input)) {
          const maker = makers.get(identifierKey(stack, $ref))
          if (maker !== undefined && maker !== operation.id) after.add(maker)
        }
        for (const identifier of afterDeletesOf) {
          const deleter = deleters.get(identifier)
          if (deleter !== undefined && deleter !== operation.id) after.add(deleter)
        }
      }
      return inOrder([...drafts.values()])
    },
  }
}

/** Keeps the order of writing as far as `after` lets it. */
function inOrder(drafts: readonly Draft[]): Operation[] {
  const ids = new Set(drafts.map(({ operation }) => operation.id))
  const done = new Set<string>()
  const sorted: Operation[] = []
  let waiting = drafts.map(({ operation, after }) => ({ ...operation, after: [...after].filter((id) => ids.has(id)) }))
  while (waiting.length > 0) {
    const later: typeof waiting = []
    for (const operation of waiting) {
      if (operation.after.every((id) => done.has(id))) {
        done.add(operation.id)
        sorted.push(operation)
      } else later.push(operation)
    }
    if (later.length === waiting.length)
      throw new TypeError(`Circle among operations: ${later.map(({ id }) => id).join(', ')}`)
    waiting = later
  }
  return sorted
}

function placeholdersOf(value: unknown): { readonly $ref: ResourceKey; readonly stack: StackId }[] {
  if (Array.isArray(value)) return value.flatMap(placeholdersOf)
  if (typeof value !== 'object' || value === null) return []
  if ('$ref' in value) return [value as { $ref: ResourceKey; stack: StackId }]
  return Object.values(value).flatMap(placeholdersOf)
}
