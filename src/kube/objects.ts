/**
 * Kubernetes objects as Genkan reads them: one version each, only the fields that are used, plain readonly data.
 * Decoders in `decode/` turn every served and removed API version into these shapes at the door.
 */
import type { KubeObject } from './meta.ts'
import type { MetalObject } from './metal-objects.ts'
import type { Secret as SecretBytes } from '../base/secret.ts'

/** `networking.k8s.io/v1` Ingress; older versions are converted. Source: NetworkingV1 API. */
export interface Ingress extends KubeObject {
  readonly kind: 'Ingress'
  readonly spec: {
    readonly ingressClassName?: string
    readonly defaultBackend?: IngressBackend
    readonly tls: readonly IngressTls[]
    readonly rules: readonly IngressRule[]
  }
  /** Field names of the version the file was written in, so that origins point at `serviceName`, not `service.name`. */
  readonly isLegacyVersion: boolean
}

export interface IngressTls {
  readonly hosts: readonly string[]
  readonly secretName: string
}

export interface IngressRule {
  /** Lower-cased; empty for all hosts. */
  readonly host: string
  readonly paths: readonly IngressPath[]
}

export interface IngressPath {
  /** Empty path is read as `/`. */
  readonly path: string
  /** True when no path was written, which an ALB takes for any path; absent else. */
  readonly isPathEmpty?: true
  readonly pathType: 'Exact' | 'Prefix' | 'ImplementationSpecific'
  readonly backend: IngressBackend
}

export type IngressBackend =
  | { readonly kind: 'service'; readonly name: string; readonly port: ServicePortRef }
  | { readonly kind: 'resource'; readonly apiGroup: string; readonly resourceKind: string; readonly name: string }
  /** Could not be decoded; a finding was raised and routes answer 503. */
  | { readonly kind: 'invalid' }

export type ServicePortRef =
  | { readonly kind: 'number'; readonly number: number }
  | { readonly kind: 'name'; readonly name: string }

export interface IngressClass extends KubeObject {
  readonly kind: 'IngressClass'
  readonly controller: string
  readonly isDefault: boolean
  /** `spec.parameters`, absent when the class names none. `namespace` is empty for cluster-scoped kinds. */
  readonly parameters?: {
    readonly apiGroup: string
    readonly kind: string
    readonly name: string
    readonly namespace: string
  }
}

export interface Service extends KubeObject {
  readonly kind: 'Service'
  readonly spec: {
    readonly type: 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName'
    /** `None` for headless, empty when unset. */
    readonly clusterIp: string
    /** Absent unless there are two. */
    readonly clusterIPs?: readonly string[]
    readonly externalName: string
    readonly selector: Readonly<Record<string, string>>
    readonly ports: readonly ServicePort[]
    readonly loadBalancerClass?: string
    readonly externalTrafficPolicy?: 'Cluster' | 'Local'
    /** As written; absent when unset, which admits every source. */
    readonly loadBalancerSourceRanges?: readonly string[]
    readonly loadBalancerIP?: string
    readonly healthCheckNodePort?: number
    /** Absent when unset, which means true. */
    readonly allocateLoadBalancerNodePorts?: boolean
    readonly sessionAffinity?: 'None' | 'ClientIP'
    /** Empty lists are absent. */
    readonly ipFamilies?: readonly ('IPv4' | 'IPv6')[]
    readonly ipFamilyPolicy?: 'SingleStack' | 'PreferDualStack' | 'RequireDualStack'
    readonly externalIPs?: readonly string[]
  }
  /** `.status.loadBalancer.ingress`; absent when empty. */
  readonly statusAddresses?: readonly { readonly ip?: string; readonly hostname?: string }[]
}

export interface ServicePort {
  /** Empty when the Service has one unnamed port. */
  readonly name: string
  readonly port: number
  /** Number, or the name of a container port. Equals `port` when unset. */
  readonly targetPort: number | string
  /** 0 when unset. */
  readonly nodePort: number
  readonly protocol: 'TCP' | 'UDP' | 'SCTP'
  readonly appProtocol?: string
}

/** `v1` Endpoints and `discovery.k8s.io/v1` (and v1beta1) EndpointSlice in one form. */
export interface EndpointSlice extends KubeObject {
  readonly kind: 'EndpointSlice' | 'Endpoints'
  /** Service in the same namespace: label `kubernetes.io/service-name`, or the name for Endpoints. Empty if none. */
  readonly serviceName: string
  readonly addressType: 'IPv4' | 'IPv6' | 'FQDN'
  readonly ports: readonly { readonly name: string; readonly port: number; readonly protocol: 'TCP' | 'UDP' | 'SCTP' }[]
  readonly endpoints: readonly SliceEndpoint[]
}

export interface SliceEndpoint {
  readonly addresses: readonly string[]
  /** Absent conditions count as ready. */
  readonly isReady: boolean
  readonly isServing: boolean
  readonly isTerminating: boolean
  /** Pod name, empty when unknown. */
  readonly podName: string
  readonly nodeName: string
  /** Empty when unknown. */
  readonly zone: string
  /** Zones whose clients should use it (`hints.forZones`); empty = no hint. */
  readonly hintZones: readonly string[]
}

