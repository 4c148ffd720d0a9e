/** The stack of one IngressGroup: its load balancers, listeners, rules and what they need. */
import { type AwsStack, emptyStack, type Listener, type Ref, type ResourceKey } from '../../../aws/stack/model.ts'
import { originOf } from '../../../kube/meta.ts'
import { albName } from '../names.ts'
import { associate, readAssociations } from './associations.ts'
import { buildBalancer, toListeners, toRules } from './assemble.ts'
import { type BalancerSettings, readBalancerSettings } from './balancer-settings.ts'
import { listenerCertificates, type MemberCertificates, readCertificates } from './certificates.ts'
import { buildFrontendNlb } from './frontend-nlb.ts'
import type { GroupMember, IngressGroup, ListenPort } from './group.ts'
import type { GroupContext } from './group-context.ts'
import { groupTags, memberTags } from './group-tags.ts'
import { attachedGroups, managedSecurityGroups, readInboundAccess } from './inbound-access.ts'
import { type GroupPorts, readPorts, sortPorts, withoutIgnoredHosts } from './listen-ports.ts'
import { readSslRedirect, reportLonelyAttributes } from './listener-settings.ts'
import type { LoadedMember } from './load-groups.ts'
import { readMutualTls } from './mutual-tls.ts'
import { partitionMembers, type QuotaUse } from './partition.ts'
import type { GroupRouting, RoutingContext } from './routing.ts'
import { buildRouting } from './routing/build-routing.ts'

export interface BuiltGroup {
  /** `null` where it cannot be built now; what exists of it stays. */
  readonly stack: AwsStack | null
  /** Its target groups then. */
  readonly held: AwsStack | null
  /** By `Ingress ns/name`: load balancers whose DNS names belong in its status. */
  readonly loadBalancersOf: ReadonlyMap<string, readonly ResourceKey[]>
}

/**
 * @param takeName gives a load balancer the name that is wished for if nobody has it yet, else the generated one
 * @param backend the shared security group; `null` where none is used
 */
