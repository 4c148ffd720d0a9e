/** What `genkan serve --provider metal` was told. */
export interface MetalServeOptions {
  /** Where MetalLB's objects are. */
  readonly metalNamespace: string
  /** Only Services of this class; empty = only those without one. */
  readonly loadBalancerClass: string
  readonly webhook: {
    /** Of the webhook for MetalLB's kinds, such as `:9443`; empty = none. */
    readonly address: string
    /** Both empty: a certificate of our own. */
    readonly certificateFile: string
    readonly keyFile: string
    /** ValidatingWebhookConfiguration that is told of our own certificate. */
    readonly configuration: string
  }
  readonly adminHost: string
  readonly adminPort: number
  readonly podName: string
  readonly podNamespace: string
  readonly electionId: string
  readonly electionTtlMs: number
}

export interface MetalServeEvents {
  problem(message: string): void
  leading(isLeader: boolean): void
}
