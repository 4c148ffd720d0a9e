/** Who may reach a group's load balancers: security groups of one's own, or ranges and prefix lists per port. */
import type { IngressRule, Ref, SecurityGroup, Tags } from '../../../aws/stack/model.ts'
import { compareText, type Origin } from '../../../base/finding.ts'
import { originOf } from '../../../kube/meta.ts'
import type { Reading } from '../annotation-reader.ts'
import { containsCidr, mergeCidrs } from '../cidr.ts'
import { managedGroups } from '../managed-groups.ts'
import { managedSecurityGroupName } from '../names.ts'
import { chooseSecurityGroups } from '../security-group-names.ts'
import { decide } from './decide.ts'
import type { GroupContext } from './group-context.ts'
import { refuseUnfound, withParams } from './group-context.ts'
import type { GroupPorts, MemberPorts } from './listen-ports.ts'
import type { LoadedMember } from './load-groups.ts'
import type { IngressGroup } from './group.ts'

export interface InboundAccess {
  /** `null` = ours is made. */
  readonly ownGroups: readonly string[] | null
  /** With security groups of one's own: attach the shared backend group too. */
  readonly managesBackend: boolean
  /** Of each port; absent with security groups of one's own. */
  readonly sources: ReadonlyMap<number, PortSources>
}

export interface PortSources {
  readonly cidrs: readonly string[]
  readonly prefixLists: readonly string[]
  /** Nobody wrote any. */
  readonly isDefault: boolean
  /** Who wrote them. */
  readonly origin: Origin | null
}

const EVERYBODY: PortSources = { cidrs: [], prefixLists: [], isDefault: true, origin: null }

/** A member that asks for less access than the group has is refused, as its routes would be open to others. */
export function readInboundAccess(context: GroupContext, { members, ports }: GroupPorts): InboundAccess {
  const ownGroups = readOwnGroups(context)
  const manages = decide(
    context.group.members,
    'whether backend rules are managed',
    ({ ingress }) => context.reader.bool([ingress], 'manage-backend-security-group-rules'),
    context.report,
  ).decision
  if (ownGroups !== null) {
    for (const { member } of members) reportIdle(member, context)
    return { ownGroups, managesBackend: manages?.value ?? false, sources: new Map() }
  }
  if (manages !== null) {
    const message = `Annotation ${manages.reading.name} has no effect without security-groups: the load balancer has groups of the controller; remove it or write security-groups`
    context.report('AWS_SETTING_IDLE', message, manages.reading.origin)
  }
  const wishes = members.map((ofMember) => wishOf(ofMember, context))
  return {
    ownGroups: null,
    managesBackend: true,
    sources: new Map(ports.map(({ port }) => [port, decidePort(port, wishes, context)])),
  }
}

interface Wish extends MemberPorts {
  /** `null` = says nothing. */
  readonly sources: PortSources | null
  readonly origin: Origin
}

function wishOf(ofMember: MemberPorts, context: GroupContext): Wish {
  const { member } = ofMember
  const { ingress } = member
  const cidrs = withParams(
    member,
    'inboundCidrs',
    ['inboundCIDRs'],
    context.reader.list([ingress], 'inbound-cidrs', { protects: true }),
    (value) => value,
  )
  const lists = withParams(
    member,
    'prefixListsIds',
    ['prefixListsIDs'],
    context.reader.list([ingress], 'security-group-prefix-lists', { protects: true }),
    (value) => value,
  )
  for (const reading of [cidrs, lists]) {
    if (reading.kind !== 'unusable') continue
    context.refusals.refuse(
      member,
      `${reading.name} cannot be read, and with it who may come; correct it`,
      reading.origin,
    )
  }
  const origin = originOfReading(cidrs) ?? originOfReading(lists) ?? originOf(ingress)
  if (cidrs.kind !== 'value' && lists.kind !== 'value') return { ...ofMember, sources: null, origin }
  const sources = {
    cidrs: cidrs.kind === 'value' ? mergeCidrs(cidrs.value) : [],
    prefixLists: lists.kind === 'value' ? [...new Set(lists.value)].sort(compareText) : [],
    isDefault: false,
    origin,
  }
  return { ...ofMember, sources, origin }
}

function decidePort(port: number, wishes: readonly Wish[], context: GroupContext): PortSources {
  const there = wishes.filter(({ ports }) => ports.some((one) => one.port === port))
  const first = there.find(({ sources }) => sources !== null)
  if (first?.sources === undefined || first.sources === null) return EVERYBODY
  for (const { member, sources, origin } of there) {
    if (sources === null || formatSources(sources) === formatSources(first.sources)) continue
    const message = `Cannot admit ${formatSources(sources)} on port ${port} for ${member.name}: ${first.member.name} comes first in the group and admits ${formatSources(first.sources)}; write the same or use another port`
    context.report('AWS_GROUP_CONFLICT', message, origin)
    if (isWithin(first.sources, sources)) continue
    const reason = `port ${port} is open to ${formatSources(first.sources)} for ${first.member.name}, which is more than this member admits; write the same ranges or leave the group`
    context.refusals.refuse(member, reason, origin)
  }
  return first.sources
}

function isWithin(inner: PortSources, outer: PortSources): boolean {
  return (
    inner.cidrs.every((cidr) => outer.cidrs.some((other) => containsCidr(other, cidr))) &&
    inner.prefixLists.every((id) => outer.prefixLists.includes(id))
  )
}

