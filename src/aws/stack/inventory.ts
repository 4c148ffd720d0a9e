/**
 * What exists in the AWS account and is read, not managed: subnets, certificates, security groups, nodes. `genkan plan
 * --inventory FILE` takes it as JSON; the controller observes it. Everything but `subnets` may be missing in a file.
 */
export interface Inventory {
  readonly vpcId: string
  readonly region: string
  readonly vpcCidrs: readonly string[]
  readonly subnets: readonly InventorySubnet[]
  readonly certificates: readonly InventoryCertificate[]
  readonly securityGroups: readonly InventorySecurityGroup[]
  readonly nodes: readonly InventoryNode[]
  readonly trustStores: readonly { readonly arn: string; readonly name: string }[]
  readonly webAcls: readonly { readonly arn: string; readonly name: string }[]
  readonly targetGroups: readonly InventoryTargetGroup[]
  /** As DescribeAccountLimits names them: `rules-per-application-load-balancer`; absent names have AWS's defaults. */
  readonly quotas: Readonly<Record<string, number>>
  /**
   * Security groups of network interfaces by the address of a pod that has one of its own (security groups for pods,
   * Fargate); absent = pods have those of their node.
   */
  readonly addressGroups?: Readonly<Record<string, readonly string[]>>
  /**
   * Parts that exist but could not be read just now: `subnets`, `route tables`, `security groups`, `certificates`,
   * `trust stores`, `web ACLs`, `account limits`. What depends on one of them is left as it is. Absent = none.
   */
  readonly unread?: readonly string[]
  /** Subnets of load balancers that exist, by load balancer name: they are kept. */
  readonly loadBalancerSubnets: Readonly<Record<string, readonly string[]>>
  /** Names of Network Load Balancers that were made without security groups: AWS lets none be added. Absent = none. */
  readonly nlbsWithoutGroups?: readonly string[]
}

export interface InventorySubnet {
  readonly id: string
  readonly vpcId: string
  readonly availabilityZone: string
  readonly availableIpAddressCount: number
  readonly cidr: string
  /** Absent = none. */
  readonly ipv6Cidr?: string
  readonly tags: Readonly<Record<string, string>>
  /** Its route table leads to an internet gateway; absent = not known. */
  readonly isPublic?: boolean
  /** Absent = availability-zone. */
  readonly zoneType?: 'availability-zone' | 'local-zone' | 'wavelength-zone' | 'outpost'
}

export interface InventoryCertificate {
  readonly arn: string
  readonly domainNames: readonly string[]
  /** Absent = ISSUED. */
  readonly status?: string
  /** Absent = not known. */
  readonly authorityArn?: string
  /** This cluster imported it from a Secret: certificate discovery passes it over. Absent = no. */
  readonly isImported?: boolean
}

export interface InventorySecurityGroup {
  readonly id: string
  readonly name: string
  readonly tags: Readonly<Record<string, string>>
}

export interface InventoryNode {
  readonly name: string
  readonly instanceId: string
  readonly subnetId: string
  readonly ip: string
  /** Absent = not known. */
  readonly securityGroups?: readonly string[]
}

export interface InventoryTargetGroup {
  readonly arn: string
  readonly name: string
  /** Absent = not known. */
  readonly targetType?: 'instance' | 'ip' | 'alb' | 'lambda'
  readonly ipAddressType?: 'ipv4' | 'ipv6'
}

export const EMPTY_INVENTORY: Inventory = {
  vpcId: '',
  region: '',
  vpcCidrs: [],
  subnets: [],
  certificates: [],
  securityGroups: [],
  nodes: [],
  trustStores: [],
  webAcls: [],
  targetGroups: [],
  quotas: {},
  loadBalancerSubnets: {},
}
