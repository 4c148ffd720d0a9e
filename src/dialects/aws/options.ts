/** What besides Kubernetes objects decides about AWS resources, and what comes out. */
import type { Finding } from '../../base/finding.ts'
import type { Inventory } from '../../aws/stack/inventory.ts'
import type { AwsStack, ResourceKey, StackId } from '../../aws/stack/model.ts'

export interface AwsOptions {
  readonly clusterName: string
  readonly inventory: Inventory
  /** Class that is ours without an IngressClass object; default `alb`. Empty = class-less Ingresses too. */
  readonly ingressClass: string
  /** Services of type LoadBalancer without loadBalancerClass are ours (no cloud controller manager runs beside us). */
  readonly managesUnclassed: boolean
  readonly watchNamespace: string
  readonly defaultTags: Readonly<Record<string, string>>
  /** Keys that are never written. */
  readonly externalManagedTags: readonly string[]
  readonly defaultTargetType: 'instance' | 'ip'
  readonly defaultSslPolicy: string
  readonly defaultScheme: 'internal' | 'internet-facing'
  /** One shared security group on every load balancer, which nodes and pods admit. */
  readonly usesBackendSecurityGroup: boolean
  /** Id of one that exists; empty = ours. */
  readonly backendSecurityGroup: string
  /** Import TLS Secrets of `spec.tls` into ACM where no certificate is named or found. */
  readonly importsSecrets: boolean
  /** Anybody may join an IngressGroup by annotation. */
  readonly allowsGroupAnnotation: boolean
  readonly nowMs: number
}

export const AWS_DEFAULTS: Omit<AwsOptions, 'clusterName' | 'inventory' | 'nowMs'> = {
  ingressClass: 'alb',
  managesUnclassed: true,
  watchNamespace: '',
  defaultTags: {},
  externalManagedTags: [],
  defaultTargetType: 'instance',
  defaultSslPolicy: 'ELBSecurityPolicy-2016-08',
  defaultScheme: 'internal',
  usesBackendSecurityGroup: true,
  backendSecurityGroup: '',
  importsSecrets: true,
  allowsGroupAnnotation: true,
}

export interface AwsTranslation {
  /** Sorted by id; `shared` first when it exists. */
  readonly stacks: readonly AwsStack[]
  readonly findings: readonly Finding[]
  /** Stack of each Ingress and Service that is ours, by `Kind namespace/name`: finalizers, status and Events. */
  readonly stackOf: ReadonlyMap<string, string>
  /** Stacks that are wanted but cannot be built now (no subnets): what exists of them stays as it is. */
  readonly unbuilt: readonly StackId[]
  /**
   * What is known of target groups of those: pods come and go all the same, so that targets of what exists are kept up to
   * date. Nothing else in these stacks means anything. Sorted by id.
   */
  readonly held: readonly AwsStack[]
  /**
   * Load balancers whose DNS names belong in the status of each Ingress and Service, by `Kind namespace/name`, the one
   * that clients should prefer first.
   */
  readonly loadBalancersOf: ReadonlyMap<string, readonly ResourceKey[]>
}

/** What Ingresses, or Services, come to. */
export interface BuiltStacks {
  /** Sorted by id. */
  readonly stacks: readonly AwsStack[]
  /** Stack of each object that is ours, by `Kind namespace/name`. */
  readonly stackOf: ReadonlyMap<string, StackId>
  /** Sorted. Wanted, but cannot be built as written: what exists of them stays as it is. */
  readonly unbuilt: readonly StackId[]
  /** The unbuilt ones as far as they are known: their targets are kept up to date. */
  readonly held: readonly AwsStack[]
  readonly loadBalancersOf: ReadonlyMap<string, readonly ResourceKey[]>
}