function formatSources({ cidrs, prefixLists }: PortSources): string {
  const all = [...cidrs, ...prefixLists]
  return all.length > 6 ? `${all.slice(0, 6).join(', ')} and ${all.length - 6} more` : all.join(', ')
}

function readOwnGroups(context: GroupContext): readonly string[] | null {
  const { decision, losers, unusable } = decide(
    context.group.members,
    'the security groups',
    (member) => readGroupsOf(member, context),
    context.report,
    (ids) => ids.toSorted(compareText).join(', '),
  )
  for (const { member, origin } of unusable) {
    const reason = 'its security-groups cannot be found, and with them who may come; write ids or Name tags that exist'
    refuseUnfound(context, member, reason, origin)
  }
  for (const { member, reading } of losers) {
    const reason = `the group's load balancer has other security groups (those of ${decision?.member.name ?? ''}); write the same or leave the group`
    context.refusals.refuse(member, reason, reading.origin)
  }
  return decision?.value ?? null
}

function readGroupsOf(member: LoadedMember, context: GroupContext): Reading<readonly string[]> {
  const named = context.reader.list([member.ingress], 'security-groups', { protects: true })
  if (named.kind !== 'value') return named
  const choice = chooseSecurityGroups(named.value, context.options.inventory)
  if (choice.ok) return { ...named, value: choice.ids }
  if (context.unread.needs('security groups', named.origin)) return { kind: 'absent' }
  const message = `Cannot use annotation ${named.name}: ${choice.problem}`
  context.report('AWS_SECURITY_GROUP_NOT_FOUND', message, named.origin)
  return { kind: 'unusable', origin: named.origin, name: named.name }
}

function reportIdle({ ingress }: LoadedMember, context: GroupContext): void {
  for (const name of ['inbound-cidrs', 'security-group-prefix-lists'] as const) {
    const reading = context.reader.list([ingress], name)
    if (reading.kind !== 'value') continue
    const message = `Annotation ${reading.name} has no effect: the load balancer has security groups of its own (security-groups), which decide who may come; remove one of them`
    context.report('AWS_SETTING_IDLE', message, reading.origin)
  }
}

function originOfReading(reading: Reading<unknown>): Origin | null {
  return reading.kind === 'absent' ? null : reading.origin
}

/**
 * The group's own security groups: one, or as many as its rules need.
 *
 * @param ports on which the load balancers listen in the end
 */
export function managedSecurityGroups(
  context: GroupContext,
  { sources }: InboundAccess,
  ports: readonly { readonly port: number }[],
  ipAddressType: IngressGroup['ipAddressType'],
  tags: Tags,
): readonly SecurityGroup[] {
  const { group, options } = context
  if (ipAddressType === 'ipv4') reportIpv6(context, sources)
  const rules = ports.flatMap(({ port }) => toRules(port, sources.get(port) ?? EVERYBODY, ipAddressType))
  const name = managedSecurityGroupName(options.clusterName, group)
  const origins = group.members.map(({ ingress }) => originOf(ingress))
  const description = '[k8s] Managed SecurityGroup for LoadBalancer'
  return managedGroups(context, { name, description, tags, origins }, rules)
}

/** Ranges of a family that the load balancer does not have. */
function reportIpv6({ report }: GroupContext, sources: InboundAccess['sources']): void {
  for (const [port, { cidrs, origin }] of sources) {
    const idle = cidrs.filter((cidr) => cidr.includes(':'))
    if (idle.length === 0 || origin === null) continue
    const message = `IPv6 ranges on port ${port} admit nobody: ${idle.slice(0, 3).join(', ')}; the load balancer has IPv4 addresses only, write ip-address-type: dualstack or remove them`
    report('AWS_SETTING_IDLE', message, origin)
  }
}

function toRules(port: number, sources: PortSources, ipAddressType: IngressGroup['ipAddressType']): IngressRule[] {
  const hasIpv6 = ipAddressType !== 'ipv4'
  const cidrs = sources.isDefault ? (hasIpv6 ? ['0.0.0.0/0', '::/0'] : ['0.0.0.0/0']) : sources.cidrs
  const rule = { protocol: 'tcp', fromPort: port, toPort: port, description: '' } as const
  return [
    // A range of a family that the load balancer does not have admits nobody.
    ...cidrs
      .filter((cidr) => hasIpv6 || !cidr.includes(':'))
      .map((cidr) => ({ ...rule, source: { kind: 'cidr', cidr } as const })),
    ...sources.prefixLists.map((id) => ({ ...rule, source: { kind: 'prefixList', id } as const })),
  ]
}

/** Security groups of the load balancers, and the one that nodes and pods admit. */
export function attachedGroups(
  access: InboundAccess,
  managed: readonly SecurityGroup[],
  backend: Ref | null,
): { readonly attached: readonly Ref[]; readonly admitted: Ref | null } {
  if (access.ownGroups !== null) {
    if (!access.managesBackend || backend === null) return { attached: access.ownGroups, admitted: null }
    return { attached: [...access.ownGroups, backend], admitted: backend }
  }
  const own = managed.map(({ id }): Ref => ({ ref: `SecurityGroup/${id}` }))
  if (backend === null) return { attached: own, admitted: own[0] ?? null }
  return { attached: [...own, backend], admitted: backend }
}
