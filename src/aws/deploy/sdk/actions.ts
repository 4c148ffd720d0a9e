/**
 * What is to be known of each call at run time: the client that makes it, the budget that it is taken from, and whether
 * Genkan works without it. The types hold this table and `AwsCalls` equal; a test holds it equal to the SDK's commands.
 */
import { type AwsAction, isReadOnly } from '../aws-api.ts'

/** Before the colon in an {@link AwsAction}. */
export type AwsService = AwsAction extends `${infer Service}:${string}` ? Service : never

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

/** Every call that the code can make. */
const TABLE = {
  'elbv2:DescribeLoadBalancers': true,
  'elbv2:DescribeLoadBalancerAttributes': true,
  'elbv2:DescribeListeners': true,
  'elbv2:DescribeListenerAttributes': true,
  'elbv2:DescribeListenerCertificates': true,
  'elbv2:DescribeRules': true,
  'elbv2:DescribeTargetGroups': true,
  'elbv2:DescribeTargetGroupAttributes': true,
  'elbv2:DescribeTargetHealth': true,
  'elbv2:DescribeTags': true,
  'elbv2:DescribeTrustStores': true,
  'elbv2:DescribeAccountLimits': true,
  'elbv2:DescribeCapacityReservation': true,
  'elbv2:CreateLoadBalancer': true,
  'elbv2:DeleteLoadBalancer': true,
  'elbv2:ModifyLoadBalancerAttributes': true,
  'elbv2:ModifyCapacityReservation': true,
  'elbv2:ModifyIpPools': true,
  'elbv2:SetIpAddressType': true,
  'elbv2:SetSecurityGroups': true,
  'elbv2:SetSubnets': true,
  'elbv2:CreateListener': true,
  'elbv2:ModifyListener': true,
  'elbv2:DeleteListener': true,
  'elbv2:ModifyListenerAttributes': true,
  'elbv2:AddListenerCertificates': true,
  'elbv2:RemoveListenerCertificates': true,
  'elbv2:CreateRule': true,
  'elbv2:ModifyRule': true,
  'elbv2:DeleteRule': true,
  'elbv2:SetRulePriorities': true,
  'elbv2:CreateTargetGroup': true,
  'elbv2:ModifyTargetGroup': true,
  'elbv2:ModifyTargetGroupAttributes': true,
  'elbv2:DeleteTargetGroup': true,
  'elbv2:RegisterTargets': true,
  'elbv2:DeregisterTargets': true,
  'elbv2:AddTags': true,
  'elbv2:RemoveTags': true,
  'elb:DescribeLoadBalancers': true,
  'elb:DescribeLoadBalancerAttributes': true,
  'elb:DescribeLoadBalancerPolicies': true,
  'elb:DescribeTags': true,
  'elb:CreateLoadBalancer': true,
  'elb:DeleteLoadBalancer': true,
  'elb:CreateLoadBalancerListeners': true,
  'elb:DeleteLoadBalancerListeners': true,
  'elb:ConfigureHealthCheck': true,
  'elb:ModifyLoadBalancerAttributes': true,
  'elb:AttachLoadBalancerToSubnets': true,
  'elb:DetachLoadBalancerFromSubnets': true,
  'elb:ApplySecurityGroupsToLoadBalancer': true,
  'elb:CreateLoadBalancerPolicy': true,
  'elb:DeleteLoadBalancerPolicy': true,
  'elb:SetLoadBalancerPoliciesOfListener': true,
  'elb:SetLoadBalancerPoliciesForBackendServer': true,
  'elb:SetLoadBalancerListenerSSLCertificate': true,
  'elb:RegisterInstancesWithLoadBalancer': true,
  'elb:DeregisterInstancesFromLoadBalancer': true,
  'elb:AddTags': true,
  'elb:RemoveTags': true,
  'ec2:DescribeSubnets': true,
  'ec2:DescribeRouteTables': true,
  'ec2:DescribeVpcs': true,
  'ec2:DescribeAvailabilityZones': true,
  'ec2:DescribeSecurityGroups': true,
  'ec2:DescribeInstances': true,
  'ec2:DescribeNetworkInterfaces': true,
  'ec2:CreateSecurityGroup': true,
  'ec2:DeleteSecurityGroup': true,
  'ec2:AuthorizeSecurityGroupIngress': true,
  'ec2:RevokeSecurityGroupIngress': true,
  'ec2:CreateTags': true,
  'ec2:DeleteTags': true,
  'acm:ListCertificates': true,
  'acm:DescribeCertificate': true,
  'acm:ImportCertificate': true,
  'acm:DeleteCertificate': true,
  'acm:ListTagsForCertificate': true,
  'acm:AddTagsToCertificate': true,
  'acm:RemoveTagsFromCertificate': true,
  'wafv2:ListWebACLs': true,
  'wafv2:GetWebACLForResource': true,
  'wafv2:AssociateWebACL': true,
  'wafv2:DisassociateWebACL': true,
  'shield:GetSubscriptionState': true,
  'shield:DescribeProtection': true,
  'shield:CreateProtection': true,
  'shield:DeleteProtection': true,
  'tagging:GetResources': true,
} as const satisfies Record<AwsAction, true>

export const AWS_ACTIONS: readonly AwsAction[] = Object.keys(TABLE) as AwsAction[]
