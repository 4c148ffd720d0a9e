/**
 * From what is wished and what exists to a list of calls. Pure: the same two give the same plan. A steady state gives none.
 * Each stack is planned by itself; only what has our two tags of ownership is touched.
 */
import { emptyStack, type AwsStack, type ResourceKey, type StackId } from '../../stack/model.ts'
import { KIND_OF_LIST, RESOURCE_LISTS, type Observed, type ObservedResource, type ObservedStack } from '../observed.ts'
import { identifierKey, type BridgedGroup, type HeldStack, type Plan } from '../operation.ts'
import { ownershipTags, toObservedStack, toTagValue } from '../observe/identity.ts'
import { bridgeGroups } from './bridge-groups.ts'
import { createBook, type Book } from './book.ts'
import { guardDeletes, obstacleTo } from './guard.ts'
import { matchStack } from './match.ts'
import { forgetProtections, planAssociations } from './plan-associations.ts'
import { planCertificates } from './plan-certificates.ts'
import { planClassic } from './plan-classic.ts'
import { deleteLoadBalancers, deleteParts, deleteSecurityGroups, keepUsed } from './plan-deletes.ts'
import { matchListeners, planListeners, type ListenerMatches } from './plan-listeners.ts'
import { planLoadBalancers } from './plan-load-balancers.ts'
import { holdsFor, type PlanOptions } from './plan-options.ts'
import { planSecurityGroups } from './plan-security-groups.ts'
import { planTargetGroups } from './plan-target-groups.ts'
import { writeTags } from './plan-tags.ts'
import type { StackContext } from './stack-context.ts'

export type { PlanOptions } from './plan-options.ts'

type AnyResource = ObservedResource<{ readonly id: string; readonly name?: string }>

interface Sorted {
  readonly touchable: ObservedStack
  /** With our cluster's name but not its UID. */
  readonly unowned: readonly { readonly resource: ResourceKey; readonly one: AnyResource }[]
}

interface Work {
  readonly context: StackContext
  readonly listeners: ListenerMatches
  readonly adopted: Sorted['unowned']
}

export function planOperations(desired: readonly AwsStack[], observed: Observed, options: PlanOptions): Plan {
  const book = createBook()
  const groupNames = new Set([
    ...[...observed.stacks.values()].flatMap((stack) => stack.targetGroups.map(({ spec }) => spec.name)),
    ...observed.foreign.filter(({ resource }) => resource.startsWith('TargetGroup/')).map(({ name }) => name),
  ])
  const kept = new Set([...(options.keeps ?? [])].map(toObservedStack))
  const held: HeldStack[] = []
  const bridges: BridgedGroup[] = []
  const contexts: { readonly context: StackContext; readonly adopted: Sorted['unowned'] }[] = []

  for (const id of kept) noteKept(book, observed.stacks.get(id))
  for (const stack of withGone(desired, observed, kept)) {
    const present = observed.stacks.get(toObservedStack(stack.id)) ?? emptyObserved(toObservedStack(stack.id))
    const adopts = holdsFor(options.adopts, stack.id) && !isEmpty(stack)
    const { touchable, unowned } = sortByOwner(present, adopts ? (id) => ownershipTags(options, stack.id, id) : null)
    const match = matchStack(stack, touchable, observed)
    const { desired: bridged, bridges: its } = bridgeGroups(stack, touchable, match, observed, options)
    const context: StackContext = {
      id: stack.id,
      desired: bridged,
      present: touchable,
      match,
      observed,
      book,
      options,
      groupNames,
    }
    noteIdentifiers(context)
    if (!adopts) {
      remarkUnowned(book, stack, unowned)
      const blocking = unowned.find(({ resource }) => isWished(stack, resource))
      if (blocking !== undefined) {
        held.push({
          stack: stack.id,
          reason: `${nameOf(blocking.one)} (${blocking.resource}) exists with this cluster's name but not its UID; adopt it, or delete it`,
        })
        continue
      }
    }
    noteBridges(context, its)
    bridges.push(...its)
    contexts.push({ context, adopted: adopts ? unowned : [] })
  }

  // Rules refer to resources of other stacks, so that what exists has to be known of all stacks first.
  const candidates: Work[] = contexts.map((one) => ({ ...one, listeners: matchListeners(one.context) }))
  for (const { context } of candidates) {
    const reason = obstacleTo(context, options)
    if (reason !== null) held.push({ stack: context.id, reason })
  }
  held.push(...guardDeletes(candidates, options).filter(({ stack }) => !held.some((one) => one.stack === stack)))

  const stopped = new Set(held.map(({ stack }) => stack))
  const work = candidates.filter(({ context }) => !stopped.has(context.id))
  for (const [id, present] of observed.stacks)
    if (!work.some(({ context }) => context.present.id === id)) keepUsed(book, present)
  for (const one of work) write(one)
  for (const { context } of work) deleteLoadBalancers(context)
  for (const { context } of work) deleteParts(context)
  deleteSecurityGroups(work.map(({ context }) => context))
  return {
    operations: book.finish(),
    held: held.sort((a, b) => (a.stack < b.stack ? -1 : 1)),
    deferred: book.deferred,
    bridges: bridges.filter(({ stack }) => !stopped.has(stack)),
    identifiers: book.identifiers,
    remarks: book.remarks,
  }
}

