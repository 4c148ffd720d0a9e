/**
 * Security groups of an NLB, and whom nodes and pods admit for it. With a security group the
 * load balancer filters clients; without one the nodes do, which works only where they see the clients' addresses.
 */
import { compareText } from '../../../base/finding.ts'
import type { InventorySubnet } from '../../../aws/stack/inventory.ts'
import type {
  IngressRule,
  Listener,
  Ref,
  SecurityGroup,
  Tags,
  TargetAccess,
  TargetGroup,
} from '../../../aws/stack/model.ts'
import { originOf } from '../../../kube/meta.ts'
import { parseBool } from '../../annotations/check-value.ts'
import { valueOr } from '../annotation-reader.ts'
import { serviceSecurityGroupName } from '../names.ts'
import { chooseSecurityGroups } from '../security-group-names.ts'
import { backendSecurityGroup } from '../shared-stack.ts'
import type { PlannedListener } from './listener-plan.ts'
import { managedGroups } from '../managed-groups.ts'
import { LB, reportLonely, reportValue, type ServiceContext } from './service-context.ts'
import { readSourceRanges, type SourceRanges } from './source-ranges.ts'

export interface NlbSecurity {
  /** Of the load balancer; empty = it has none. */
  readonly groups: readonly Ref[]
  readonly managed: readonly SecurityGroup[]
  readonly accessOf: (
    group: Pick<TargetGroup, 'protocol' | 'targetType' | 'healthCheck' | 'attributes'>,
  ) => readonly TargetAccess[]
}

export interface NlbPlace {
  /** Of the load balancer. */
  readonly name: string
  readonly isInTree: boolean
  readonly isDualStack: boolean
  readonly subnets: readonly InventorySubnet[]
  readonly tags: Tags
}

export function nlbSecurity(
  context: ServiceContext,
  planned: readonly PlannedListener[],
  place: NlbPlace,
): NlbSecurity {
  const { reader, service } = context
  const ranges = readSourceRanges(context, place.isDualStack)
  const wishesNone = place.isInTree || valueOr(reader.bool([service], `${LB}disable-nlb-sg`), false)
  const hasAny = hasGroups(context, place.name, !wishesNone)
  if (hasAny === wishesNone) reportBorn(context, place.name, wishesNone)
  if (!hasAny) return withoutGroup(context, ranges, place)
  const own = reader.list([service], `${LB}security-groups`, { protects: true })
  if (own.kind === 'unusable') {
    context.refuse(
      'Cannot make a load balancer: its security groups cannot be read; write ids or Name tags',
      own.origin,
    )
  }
  const prefixLists = reader.list([service], `${LB}security-group-prefix-lists`, { protects: true })
  const opensNodes = reader.bool([service], `${LB}manage-backend-security-group-rules`)
  if (own.kind === 'value') {
    const idle = [ranges.isDefault ? null : ranges.origin, prefixLists.kind === 'value' ? prefixLists.origin : null]
    for (const origin of idle) {
      if (origin === null) continue
      const message = `Cannot admit these sources only: ${LB}security-groups names groups of yours, and their rules decide; remove one of the two`
      context.report('AWS_SETTING_IDLE', message, origin, 'warning')
    }
    const choice = chooseSecurityGroups(own.value, context.options.inventory)
    if (!choice.ok) {
      context.refuse(`Cannot use annotation ${own.name}: ${choice.problem}`, own.origin, 'AWS_SECURITY_GROUP_NOT_FOUND')
      return { groups: [], managed: [], accessOf: () => [] }
    }
    const backend = valueOr(opensNodes, false) ? backendSecurityGroup(context.options) : null
    if (valueOr(opensNodes, false) && backend === null) {
      reportLonely(context, opensNodes, 'a backend security group, which is turned off')
    }
    return {
      groups: backend === null ? choice.ids : [...choice.ids, backend],
      managed: [],
      accessOf: (group) => (backend === null ? [] : fromGroup(group, backend)),
    }
  }
  reportLonely(context, opensNodes, `${LB}security-groups`)
  const lists = prefixListsOf(context, prefixLists)
  const managed = managedGroupsOf(context, planned, ranges, lists, place)
  const refs = managed.map(({ id }): Ref => ({ ref: `SecurityGroup/${id}` }))
  const backend = backendSecurityGroup(context.options)
  return {
    groups: backend === null ? refs : [...refs, backend],
    managed,
    accessOf: (group) => fromGroup(group, backend ?? refs[0]),
  }
}

