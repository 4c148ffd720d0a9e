/** Tags and attributes of what exists, and the memory of which attributes are ours. */
import type { Origin } from '../../../base/finding.ts'
import type { ResourceKey } from '../../stack/model.ts'
import { isForeignTag, isOwnershipTag } from '../../stack/tag-keys.ts'
import { ownershipTags } from '../observe/identity.ts'
import { attributeMemory, isAttributesTag, rememberedAttributes } from '../observe/memory-tags.ts'
import type { AwsAction } from '../aws-api.ts'
import type { OperationInput } from '../operation.ts'
import { remarkOn, toTagList, type StackContext } from './stack-context.ts'

type Record_ = Readonly<Record<string, string>>

export interface Tagged {
  readonly resource: ResourceKey
  readonly identifier: string
  /** For people: `load balancer k8s-…`. */
  readonly label: string
  readonly origins: readonly Origin[]
  readonly allTags: Record_
}

/** Writes tags that differ and removes those that nobody wishes any more. @returns ids of the operations */
export function planTags(context: StackContext, one: Tagged, wished: Record_, memory: Record_ = {}): readonly string[] {
  const { options, id: stack } = context
  const id = one.resource.slice(one.resource.indexOf('/') + 1)
  const external = new Set(options.externalManagedTags)
  const owned = ownershipTags(options, stack, id)
  // A rule that moved keeps the name under which it was made: its place is what counts.
  if (one.resource.startsWith('ListenerRule/'))
    for (const key of Object.keys(owned)) if (one.allTags[key] !== undefined) delete owned[key]
  const tags = { ...without(wished, external), ...owned, ...memory }
  const written = Object.entries(tags).filter(([key, value]) => one.allTags[key] !== value)
  const gone = Object.keys(one.allTags).filter(
    (key) => !(key in tags) && !isOwnershipTag(key) && !isForeignTag(key) && !external.has(key),
  )
  const event = { reason: 'MODIFY', message: `${one.label} tags modified` } as const
  const ids: string[] = []
  if (written.length > 0) ids.push(writeTags(context, one, Object.fromEntries(written), 'tags', [], event))
  if (gone.length > 0) ids.push(removeTags(context, one, gone, 'old tags', [], written.length > 0 ? undefined : event))
  return ids
}

interface AttributeKind {
  readonly action: AwsAction
  /** Input that names the resource. */
  readonly input: OperationInput
  readonly current: Record_
  readonly wished: Record_
  readonly defaultOf: (key: string) => string | null | undefined
  /** Written again even where they seem to be right. */
  readonly isReset?: boolean
  readonly after?: readonly string[]
}

/**
 * Writes wished attributes that differ, and AWS's defaults for those that we wrote once and that nobody wishes any more. The
 * memory is widened before and narrowed after, so that a crash in between forgets nothing.
 */
export function planAttributes(context: StackContext, one: Tagged, kind: AttributeKind): void {
  const { current, wished, defaultOf } = kind
  const remembered = rememberedAttributes(one.allTags)
  const written = new Map<string, string>()
  for (const [key, value] of Object.entries(wished)) {
    if (kind.isReset === true || current[key] !== value) written.set(key, value)
  }
  const unknown: string[] = []
  for (const key of remembered) {
    if (key in wished) continue
    const value = defaultOf(key)
    if (value === undefined) unknown.push(key)
    else if (value !== null && current[key] !== undefined && (kind.isReset === true || current[key] !== value)) {
      written.set(key, value)
    }
  }
  if (unknown.length > 0) {
    remarkOn(
      context,
      one.resource,
      `${unknown.join(', ')} of ${one.label}: AWS's default is not known, the value stays`,
    )
  }
  const final = new Set(Object.keys(wished))
  const union = new Set([...remembered, ...final])
  const before =
    union.size > remembered.size ? [writeMemory(context, one, union, 'memory', kind.after ?? [])].flat() : []
  let ids: readonly string[] = [...before, ...(kind.after ?? [])]
  if (written.size > 0) {
    const id = context.book.add({
      stack: context.id,
      resource: one.resource,
      verb: 'modify',
      part: 'attributes',
      action: kind.action,
      input: { ...kind.input, Attributes: toTagList(Object.fromEntries(written)) },
      after: ids,
      summary: `set ${[...written.keys()].sort().join(', ')} of ${one.label}`,
      event: { reason: 'MODIFY', message: `${one.label} attributes modified` },
      origins: one.origins,
    })
    ids = [id]
  }
  if (final.size === union.size) return
  const allTags = { ...one.allTags, ...(before.length > 0 ? attributeMemory(union) : {}) }
  writeMemory(context, { ...one, allTags }, final, 'narrower memory', ids)
}

