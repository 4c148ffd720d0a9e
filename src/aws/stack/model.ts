/**
 * What should exist in AWS, as plain data: one stack per IngressGroup or Service, with references between its resources.
 * A pure function makes it from Kubernetes objects; the driver in `../deploy` makes it true. Words are those of the AWS APIs.
 */
import type { Origin } from '../../base/finding.ts'
import type { RuleAction, RuleCondition, RuleTransform } from './rule.ts'

/** Kinds of resources; `WebAcl` and `Shield` are associations with a load balancer. */
export type ResourceKind =
  | 'SecurityGroup'
  | 'LoadBalancer'
  | 'Listener'
  | 'ListenerRule'
  | 'TargetGroup'
  | 'Certificate'
  | 'WebAcl'
  | 'Shield'
  | 'ClassicLoadBalancer'

/** `Kind/id`; the id is unique for its kind within a stack and is the value of the resource tag. */
export type ResourceKey = `${ResourceKind}/${string}`

/**
 * An identifier that is known (a text: an ARN, or an id such as `sg-0123`), or that is known once the resource exists.
 * It stands for the ARN of elbv2 and acm resources and for the id of ec2 ones. `stack` is absent within the own stack.
 */
export type Ref = string | { readonly ref: ResourceKey; readonly stack?: StackId }

/** `ingress:ns/name`, `ingress:group`, `service:ns/name`, or `shared` for what belongs to the cluster as a whole. */
export type StackId = `ingress:${string}` | `service:${string}` | 'shared'

/** Keys are sorted; without the tags of ownership, stack and resource, which the driver adds to everything it creates. */
export type Tags = Readonly<Record<string, string>>

/** In the model but not in AWS: where a resource comes from, most telling first. */
interface Traced {
  /** Unique for the kind within the stack. */
  readonly id: string
  readonly origins: readonly Origin[]
}

export interface AwsStack {
  readonly id: StackId
  /** `Ingress ns/name` or `Service ns/name` of everybody who is part of it: who gets Events and status. */
  readonly members: readonly string[]
  readonly securityGroups: readonly SecurityGroup[]
  readonly certificates: readonly ImportedCertificate[]
  readonly targetGroups: readonly TargetGroup[]
  readonly loadBalancers: readonly LoadBalancer[]
  readonly listeners: readonly Listener[]
  readonly rules: readonly ListenerRule[]
  readonly webAcls: readonly WebAclAssociation[]
  readonly shields: readonly ShieldProtection[]
  readonly classicLoadBalancers: readonly ClassicLoadBalancer[]
}

/** Source: ec2 CreateSecurityGroup, AuthorizeSecurityGroupIngress. */
export interface SecurityGroup extends Traced {
  readonly name: string
  readonly description: string
  readonly tags: Tags
  /** Sorted; nothing else is admitted. Rules without our description stay as they are. */
  readonly ingress: readonly IngressRule[]
}

/** One protocol, port range and source. */
export interface IngressRule {
  /** `-1` = all protocols. */
  readonly protocol: 'tcp' | 'udp' | 'icmp' | 'icmpv6' | '-1'
  /** ICMP: type and code. Both -1 for all. */
  readonly fromPort: number
  readonly toPort: number
  readonly source:
    | { readonly kind: 'cidr'; readonly cidr: string }
    | { readonly kind: 'prefixList'; readonly id: string }
    | { readonly kind: 'securityGroup'; readonly group: Ref }
  readonly description: string
}

/** A TLS Secret imported into ACM. The driver reads the Secret by name, so that no key is in the model. */
export interface ImportedCertificate extends Traced {
  readonly namespace: string
  readonly secretName: string
  /** SHA-256 of the leaf certificate, lower-case hex: another one is imported over the same ARN. */
  readonly fingerprint: string
  readonly domainNames: readonly string[]
  readonly tags: Tags
}

