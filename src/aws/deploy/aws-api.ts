/**
 * The one door to AWS: every call that the driver can make has a row here, which is what the IAM policy is made of. The real
 * thing behind it is the AWS SDK, loaded when the provider is switched on.
 */
import type * as Acm from '@aws-sdk/client-acm'
import type * as Ec2 from '@aws-sdk/client-ec2'
import type * as Classic from '@aws-sdk/client-elastic-load-balancing'
import type * as Elb from '@aws-sdk/client-elastic-load-balancing-v2'
import type * as Tagging from '@aws-sdk/client-resource-groups-tagging-api'
import type * as Shield from '@aws-sdk/client-shield'
import type * as Waf from '@aws-sdk/client-wafv2'

interface Call<Input, Output> {
  readonly input: Input
  readonly output: Output
}

/** Input and output of each action, by `service:Action`. */
export interface AwsCalls {
  'elbv2:DescribeLoadBalancers': Call<Elb.DescribeLoadBalancersCommandInput, Elb.DescribeLoadBalancersCommandOutput>
  'elbv2:DescribeLoadBalancerAttributes': Call<
    Elb.DescribeLoadBalancerAttributesCommandInput,
    Elb.DescribeLoadBalancerAttributesCommandOutput
  >
  'elbv2:DescribeListeners': Call<Elb.DescribeListenersCommandInput, Elb.DescribeListenersCommandOutput>
  'elbv2:DescribeListenerAttributes': Call<
    Elb.DescribeListenerAttributesCommandInput,
    Elb.DescribeListenerAttributesCommandOutput
  >
  'elbv2:DescribeListenerCertificates': Call<
    Elb.DescribeListenerCertificatesCommandInput,
    Elb.DescribeListenerCertificatesCommandOutput
  >
  'elbv2:DescribeRules': Call<Elb.DescribeRulesCommandInput, Elb.DescribeRulesCommandOutput>
  'elbv2:DescribeTargetGroups': Call<Elb.DescribeTargetGroupsCommandInput, Elb.DescribeTargetGroupsCommandOutput>
  'elbv2:DescribeTargetGroupAttributes': Call<
    Elb.DescribeTargetGroupAttributesCommandInput,
    Elb.DescribeTargetGroupAttributesCommandOutput
  >
  'elbv2:DescribeTargetHealth': Call<Elb.DescribeTargetHealthCommandInput, Elb.DescribeTargetHealthCommandOutput>
  'elbv2:DescribeTags': Call<Elb.DescribeTagsCommandInput, Elb.DescribeTagsCommandOutput>
  'elbv2:DescribeTrustStores': Call<Elb.DescribeTrustStoresCommandInput, Elb.DescribeTrustStoresCommandOutput>
  'elbv2:DescribeAccountLimits': Call<Elb.DescribeAccountLimitsCommandInput, Elb.DescribeAccountLimitsCommandOutput>
  'elbv2:DescribeCapacityReservation': Call<
    Elb.DescribeCapacityReservationCommandInput,
    Elb.DescribeCapacityReservationCommandOutput
  >
  'elbv2:CreateLoadBalancer': Call<Elb.CreateLoadBalancerCommandInput, Elb.CreateLoadBalancerCommandOutput>
  'elbv2:DeleteLoadBalancer': Call<Elb.DeleteLoadBalancerCommandInput, Elb.DeleteLoadBalancerCommandOutput>
  'elbv2:ModifyLoadBalancerAttributes': Call<
    Elb.ModifyLoadBalancerAttributesCommandInput,
    Elb.ModifyLoadBalancerAttributesCommandOutput
  >
  'elbv2:ModifyCapacityReservation': Call<
    Elb.ModifyCapacityReservationCommandInput,
    Elb.ModifyCapacityReservationCommandOutput
  >
  'elbv2:ModifyIpPools': Call<Elb.ModifyIpPoolsCommandInput, Elb.ModifyIpPoolsCommandOutput>
  'elbv2:SetIpAddressType': Call<Elb.SetIpAddressTypeCommandInput, Elb.SetIpAddressTypeCommandOutput>
  'elbv2:SetSecurityGroups': Call<Elb.SetSecurityGroupsCommandInput, Elb.SetSecurityGroupsCommandOutput>
  'elbv2:SetSubnets': Call<Elb.SetSubnetsCommandInput, Elb.SetSubnetsCommandOutput>
  'elbv2:CreateListener': Call<Elb.CreateListenerCommandInput, Elb.CreateListenerCommandOutput>
  'elbv2:ModifyListener': Call<Elb.ModifyListenerCommandInput, Elb.ModifyListenerCommandOutput>
  'elbv2:DeleteListener': Call<Elb.DeleteListenerCommandInput, Elb.DeleteListenerCommandOutput>
  'elbv2:ModifyListenerAttributes': Call<
    Elb.ModifyListenerAttributesCommandInput,
    Elb.ModifyListenerAttributesCommandOutput
  >
  'elbv2:AddListenerCertificates': Call<
    Elb.AddListenerCertificatesCommandInput,
    Elb.AddListenerCertificatesCommandOutput
  >
  'elbv2:RemoveListenerCertificates': Call<
    Elb.RemoveListenerCertificatesCommandInput,
    Elb.RemoveListenerCertificatesCommandOutput
  >
  'elbv2:CreateRule': Call<Elb.CreateRuleCommandInput, Elb.CreateRuleCommandOutput>
  'elbv2:ModifyRule': Call<Elb.ModifyRuleCommandInput, Elb.ModifyRuleCommandOutput>
  'elbv2:DeleteRule': Call<Elb.DeleteRuleCommandInput, Elb.DeleteRuleCommandOutput>
  'elbv2:SetRulePriorities': Call<Elb.SetRulePrioritiesCommandInput, Elb.SetRulePrioritiesCommandOutput>
  'elbv2:CreateTargetGroup': Call<Elb.CreateTargetGroupCommandInput, Elb.CreateTargetGroupCommandOutput>
  'elbv2:ModifyTargetGroup': Call<Elb.ModifyTargetGroupCommandInput, Elb.ModifyTargetGroupCommandOutput>
  'elbv2:ModifyTargetGroupAttributes': Call<
    Elb.ModifyTargetGroupAttributesCommandInput,
    Elb.ModifyTargetGroupAttributesCommandOutput
  >
  'elbv2:DeleteTargetGroup': Call<Elb.DeleteTargetGroupCommandInput, Elb.DeleteTargetGroupCommandOutput>
  'elbv2:RegisterTargets': Call<Elb.RegisterTargetsCommandInput, Elb.RegisterTargetsCommandOutput>
  'elbv2:DeregisterTargets': Call<Elb.DeregisterTargetsCommandInput, Elb.DeregisterTargetsCommandOutput>
  'elbv2:AddTags': Call<Elb.AddTagsCommandInput, Elb.AddTagsCommandOutput>
  'elbv2:RemoveTags': Call<Elb.RemoveTagsCommandInput, Elb.RemoveTagsCommandOutput>

