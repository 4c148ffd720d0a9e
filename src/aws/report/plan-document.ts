/** The JSON of `genkan plan`: everything as AWS will see it, each with where it comes from. The form is stable (docs/cli.md). */
import type { Finding, Origin } from '../../base/finding.ts'
import type { Operation, Plan } from '../deploy/operation.ts'
import type { Inventory } from '../stack/inventory.ts'
import type {
  AwsStack,
  ClassicLoadBalancer,
  HealthCheck,
  IngressRule,
  Listener,
  LoadBalancer,
  Ref,
  StackId,
  Tags,
  TargetGroup,
} from '../stack/model.ts'
import type { RuleAction, RuleCondition, RuleTransform } from '../stack/rule.ts'
import type { ResolvedTargets, Target } from '../stack/target.ts'
import { type FixedCost, fixedCost } from './cost.ts'
import { type QuotaUse, quotaUses } from './quota-use.ts'
import { createNamer } from './readable.ts'

interface Listed {
  readonly stack: StackId
  readonly origin: Origin | null
}

/** Actions with target groups by name in place of references. */
export type ListedAction =
  | Exclude<RuleAction, { readonly type: 'forward' }>
  | {
      readonly type: 'forward'
      readonly targetGroups: readonly { readonly targetGroup: string; readonly weight: number }[]
      readonly stickinessSeconds?: number
    }

/** An address of an NLB that annotations choose. */
export interface ListedAddress {
  /** Empty while subnets are not known. */
  readonly subnet: string
  /** Of an elastic IP address. */
  readonly allocation?: string
  readonly privateIpv4?: string
  readonly ipv6?: string
}

export interface PlanDocument {
  readonly provider: 'aws'
  readonly clusterName: string
  readonly region: string
  readonly loadBalancers: readonly (Listed & {
    readonly name: string
    readonly type: 'application' | 'network' | 'classic'
    readonly scheme: LoadBalancer['scheme']
    readonly ipAddressType: LoadBalancer['ipAddressType']
    readonly subnets: readonly string[]
    /** Those that were chosen, of an NLB; AWS chooses the others. */
    readonly addresses: readonly ListedAddress[]
    readonly securityGroups: readonly string[]
    readonly attributes: Readonly<Record<string, string>>
    readonly tags: Tags
    /** `Ingress ns/name` and `Service ns/name` that share it. */
    readonly members: readonly string[]
  })[]
  readonly listeners: readonly (Listed & {
    readonly loadBalancer: string
    readonly port: number
    readonly protocol: Listener['protocol']
    readonly certificates: readonly string[]
    readonly sslPolicy: string
    readonly defaultActions: readonly ListedAction[]
    /** Classic load balancers forward to a port of instances. */
    readonly instancePort?: number
    readonly instanceProtocol?: string
  })[]
  readonly rules: readonly (Listed & {
    readonly loadBalancer: string
    readonly port: number
    readonly priority: number
    readonly conditions: readonly RuleCondition[]
    readonly actions: readonly ListedAction[]
    readonly transforms: readonly RuleTransform[]
  })[]
  readonly targetGroups: readonly (Listed & {
    readonly name: string
    readonly targetType: TargetGroup['targetType']
    readonly protocol: TargetGroup['protocol']
    readonly protocolVersion: string
    readonly port: number
    readonly healthCheck: HealthCheck
    readonly attributes: Readonly<Record<string, string>>
    /** `ns/name:port`; empty for a load balancer behind a load balancer. */
    readonly service: string
    readonly targets: readonly Target[]
  })[]
  readonly securityGroups: readonly (Listed & {
    readonly name: string
    readonly description: string
    readonly ingress: readonly (Omit<IngressRule, 'source'> & { readonly source: string })[]
  })[]
  readonly certificates: readonly (Listed & { readonly name: string; readonly domainNames: readonly string[] })[]
  readonly subnets: readonly (Listed & {
    readonly id: string
    readonly availabilityZone: string
    readonly cidr: string
    readonly loadBalancers: readonly string[]
  })[]
  readonly quotas: readonly QuotaUse[]
  readonly cost: FixedCost
  /** True when the operations are a comparison with what exists, false when they make everything anew. */
  readonly isDifference: boolean
  /** False when something could not be built, or not all of it: errors among the findings say what. */
  readonly isComplete: boolean
  readonly operations: readonly Pick<Operation, 'verb' | 'summary' | 'outage' | 'stack' | 'action'>[]
  readonly held: Plan['held']
  readonly findings: readonly Finding[]
}

