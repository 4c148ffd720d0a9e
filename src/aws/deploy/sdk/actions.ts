/**
 * What is to be known of each call at run time: the client that makes it, the budget that it is taken from, and whether
 * Genkan works without it.
 */
import type { AwsAction, AwsService } from '../aws-actions.ts'
import { isReadOnly } from '../aws-api.ts'

/** Calls that AWS throttles together. */
export type CallClass = 'targets' | 'read' | 'write' | 'wafRead' | 'wafWrite' | 'otherRead' | 'otherWrite'

/** Extra features: when an IAM policy refuses them, load balancers are managed without them. */
export type OptionalFeature = 'waf' | 'shield' | 'capacity' | 'ipPools' | 'tags'

const TARGET_CALLS: ReadonlySet<AwsAction> = new Set<AwsAction>([
  'elbv2:RegisterTargets',
  'elbv2:DeregisterTargets',
  'elb:RegisterInstancesWithLoadBalancer',
  'elb:DeregisterInstancesFromLoadBalancer',
])

const OPTIONAL: Partial<Record<AwsAction, OptionalFeature>> = {
  'wafv2:ListWebACLs': 'waf',
  'wafv2:GetWebACLForResource': 'waf',
  'wafv2:AssociateWebACL': 'waf',
  'wafv2:DisassociateWebACL': 'waf',
  'shield:GetSubscriptionState': 'shield',
  'shield:DescribeProtection': 'shield',
  'shield:CreateProtection': 'shield',
  'shield:DeleteProtection': 'shield',
  'elbv2:DescribeCapacityReservation': 'capacity',
  'elbv2:ModifyCapacityReservation': 'capacity',
  'elbv2:ModifyIpPools': 'ipPools',
  'elbv2:AddTags': 'tags',
  'elbv2:RemoveTags': 'tags',
  'elb:AddTags': 'tags',
  'elb:RemoveTags': 'tags',
  'ec2:CreateTags': 'tags',
  'ec2:DeleteTags': 'tags',
  'acm:AddTagsToCertificate': 'tags',
  'acm:RemoveTagsFromCertificate': 'tags',
}

/** `elbv2` of `elbv2:CreateRule`. */
export function serviceOf(action: AwsAction): AwsService {
  return action.slice(0, action.indexOf(':')) as AwsService
}

/** `CreateRule` of `elbv2:CreateRule`. */
export function operationOf(action: AwsAction): string {
  return action.slice(action.indexOf(':') + 1)
}

export function callClassOf(action: AwsAction): CallClass {
  if (TARGET_CALLS.has(action)) return 'targets'
  const service = serviceOf(action)
  const reads = isReadOnly(action)
  if (service === 'wafv2') return reads ? 'wafRead' : 'wafWrite'
  if (service === 'elbv2' || service === 'elb') return reads ? 'read' : 'write'
  return reads ? 'otherRead' : 'otherWrite'
}

/** `null` for calls that Genkan cannot do without. */
export function optionalFeatureOf(action: AwsAction): OptionalFeature | null {
  return OPTIONAL[action] ?? null
}