  'elb:DescribeLoadBalancers': Call<
    Classic.DescribeLoadBalancersCommandInput,
    Classic.DescribeLoadBalancersCommandOutput
  >
  'elb:DescribeLoadBalancerAttributes': Call<
    Classic.DescribeLoadBalancerAttributesCommandInput,
    Classic.DescribeLoadBalancerAttributesCommandOutput
  >
  'elb:DescribeLoadBalancerPolicies': Call<
    Classic.DescribeLoadBalancerPoliciesCommandInput,
    Classic.DescribeLoadBalancerPoliciesCommandOutput
  >
  'elb:DescribeTags': Call<Classic.DescribeTagsCommandInput, Classic.DescribeTagsCommandOutput>
  'elb:CreateLoadBalancer': Call<Classic.CreateLoadBalancerCommandInput, Classic.CreateLoadBalancerCommandOutput>
  'elb:DeleteLoadBalancer': Call<Classic.DeleteLoadBalancerCommandInput, Classic.DeleteLoadBalancerCommandOutput>
  'elb:CreateLoadBalancerListeners': Call<
    Classic.CreateLoadBalancerListenersCommandInput,
    Classic.CreateLoadBalancerListenersCommandOutput
  >
  'elb:DeleteLoadBalancerListeners': Call<
    Classic.DeleteLoadBalancerListenersCommandInput,
    Classic.DeleteLoadBalancerListenersCommandOutput
  >
  'elb:ConfigureHealthCheck': Call<Classic.ConfigureHealthCheckCommandInput, Classic.ConfigureHealthCheckCommandOutput>
  'elb:ModifyLoadBalancerAttributes': Call<
    Classic.ModifyLoadBalancerAttributesCommandInput,
    Classic.ModifyLoadBalancerAttributesCommandOutput
  >
  'elb:AttachLoadBalancerToSubnets': Call<
    Classic.AttachLoadBalancerToSubnetsCommandInput,
    Classic.AttachLoadBalancerToSubnetsCommandOutput
  >
  'elb:DetachLoadBalancerFromSubnets': Call<
    Classic.DetachLoadBalancerFromSubnetsCommandInput,
    Classic.DetachLoadBalancerFromSubnetsCommandOutput
  >
  'elb:ApplySecurityGroupsToLoadBalancer': Call<
    Classic.ApplySecurityGroupsToLoadBalancerCommandInput,
    Classic.ApplySecurityGroupsToLoadBalancerCommandOutput
  >
  'elb:CreateLoadBalancerPolicy': Call<
    Classic.CreateLoadBalancerPolicyCommandInput,
    Classic.CreateLoadBalancerPolicyCommandOutput
  >
  'elb:DeleteLoadBalancerPolicy': Call<
    Classic.DeleteLoadBalancerPolicyCommandInput,
    Classic.DeleteLoadBalancerPolicyCommandOutput
  >
  'elb:SetLoadBalancerPoliciesOfListener': Call<
    Classic.SetLoadBalancerPoliciesOfListenerCommandInput,
    Classic.SetLoadBalancerPoliciesOfListenerCommandOutput
  >
  'elb:SetLoadBalancerPoliciesForBackendServer': Call<
    Classic.SetLoadBalancerPoliciesForBackendServerCommandInput,
    Classic.SetLoadBalancerPoliciesForBackendServerCommandOutput
  >
  'elb:SetLoadBalancerListenerSSLCertificate': Call<
    Classic.SetLoadBalancerListenerSSLCertificateCommandInput,
    Classic.SetLoadBalancerListenerSSLCertificateCommandOutput
  >
  'elb:RegisterInstancesWithLoadBalancer': Call<
    Classic.RegisterInstancesWithLoadBalancerCommandInput,
    Classic.RegisterInstancesWithLoadBalancerCommandOutput
  >
  'elb:DeregisterInstancesFromLoadBalancer': Call<
    Classic.DeregisterInstancesFromLoadBalancerCommandInput,
    Classic.DeregisterInstancesFromLoadBalancerCommandOutput
  >
  'elb:AddTags': Call<Classic.AddTagsCommandInput, Classic.AddTagsCommandOutput>
  'elb:RemoveTags': Call<Classic.RemoveTagsCommandInput, Classic.RemoveTagsCommandOutput>