/** Source: elbv2 CreateTargetGroup. */
export interface TargetGroup extends Traced {
  readonly name: string
  readonly targetType: 'instance' | 'ip' | 'alb'
  readonly protocol: 'HTTP' | 'HTTPS' | 'TCP' | 'UDP' | 'TLS' | 'TCP_UDP' | 'QUIC' | 'TCP_QUIC'
  /** ALB only. */
  readonly protocolVersion?: 'HTTP1' | 'HTTP2' | 'GRPC'
  /** The port that targets use when they name none; 1 for a named targetPort of ip targets. */
  readonly port: number
  readonly ipAddressType: 'ipv4' | 'ipv6'
  readonly healthCheck: HealthCheck
  /** Only what is wished; see `LoadBalancer.attributes`. */
  readonly attributes: Readonly<Record<string, string>>
  readonly tags: Tags
  readonly targets: TargetSource
  /** Which sources may reach the targets; empty = the security groups of nodes and pods are left alone. */
  readonly access: readonly TargetAccess[]
  /** Deregister only targets that this cluster registered. */
  readonly isMultiCluster: boolean
  /** Port of the target control agent; absent = off. */
  readonly controlPort?: number
}

export interface HealthCheck {
  readonly protocol: 'HTTP' | 'HTTPS' | 'TCP'
  /** A number as text, or `traffic-port`. */
  readonly port: string
  /** HTTP and HTTPS only. */
  readonly path?: string
  /** `HttpCode` or, for GRPC, `GrpcCode`; HTTP and HTTPS only. */
  readonly matcher?: { readonly kind: 'http' | 'grpc'; readonly codes: string }
  readonly intervalSeconds: number
  readonly timeoutSeconds: number
  readonly healthyThreshold: number
  readonly unhealthyThreshold: number
}

/** Where a target group's targets come from; who they are travels on a path of its own (`resolveTargets`). */
export type TargetSource =
  | {
      readonly kind: 'service'
      readonly namespace: string
      readonly name: string
      /** Number or name of the Service's port as text. */
      readonly port: string
      /** Instance targets: labels that nodes must have; empty = all nodes. */
      readonly nodeLabels: Readonly<Record<string, string>>
    }
  /** An ALB behind an NLB, by its listener's port. */
  | { readonly kind: 'loadBalancer'; readonly loadBalancer: Ref; readonly port: number }

export interface TargetAccess {
  readonly source:
    | { readonly kind: 'securityGroup'; readonly group: Ref }
    | { readonly kind: 'cidr'; readonly cidr: string }
    | { readonly kind: 'prefixList'; readonly id: string }
  readonly protocol: 'tcp' | 'udp'
  /** `traffic` = the port of each target; `health` = that of health checks; `all` = 0 to 65535. */
  readonly ports: 'traffic' | 'health' | 'all' | number
}

/** Source: elbv2 CreateLoadBalancer. A change of `type` or `scheme` is a replacement. */
export interface LoadBalancer extends Traced {
  readonly name: string
  readonly type: 'application' | 'network'
  readonly scheme: 'internal' | 'internet-facing'
  readonly ipAddressType: 'ipv4' | 'dualstack' | 'dualstack-without-public-ipv4'
  /** Sorted by subnet id, at most one per Availability Zone. */
  readonly subnets: readonly SubnetMapping[]
  /** Of an NLB while no subnet is known: what its mappings will have, in the order of subnet ids. Such a stack can only be shown. */
  readonly addressesToPlace?: readonly Omit<SubnetMapping, 'subnetId'>[]
  /** In order of importance; empty = none (an NLB without security groups). */
  readonly securityGroups: readonly Ref[]
  /** Only what is wished: other keys stay as they are. Keys that we wrote once and that are no longer here are reset. */
  readonly attributes: Readonly<Record<string, string>>
  readonly tags: Tags
  /** ModifyCapacityReservation; 0 = reset; absent = left alone. */
  readonly minimumCapacityUnits?: number
  readonly customerOwnedIpv4Pool?: string
  /** ModifyIpPools; absent = none. */
  readonly ipamPoolId?: string
  /** NLB with security groups only. */
  readonly enforcePrivateLinkRules?: 'on' | 'off'
  /** NLB of both families only. */
  readonly ipv6SourceNat?: 'on' | 'off'
}

