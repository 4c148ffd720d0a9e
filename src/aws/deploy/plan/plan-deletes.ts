/** What goes, in reverse order of making: load balancers, then what they used. Works from tags alone. */
import type { ClassicLoadBalancer, LoadBalancer, Ref } from '../../stack/model.ts'
import type { ObservedResource, ObservedStack } from '../observed.ts'
import { toTagValue } from '../observe/identity.ts'
import type { Book } from './book.ts'
import { unprotect } from './plan-associations.ts'
import { releaseListener } from './plan-listeners.ts'
import { revokeReferences } from './plan-security-groups.ts'
import { remarkOn, type StackContext } from './stack-context.ts'

const PROTECTION = 'deletion_protection.enabled'

/** Load balancers that nobody wishes any more, unless their successors do not answer yet. */
export function deleteLoadBalancers(context: StackContext): void {
  const { match } = context
  const going = match.loadBalancers.extras.filter((one) => !isDeferred(context, one))
  // A Network Load Balancer may have an Application Load Balancer as its target.
  const networks = going.filter(({ spec }) => spec.type === 'network').map((one) => deleteOne(context, one, []))
  for (const one of going) if (one.spec.type === 'application') deleteOne(context, one, networks)
  for (const one of match.classicLoadBalancers.extras) deleteClassic(context, one)
}

/** One that has a successor answers until that one does; only if both have the same name it cannot. */
function isDeferred(context: StackContext, one: ObservedResource<LoadBalancer>): boolean {
  const { match, observed, book, id: stack, present } = context
  const { identifier, spec } = one
  const made = match.loadBalancers.missing.find(({ desired }) => toTagValue(desired.id) === spec.id)?.desired
  const waking = match.loadBalancers.pairs.find(
    (pair) => toTagValue(pair.desired.id) === spec.id && observed.provisioning?.has(pair.observed.identifier) === true,
  )?.observed.spec
  const successor = made ?? waking
  if (successor === undefined || successor.name === spec.name) return false
  const reason = `${spec.name} answers until ${successor.name} is active, and is deleted then`
  book.deferred.push({ stack, reason })
  remarkOn(context, `LoadBalancer/${spec.id}`, reason)
  keepGroups(book, present, spec.securityGroups)
  for (const [group, users] of observed.attachments ?? []) if (users.includes(identifier)) book.stillUsed.add(group)
  for (const listener of present.listeners) {
    if (listener.spec.loadBalancer !== identifier) continue
    for (const arn of listener.spec.certificates) if (typeof arn === 'string') book.stillUsed.add(arn)
  }
  return true
}

/** Groups that stay for now, and those that their rules refer to. */
function keepGroups(book: Book, present: ObservedStack, groups: readonly Ref[]): void {
  for (const group of groups) {
    if (typeof group !== 'string') continue
    book.stillUsed.add(group)
    const rules = present.securityGroups.find(({ identifier }) => identifier === group)?.spec.ingress ?? []
    for (const { source } of rules) {
      if (source.kind === 'securityGroup' && typeof source.group === 'string') book.stillUsed.add(source.group)
    }
  }
}

/** A stack that is not planned now keeps what it uses of others. */
export function keepUsed(book: Book, present: ObservedStack): void {
  const used = [...present.loadBalancers, ...present.classicLoadBalancers].flatMap(({ spec }) => spec.securityGroups)
  keepGroups(book, present, [...used, ...present.securityGroups.map(({ identifier }) => identifier)])
}

function deleteOne(context: StackContext, one: ObservedResource<LoadBalancer>, networks: readonly string[]): string {
  const { book, id: stack, present, desired } = context
  const { identifier, spec } = one
  const resource = `LoadBalancer/${spec.id}` as const
  const hasSuccessor = desired.loadBalancers.some(({ id }) => toTagValue(id) === spec.id)
  const after = [...networks]
  if (spec.attributes[PROTECTION] === 'true') {
    after.push(
      book.add({
        stack,
        resource,
        verb: 'modify',
        part: `${spec.name} protection`,
        action: 'elbv2:ModifyLoadBalancerAttributes',
        input: { LoadBalancerArn: identifier, Attributes: [{ Key: PROTECTION, Value: 'false' }] },
        summary: `lift the deletion protection of ${spec.name}`,
        origins: spec.origins,
      }),
    )
  }
  for (const shield of present.shields) {
    if (shield.spec.loadBalancer === identifier && shield.spec.isOn && shield.isOwned) {
      after.push(unprotect(context, shield, spec.name))
    }
  }
  const id = book.add({
    stack,
    resource,
    verb: hasSuccessor ? 'replace' : 'delete',
    part: spec.name,
    action: 'elbv2:DeleteLoadBalancer',
    input: { LoadBalancerArn: identifier },
    after,
    deletes: identifier,
    summary: `delete load balancer ${spec.name}`,
    outage: hasSuccessor
      ? `clients that still use the host name of ${spec.name} are not answered any more`
      : `${spec.name} answers nobody any more`,
    event: { reason: 'DELETE', message: `${spec.name} deleted` },
    origins: desired.loadBalancers.find((other) => toTagValue(other.id) === spec.id)?.origins ?? spec.origins,
  })
  for (const group of spec.securityGroups) if (typeof group === 'string') book.release(group, id)
  for (const listener of present.listeners) {
    if (listener.spec.loadBalancer === identifier) releaseListener(context, listener, present.rules, id)
  }
  return id
}

