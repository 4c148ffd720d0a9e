/** Quotas of an account. Source: "Quotas for your load balancers" of the ELB guides, "Amazon VPC quotas". */

/** AWS's defaults, by the names of DescribeAccountLimits; of a region, or of one load balancer or security group. */
export const DEFAULT_QUOTAS = {
  'application-load-balancers': 50,
  'network-load-balancers': 50,
  'classic-load-balancers': 20,
  'target-groups': 3000,
  'rules-per-application-load-balancer': 100,
  'listeners-per-application-load-balancer': 50,
  'listeners-per-network-load-balancer': 50,
  'certificates-per-application-load-balancer': 25,
  'certificates-per-network-load-balancer': 25,
  'target-groups-per-application-load-balancer': 100,
  'targets-per-application-load-balancer': 1000,
  'targets-per-network-load-balancer': 3000,
  'rules-per-security-group': 60,
} as const

export type QuotaName = keyof typeof DEFAULT_QUOTAS

/** Security groups that one network interface takes are five: those of its own beside the one that the cluster shares. */
export const MANAGED_SECURITY_GROUPS = 4
