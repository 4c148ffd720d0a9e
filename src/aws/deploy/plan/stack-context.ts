import type { AwsStack, ResourceKey, StackId } from '../../stack/model.ts'
import type { Observed, ObservedResource, ObservedStack } from '../observed.ts'
import { attributeMemory } from '../observe/memory-tags.ts'
import { ownershipTags } from '../observe/identity.ts'
import type { Book } from './book.ts'
import type { StackMatch } from './match.ts'
import type { PlanOptions } from './plan-options.ts'

/** What planning one stack needs. */
export interface StackContext {
  readonly id: StackId
  readonly desired: AwsStack
  /** What may be touched. */
  readonly present: ObservedStack
  readonly match: StackMatch
  readonly observed: Observed
  readonly book: Book
  readonly options: PlanOptions
  /** Names of target groups that somebody has, and those that this plan gives. */
  readonly groupNames: Set<string>
}

/** Tags of a resource that is created: ownership, what the user wishes, and what has to be remembered. */
export function creationTags(
  { id: stack, options }: StackContext,
  resource: { readonly id: string; readonly tags: Readonly<Record<string, string>> },
  attributes: Iterable<string> = [],
  memory: Readonly<Record<string, string>> = {},
): { Key: string; Value: string }[] {
  const external = new Set(options.externalManagedTags)
  const wished = Object.entries(resource.tags).filter(([key]) => !external.has(key))
  const tags = {
    ...Object.fromEntries(wished),
    ...ownershipTags(options, stack, resource.id),
    ...attributeMemory(attributes),
    ...memory,
  }
  return toTagList(tags)
}

/** Sorted by key. */
export function toTagList(tags: Readonly<Record<string, string>>): { Key: string; Value: string }[] {
  return Object.entries(tags)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([Key, Value]) => ({ Key, Value }))
}

/** Last part of an ARN that people know: the name. */
export function nameOf(observed: ObservedResource<{ readonly name: string }>): string {
  return observed.spec.name
}

export function remarkOn(context: StackContext, resource: ResourceKey, message: string): void {
  context.book.remarks.push({ stack: context.id, resource, message })
}