function write({ context, listeners, adopted }: Work): void {
  const adoptions = adopted.map(({ resource, one }) => {
    const id = resource.slice(resource.indexOf('/') + 1)
    const tagged = { resource, identifier: one.identifier, label: nameOf(one), origins: [], allTags: one.allTags }
    return writeTags(context, tagged, ownershipTags(context.options, context.id, id), 'ownership')
  })
  context.book.barrier(context.id, adoptions)
  planSecurityGroups(context)
  planCertificates(context)
  planTargetGroups(context)
  planLoadBalancers(context)
  planAssociations(context)
  forgetProtections(context)
  planListeners(context, listeners)
  planClassic(context)
}

/** The desired stacks, and an empty one for each that exists and that nobody wishes any more. Sorted; `shared` first. */
function withGone(desired: readonly AwsStack[], observed: Observed, kept: ReadonlySet<StackId>): AwsStack[] {
  const known = new Set(desired.map(({ id }) => toObservedStack(id)))
  // What a stack that cannot be built now uses of the shared one is not known.
  const gone = [...observed.stacks.keys()].filter(
    (id) => !known.has(id) && !kept.has(id) && !(id === 'shared' && kept.size > 0),
  )
  const all = [...desired.filter(({ id }) => !kept.has(toObservedStack(id))), ...gone.map((id) => emptyStack(id))]
  const rank = (id: StackId): string => (id === 'shared' ? '' : id)
  return all.sort((a, b) => (rank(a.id) < rank(b.id) ? -1 : 1))
}

/** @param adopt tags by id for what is taken over; `null` = nothing is */
function sortByOwner(present: ObservedStack, adopt: ((id: string) => Readonly<Record<string, string>>) | null): Sorted {
  const unowned: { resource: ResourceKey; one: AnyResource }[] = []
  const touchable: Record<string, unknown> = { id: present.id }
  for (const list of RESOURCE_LISTS) {
    const all: readonly AnyResource[] = present[list]
    // Associations have no tags; they are judged where they are planned.
    if (list === 'shields' || list === 'webAcls') {
      touchable[list] = all
      continue
    }
    for (const one of all) if (!one.isOwned) unowned.push({ resource: `${KIND_OF_LIST[list]}/${one.spec.id}`, one })
    touchable[list] = all.flatMap((one) => {
      if (one.isOwned) return [one]
      return adopt === null ? [] : [{ ...one, isOwned: true, allTags: { ...one.allTags, ...adopt(one.spec.id) } }]
    })
  }
  return { touchable: touchable as unknown as ObservedStack, unowned }
}

function remarkUnowned(book: Book, { id: stack }: AwsStack, unowned: Sorted['unowned']): void {
  for (const { resource, one } of unowned) {
    const message = `${nameOf(one)} carries this cluster's name but not its UID: it is left alone; adopt it if it is this cluster's`
    book.remarks.push({ stack, resource, message })
  }
}

function isWished(stack: AwsStack, resource: ResourceKey): boolean {
  return RESOURCE_LISTS.some((list) =>
    stack[list].some(({ id }) => `${KIND_OF_LIST[list]}/${toTagValue(id)}` === resource),
  )
}

function isEmpty(stack: AwsStack): boolean {
  return RESOURCE_LISTS.every((list) => stack[list].length === 0)
}

function noteIdentifiers({ id: stack, match, book }: StackContext): void {
  const note = (
    kind: string,
    pairs: readonly { desired: { id: string }; observed: { identifier: string } }[],
  ): void => {
    for (const { desired, observed } of pairs) {
      book.identifiers.set(identifierKey(stack, `${kind}/${desired.id}` as ResourceKey), observed.identifier)
    }
  }
  note('SecurityGroup', match.securityGroups.pairs)
  note('Certificate', match.certificates.pairs)
  note('TargetGroup', match.targetGroups.pairs)
  note('LoadBalancer', match.loadBalancers.pairs)
  note('ClassicLoadBalancer', match.classicLoadBalancers.pairs)
}

function noteBridges({ book, id: stack }: StackContext, bridges: readonly BridgedGroup[]): void {
  for (const { id, arn, spec } of bridges) {
    const reason = `target group ${spec.name} serves until targets of its successor are healthy, and is deleted then`
    book.stillUsed.add(arn)
    book.deferred.push({ stack, reason })
    book.remarks.push({ stack, resource: `TargetGroup/${id}`, message: reason })
  }
}

/** What others refer to of a stack that is not planned. */
function noteKept(book: Book, present: ObservedStack | undefined): void {
  if (present === undefined) return
  for (const list of RESOURCE_LISTS) {
    for (const { spec, identifier } of present[list] as readonly AnyResource[]) {
      book.identifiers.set(identifierKey(present.id, `${KIND_OF_LIST[list]}/${spec.id}`), identifier)
    }
  }
}

function nameOf({ spec, identifier }: AnyResource): string {
  return spec.name ?? identifier
}

function emptyObserved(id: StackId): ObservedStack {
  const { members: _, ...lists } = emptyStack(id)
  return { ...(lists as unknown as ObservedStack), id }
}