/** The tags that remember these keys, in place of those that there may be. */
function writeMemory(
  context: StackContext,
  one: Tagged,
  keys: ReadonlySet<string>,
  part: string,
  after: readonly string[],
): string[] {
  const memory = attributeMemory(keys)
  const stale = Object.keys(one.allTags).filter((key) => isAttributesTag(key) && !(key in memory))
  return [
    ...(Object.keys(memory).length > 0 ? [writeTags(context, one, memory, part, after)] : []),
    ...(stale.length > 0 ? [removeTags(context, one, stale, `old ${part}`, after)] : []),
  ]
}

export function writeTags(
  context: StackContext,
  one: Tagged,
  tags: Record_,
  part: string,
  after: readonly string[] = [],
  event?: { readonly reason: 'MODIFY'; readonly message: string },
): string {
  return context.book.add({
    stack: context.id,
    resource: one.resource,
    verb: part === 'ownership' ? 'adopt' : 'modify',
    part,
    ...tagCall(one, toTagList(tags), 'write'),
    after,
    summary: `${part === 'ownership' ? 'take over' : `write ${part} of`} ${one.label}`,
    ...(event === undefined ? {} : { event }),
    origins: one.origins,
  })
}

function removeTags(
  context: StackContext,
  one: Tagged,
  keys: readonly string[],
  part: string,
  after: readonly string[],
  event?: { readonly reason: 'MODIFY'; readonly message: string },
): string {
  return context.book.add({
    stack: context.id,
    resource: one.resource,
    verb: 'modify',
    part,
    ...tagCall(
      one,
      [...keys].sort().map((Key) => ({ Key })),
      'remove',
    ),
    after,
    summary: `remove ${part} of ${one.label}`,
    ...(event === undefined ? {} : { event }),
    origins: one.origins,
  })
}

function tagCall(
  { resource, identifier }: Tagged,
  tags: readonly { readonly Key: string; readonly Value?: string }[],
  how: 'write' | 'remove',
): { readonly action: AwsAction; readonly input: OperationInput } {
  const isWrite = how === 'write'
  switch (resource.slice(0, resource.indexOf('/'))) {
    case 'SecurityGroup':
      return { action: isWrite ? 'ec2:CreateTags' : 'ec2:DeleteTags', input: { Resources: [identifier], Tags: tags } }
    case 'Certificate':
      return {
        action: isWrite ? 'acm:AddTagsToCertificate' : 'acm:RemoveTagsFromCertificate',
        input: { CertificateArn: identifier, Tags: tags },
      }
    case 'ClassicLoadBalancer':
      return {
        action: isWrite ? 'elb:AddTags' : 'elb:RemoveTags',
        input: { LoadBalancerNames: [identifier], Tags: tags },
      }
    default:
      return isWrite
        ? { action: 'elbv2:AddTags', input: { ResourceArns: [identifier], Tags: tags } }
        : { action: 'elbv2:RemoveTags', input: { ResourceArns: [identifier], TagKeys: tags.map(({ Key }) => Key) } }
  }
}

function without(tags: Record_, keys: ReadonlySet<string>): Record<string, string> {
  return Object.fromEntries(Object.entries(tags).filter(([key]) => !keys.has(key)))
}
