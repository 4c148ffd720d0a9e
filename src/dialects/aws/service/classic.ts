/** The stack of a Service's Classic Load Balancer, as the in-tree controller made them. */
import {
  type AwsStack,
  type ClassicListener,
  type ClassicLoadBalancer,
  emptyStack,
  type IngressRule,
  type Ref,
  type SecurityGroup,
  type StackId,
  type Tags,
} from '../../../aws/stack/model.ts'
import { IN_TREE_CLUSTER_PREFIX, IN_TREE_SERVICE_TAG } from '../../../aws/stack/tag-keys.ts'
import { describeObject, originOf } from '../../../kube/meta.ts'
import { valueOr } from '../annotation-reader.ts'
import { classicLoadBalancerName, classicSecurityGroupName } from '../names.ts'
import { chooseSecurityGroups } from '../security-group-names.ts'
import { chooseSubnets } from '../subnets.ts'
import { classicAttributes } from './classic-attributes.ts'
import { classicHealthCheck } from './classic-health.ts'
import { classicListeners } from './classic-listeners.ts'
import { identityOf } from './identity.ts'
import { reportIdle } from './idle.ts'
import { tagsFor } from './nlb.ts'
import { managedGroups } from '../managed-groups.ts'
import { sortKeys } from './nlb-attributes.ts'
import { inTreeScheme, type Scheme } from './scheme.ts'
import { LB, type ServiceContext } from './service-context.ts'
import { readSourceRanges } from './source-ranges.ts'

/** What is found out may refuse the load balancer: ask the context. The resource id is its name. */
export function buildClassic(context: ServiceContext, id: StackId): AwsStack {
  const { service, reader, options } = context
  reportIdle(context, 'classic')
  if (service.spec.sessionAffinity === 'ClientIP') {
    const message = `Cannot make a Classic Load Balancer: it does not keep clients with a pod (sessionAffinity); remove it, or write ${LB}type: external for an NLB`
    context.refuse(message, originOf(service, 'spec', 'sessionAffinity'))
  }
  const name = classicLoadBalancerName(identityOf(service))
  const scheme = inTreeScheme(context)
  const tags = tagsFor(context)
  const listeners = classicListeners(context)
  if (listeners.length === 0) {
    context.refuse(
      'Cannot make a Classic Load Balancer: no port can have a listener; give the Service a TCP port',
      originOf(service, 'spec', 'ports'),
    )
  }
  const security = securityOf(context, name, listeners, tags)
  const [source] = security.groups
  const balancer: ClassicLoadBalancer = {
    id: name,
    origins: [originOf(service)],
    name,
    scheme,
    subnetIds: subnetsOf(context, name, scheme),
    securityGroups: security.groups,
    listeners,
    healthCheck: classicHealthCheck(context, listeners),
    attributes: classicAttributes(context),
    sendsProxyProtocol: valueOr(reader.text([service], `${LB}proxy-protocol`), '') === '*',
    tags: sortKeys({
      ...tags,
      [IN_TREE_SERVICE_TAG]: `${service.meta.namespace}/${service.meta.name}`,
      [IN_TREE_CLUSTER_PREFIX + options.clusterName]: 'owned',
    }),
    nodeLabels: valueOr(reader.map([service], `${LB}target-node-labels`), {}),
    access:
      source === undefined ? [] : [{ source: { kind: 'securityGroup', group: source }, protocol: 'tcp', ports: 'all' }],
  }
  return {
    ...emptyStack(id, [describeObject(service)]),
    securityGroups: security.managed,
    classicLoadBalancers: [balancer],
  }
}

function subnetsOf(context: ServiceContext, name: string, scheme: Scheme): readonly string[] {
  const { reader, service, options } = context
  const named = reader.list([service], `${LB}subnets`)
  const choice = chooseSubnets(
    { type: 'classic', scheme, needsIpv6: false, name, ...(named.kind === 'value' ? { named: named.value } : {}) },
    options.clusterName,
    options.inventory,
  )
  if (choice.ok) return choice.subnets.map(({ id }) => id)
  const origin = named.kind === 'absent' ? originOf(service) : named.origin
  context.refuse(`Cannot choose subnets of the Classic Load Balancer: ${choice.problem}`, origin, 'AWS_SUBNETS')
  return []
}

interface ClassicSecurity {
  readonly groups: readonly Ref[]
  readonly managed: readonly SecurityGroup[]
}

/** `security-groups` takes the place of a group of its own; `extra-security-groups` are beside it. */
function securityOf(
  context: ServiceContext,
  name: string,
  listeners: readonly ClassicListener[],
  tags: Tags,
): ClassicSecurity {
  const own = groupsOf(context, 'security-groups')
  const extra = groupsOf(context, 'extra-security-groups')
  const ranges = readSourceRanges(context, false)
  if (own !== null) {
    if (!ranges.isDefault) {
      const message = `Cannot admit these sources only: ${LB}security-groups names groups of yours, and their rules decide; remove one of the two`
      context.report('AWS_SETTING_IDLE', message, ranges.origin, 'warning')
    }
    return { groups: [...own, ...(extra ?? []).filter((group) => !own.includes(group))], managed: [] }
  }
  const { service, options } = context
  const group = {
    name: classicSecurityGroupName(name),
    description: `Security group for Kubernetes ELB ${name} (${service.meta.namespace}/${service.meta.name})`,
    tags: sortKeys({ ...tags, [IN_TREE_CLUSTER_PREFIX + options.clusterName]: 'owned' }),
    origins: [originOf(service)],
  }
  const managed = managedGroups(
    context,
    group,
    ranges.cidrs.flatMap((cidr) => rulesFor(cidr, listeners)),
  )
  return { groups: [...managed.map(({ id }): Ref => ({ ref: `SecurityGroup/${id}` })), ...(extra ?? [])], managed }
}

/** Every listener, and "fragmentation needed". */
function rulesFor(cidr: string, listeners: readonly ClassicListener[]): readonly IngressRule[] {
  const source = { kind: 'cidr', cidr } as const
  return [
    ...listeners.map(({ port }): IngressRule => ({
      protocol: 'tcp',
      fromPort: port,
      toPort: port,
      source,
      description: '',
    })),
    { protocol: 'icmp', fromPort: 3, toPort: 4, source, description: '' },
  ]
}

/** `null` when nothing is written. */
function groupsOf(context: ServiceContext, name: string): readonly string[] | null {
  const reading = context.reader.list([context.service], LB + name, { protects: true })
  if (reading.kind === 'absent') return null
  if (reading.kind === 'unusable') {
    context.refuse(
      'Cannot make a Classic Load Balancer: its security groups cannot be read; write ids or Name tags',
      reading.origin,
    )
    return []
  }
  const choice = chooseSecurityGroups(reading.value, context.options.inventory)
  if (choice.ok) return choice.ids
  context.refuse(
    `Cannot use annotation ${reading.name}: ${choice.problem}`,
    reading.origin,
    'AWS_SECURITY_GROUP_NOT_FOUND',
  )
  return []
}