export interface PlanParts {
  readonly clusterName: string
  readonly inventory: Inventory
  readonly stacks: readonly AwsStack[]
  readonly plan: Plan
  readonly isDifference: boolean
  readonly isComplete: boolean
  readonly findings: readonly Finding[]
  /** Targets by stack and target group id. */
  targetsOf(stack: AwsStack, targetGroup: TargetGroup): ResolvedTargets
}

export function createPlanDocument(parts: PlanParts): PlanDocument {
  const { stacks, inventory, plan } = parts
  const nameOf = createNamer(stacks)
  const all = <T, R>(of: (stack: AwsStack) => readonly T[], show: (item: T, stack: AwsStack) => R): readonly R[] =>
    stacks.flatMap((stack) => of(stack).map((item) => show(item, stack)))
  const listed = (stack: AwsStack, { origins }: { readonly origins: readonly Origin[] }): Listed => ({
    stack: stack.id,
    origin: origins[0] ?? null,
  })
  const names = (refs: readonly Ref[], stack: AwsStack): readonly string[] => refs.map((ref) => nameOf(ref, stack.id))
  const actions = (list: readonly RuleAction[], stack: AwsStack): readonly ListedAction[] =>
    list.map((action) => showAction(action, (ref) => nameOf(ref, stack.id)))
  return {
    provider: 'aws',
    clusterName: parts.clusterName,
    region: inventory.region,
    loadBalancers: [
      ...all(
        ({ loadBalancers }) => loadBalancers,
        ({ name, type, scheme, ipAddressType, attributes, tags, ...balancer }, stack) => ({
          name,
          type,
          scheme,
          ipAddressType,
          subnets: balancer.subnets.map(({ subnetId }) => subnetId),
          addresses: chosenAddresses(balancer),
          securityGroups: names(balancer.securityGroups, stack),
          attributes,
          tags,
          members: stack.members,
          ...listed(stack, balancer),
        }),
      ),
      ...all(
        ({ classicLoadBalancers }) => classicLoadBalancers,
        (balancer, stack) =>
          showClassic(balancer, stack, names(balancer.securityGroups, stack), listed(stack, balancer)),
      ),
    ],
    listeners: [
      ...all(
        (stack) => stack.listeners,
        (listener, stack) => ({
          loadBalancer: nameOf(listener.loadBalancer, stack.id),
          port: listener.port,
          protocol: listener.protocol,
          certificates: names(listener.certificates, stack),
          sslPolicy: listener.sslPolicy ?? '',
          defaultActions: actions(listener.defaultActions, stack),
          ...listed(stack, listener),
        }),
      ),
      ...stacks.flatMap((stack) =>
        stack.classicLoadBalancers.flatMap((classic) => classicListeners(classic, stack, nameOf)),
      ),
    ],
    rules: all(
      ({ rules }) => rules,
      (rule, stack) => {
        const listener = stack.listeners.find(
          ({ id }) => typeof rule.listener !== 'string' && rule.listener.ref === `Listener/${id}`,
        )
        return {
          loadBalancer: listener === undefined ? '' : nameOf(listener.loadBalancer, stack.id),
          port: listener?.port ?? 0,
          priority: rule.priority,
          conditions: rule.conditions,
          actions: actions(rule.actions, stack),
          transforms: rule.transforms,
          ...listed(stack, rule),
        }
      },
    ),
    targetGroups: all(
      ({ targetGroups }) => targetGroups,
      (group, stack) => ({
        name: group.name,
        targetType: group.targetType,
        protocol: group.protocol,
        protocolVersion: group.protocolVersion ?? '',
        port: group.port,
        healthCheck: group.healthCheck,
        attributes: group.attributes,
        service:
          group.targets.kind === 'service'
            ? `${group.targets.namespace}/${group.targets.name}:${group.targets.port}`
            : '',
        targets: parts.targetsOf(stack, group).targets,
        ...listed(stack, group),
      }),
    ),
    securityGroups: all(
      ({ securityGroups }) => securityGroups,
      (group, stack) => ({
        name: group.name,
        description: group.description,
        ingress: group.ingress.map(({ source, ...rule }) => ({
          ...rule,
          source:
            source.kind === 'cidr'
              ? source.cidr
              : source.kind === 'prefixList'
                ? source.id
                : nameOf(source.group, stack.id),
        })),
        ...listed(stack, group),
      }),
    ),
    certificates: all(
      ({ certificates }) => certificates,
      (certificate, stack) => ({
        name: `Secret ${certificate.namespace}/${certificate.secretName}`,
        domainNames: certificate.domainNames,
        ...listed(stack, certificate),
      }),
    ),
    subnets: usedSubnets(stacks, inventory),
    quotas: quotaUses(stacks, inventory.quotas, (stack, id) => {
      const group = stack.targetGroups.find((one) => one.id === id)
      return group === undefined ? 0 : parts.targetsOf(stack, group).targets.length
    }),
    cost: fixedCost(stacks, inventory.region),
    isDifference: parts.isDifference,
    isComplete: parts.isComplete,
    operations: plan.operations.map(({ verb, summary, outage, stack, action }) => ({
      verb,
      summary,
      stack,
      action,
      ...(outage === undefined ? {} : { outage }),
    })),
    held: plan.held,
    findings: parts.findings,
  }
}

