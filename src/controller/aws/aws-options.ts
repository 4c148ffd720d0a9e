/** What `genkan serve --provider aws` was told. */
import type { Rates } from '../../aws/deploy/execute/budget.ts'
import type { AwsOptions } from '../../dialects/aws/options.ts'

export interface AwsServeOptions {
  readonly aws: Omit<AwsOptions, 'inventory' | 'nowMs'>
  /** Empty = that of the SDK's usual sources. */
  readonly region: string
  /** Another address for all AWS services, for emulators; empty = AWS. */
  readonly endpoint: string
  /** Empty = found by the cluster's nodes, else by the instance that we run on. */
  readonly vpcId: string
  /** Instance metadata service that tells the VPC when nobody else does; empty or absent = it is not asked. */
  readonly metadataEndpoint?: string
  /** How fast AWS is called; absent = rates that are known to be bearable. */
  readonly rates?: Rates
  /** Resources of our cluster's name that lack our second ownership tag are taken over. */
  readonly adopts: boolean
  /** Part of what exists that may go at once, 0 to 1. */
  readonly maxDeleteShare: number
  /** The guard was looked at: everything may go. */
  readonly confirmsDeletes: boolean
  /** Least level of the log; empty or absent = INFO. */
  readonly logLevel?: string
  readonly adminHost: string
  readonly adminPort: number
  /** Address of the webhook that adds readiness gates to pods, such as `:9443`; empty = none. */
  readonly podWebhook: string
  /** MutatingWebhookConfiguration that calls it. */
  readonly webhookConfiguration: string
  readonly podName: string
  readonly podNamespace: string
  readonly electionId: string
  readonly electionTtlMs: number
  /** Between two looks at everything in AWS. */
  readonly resyncMs: number
}

export interface AwsServeEvents {
  /** One log line. */
  line(text: string): void
  problem(message: string): void
  leading(isLeader: boolean): void
}
