/** What is in the double's one account, region and VPC: AWS's own shapes, plus what AWS keeps beside them. */
import type * as Acm from '@aws-sdk/client-acm'
import type * as Ec2 from '@aws-sdk/client-ec2'
import type * as Classic from '@aws-sdk/client-elastic-load-balancing'
import type * as Elb from '@aws-sdk/client-elastic-load-balancing-v2'
import type { AwsAction, AwsCalls } from '../../../src/aws/deploy/aws-api.ts'
import { refuse } from './refusal.ts'

/** A call's handler: throws a `Refusal` or answers as AWS does. */
export type Handlers<A extends AwsAction = AwsAction> = {
  readonly [K in A]: (input: AwsCalls[K]['input']) => Omit<AwsCalls[K]['output'], '$metadata'>
}

/** Actions of one service. */
export type ActionsOf<Service extends string> = Extract<AwsAction, `${Service}:${string}`>

export interface Thing {
  /** Reads for which it is still not found. */
  hiddenReads: number
  readonly tags: Map<string, string>
}

export interface LoadBalancerThing extends Thing {
  readonly shape: Elb.LoadBalancer & { LoadBalancerArn: string; LoadBalancerName: string }
  readonly attributes: Map<string, string>
  capacityUnits: number
}

export interface ListenerThing extends Thing {
  readonly shape: Elb.Listener & { ListenerArn: string; LoadBalancerArn: string; Port: number }
  readonly attributes: Map<string, string>
  /** Of SNI; the default one is in the shape. */
  readonly extraCertificates: Set<string>
}

export interface RuleThing extends Thing {
  readonly shape: Elb.Rule & { RuleArn: string; Priority: string }
  readonly listenerArn: string
}

export interface TargetThing {
  readonly target: Elb.TargetDescription & { Id: string; Port: number }
  state: 'initial' | 'healthy' | 'unhealthy' | 'draining'
  /** Call number at which the state is over. */
  until: number
}

export interface TargetGroupThing extends Thing {
  readonly shape: Elb.TargetGroup & { TargetGroupArn: string; TargetGroupName: string }
  readonly attributes: Map<string, string>
  /** By `id:port`. */
  readonly targets: Map<string, TargetThing>
}

export interface SecurityGroupThing extends Thing {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly vpcId: string
  /** One source each. */
  readonly rules: FlatPermission[]
}

export interface FlatPermission {
  readonly protocol: string
  readonly from: number
  readonly to: number
  readonly kind: 'cidr' | 'cidr6' | 'prefixList' | 'group'
  readonly source: string
  readonly description: string | undefined
}

export interface CertificateThing extends Thing {
  readonly arn: string
  detail: Acm.CertificateDetail
}

export interface ClassicThing extends Thing {
  readonly name: string
  readonly shape: Classic.LoadBalancerDescription
  attributes: Classic.LoadBalancerAttributes
  readonly policies: Map<string, Classic.PolicyDescription>
}

/** A network interface; those of a deleted load balancer stay for some calls. */
export interface InterfaceThing {
  readonly id: string
  readonly owner: string
  readonly groups: readonly string[]
  readonly privateIp: string
  /** Call number from which it is gone; `Infinity` = it stays. */
  goneAt: number
}

export interface Quotas {
  loadBalancers: number
  networkLoadBalancers: number
  classicLoadBalancers: number
  targetGroups: number
  listeners: number
  rules: number
  certificates: number
  targetGroupsPerLoadBalancer: number
  targetGroupsPerAction: number
  targets: number
  rulesPerSecurityGroup: number
  securityGroupsPerVpc: number
}

export const AWS_QUOTAS: Quotas = {
  loadBalancers: 50,
  networkLoadBalancers: 50,
  classicLoadBalancers: 20,
  targetGroups: 3000,
  listeners: 50,
  rules: 100,
  certificates: 25,
  targetGroupsPerLoadBalancer: 100,
  targetGroupsPerAction: 5,
  targets: 1000,
  rulesPerSecurityGroup: 60,
  securityGroupsPerVpc: 2500,
}

/** Tags by ARN. */
export type TagIndex = ReadonlyMap<string, ReadonlyMap<string, string>>

export interface World {
  readonly region: string
  readonly account: string
  readonly vpcId: string
  readonly vpcCidrs: string[]
  readonly quotas: Quotas
  /** Number of calls so far. */
  clock: number
  /** Reads for which what is created is not found. */
  hiddenReads: number
  /** Calls until the network interfaces of a deleted load balancer are gone. */
  interfaceCalls: number
  /** Calls that a target is `initial` or `draining`. */
  targetCalls: number
  /** Calls by which tagging:GetResources lags behind. */
  taggingLag: number
  /** Tags after each write; kept with `taggingLag` only. */
  readonly tagHistory: { readonly clock: number; readonly index: TagIndex }[]
  /** Entries per page, at most what AWS has. */
  pageSize: number
  readonly subnets: Map<string, Ec2.Subnet>
  readonly routeTables: Ec2.RouteTable[]
  readonly instances: Map<string, Ec2.Instance>
  readonly interfaces: Map<string, InterfaceThing>
  readonly securityGroups: Map<string, SecurityGroupThing>
  readonly loadBalancers: Map<string, LoadBalancerThing>
  readonly listeners: Map<string, ListenerThing>
  readonly rules: Map<string, RuleThing>
  readonly targetGroups: Map<string, TargetGroupThing>
  readonly trustStores: Map<string, Elb.TrustStore>
  readonly certificates: Map<string, CertificateThing>
  readonly classic: Map<string, ClassicThing>
  /** By ARN. */
  readonly webAcls: Map<string, { readonly name: string; readonly id: string }>
  /** Web ACL by load balancer. */
  readonly webAclOf: Map<string, string>
  /** By id. */
  readonly protections: Map<string, { readonly name: string; readonly resourceArn: string }>
  hasShieldSubscription: boolean
  /** A number that no one had before. */
  serial(): number
}

/** Seventeen hexadecimal digits, as in ec2 ids. */
export function freshId(world: World): string {
  return world.serial().toString(16).padStart(17, '0')
}

/** True once the thing may be seen; each look counts. */
export function isVisible(thing: Thing): boolean {
  if (thing.hiddenReads === 0) return true
  thing.hiddenReads--
  return false
}

/** The thing with this key. */
export function find<T extends Thing>(
  things: ReadonlyMap<string, T>,
  key: string | undefined,
  code: string,
  what: string,
): T {
  const thing = key === undefined ? undefined : things.get(key)
  if (thing === undefined || !isVisible(thing)) refuse(code, `${what} '${key ?? ''}' not found`)
  return thing
}