/** An NLB has security groups for as long as it lives, or never: what exists decides, then the wish. */
function hasGroups({ options }: ServiceContext, name: string, wish: boolean): boolean {
  const { nlbsWithoutGroups, loadBalancerSubnets } = options.inventory
  if (nlbsWithoutGroups === undefined || !Object.hasOwn(loadBalancerSubnets, name)) return wish
  return !nlbsWithoutGroups.includes(name)
}

function reportBorn({ report, service }: ServiceContext, name: string, wishesNone: boolean): void {
  const message = wishesNone
    ? `Cannot take its security groups from ${name}: it was made with some, and AWS takes the last one from none; delete the Service to get a load balancer without`
    : `Cannot give ${name} security groups: it was made without, and AWS lets none be added; nodes admit its clients instead, delete the Service to get one with them`
  report('AWS_SETTING_IDLE', message, originOf(service))
}

function prefixListsOf(
  context: ServiceContext,
  reading: ReturnType<ServiceContext['reader']['list']>,
): readonly string[] | null {
  if (reading.kind === 'absent') return null
  if (reading.kind === 'unusable') return []
  const wrong = reading.value.filter((id) => !/^pl-[0-9a-zA-Z]+$/.test(id))
  for (const id of wrong) {
    reportValue(
      context,
      reading,
      `"${id.slice(0, 60)}" is no prefix list and is left out; write ids such as pl-0123456789abcdef0`,
      'error',
    )
  }
  return [...new Set(reading.value.filter((id) => !wrong.includes(id)))].sort(compareText)
}

/** Prefix lists without ranges take the place of everybody, even if none of them can be used. */
function managedGroupsOf(
  context: ServiceContext,
  planned: readonly PlannedListener[],
  ranges: SourceRanges,
  prefixLists: readonly string[] | null,
  { tags, isDualStack }: NlbPlace,
): readonly SecurityGroup[] {
  const { service, options, reader } = context
  const cidrs = prefixLists !== null && ranges.isDefault ? [] : ranges.cidrs
  const sources: IngressRule['source'][] = [
    ...cidrs.map((cidr) => ({ kind: 'cidr', cidr }) as const),
    ...(prefixLists ?? []).map((id) => ({ kind: 'prefixList', id }) as const),
  ]
  const ingress = planned.flatMap(({ usable, protocol }) =>
    transportsOf(protocol).flatMap((transport) =>
      sources.map((source): IngressRule => {
        const { port } = usable.port
        return { protocol: transport, fromPort: port, toPort: port, source, description: '' }
      }),
    ),
  )
  const mtu = reader.text([service], `${LB}enable-icmp-for-path-mtu-discovery`)
  if (mtu.kind === 'value' && (mtu.value === 'on' || mtu.value === 'true')) {
    ingress.push(...sources.flatMap((source) => pathMtuRules(source, isDualStack)))
  }
  const group = {
    name: serviceSecurityGroupName(options.clusterName, service.meta),
    description: '[k8s] Managed SecurityGroup for LoadBalancer',
    tags,
    origins: [originOf(service)],
  }
  return managedGroups(context, group, ingress)
}

/** "Fragmentation needed" and, for IPv6, "packet too big". A prefix list may hold either family. */
function pathMtuRules(source: IngressRule['source'], isDualStack: boolean): readonly IngressRule[] {
  const four: IngressRule = { protocol: 'icmp', fromPort: 3, toPort: 4, source, description: '' }
  const six: IngressRule = { protocol: 'icmpv6', fromPort: 2, toPort: 0, source, description: '' }
  if (source.kind === 'cidr') return [source.cidr.includes(':') ? six : four]
  return isDualStack ? [four, six] : [four]
}

