/** Reasons to do nothing about a stack: much would go at once, or something stands in the way that is not ours to move. */
import type { HeldStack } from '../operation.ts'
import { toTagValue } from '../observe/identity.ts'
import { rememberedAttributes } from '../observe/memory-tags.ts'
import type { ListenerMatches } from './plan-listeners.ts'
import { holdsFor, type PlanOptions } from './plan-options.ts'
import type { StackContext } from './stack-context.ts'

const MAX_SHARE = 0.5
const FREE_DELETES = 2
/** Listeners with so many rules or fewer are not guarded: a small Ingress may change its mind. */
const GUARDED_RULES = 20

interface Candidate {
  readonly context: StackContext
  readonly listeners: ListenerMatches
}

/** Stacks that a person should look at before so much is deleted. */
export function guardDeletes(candidates: readonly Candidate[], options: PlanOptions): HeldStack[] {
  const share = options.maxDeleteShare ?? MAX_SHARE
  const held: HeldStack[] = []
  const going: { readonly context: StackContext; readonly count: number }[] = []
  let total = 0
  for (const { context } of candidates) {
    const { match, desired } = context
    const { loadBalancers, classicLoadBalancers } = match
    const wished = new Set([...desired.loadBalancers, ...desired.classicLoadBalancers].map(({ id }) => toTagValue(id)))
    const extras = [...loadBalancers.extras, ...classicLoadBalancers.extras]
    total += extras.length + loadBalancers.pairs.length + classicLoadBalancers.pairs.length
    // One that has a successor is not lost.
    const lost = extras.filter(({ spec }) => !wished.has(spec.id)).length
    if (lost > 0) going.push({ context, count: lost })
  }
  const count = going.reduce((sum, one) => sum + one.count, 0)
  if (count > Math.max(total * share, options.freeDeletes ?? FREE_DELETES)) {
    for (const { context } of going) {
      if (holdsFor(options.confirmedDeletes, context.id)) continue
      const percent = Math.round((count / total) * 100)
      held.push({
        stack: context.id,
        reason: `${count} of ${total} load balancers (${percent} %) would be deleted at once, more than ${Math.round(share * 100)} %; confirm it, or restore the objects`,
      })
    }
  }
  for (const { context, listeners } of candidates) {
    const reason = rulesAtStake(context, listeners, share)
    if (reason === null || holdsFor(options.confirmedDeletes, context.id)) continue
    if (!held.some(({ stack }) => stack === context.id)) held.push({ stack: context.id, reason })
  }
  return held
}

function rulesAtStake(
  { present, match }: StackContext,
  { listeners, extras }: ListenerMatches,
  share: number,
): string | null {
  for (const { desired, rules } of listeners) {
    const before = rules.pairs.length + rules.deletes.length
    if (before > GUARDED_RULES && rules.deletes.length > before * share) {
      return `${rules.deletes.length} of ${before} rules of the listener on port ${desired.port} would be deleted at once; confirm it, or restore the objects`
    }
  }
  const staying = new Set(match.loadBalancers.pairs.map(({ observed }) => observed.identifier))
  for (const { identifier, spec } of extras) {
    const before = present.rules.filter((rule) => rule.spec.listener === identifier).length
    if (before > GUARDED_RULES && staying.has(spec.loadBalancer as string)) {
      return `the listener on port ${spec.port} and its ${before} rules would be deleted at once; confirm it, or restore the objects`
    }
  }
  return null
}

/** What stands in the way of a stack; `null` = nothing. */
export function obstacleTo({ desired, match, observed, present }: StackContext, options: PlanOptions): string | null {
  const foreign = observed.foreign.find(
    ({ name }) =>
      match.loadBalancers.missing.some((one) => one.desired.name === name) ||
      match.classicLoadBalancers.missing.some((one) => one.desired.name === name) ||
      match.securityGroups.missing.some((one) => one.desired.name === name),
  )
  if (foreign !== undefined) {
    return `the name ${foreign.name} belongs to ${foreign.identifier}, which is not this cluster's; choose another name, or delete it`
  }
  if (holdsFor(options.confirmedDeletes, present.id)) return null
  // The user asked for protection; nobody has taken it back.
  const guarded = match.loadBalancers.extras.find(
    ({ spec, allTags }) =>
      spec.attributes['deletion_protection.enabled'] === 'true' &&
      rememberedAttributes(allTags).has('deletion_protection.enabled') &&
      desired.loadBalancers.find(({ id }) => id === spec.id)?.attributes['deletion_protection.enabled'] !== 'false',
  )
  if (guarded === undefined) return null
  return `${guarded.spec.name} would be deleted, and an annotation protects it from that (deletion_protection.enabled=true); set it to false first, or confirm the deletion`
}
