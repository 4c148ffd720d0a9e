/** One member of a target group. */
export interface Target {
  /** Instance id, IP address, or the ARN of a load balancer. */
  readonly id: string
  readonly port: number
  /** `all` for addresses outside the VPC; absent = AWS chooses. */
  readonly availabilityZone?: string
}

/** What a target group should hold now, and which pods stand behind it for readiness gates. */
export interface ResolvedTargets {
  /** Sorted by id and port. */
  readonly targets: readonly Target[]
  /** ip targets: `namespace/pod` by target id and port (`10.0.0.1:8080`). */
  readonly pods: Readonly<Record<string, string>>
  /** Name of the node behind a target, by target id and port, where it is known: whose security groups admit us. */
  readonly nodes?: Readonly<Record<string, string>>
  /** True when nothing was known to be ready and unready ones stand in (fail open). */
  readonly isFailOpen: boolean
}