export function buildGroup(
  context: GroupContext,
  backend: Ref | null,
  takeName: (settings: BalancerSettings, generated: string, ordinal: number) => string,
): BuiltGroup {
  const { group, report } = context
  const written = readPorts(context)
  const settings = readBalancerSettings(context)
  const access = readInboundAccess(context, written)
  const mutualTls = readMutualTls(context, written)
  const associations = readAssociations(context)
  const tags = groupTags(context)
  const certificates = readCertificates(context, written, (member) => memberTags(context, member, null))
  const ports = servedPorts(context, written, certificates, mutualTls.beyondQuota)
  reportLonelyAttributes(context, ports)
  const sslRedirectPort = readSslRedirect(context, ports.ports)
  const managed =
    access.ownGroups === null ? managedSecurityGroups(context, access, ports.ports, settings.ipAddressType, tags) : []
  const { attached, admitted } = attachedGroups(access, managed, backend)

  const byName = new Map(group.members.map((member) => [member.name, member]))
  const routingContext: RoutingContext = {
    snapshot: context.snapshot,
    options: context.options,
    report,
    backendSecurityGroup: admitted,
    tagsOf: (member, service) => {
      const loaded = byName.get(describeMember(member))
      return loaded === undefined ? tags : memberTags(context, loaded, service)
    },
  }
  const portsOf = new Map(ports.members.filter((one) => one.ports.length > 0).map((one) => [one.member, one]))
  const toGroup = (members: readonly LoadedMember[]): IngressGroup => {
    const taken = members.flatMap((member) => portsOf.get(member) ?? [])
    const numbers = new Set(taken.flatMap(({ ports: own }) => own.map(({ port }) => port)))
    return {
      id: group.id,
      isExplicit: group.isExplicit,
      members: taken.map(({ member, ports: own }) => toGroupMember(context, member, own)),
      ports: sortPorts(ports.ports.filter(({ port }) => numbers.has(port))),
      sslRedirectPort: sslRedirectPort !== null && numbers.has(sslRedirectPort) ? sslRedirectPort : null,
      scheme: settings.scheme,
      ipAddressType: settings.ipAddressType,
    }
  }
  const whole = buildRouting(toGroup(group.members), routingContext)
  const empty = emptyStack(
    `ingress:${group.id}`,
    group.members.map(({ name }) => name),
  )
  const unbuilt: BuiltGroup = {
    stack: null,
    held: { ...empty, targetGroups: whole.targetGroups },
    loadBalancersOf: new Map(),
  }
  const tellUnreachable = ({ unreachable }: GroupRouting): void => {
    for (const { code, message, origin } of unreachable) report(code, message, origin)
  }
  const bringings = new Map<LoadedMember, Bringing>()
  for (const [index, { member, ports: own }] of ports.members.entries()) {
    if (own.length > 0) bringings.set(member, { certificates: certificates[index]?.certificates ?? [], ports: own })
  }
  const served = [...bringings.keys()]
  // What was remarked on once is not remarked on again.
  const silent = { ...routingContext, report: () => {} }
  const parts = partitionMembers(context, served, useOf(whole, [...bringings.values()]), (member) =>
    useOf(
      buildRouting(toGroup([member]), silent),
      [bringings.get(member)].filter((one) => one !== undefined),
    ),
  )
  const isServing = parts.some((members) => members.length > 0)
  // Nobody is left over because of a quota: what exists serves better than nothing.
  if (!isServing || context.unread.isHeld()) {
    tellUnreachable(whole)
    return unbuilt
  }

  const stack: Mutable<AwsStack> = {
    ...empty,
    securityGroups: managed,
  }
  const loadBalancersOf = new Map<string, readonly ResourceKey[]>()
  for (const [index, members] of parts.entries()) {
    const ordinal = index + 1
    const name = takeName(settings, albName(context.options.clusterName, group, settings.scheme, ordinal), ordinal)
    const ofPart = toGroup(members)
    const routing = members.length === served.length ? whole : buildRouting(ofPart, silent)
    tellUnreachable(routing)
    const loadBalancer = buildBalancer(context, settings, name, ordinal, attached, tags, members)
    if (loadBalancer === null || context.unread.isHeld()) return unbuilt
    const nlb = buildFrontendNlb(context, loadBalancer, ofPart.ports, ordinal)
    const isHere = new Set(members)
    const listeners = toListeners(context, ports, routing, loadBalancer, {
      mutualTls: mutualTls.settings,
      certificates: certificates.filter(({ member }) => isHere.has(member)),
      tags,
    })
    stack.loadBalancers = [...stack.loadBalancers, loadBalancer, ...(nlb === null ? [] : [nlb.loadBalancer])]
    stack.listeners = [...stack.listeners, ...listeners, ...(nlb?.listeners ?? [])]
    stack.rules = [...stack.rules, ...toRules(routing, loadBalancer)]
    stack.targetGroups = [...stack.targetGroups, ...routing.targetGroups, ...(nlb?.targetGroups ?? [])]
    const { webAcls, shields } = associate(associations, loadBalancer.id)
    stack.webAcls = [...stack.webAcls, ...webAcls]
    stack.shields = [...stack.shields, ...shields]
    const keys: readonly ResourceKey[] = [
      ...(nlb === null ? [] : [`LoadBalancer/${nlb.loadBalancer.id}` as const]),
      `LoadBalancer/${loadBalancer.id}`,
    ]
    for (const member of members) loadBalancersOf.set(member.name, keys)
  }
  stack.certificates = usedCertificates(stack.listeners, certificates)
  stack.targetGroups = unique(stack.targetGroups)
  return { stack, held: null, loadBalancersOf }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

function describeMember({ ingress }: GroupMember): string {
  return `Ingress ${ingress.meta.namespace}/${ingress.meta.name}`
}

function toGroupMember(context: GroupContext, member: LoadedMember, ports: readonly ListenPort[]): GroupMember {
  const { ingress, params } = withoutIgnoredHosts(member, context)
  return { ingress, params, ports, refusal: context.refusals.reasonOf(member) }
}

/** HTTPS ports cannot be listened on without a certificate, nor where AWS would not verify clients. */
function servedPorts(
  { report, unread }: GroupContext,
  written: GroupPorts,
  certificates: readonly MemberCertificates[],
  refused: ReadonlySet<number>,
): GroupPorts {
  const isServed = ({ port, protocol }: ListenPort): boolean => {
    if (refused.has(port)) return false
    if (protocol === 'HTTP' || unread.isHeld()) return true
    const there = written.members.filter(({ ports }) => ports.some((one) => one.port === port))
    const found = certificates.filter(({ member }) => there.some((one) => one.member === member))
    if (listenerCertificates(found).length > 0) return true
    for (const { member } of there) {
      const message = `Cannot listen for HTTPS on port ${port} for ${member.name}: there is no certificate at all for that port; write certificate-arn, or hosts that a certificate of ACM covers`
      report('AWS_CERTIFICATE_MISSING', message, originOf(member.ingress))
    }
    return false
  }
  const ports = written.ports.filter(isServed)
  const numbers = new Set(ports.map(({ port }) => port))
  return {
    ports,
    members: written.members.map((one) => ({ ...one, ports: one.ports.filter(({ port }) => numbers.has(port)) })),
  }
}

/** What a member brings besides its routes. */
interface Bringing {
  readonly certificates: readonly Ref[]
  readonly ports: readonly ListenPort[]
}

/** What some members take of a load balancer's quotas, given what their routes came to. */
function useOf(routing: GroupRouting, bringings: readonly Bringing[]): QuotaUse {
  const refs = bringings.flatMap(({ certificates }) => certificates)
  return {
    rules: routing.ports.reduce((sum, { rules }) => sum + rules.length, 0),
    targetGroups: new Set(routing.targetGroups.map(({ id }) => id)),
    certificates: new Set(refs.map((ref) => (typeof ref === 'string' ? ref : ref.ref))),
    ports: new Set(bringings.flatMap(({ ports }) => ports.map(({ port }) => port))),
  }
}

function usedCertificates(
  listeners: readonly Listener[],
  certificates: readonly MemberCertificates[],
): AwsStack['certificates'] {
  const used = new Set(
    listeners.flatMap((listener) => listener.certificates.map((ref) => (typeof ref === 'string' ? ref : ref.ref))),
  )
  return unique(certificates.flatMap(({ imported }) => imported).filter(({ id }) => used.has(`Certificate/${id}`)))
}

function unique<T extends { readonly id: string }>(resources: readonly T[]): readonly T[] {
  return [...new Map(resources.map((resource) => [resource.id, resource])).values()]
}
