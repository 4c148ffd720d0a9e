/**
 * An NLB in front of a group's ALB (`enable-frontend-nlb`): one TCP listener and one target group of type alb for each port of
 * the ALB, or for those that `frontend-nlb-listener-port-mapping` names.
 */
import type { HealthCheck, Listener, LoadBalancer, Ref, TargetGroup } from '../../../aws/stack/model.ts'
import { originOf } from '../../../kube/meta.ts'
import type { Reading } from '../annotation-reader.ts'
import { NLB_ATTRIBUTES, usableAttributes, withBucketsOf } from '../attribute-values.ts'
import { frontendNlbName, frontendNlbTargetGroupName } from '../names.ts'
import { chooseSecurityGroups } from '../security-group-names.ts'
import { mergeTags, tagsOf } from '../tags.ts'
import { placeBalancer, readSubnetWish, type SubnetWish } from './balancer-subnets.ts'
import { decide, decideKeys } from './decide.ts'
import type { GroupContext } from './group-context.ts'
import type { ListenPort } from './group.ts'
import type { LoadedMember } from './load-groups.ts'

export interface FrontendNlb {
  readonly loadBalancer: LoadBalancer
  readonly listeners: readonly Listener[]
  readonly targetGroups: readonly TargetGroup[]
}

const PREFIX = 'frontend-nlb-'
const SCHEMES = ['internal', 'internet-facing'] as const

/**
 * @param alb the load balancer behind it, and `ports` on which it listens
 * @param ordinal which load balancer of the group it is, from 1
 * @returns `null` where nobody asks for one, or it cannot be placed (a finding says so)
 */
export function buildFrontendNlb(
  context: GroupContext,
  alb: LoadBalancer,
  ports: readonly ListenPort[],
  ordinal: number,
): FrontendNlb | null {
  const { group, report, reader, options } = context
  const { members } = group
  const asked = decide(
    members,
    'whether an NLB stands in front',
    ({ ingress }) => reader.bool([ingress], 'enable-frontend-nlb'),
    report,
  ).decision
  if (asked?.value !== true) {
    reportLonely(context)
    return null
  }
  const scheme =
    decide(
      members,
      'the scheme of the NLB',
      ({ ingress }) => reader.text([ingress], `${PREFIX}scheme`) as Reading<(typeof SCHEMES)[number]>,
      report,
    ).decision?.value ?? options.defaultScheme
  const name = frontendNlbName(alb.name)
  const ipAddressType = alb.ipAddressType === 'ipv4' ? 'ipv4' : 'dualstack'
  const request = { type: 'network', scheme, needsIpv6: ipAddressType === 'dualstack', name } as const
  const wish = readSubnetWish(context, 'frontend-nlb-subnets', request)
  const subnets = wish === null ? null : frontendSubnets(context, wish, alb, scheme, request)
  if (subnets === null) return null
  const tags = mergeTags(
    options,
    [members.flatMap(({ ingress }) => tagsOf(reader.map([ingress], `${PREFIX}tags`)))],
    report,
  )
  const id = ordinal === 1 ? 'FrontendNlb' : `${ordinal}/FrontendNlb`
  const origins = [originOf(asked.member.ingress)]
  const health = readHealthCheck(context)
  const mapping = readMapping(context, ports)
  const parts = mapping.map(([port, albPort]) => buildPort(port, albPort))
  return {
    loadBalancer: {
      id,
      origins,
      name,
      type: 'network',
      scheme,
      ipAddressType,
      ...withAddresses(context, subnets, scheme),
      securityGroups: readSecurityGroups(context) ?? alb.securityGroups,
      attributes: withBucketsOf(
        decideKeys(
          members,
          'the attribute of the NLB',
          ({ ingress }) => usableAttributes(reader.map([ingress], `${PREFIX}attributes`), NLB_ATTRIBUTES, report),
          report,
        ),
        members.map(({ ingress }) => reader.map([ingress], `${PREFIX}attributes`)),
        report,
      ),
      tags,
    },
    listeners: parts.map(({ listener }) => listener),
    targetGroups: parts.map(({ targetGroup }) => targetGroup),
  }

  function buildPort(
    port: number,
    albPort: number,
  ): { readonly listener: Listener; readonly targetGroup: TargetGroup } {
    const targetGroupId = `${id}-tg-TCP-${port}`
    const targetGroup: TargetGroup = {
      id: targetGroupId,
      origins,
      name: frontendNlbTargetGroupName(options.clusterName, group, port, ordinal),
      targetType: 'alb',
      protocol: 'TCP',
      port: albPort,
      ipAddressType: 'ipv4',
      healthCheck: health,
      attributes: {},
      tags,
      targets: { kind: 'loadBalancer', loadBalancer: { ref: `LoadBalancer/${alb.id}` }, port: albPort },
      access: [],
      isMultiCluster: false,
    }
    const listener: Listener = {
      id: `${id}-ls-TCP-${port}`,
      origins,
      loadBalancer: { ref: `LoadBalancer/${id}` },
      port,
      protocol: 'TCP',
      defaultActions: [
        { type: 'forward', targetGroups: [{ targetGroup: { ref: `TargetGroup/${targetGroupId}` }, weight: 1 }] },
      ],
      certificates: [],
      attributes: {},
      tags,
    }
    return { listener, targetGroup }
  }
}

/** Those that somebody names, else the ALB's where the scheme is the same, else what is found for the scheme. */
function frontendSubnets(
  context: GroupContext,
  wish: SubnetWish,
  alb: LoadBalancer,
  scheme: string,
  request: Parameters<typeof placeBalancer>[2],
): readonly string[] | null {
  if (wish.named === undefined && scheme === alb.scheme) return alb.subnets.map(({ subnetId }) => subnetId)
  return placeBalancer(context, wish, request)?.map(({ id }) => id) ?? null
}