export interface KubeSecret extends KubeObject {
  readonly kind: 'Secret'
  readonly type: string
  readonly data: Readonly<Record<string, SecretBytes>>
}

export interface ConfigMap extends KubeObject {
  readonly kind: 'ConfigMap'
  readonly data: Readonly<Record<string, string>>
}

export interface Namespace extends KubeObject {
  readonly kind: 'Namespace'
}

/** The pod template that a workload makes copies of. */
export interface PodTemplate {
  readonly labels: Readonly<Record<string, string>>
  readonly containers: readonly Container[]
}

export interface Container {
  readonly name: string
  readonly image: string
  readonly args: readonly string[]
  readonly ports: readonly { readonly name: string; readonly containerPort: number; readonly protocol: string }[]
}

export interface Pod extends KubeObject {
  readonly kind: 'Pod'
  readonly template: PodTemplate
  /** `spec.nodeName`; absent when not scheduled. */
  readonly nodeName?: string
  readonly podIPs?: readonly string[]
  /** `spec.readinessGates[].conditionType`; absent when there are none. */
  readonly readinessGates?: readonly string[]
  /** `status.conditions` as `type` to `status`; absent when there are none. */
  readonly conditions?: Readonly<Record<string, string>>
}

/** Source: CoreV1 Node. */
export interface Node extends KubeObject {
  readonly kind: 'Node'
  /** `spec.providerID`, empty when unset: `aws:///ap-northeast-1a/i-0123456789abcdef0`. */
  readonly providerId: string
  readonly isUnschedulable: boolean
  readonly taints: readonly { readonly key: string; readonly value: string; readonly effect: string }[]
  readonly internalIPs: readonly string[]
  readonly externalIPs: readonly string[]
  readonly podCidrs: readonly string[]
  /** `status.conditions` as `type` to `True`, `False` or `Unknown`. */
  readonly conditions: Readonly<Record<string, string>>
}

/** `elbv2.k8s.aws/v1beta1`, cluster scoped: settings of an IngressClass that win over annotations. Absent = not set. */
export interface IngressClassParams extends KubeObject {
  readonly kind: 'IngressClassParams'
  readonly spec: {
    readonly loadBalancerName?: string
    readonly namespaceSelector?: LabelSelectorSpec
    readonly groupName?: string
    readonly scheme?: string
    readonly inboundCidrs?: readonly string[]
    readonly prefixListsIds?: readonly string[]
    readonly certificateArn?: readonly string[]
    readonly sslPolicy?: string
    readonly sslRedirectPort?: string
    readonly subnets?: {
      readonly ids?: readonly string[]
      readonly tags?: Readonly<Record<string, readonly string[]>>
    }
    readonly ipAddressType?: string
    readonly tags?: readonly KeyValue[]
    readonly targetType?: string
    readonly loadBalancerAttributes?: readonly KeyValue[]
    readonly listeners?: readonly {
      readonly protocol: string
      readonly port: number
      readonly attributes: readonly KeyValue[]
    }[]
    readonly minimumCapacityUnits?: number
    readonly ipv4IpamPoolId?: string
    readonly wafv2AclArn?: string
    readonly wafv2AclName?: string
  }
}

export interface KeyValue {
  readonly key: string
  readonly value: string
}

/** meta/v1 LabelSelector as written. */
export interface LabelSelectorSpec {
  readonly matchLabels: Readonly<Record<string, string>>
  readonly matchExpressions: readonly {
    readonly key: string
    readonly operator: string
    readonly values: readonly string[]
  }[]
}

/** `elbv2.k8s.aws/v1beta1`: registers a Service's targets in a target group that exists already. */
export interface TargetGroupBinding extends KubeObject {
  readonly kind: 'TargetGroupBinding'
  readonly spec: {
    /** One of the two is empty. */
    readonly targetGroupArn: string
    readonly targetGroupName: string
    /** Absent = read from the target group. */
    readonly targetType?: 'instance' | 'ip'
    readonly serviceName: string
    readonly servicePort: ServicePortRef
    readonly networking: readonly TargetGroupIngress[]
    readonly nodeSelector?: LabelSelectorSpec
    readonly ipAddressType?: 'ipv4' | 'ipv6'
    readonly vpcId?: string
    readonly isMultiCluster: boolean
  }
}

export interface TargetGroupIngress {
  readonly from: readonly { readonly cidr?: string; readonly securityGroupId?: string }[]
  readonly ports: readonly { readonly protocol: 'TCP' | 'UDP'; readonly port?: number | string }[]
}

/** Deployment, StatefulSet, DaemonSet and ReplicaSet in every version they had. */
export interface Workload extends KubeObject {
  readonly kind: 'Deployment' | 'StatefulSet' | 'DaemonSet' | 'ReplicaSet'
  /** 1 when unset; always 1 for a DaemonSet, which runs once per node. */
  readonly replicas: number
  readonly template: PodTemplate
}

export type AnyObject =
  | Ingress
  | IngressClass
  | Service
  | EndpointSlice
  | KubeSecret
  | ConfigMap
  | Namespace
  | Pod
  | Workload
  | Node
  | IngressClassParams
  | TargetGroupBinding
  | MetalObject
