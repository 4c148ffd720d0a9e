/** Web ACLs and Shield protections of load balancers. */
import type { LoadBalancer, Ref, ShieldProtection, WebAclAssociation } from '../../stack/model.ts'
import type { ObservedResource } from '../observed.ts'
import { identifierKey } from '../operation.ts'
import { SHIELD_TAG } from '../observe/memory-tags.ts'
import { toTagValue } from '../observe/identity.ts'
import { remarkOn, type StackContext } from './stack-context.ts'

const SHIELD_NAME = 'managed by genkan'

/** What is wished to stand before load balancers; what is not spoken of stays. */
export function planAssociations(context: StackContext): void {
  for (const one of context.desired.webAcls) planWebAcl(context, one)
  for (const one of context.desired.shields) planShield(context, one)
}

function planWebAcl(context: StackContext, one: WebAclAssociation): void {
  const { book, id: stack, present } = context
  const resource = `WebAcl/${one.id}` as const
  if (one.generation === 'classic') {
    if (one.arn !== '')
      remarkOn(
        context,
        resource,
        `WAF Classic is not supported by AWS any more: ${one.arn} is not associated; use a web ACL of WAFv2`,
      )
    return
  }
  const balancer = balancerOf(context, one.loadBalancer)
  if (isUnread(context, 'WebAcl', one.loadBalancer)) return
  const current = present.webAcls.find(({ spec }) => spec.loadBalancer === balancer.arn)?.spec.arn ?? ''
  if (current === one.arn) return
  book.add({
    stack,
    resource,
    verb: one.arn === '' ? 'delete' : current === '' ? 'create' : 'modify',
    action: one.arn === '' ? 'wafv2:DisassociateWebACL' : 'wafv2:AssociateWebACL',
    input: {
      ResourceArn: book.value(stack, one.loadBalancer),
      ...(one.arn === '' ? {} : { WebACLArn: one.arn }),
    },
    summary:
      one.arn === '' ? `take the web ACL from ${balancer.name}` : `put web ACL ${one.arn} before ${balancer.name}`,
    event: { reason: 'MODIFY', message: `${balancer.name} web ACL modified` },
    origins: one.origins,
  })
}

function planShield(context: StackContext, one: ShieldProtection): void {
  const { book, id: stack, present } = context
  const balancer = balancerOf(context, one.loadBalancer)
  if (isUnread(context, 'Shield', one.loadBalancer)) return
  const current = present.shields.find(({ spec }) => spec.loadBalancer === balancer.arn)
  const isOn = current?.spec.isOn ?? false
  const resource = `Shield/${one.id}` as const
  if (one.isOn && !isOn) {
    // The memory first: a protection that nobody remembers would stay for ever.
    const created = typeof one.loadBalancer === 'string' ? [] : book.about(stack, one.loadBalancer.ref).slice(0, 1)
    const marked = book.add({
      stack,
      resource,
      verb: 'modify',
      part: 'memory',
      action: 'elbv2:AddTags',
      input: { ResourceArns: [book.value(stack, one.loadBalancer)], Tags: [{ Key: SHIELD_TAG, Value: 'on' }] },
      after: balancer.arn === null ? created : [],
      summary: `remember that ${balancer.name} is protected`,
      origins: one.origins,
    })
    book.add({
      stack,
      resource,
      verb: 'create',
      action: 'shield:CreateProtection',
      input: { Name: SHIELD_NAME, ResourceArn: book.value(stack, one.loadBalancer) },
      after: [marked],
      summary: `protect ${balancer.name} with Shield Advanced`,
      event: { reason: 'MODIFY', message: `${balancer.name} protection modified` },
      origins: one.origins,
    })
  } else if (!one.isOn && isOn && current !== undefined) {
    if (current.isOwned) unprotect(context, current, balancer.name)
    else remarkOn(context, resource, `the Shield protection of ${balancer.name} was made by somebody else and stays`)
  }
}

/** @returns id of the operation */
export function unprotect(context: StackContext, current: ObservedResource<ShieldProtection>, name: string): string {
  const { book, id: stack } = context
  const resource = `Shield/${current.spec.id}` as const
  const deleted = book.add({
    stack,
    resource,
    verb: 'delete',
    action: 'shield:DeleteProtection',
    input: { ProtectionId: current.identifier },
    summary: `protect ${name} with Shield Advanced no longer`,
    event: { reason: 'MODIFY', message: `${name} protection modified` },
    origins: current.spec.origins,
  })
  return deleted
}

/** Takes the memory of a protection that is gone from a load balancer that stays. */
export function forgetProtections(context: StackContext): void {
  for (const { desired, observed } of context.match.loadBalancers.pairs) {
    if (observed.allTags[SHIELD_TAG] === undefined) continue
    const wish = context.desired.shields.find(({ loadBalancer }) => isRefTo(loadBalancer, desired))
    if (wish?.isOn !== false || isUnread(context, 'Shield', wish.loadBalancer)) continue
    context.book.add({
      stack: context.id,
      resource: `Shield/${wish.id}`,
      verb: 'modify',
      part: 'memory',
      action: 'elbv2:RemoveTags',
      input: { ResourceArns: [observed.identifier], TagKeys: [SHIELD_TAG] },
      after: context.book.about(context.id, `Shield/${toTagValue(desired.id)}`),
      summary: `forget that ${observed.spec.name} was protected`,
      origins: wish.origins,
    })
  }
}

function isRefTo(ref: Ref, balancer: LoadBalancer): boolean {
  return typeof ref !== 'string' && ref.ref === `LoadBalancer/${balancer.id}`
}

function balancerOf(
  { book, id: stack, desired }: StackContext,
  ref: Ref,
): { readonly arn: string | null; readonly name: string } {
  const name = typeof ref === 'string' ? ref : (desired.loadBalancers.find((one) => isRefTo(ref, one))?.name ?? ref.ref)
  return { arn: book.known(stack, ref), name }
}

/** What could not be read on a load balancer that exists is left alone. */
function isUnread({ observed, present, book, id }: StackContext, kind: 'WebAcl' | 'Shield', ref: Ref): boolean {
  if (typeof ref === 'string' || book.known(id, ref) === null) return false
  const balancer = toTagValue(ref.ref.slice('LoadBalancer/'.length))
  return observed.unread?.has(identifierKey(present.id, `${kind}/${balancer}`)) === true
}