function withAddresses(
  { group, reader, report }: GroupContext,
  subnets: readonly string[],
  scheme: string,
): Pick<LoadBalancer, 'subnets' | 'addressesToPlace'> {
  const plain = { subnets: subnets.map((subnetId) => ({ subnetId })) }
  const { decision } = decide(
    group.members,
    'the elastic addresses of the NLB',
    ({ ingress }) => reader.list([ingress], `${PREFIX}eip-allocations`),
    report,
  )
  if (decision === null) return plain
  const { reading, value } = decision
  const problem =
    scheme !== 'internet-facing'
      ? 'the NLB is internal; accepted for internet-facing ones only'
      : value.length !== subnets.length && subnets.length > 0
        ? `it names ${value.length} and the NLB has ${subnets.length} subnets; write one address for each`
        : null
  if (problem === null) {
    return subnets.length === 0
      ? { subnets: [], addressesToPlace: value.map((allocationId) => ({ allocationId })) }
      : { subnets: subnets.map((subnetId, index) => ({ subnetId, allocationId: value[index] ?? '' })) }
  }
  report('ANNOTATION_VALUE', `Cannot use annotation ${reading.name}: ${problem}`, reading.origin)
  return plain
}

function readSecurityGroups({ group, reader, report, options, unread }: GroupContext): readonly Ref[] | null {
  const { decision } = decide(
    group.members,
    'the security groups of the NLB',
    ({ ingress }): Reading<readonly string[]> => {
      const named = reader.list([ingress], `${PREFIX}security-groups`, { protects: true })
      if (named.kind !== 'value') return named
      const choice = chooseSecurityGroups(named.value, options.inventory)
      if (choice.ok) return { ...named, value: choice.ids }
      if (unread.needs('security groups', named.origin)) return { kind: 'absent' }
      report('AWS_SECURITY_GROUP_NOT_FOUND', `Cannot use annotation ${named.name}: ${choice.problem}`, named.origin)
      return { kind: 'unusable', origin: named.origin, name: named.name }
    },
    report,
  )
  // The groups of the ALB, which it has otherwise, admit no more than the ALB does.
  return decision?.value ?? null
}

function readHealthCheck({ group, reader, report }: GroupContext): HealthCheck {
  const text = (name: string, fallback: string): string =>
    decide(group.members, `${PREFIX}${name}`, ({ ingress }) => reader.text([ingress], `${PREFIX}${name}`), report)
      .decision?.value ?? fallback
  const number = (name: string, fallback: number): number =>
    decide(group.members, `${PREFIX}${name}`, ({ ingress }) => reader.int([ingress], `${PREFIX}${name}`), report)
      .decision?.value ?? fallback
  const port = text('healthcheck-port', 'traffic-port')
  return {
    protocol: text('healthcheck-protocol', 'HTTP') as 'HTTP' | 'HTTPS',
    // A name means nothing here: the target is a load balancer.
    port: /^\d+$/.test(port) ? port : 'traffic-port',
    path: text('healthcheck-path', '/'),
    matcher: { kind: 'http', codes: text('healthcheck-success-codes', '200') },
    intervalSeconds: number('healthcheck-interval-seconds', 15),
    timeoutSeconds: number('healthcheck-timeout-seconds', 5),
    healthyThreshold: number('healthcheck-healthy-threshold-count', 3),
    unhealthyThreshold: number('healthcheck-unhealthy-threshold-count', 3),
  }
}

/** Pairs of NLB port and ALB port, sorted. */
function readMapping(
  { group, reader, report }: GroupContext,
  ports: readonly ListenPort[],
): readonly (readonly [number, number])[] {
  const name = `${PREFIX}listener-port-mapping`
  const written = decideKeys(group.members, 'the port mapping of', ({ ingress }) => reader.map([ingress], name), report)
  const pairs = new Map<number, number>()
  for (const [from, to] of Object.entries(written)) {
    const [port, albPort] = [toPort(from), toPort(to)]
    const state =
      port === null || albPort === null
        ? 'it is not a pair of ports'
        : ports.some((one) => one.port === albPort)
          ? null
          : `the ALB does not listen on port ${albPort}`
    if (state === null && port !== null && albPort !== null) {
      pairs.set(port, albPort)
      continue
    }
    const message = `Cannot use ${from}=${to} of ${reader.fullName(name)}: ${state ?? ''}; write NLBPORT=ALBPORT with a port of listen-ports`
    const owner = group.members.find(({ ingress }) => ingress.meta.annotations[reader.fullName(name)] !== undefined)
    if (owner !== undefined) report('ANNOTATION_VALUE', message, originOfMapping(owner, reader.fullName(name)))
  }
  if (pairs.size === 0) return ports.map(({ port }) => [port, port] as const)
  return [...pairs].sort(([a], [b]) => a - b)
}

function originOfMapping({ ingress }: LoadedMember, key: string): ReturnType<typeof originOf> {
  return originOf(ingress, 'metadata', 'annotations', key)
}

function toPort(text: string): number | null {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0
  return port >= 1 && port <= 65_535 ? port : null
}

function reportLonely({ group, reader, report }: GroupContext): void {
  const prefix = reader.fullName(PREFIX)
  for (const { ingress } of group.members) {
    const key = Object.keys(ingress.meta.annotations)
      .toSorted()
      .find((name) => name.startsWith(prefix))
    if (key === undefined) continue
    const message = `Annotation ${key} has no effect: no NLB stands in front of the load balancer; write enable-frontend-nlb: "true"`
    report('ANNOTATION_LONELY', message, originOf(ingress, 'metadata', 'annotations', key))
  }
}