  'ec2:DescribeSubnets': Call<Ec2.DescribeSubnetsCommandInput, Ec2.DescribeSubnetsCommandOutput>
  'ec2:DescribeRouteTables': Call<Ec2.DescribeRouteTablesCommandInput, Ec2.DescribeRouteTablesCommandOutput>
  'ec2:DescribeVpcs': Call<Ec2.DescribeVpcsCommandInput, Ec2.DescribeVpcsCommandOutput>
  'ec2:DescribeAvailabilityZones': Call<
    Ec2.DescribeAvailabilityZonesCommandInput,
    Ec2.DescribeAvailabilityZonesCommandOutput
  >
  'ec2:DescribeSecurityGroups': Call<Ec2.DescribeSecurityGroupsCommandInput, Ec2.DescribeSecurityGroupsCommandOutput>
  'ec2:DescribeInstances': Call<Ec2.DescribeInstancesCommandInput, Ec2.DescribeInstancesCommandOutput>
  'ec2:DescribeNetworkInterfaces': Call<
    Ec2.DescribeNetworkInterfacesCommandInput,
    Ec2.DescribeNetworkInterfacesCommandOutput
  >
  'ec2:CreateSecurityGroup': Call<Ec2.CreateSecurityGroupCommandInput, Ec2.CreateSecurityGroupCommandOutput>
  'ec2:DeleteSecurityGroup': Call<Ec2.DeleteSecurityGroupCommandInput, Ec2.DeleteSecurityGroupCommandOutput>
  'ec2:AuthorizeSecurityGroupIngress': Call<
    Ec2.AuthorizeSecurityGroupIngressCommandInput,
    Ec2.AuthorizeSecurityGroupIngressCommandOutput
  >
  'ec2:RevokeSecurityGroupIngress': Call<
    Ec2.RevokeSecurityGroupIngressCommandInput,
    Ec2.RevokeSecurityGroupIngressCommandOutput
  >
  'ec2:CreateTags': Call<Ec2.CreateTagsCommandInput, Ec2.CreateTagsCommandOutput>
  'ec2:DeleteTags': Call<Ec2.DeleteTagsCommandInput, Ec2.DeleteTagsCommandOutput>

