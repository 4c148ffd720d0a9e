/**
 * Kubernetes objects as Genkan reads them: one version each, only the fields that are used, plain readonly data.
 * Decoders in `decode/` turn every served and removed API version into these shapes at the door.
 */
import type { KubeObject } from './meta.ts'
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
}

export interface Service extends KubeObject {
  readonly kind: 'Service'
  readonly spec: {
    readonly type: 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName'
    /** `None` for headless, empty when unset. */
    readonly clusterIp: string
    readonly externalName: string
    readonly selector: Readonly<Record<string, string>>
    readonly ports: readonly ServicePort[]
    readonly loadBalancerClass?: string
    readonly externalTrafficPolicy?: 'Cluster' | 'Local'
    /** As written; absent when unset, which admits every source. */
    readonly loadBalancerSourceRanges?: readonly string[]
  }
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
