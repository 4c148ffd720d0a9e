/** The stack of a Service's NLB (as the AWS Load Balancer Controller makes it). */
import { type AwsStack, emptyStack, type LoadBalancer, type StackId, type Tags } from '../../../aws/stack/model.ts'
import { describeObject, originOf } from '../../../kube/meta.ts'
import { valueOr } from '../annotation-reader.ts'
import { classicLoadBalancerName, nlbName } from '../names.ts'
import { chooseSubnets } from '../subnets.ts'
import { mergeTags, tagsOf } from '../tags.ts'
import { reportIdle } from './idle.ts'
import { isDualStackOf } from './ip-address-type.ts'
import { planListeners } from './listener-plan.ts'
import { balancerAttributes, minimumCapacity, reportPortless } from './nlb-attributes.ts'
import { buildListeners } from './nlb-listeners.ts'
import { nlbSecurity } from './nlb-security.ts'
import type { Ownership } from './ownership.ts'
import { controllerScheme, inTreeScheme } from './scheme.ts'
import { LB, reportLonely, type ServiceContext } from './service-context.ts'
import { addressesToPlace, sourceNatOf, subnetMappings } from './subnet-mappings.ts'
import { readTls } from './tls-settings.ts'
import { identityOf } from './identity.ts'

/** Resource id of the load balancer. */
const BALANCER = 'LoadBalancer'

type NlbKind = Extract<Ownership, { readonly kind: 'nlb' }>

/** What is found out may refuse the load balancer: ask the context. */
export function buildNlb(context: ServiceContext, kind: NlbKind, id: StackId): AwsStack {
  const { service, reader, options } = context
  reportIdle(context, kind.isInTree ? 'nlb in-tree' : 'nlb')
  reportPortless(context)
  const scheme = kind.isInTree ? inTreeScheme(context) : controllerScheme(context)
  const isDualStack = isDualStackOf(context, kind)
  const name = nameOf(context, kind, scheme)
  const named = reader.list([service], `${LB}subnets`)
  const subnets = chooseSubnets(
    {
      type: 'network',
      scheme,
      needsIpv6: isDualStack,
      name,
      ...(named.kind === 'value' ? { named: named.value } : {}),
    },
    options.clusterName,
    options.inventory,
  )
  if (!subnets.ok) {
    const origin = named.kind === 'absent' ? originOf(service) : named.origin
    context.refuse(`Cannot choose subnets of the NLB: ${subnets.problem}`, origin, 'AWS_SUBNETS')
  }
  const chosen = subnets.ok ? subnets.subnets : []
  const tags = tagsFor(context)
  const tls = readTls(context)
  const planned = planListeners(context, kind.targetType, tls)
  if (planned.length === 0) {
    context.refuse(
      'Cannot make an NLB: no port can have a listener; give the Service a TCP or UDP port',
      originOf(service, 'spec', 'ports'),
    )
  }
  const security = nlbSecurity(context, planned, { name, isInTree: kind.isInTree, isDualStack, subnets: chosen, tags })
  const { listeners, targetGroups } = buildListeners(context, planned, tls, {
    targetType: kind.targetType,
    isInTree: kind.isInTree,
    ipAddressType: isDualStack && (service.spec.ipFamilies ?? []).includes('IPv6') ? 'ipv6' : 'ipv4',
    tags,
    security,
  })
  const balancer: LoadBalancer = {
    id: BALANCER,
    origins: [originOf(service)],
    name,
    type: 'network',
    scheme,
    ipAddressType: isDualStack ? 'dualstack' : 'ipv4',
    subnets: subnetMappings(context, chosen, scheme, isDualStack),
    ...(chosen.length === 0 ? addressesToPlace(context) : {}),
    securityGroups: security.groups,
    attributes: balancerAttributes(context),
    tags,
    ...minimumCapacity(context),
    ...privateLinkOf(context, security.groups.length > 0),
    ...natOf(context, isDualStack),
  }
  return {
    ...emptyStack(id, [describeObject(service)]),
    securityGroups: security.managed,
    targetGroups,
    loadBalancers: [balancer],
    listeners,
  }
}

/** Tags for everything of a Service. */
export function tagsFor({ reader, service, options, report }: ServiceContext): Tags {
  return mergeTags(options, [tagsOf(reader.map([service], `${LB}additional-resource-tags`))], report)
}

/** A name that somebody has already is not given twice. */
function nameOf(context: ServiceContext, { isInTree }: NlbKind, scheme: string): string {
  const { service, options, reader, report, takenNames } = context
  const generated = isInTree
    ? classicLoadBalancerName(identityOf(service))
    : nlbName(options.clusterName, service.meta, scheme)
  const wish = isInTree ? { kind: 'absent' as const } : reader.text([service], `${LB}name`)
  if (wish.kind !== 'value') return generated
  const owner = takenNames.get(wish.value)
  if (owner === undefined) {
    takenNames.set(wish.value, describeObject(service))
    return wish.value
  }
  report(
    'AWS_NAME_TAKEN',
    `Cannot use annotation ${wish.name}: ${owner} has the name "${wish.value}"; choose another one`,
    wish.origin,
  )
  return generated
}

function privateLinkOf(context: ServiceContext, hasGroups: boolean): Pick<LoadBalancer, 'enforcePrivateLinkRules'> {
  const reading = context.reader.text([context.service], `${LB}inbound-sg-rules-on-private-link-traffic`)
  if (reading.kind !== 'value') return {}
  if (!hasGroups) {
    reportLonely(context, reading, 'a security group of the load balancer')
    return {}
  }
  return { enforcePrivateLinkRules: reading.value === 'off' ? 'off' : 'on' }
}

function natOf(context: ServiceContext, isDualStack: boolean): Pick<LoadBalancer, 'ipv6SourceNat'> {
  const value = sourceNatOf(context)
  if (value === undefined) return {}
  if (isDualStack) return { ipv6SourceNat: value }
  const reading = context.reader.text([context.service], `${LB}enable-prefix-for-ipv6-source-nat`)
  if (valueOr(reading, 'off') === 'on') reportLonely(context, reading, `${LB}ip-address-type: dualstack`)
  return {}
}