function showAction(action: RuleAction, nameOf: (ref: Ref) => string): ListedAction {
  if (action.type !== 'forward') return action
  return {
    ...action,
    targetGroups: action.targetGroups.map(({ targetGroup, weight }) => ({ targetGroup: nameOf(targetGroup), weight })),
  }
}

function showClassic(
  { name, scheme, subnetIds, attributes, tags }: ClassicLoadBalancer,
  { members }: AwsStack,
  securityGroups: readonly string[],
  listed: Listed,
): PlanDocument['loadBalancers'][number] {
  return {
    name,
    type: 'classic',
    scheme,
    ipAddressType: 'ipv4',
    subnets: subnetIds,
    addresses: [],
    securityGroups,
    attributes: {
      'access_log.enabled': String(attributes.accessLog !== null),
      'connection_draining.enabled': String(attributes.drainingSeconds !== null),
      'cross_zone.enabled': String(attributes.crossZone),
      'idle_timeout.seconds': String(attributes.idleTimeoutSeconds),
    },
    tags,
    members,
    ...listed,
  }
}

function classicListeners(
  balancer: ClassicLoadBalancer,
  stack: AwsStack,
  nameOf: (ref: Ref, stack: StackId) => string,
): readonly PlanDocument['listeners'][number][] {
  return balancer.listeners.map(({ port, protocol, instancePort, instanceProtocol, certificate, sslPolicy }) => ({
    loadBalancer: balancer.name,
    port,
    protocol: protocol === 'SSL' ? 'TLS' : protocol,
    certificates: certificate === undefined ? [] : [nameOf(certificate, stack.id)],
    sslPolicy: sslPolicy ?? '',
    defaultActions: [],
    instancePort,
    instanceProtocol,
    stack: stack.id,
    origin: balancer.origins[0] ?? null,
  }))
}

function chosenAddresses({
  subnets,
  addressesToPlace = [],
}: Pick<LoadBalancer, 'subnets' | 'addressesToPlace'>): readonly ListedAddress[] {
  const places = [...subnets, ...addressesToPlace.map((address) => ({ subnetId: '', ...address }))]
  return places
    .map(({ subnetId, allocationId, privateIPv4Address, ipv6Address }) => ({
      subnet: subnetId,
      ...(allocationId === undefined ? {} : { allocation: allocationId }),
      ...(privateIPv4Address === undefined ? {} : { privateIpv4: privateIPv4Address }),
      ...(ipv6Address === undefined ? {} : { ipv6: ipv6Address }),
    }))
    .filter((address) => Object.keys(address).length > 1)
}

/** Each subnet once, with the load balancers in it. */
function usedSubnets(stacks: readonly AwsStack[], inventory: Inventory): PlanDocument['subnets'] {
  const used = new Map<string, { loadBalancers: string[]; stack: StackId; origin: Origin | null }>()
  for (const stack of stacks) {
    const places = [
      ...stack.loadBalancers.map((one) => ({ ...one, ids: one.subnets.map(({ subnetId }) => subnetId) })),
      ...stack.classicLoadBalancers.map((one) => ({ ...one, ids: one.subnetIds })),
    ]
    for (const { name, ids, origins } of places) {
      for (const id of ids) {
        const entry = used.get(id)
        if (entry === undefined) used.set(id, { loadBalancers: [name], stack: stack.id, origin: origins[0] ?? null })
        else entry.loadBalancers.push(name)
      }
    }
  }
  return [...used]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([id, { loadBalancers, stack, origin }]) => {
      const known = inventory.subnets.find((subnet) => subnet.id === id)
      return {
        id,
        availabilityZone: known?.availabilityZone ?? '',
        cidr: known?.cidr ?? '',
        loadBalancers,
        stack,
        origin,
      }
    })
}
