/** What `genkan serve --provider metal` was told. */
export interface MetalServeOptions {
  /** Where MetalLB's objects are. */
  readonly metalNamespace: string
  /** Only Services of this class; empty = only those without one. */
  readonly loadBalancerClass: string
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
