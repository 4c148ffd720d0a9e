/** Settings of a group's load balancer as a whole (elbv2 CreateLoadBalancer). */
import { originOfKey } from '../../../kube/meta.ts'
import type { LoadBalancer } from '../../../aws/stack/model.ts'
import { ALB_ATTRIBUTES, usableAttributes, withBucketsOf } from '../attribute-values.ts'
import { fieldReading, firstReading, type Reading, valueOr } from '../annotation-reader.ts'
import { pairsToRecord } from '../tags.ts'
import { decide, decideKeys, type Decided } from './decide.ts'
import { obstacleToPlace, obstacleToScheme, passOver } from './pass-over.ts'
import { type GroupContext, withParams, wordWithParams } from './group-context.ts'
import { reportLegacy } from './listen-ports.ts'
import type { LoadedMember } from './load-groups.ts'

export interface BalancerSettings {
  readonly scheme: 'internal' | 'internet-facing'
  readonly ipAddressType: 'ipv4' | 'dualstack' | 'dualstack-without-public-ipv4'
  readonly name: { readonly value: string; readonly member: LoadedMember; readonly origin: Reading<string> } | null
  readonly attributes: Readonly<Record<string, string>>
  /** Members of the model that are set by nobody are absent. */
  readonly extras: Pick<LoadBalancer, 'minimumCapacityUnits' | 'customerOwnedIpv4Pool' | 'ipamPoolId'>
}

const SCHEMES = ['internal', 'internet-facing'] as const
const ADDRESS_TYPES = ['ipv4', 'dualstack', 'dualstack-without-public-ipv4'] as const
const LEGACY_IDLE_TIMEOUT = 'alb.ingress.kubernetes.io/connection-idle-timeout'
const IDLE_TIMEOUT = 'idle_timeout.timeout_seconds'

export function readBalancerSettings(context: GroupContext): BalancerSettings {
  const { group, options, report, reader } = context
  const { members } = group
  const scheme = decide(
    members,
    'the scheme',
    (member) =>
      passOver(context, member, wordWithParams(context, member, 'scheme', 'scheme', SCHEMES), (value) =>
        obstacleToScheme(context, value),
      ),
    report,
    (value) => value,
  )
  refuseExposed(scheme, context)
  const decidedScheme = scheme.decision?.value ?? options.defaultScheme
  const ipAddressType = decide(
    members,
    'the address type',
    (member) =>
      passOver(
        context,
        member,
        wordWithParams(context, member, 'ipAddressType', 'ip-address-type', ADDRESS_TYPES),
        (value) => (value === 'ipv4' ? null : obstacleToPlace(context, decidedScheme, true)),
      ),
    report,
    (value) => value,
  ).decision
  const name = decide(
    members,
    'the name',
    (member) =>
      withParams(
        member,
        'loadBalancerName',
        ['loadBalancerName'],
        reader.text([member.ingress], 'load-balancer-name'),
        (value) => value,
      ),
    report,
  ).decision
  return {
    scheme: decidedScheme,
    ipAddressType: ipAddressType?.value ?? 'ipv4',
    name: name === null ? null : usableName(name.value, name.member, name.reading, context),
    attributes: readAttributes(context),
    extras: readExtras(context, decidedScheme),
  }
}

/** Whoever wants to be internal must not be served by a load balancer that the internet reaches. */
function refuseExposed({ decision, losers }: Decided<(typeof SCHEMES)[number]>, { refusals }: GroupContext): void {
  if (decision?.value !== 'internet-facing') return
  for (const { member, reading } of losers) {
    if (reading.value !== 'internal') continue
    const reason = `it asks for an internal load balancer, and that of its group is internet-facing (${decision.member.name}); leave the group`
    refusals.refuse(member, reason, reading.origin)
  }
}