  'acm:ListCertificates': Call<Acm.ListCertificatesCommandInput, Acm.ListCertificatesCommandOutput>
  'acm:DescribeCertificate': Call<Acm.DescribeCertificateCommandInput, Acm.DescribeCertificateCommandOutput>
  'acm:ImportCertificate': Call<Acm.ImportCertificateCommandInput, Acm.ImportCertificateCommandOutput>
  'acm:DeleteCertificate': Call<Acm.DeleteCertificateCommandInput, Acm.DeleteCertificateCommandOutput>
  'acm:ListTagsForCertificate': Call<Acm.ListTagsForCertificateCommandInput, Acm.ListTagsForCertificateCommandOutput>
  'acm:AddTagsToCertificate': Call<Acm.AddTagsToCertificateCommandInput, Acm.AddTagsToCertificateCommandOutput>
  'acm:RemoveTagsFromCertificate': Call<
    Acm.RemoveTagsFromCertificateCommandInput,
    Acm.RemoveTagsFromCertificateCommandOutput
  >

  'wafv2:ListWebACLs': Call<Waf.ListWebACLsCommandInput, Waf.ListWebACLsCommandOutput>
  'wafv2:GetWebACLForResource': Call<Waf.GetWebACLForResourceCommandInput, Waf.GetWebACLForResourceCommandOutput>
  'wafv2:AssociateWebACL': Call<Waf.AssociateWebACLCommandInput, Waf.AssociateWebACLCommandOutput>
  'wafv2:DisassociateWebACL': Call<Waf.DisassociateWebACLCommandInput, Waf.DisassociateWebACLCommandOutput>

  'shield:GetSubscriptionState': Call<Shield.GetSubscriptionStateCommandInput, Shield.GetSubscriptionStateCommandOutput>
  'shield:DescribeProtection': Call<Shield.DescribeProtectionCommandInput, Shield.DescribeProtectionCommandOutput>
  'shield:CreateProtection': Call<Shield.CreateProtectionCommandInput, Shield.CreateProtectionCommandOutput>
  'shield:DeleteProtection': Call<Shield.DeleteProtectionCommandInput, Shield.DeleteProtectionCommandOutput>

  'tagging:GetResources': Call<Tagging.GetResourcesCommandInput, Tagging.GetResourcesCommandOutput>
}

export type AwsAction = keyof AwsCalls

/** True for calls that change nothing. */
export function isReadOnly(action: AwsAction): boolean {
  return /:(?:Describe|List|Get)/.test(action)
}

export interface AwsApi {
  /**
   * Makes one call; pages are the caller's business.
   *
   * @throws {AwsError} with AWS's own code, such as `ListenerNotFound` (without "Exception")
   */
  call<A extends AwsAction>(
    action: A,
    input: AwsCalls[A]['input'],
    signal?: AbortSignal,
  ): Promise<Omit<AwsCalls[A]['output'], '$metadata'>>
}

/** What AWS refused, or that it could not be reached (`code` is then `Unreachable`). */
export class AwsError extends Error {
  readonly code: string
  readonly action: AwsAction
  /** 0 when no answer came. */
  readonly status: number

  constructor(action: AwsAction, code: string, message: string, status = 0) {
    super(message)
    this.name = 'AwsError'
    this.action = action
    this.code = code
    this.status = status
  }
}