function deleteClassic({ book, id: stack, match }: StackContext, one: ObservedResource<ClassicLoadBalancer>): void {
  const { identifier, spec } = one
  const isReplaced = match.classicLoadBalancers.missing.some(({ replaces }) => replaces?.identifier === identifier)
  const id = book.add({
    stack,
    resource: `ClassicLoadBalancer/${spec.id}`,
    verb: isReplaced ? 'replace' : 'delete',
    part: `delete ${spec.name}`,
    action: 'elb:DeleteLoadBalancer',
    input: { LoadBalancerName: identifier },
    deletes: identifier,
    summary: `delete Classic Load Balancer ${spec.name}`,
    outage: `${spec.name} answers nobody any more`,
    event: { reason: 'DELETE', message: `${spec.name} deleted` },
    origins: spec.origins,
  })
  for (const group of spec.securityGroups) if (typeof group === 'string') book.release(group, id)
  for (const { certificate } of spec.listeners) if (typeof certificate === 'string') book.release(certificate, id)
}

/** Target groups, certificates and security groups that nobody wishes any more; each after what lets go of it. */
export function deleteParts(context: StackContext): void {
  const { match, book, id: stack, observed } = context
  const own = new Set(
    [...observed.stacks.values()].flatMap((one) => one.loadBalancers.map(({ identifier }) => identifier)),
  )
  for (const { identifier, spec } of match.targetGroups.extras) {
    if (book.stillUsed.has(identifier)) continue
    const foreign = (observed.attachments?.get(identifier) ?? []).filter((arn) => !own.has(arn))
    if (foreign.length > 0) {
      remarkOn(
        context,
        `TargetGroup/${spec.id}`,
        `target group ${spec.name} is left: ${foreign.join(', ')}, which is not ours, forwards to it`,
      )
      continue
    }
    book.add({
      stack,
      resource: `TargetGroup/${spec.id}`,
      verb: match.targetGroups.missing.some(({ replaces }) => replaces?.identifier === identifier)
        ? 'replace'
        : 'delete',
      part: spec.name,
      action: 'elbv2:DeleteTargetGroup',
      input: { TargetGroupArn: identifier },
      after: book.releasesOf(identifier),
      deletes: identifier,
      summary: `delete target group ${spec.name}`,
      event: { reason: 'DELETE', message: `${spec.name} target group deleted` },
      origins: spec.origins,
    })
  }
  for (const { identifier, spec } of match.certificates.extras) {
    if (book.stillUsed.has(identifier)) continue
    book.add({
      stack,
      resource: `Certificate/${spec.id}`,
      verb: 'delete',
      part: identifier.slice(identifier.lastIndexOf('/') + 1),
      action: 'acm:DeleteCertificate',
      input: { CertificateArn: identifier },
      after: book.releasesOf(identifier),
      deletes: identifier,
      summary: `delete the imported certificate of Secret ${spec.id}`,
      event: { reason: 'DELETE', message: `${spec.id} certificate deleted` },
      origins: spec.origins,
    })
  }
}

/** Last of all, since groups may refer to each other. */
export function deleteSecurityGroups(contexts: readonly StackContext[]): void {
  for (const context of contexts) {
    for (const one of context.match.securityGroups.extras) {
      if (!context.book.stillUsed.has(one.identifier)) revokeReferences(context, one)
    }
  }
  for (const context of contexts) {
    const { match, book, id: stack } = context
    for (const { identifier, spec } of match.securityGroups.extras) {
      if (book.stillUsed.has(identifier)) continue
      book.add({
        stack,
        resource: `SecurityGroup/${spec.id}`,
        verb: 'delete',
        part: identifier,
        action: 'ec2:DeleteSecurityGroup',
        input: { GroupId: identifier },
        after: book.releasesOf(identifier),
        deletes: identifier,
        summary: `delete security group ${spec.name}`,
        event: { reason: 'DELETE', message: `${spec.name} security group deleted` },
        origins: spec.origins,
      })
    }
  }
}