/** Class parameters are not checked by a row of the vocabulary. */
function usableName(
  value: string,
  member: LoadedMember,
  origin: Reading<string>,
  { report }: GroupContext,
): BalancerSettings['name'] {
  const isUsable = value.length <= 32 && /^[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?$/.test(value)
  if (isUsable && !value.startsWith('internal-')) return { value, member, origin }
  const wanted = 'at most 32 letters, digits and inner hyphens, not beginning with "internal-"'
  if (origin.kind === 'value') {
    const message = `Cannot use ${origin.name} ${JSON.stringify(value.slice(0, 60))}: it is no name of a load balancer; write ${wanted}`
    report('ANNOTATION_VALUE', message, origin.origin)
  }
  return null
}

function readAttributes(context: GroupContext): Readonly<Record<string, string>> {
  const { group, reader, report } = context
  const params = group.members
    .map((member) => member.params)
    .find((one) => one?.spec.loadBalancerAttributes !== undefined)
  const list = params?.spec.loadBalancerAttributes
  const ofClass =
    params === undefined || params === null || list === undefined
      ? ({ kind: 'absent' } as const)
      : usableAttributes(
          fieldReading(params, pairsToRecord(list), 'spec', 'loadBalancerAttributes'),
          ALB_ATTRIBUTES,
          report,
        )
  const written = decideKeys(
    group.members,
    'the load balancer attribute',
    ({ ingress }) => usableAttributes(reader.map([ingress], 'load-balancer-attributes'), ALB_ATTRIBUTES, report),
    report,
  )
  const timeout = legacyIdleTimeout(context)
  const merged = new Map([
    ...(timeout === null ? [] : [[IDLE_TIMEOUT, timeout] as const]),
    ...Object.entries(written),
    ...Object.entries(valueOr(ofClass, {})),
  ])
  const sorted = Object.fromEntries([...merged].sort(([a], [b]) => (a < b ? -1 : 1)))
  const ofMembers = group.members.map(({ ingress }) => reader.map([ingress], 'load-balancer-attributes'))
  return withBucketsOf(sorted, [ofClass, ...ofMembers], report)
}

function legacyIdleTimeout(context: GroupContext): string | null {
  for (const { ingress } of context.group.members) {
    const text = ingress.meta.annotations[LEGACY_IDLE_TIMEOUT]?.trim()
    if (text === undefined || text === '') continue
    const origin = originOfKey(ingress, 'metadata', 'annotations', LEGACY_IDLE_TIMEOUT)
    const seconds = /^\d{1,4}$/.test(text) ? Number(text) : 0
    if (seconds >= 1 && seconds <= 4000) {
      reportLegacy(context, LEGACY_IDLE_TIMEOUT, `write load-balancer-attributes: ${IDLE_TIMEOUT}=${seconds}`, origin)
      return String(seconds)
    }
    const message = `Cannot use annotation ${LEGACY_IDLE_TIMEOUT}: ${JSON.stringify(text.slice(0, 60))} is not a number of seconds; write load-balancer-attributes: ${IDLE_TIMEOUT}=SECONDS with 1 to 4000`
    context.report('ANNOTATION_VALUE', message, origin)
  }
  return null
}

function readExtras(context: GroupContext, scheme: BalancerSettings['scheme']): BalancerSettings['extras'] {
  const { group, reader, report } = context
  const capacity = decide(group.members, 'the capacity', (member) => capacityOf(member, context), report).decision
  const pool = decide(
    group.members,
    'the customer-owned pool',
    ({ ingress }) => reader.text([ingress], 'customer-owned-ipv4-pool'),
    report,
  ).decision
  const ipam = decide(
    group.members,
    'the IPAM pool',
    (member) => {
      const reading = withParams(
        member,
        'ipv4IpamPoolId',
        ['ipamConfiguration', 'ipv4IPAMPoolId'],
        reader.text([member.ingress], 'ipam-ipv4-pool-id'),
        (value) => value,
      )
      if (reading.kind !== 'value' || scheme === 'internet-facing') return reading
      const message = `Cannot use ${reading.name} of ${member.name}: its load balancer is internal and takes addresses of its subnets; write scheme: internet-facing, or remove it`
      report('ANNOTATION_VALUE', message, reading.origin)
      return { kind: 'unusable', origin: reading.origin, name: reading.name }
    },
    report,
  ).decision
  return {
    ...(capacity === null ? {} : { minimumCapacityUnits: capacity.value }),
    ...(pool === null ? {} : { customerOwnedIpv4Pool: pool.value }),
    ...(ipam === null ? {} : { ipamPoolId: ipam.value }),
  }
}

function capacityOf({ ingress, params }: LoadedMember, { reader, report }: GroupContext): Reading<number> {
  const ofClass =
    params === null
      ? ({ kind: 'absent' } as const)
      : fieldReading(params, params.spec.minimumCapacityUnits, 'spec', 'minimumLoadBalancerCapacity', 'capacityUnits')
  const written = reader.map([ingress], 'minimum-load-balancer-capacity')
  if (written.kind !== 'value') return firstReading<number>(ofClass, written)
  const entries = Object.entries(valueOr(written, {}))
  const [key, text] = entries[0] ?? ['', '']
  if (entries.length === 1 && key === 'CapacityUnits' && /^\d{1,7}$/.test(text)) {
    return firstReading<number>(ofClass, { ...written, value: Number(text) })
  }
  const message = `Cannot use annotation ${written.name}: it is not a number of capacity units; write CapacityUnits=N, or CapacityUnits=0 for none`
  report('ANNOTATION_VALUE', message, written.origin)
  return firstReading<number>(ofClass, { kind: 'unusable', origin: written.origin, name: written.name })
}