function transportsOf(protocol: Listener['protocol']): readonly ('tcp' | 'udp')[] {
  if (protocol === 'UDP' || protocol === 'QUIC') return ['udp']
  return protocol === 'TCP_UDP' || protocol === 'TCP_QUIC' ? ['tcp', 'udp'] : ['tcp']
}

type Group = Parameters<NlbSecurity['accessOf']>[0]

function fromGroup(group: Group, ref: Ref | undefined): readonly TargetAccess[] {
  if (ref === undefined) return []
  const source = { kind: 'securityGroup', group: ref } as const
  return accessFor(group, [source], [source])
}

/** Health checks are TCP, also those of UDP targets. */
function accessFor(
  { protocol, healthCheck }: Group,
  clients: readonly TargetAccess['source'][],
  checkers: readonly TargetAccess['source'][],
): readonly TargetAccess[] {
  const transports = transportsOf(protocol)
  const traffic = transports.flatMap((transport) =>
    clients.map((source): TargetAccess => ({ source, protocol: transport, ports: 'traffic' })),
  )
  const isCovered = healthCheck.port === 'traffic-port' && transports.includes('tcp') && isSubset(checkers, clients)
  const checks = checkers.map((source): TargetAccess => ({ source, protocol: 'tcp', ports: 'health' }))
  return isCovered ? traffic : [...traffic, ...checks]
}

/** True when every one of `inner` is in `outer`, or of a family that is admitted as a whole. */
function isSubset(inner: readonly TargetAccess['source'][], outer: readonly TargetAccess['source'][]): boolean {
  const texts = new Set(outer.map((source) => (source.kind === 'cidr' ? source.cidr : JSON.stringify(source))))
  return inner.every((source) => {
    if (source.kind !== 'cidr') return texts.has(JSON.stringify(source))
    return texts.has(source.cidr) || texts.has(source.cidr.includes(':') ? '::/0' : '0.0.0.0/0')
  })
}

function withoutGroup(context: ServiceContext, ranges: SourceRanges, place: NlbPlace): NlbSecurity {
  const balancers = addressesOf(context, place).map((cidr) => ({ kind: 'cidr', cidr }) as const)
  const clients = ranges.cidrs.map((cidr) => ({ kind: 'cidr', cidr }) as const)
  return {
    groups: [],
    managed: [],
    accessOf(group) {
      if (preservesClientAddress(group)) return accessFor(group, clients, balancers)
      if (ranges.isDefault) return accessFor(group, balancers, balancers)
      const message =
        'Cannot admit these sources only: the NLB has no security group and its targets do not see the addresses of clients, ' +
        'so that nobody is admitted; set preserve_client_ip.enabled=true in aws-load-balancer-target-group-attributes'
      context.report('FIELD_VALUE', message, ranges.origin, 'error')
      // Not even health checks: they come from where the clients would.
      return []
    },
  }
}

/** Where the load balancer's own packets come from: its subnets, else the whole VPC. */
function addressesOf({ options }: ServiceContext, { subnets, isDualStack }: NlbPlace): readonly string[] {
  const cidrs = subnets.flatMap(({ cidr, ipv6Cidr }) =>
    isDualStack && ipv6Cidr !== undefined ? [cidr, ipv6Cidr] : [cidr],
  )
  const known = cidrs.filter((cidr) => cidr !== '')
  return [...new Set(known.length > 0 ? known : options.inventory.vpcCidrs)].sort(compareText)
}

/** AWS's defaults: on, but for TCP and TLS to addresses. */
function preservesClientAddress({ attributes, protocol, targetType }: Group): boolean {
  const written = attributes['preserve_client_ip.enabled']
  if (written !== undefined) return parseBool(written) === true
  return targetType === 'instance' || (protocol !== 'TCP' && protocol !== 'TLS')
}