export interface SubnetMapping {
  readonly subnetId: string
  readonly allocationId?: string
  readonly privateIPv4Address?: string
  readonly ipv6Address?: string
  readonly sourceNatIpv6Prefix?: string
}

/** Source: elbv2 CreateListener. The id is the port, or `2/443` on the second load balancer of a stack. */
export interface Listener extends Traced {
  readonly loadBalancer: Ref
  readonly port: number
  readonly protocol: 'HTTP' | 'HTTPS' | 'TCP' | 'UDP' | 'TLS' | 'TCP_UDP' | 'QUIC' | 'TCP_QUIC'
  readonly defaultActions: readonly RuleAction[]
  /** First = default, the others for SNI, sorted; empty without TLS. */
  readonly certificates: readonly Ref[]
  readonly sslPolicy?: string
  readonly alpnPolicy?: string
  readonly mutualAuthentication?: MutualAuthentication
  readonly attributes: Readonly<Record<string, string>>
  readonly tags: Tags
}

export interface MutualAuthentication {
  readonly mode: 'off' | 'passthrough' | 'verify'
  readonly trustStoreArn?: string
  readonly ignoreClientCertificateExpiry?: boolean
  readonly advertiseTrustStoreCaNames?: 'on' | 'off'
}

/** Source: elbv2 CreateRule. The id is `port:priority`, or `2/443:1` on the second load balancer. */
export interface ListenerRule extends Traced {
  readonly listener: Ref
  /** 1 to 50000, consecutive from 1. */
  readonly priority: number
  readonly conditions: readonly RuleCondition[]
  readonly actions: readonly RuleAction[]
  readonly transforms: readonly RuleTransform[]
  readonly tags: Tags
}

/** `arn` empty = no web ACL may be associated. Absent from the stack = left alone. */
export interface WebAclAssociation extends Traced {
  readonly generation: 'v2' | 'classic'
  readonly loadBalancer: Ref
  readonly arn: string
}

/** Absent from the stack = left alone. */
export interface ShieldProtection extends Traced {
  readonly loadBalancer: Ref
  readonly isOn: boolean
}

/** Source: elasticloadbalancing 2012-06-01 CreateLoadBalancer. Its name is its identity. */
export interface ClassicLoadBalancer extends Traced {
  readonly name: string
  readonly scheme: 'internal' | 'internet-facing'
  readonly subnetIds: readonly string[]
  readonly securityGroups: readonly Ref[]
  readonly listeners: readonly ClassicListener[]
  readonly healthCheck: {
    /** `TCP:31509`, `HTTP:32000/healthz`. */
    readonly target: string
    readonly intervalSeconds: number
    readonly timeoutSeconds: number
    readonly healthyThreshold: number
    readonly unhealthyThreshold: number
  }
  readonly attributes: {
    readonly crossZone: boolean
    readonly idleTimeoutSeconds: number
    /** `null` = off. */
    readonly drainingSeconds: number | null
    readonly accessLog: {
      readonly bucket: string
      readonly prefix: string
      readonly emitIntervalMinutes: 5 | 60
    } | null
  }
  readonly sendsProxyProtocol: boolean
  readonly tags: Tags
  readonly nodeLabels: Readonly<Record<string, string>>
  /** Whom nodes admit; empty = node security groups are left alone. */
  readonly access: readonly TargetAccess[]
}

export interface ClassicListener {
  readonly port: number
  readonly protocol: 'HTTP' | 'HTTPS' | 'TCP' | 'SSL'
  readonly instancePort: number
  readonly instanceProtocol: 'HTTP' | 'HTTPS' | 'TCP' | 'SSL'
  readonly certificate?: Ref
  /** Name of a predefined policy; absent = the default one. */
  readonly sslPolicy?: string
}

/** A stack with nothing in it. */
export function emptyStack(id: StackId, members: readonly string[] = []): AwsStack {
  return {
    id,
    members,
    securityGroups: [],
    certificates: [],
    targetGroups: [],
    loadBalancers: [],
    listeners: [],
    rules: [],
    webAcls: [],
    shields: [],
    classicLoadBalancers: [],
  }
}
