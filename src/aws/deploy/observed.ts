/** What exists in AWS with our cluster's tag, in the words of the stack model, so that a plan compares like with like. */
import type {
  AwsStack,
  ClassicLoadBalancer,
  ImportedCertificate,
  Listener,
  ListenerRule,
  LoadBalancer,
  ResourceKey,
  ResourceKind,
  SecurityGroup,
  ShieldProtection,
  StackId,
  TargetGroup,
  WebAclAssociation,
} from '../stack/model.ts'

export interface ObservedResource<T> {
  /** ARN, or id of an ec2 resource, or name of a Classic Load Balancer. */
  readonly identifier: string
  readonly spec: T
  /** As AWS has them, ours among them. */
  readonly allTags: Readonly<Record<string, string>>
  /** Carries the tags of this cluster's name and this cluster's UID. Nothing else is ever changed or deleted. */
  readonly isOwned: boolean
}

export interface ObservedStack {
  readonly id: StackId
  readonly securityGroups: readonly ObservedResource<SecurityGroup>[]
  readonly certificates: readonly ObservedResource<ImportedCertificate>[]
  readonly targetGroups: readonly ObservedResource<TargetGroup>[]
  readonly loadBalancers: readonly ObservedResource<LoadBalancer>[]
  readonly listeners: readonly ObservedResource<Listener>[]
  readonly rules: readonly ObservedResource<ListenerRule>[]
  readonly webAcls: readonly ObservedResource<WebAclAssociation>[]
  readonly shields: readonly ObservedResource<ShieldProtection>[]
  readonly classicLoadBalancers: readonly ObservedResource<ClassicLoadBalancer>[]
}

export interface Observed {
  readonly stacks: ReadonlyMap<StackId, ObservedStack>
  /** Names that others hold: what we would create with such a name is refused by AWS. */
  readonly foreign: readonly { readonly resource: ResourceKey; readonly name: string; readonly identifier: string }[]
  /** DNS name of each load balancer, by `stack#Kind/id`. */
  readonly dnsNames: ReadonlyMap<string, string>
  /** Load balancers that forward to a target group, by ARN: those of others too. Absent = none. */
  readonly attachments?: ReadonlyMap<string, readonly string[]>
  /** Listeners and rules without our tags on load balancers that are ours: left alone, and their places are taken. */
  readonly strangers?: readonly Stranger[]
  /** Names of the policies of Classic Load Balancers, used or not, by their name. Absent = none. */
  readonly classicPolicies?: ReadonlyMap<string, readonly string[]>
  /** ARNs of load balancers that do not answer yet. Absent = none. */
  readonly provisioning?: ReadonlySet<string>
  /** What could not be read, as `stack#Kind/id`, such as a web ACL association that IAM denies: left alone. */
  readonly unread?: ReadonlySet<string>
  /** Of target groups that are being replaced, and of their successors, by ARN. Absent = none, or not known. */
  readonly targetHealth?: ReadonlyMap<string, GroupHealth>
}

/** Targets of a target group; those that are leaving do not count. */
export interface GroupHealth {
  readonly registered: number
  readonly healthy: number
}

export interface Stranger {
  readonly resource: 'Listener' | 'ListenerRule'
  readonly identifier: string
  /** ARN of the load balancer or listener that it is on. */
  readonly parent: string
  /** Port of a listener, priority of a rule. */
  readonly place: number
}

/** Every list of resources in a stack, desired or observed. */
export const RESOURCE_LISTS = [
  'securityGroups',
  'certificates',
  'targetGroups',
  'loadBalancers',
  'listeners',
  'rules',
  'webAcls',
  'shields',
  'classicLoadBalancers',
] as const satisfies readonly (keyof AwsStack & keyof ObservedStack)[]

/** Kind of the resources in each list, for keys. */
export const KIND_OF_LIST = {
  securityGroups: 'SecurityGroup',
  certificates: 'Certificate',
  targetGroups: 'TargetGroup',
  loadBalancers: 'LoadBalancer',
  listeners: 'Listener',
  rules: 'ListenerRule',
  webAcls: 'WebAcl',
  shields: 'Shield',
  classicLoadBalancers: 'ClassicLoadBalancer',
} as const satisfies Record<(typeof RESOURCE_LISTS)[number], ResourceKind>
