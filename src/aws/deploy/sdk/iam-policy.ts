/**
 * The IAM policy that Genkan's role needs, made from the calls that the code can make. What exists is changed only if it
 * carries the cluster's tag, and what is made has to carry it, wherever IAM can check that. What it cannot check on: rules
 * of node security groups (not ours), targets (of groups that others made), WAF and Shield.
 */
import { CLUSTER_TAG } from '../../stack/tag-keys.ts'
import { type AwsAction, isReadOnly } from '../aws-api.ts'
import { AWS_ACTIONS, type AwsService } from '../aws-actions.ts'
import { operationOf, serviceOf } from './actions.ts'

export interface IamPolicyOptions {
  /** `aws`, `aws-cn` or `aws-us-gov`. */
  readonly partition: string
  /** Only resources of this cluster; absent = those of any cluster that is managed like this. */
  readonly clusterName?: string
  /** May put the cluster's tag on load balancers and groups that lack it: for taking over what older controllers made. */
  readonly mayAdopt: boolean
}

export interface IamStatement {
  readonly Sid: string
  readonly Effect: 'Allow'
  readonly Action: readonly string[]
  readonly Resource: string | readonly string[]
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>
}

export interface IamPolicy {
  readonly Version: '2012-10-17'
  readonly Statement: readonly IamStatement[]
}

const IAM_PREFIX = {
  elbv2: 'elasticloadbalancing',
  elb: 'elasticloadbalancing',
  ec2: 'ec2',
  acm: 'acm',
  wafv2: 'wafv2',
  shield: 'shield',
  tagging: 'tag',
} as const satisfies Record<AwsService, string>

/** What AWS checks for the caller although the caller makes no such call, and why. */
export const IMPLIED_ACTIONS: Readonly<Record<string, string>> = {
  'cognito-idp:DescribeUserPoolClient': 'listener actions that authenticate with Cognito',
  'ec2:DescribeAccountAttributes': 'CreateLoadBalancer',
  'ec2:DescribeAddresses': 'CreateLoadBalancer with elastic addresses',
  'ec2:DescribeCoipPools': 'CreateLoadBalancer with a customer-owned pool',
  'ec2:GetCoipPoolUsage': 'CreateLoadBalancer with a customer-owned pool',
  'ec2:DescribeInternetGateways': 'CreateLoadBalancer that faces the internet',
  'ec2:DescribeIpamPools': 'ModifyIpPools',
  'ec2:GetSecurityGroupsForVpc': 'SetSecurityGroups',
  'elasticloadbalancing:SetWebAcl': 'AssociateWebACL with a load balancer',
  'wafv2:GetWebACL': 'AssociateWebACL',
}

/** Made with tags, and refused without. */
const CREATES: readonly AwsAction[] = [
  'elbv2:CreateLoadBalancer',
  'elbv2:CreateTargetGroup',
  'elb:CreateLoadBalancer',
  'acm:ImportCertificate',
]
const TAGS: readonly AwsAction[] = ['elbv2:AddTags', 'elbv2:RemoveTags', 'elb:AddTags', 'elb:RemoveTags']
const GROUP_TAGS: readonly AwsAction[] = ['ec2:CreateTags', 'ec2:DeleteTags']
const CERTIFICATE_TAGS: readonly AwsAction[] = ['acm:AddTagsToCertificate', 'acm:RemoveTagsFromCertificate']
/** Writes that nothing narrows: node security groups are not ours, and some resources cannot carry the tag. */
const ANYWHERE: readonly AwsAction[] = [
  'elbv2:CreateListener',
  'elbv2:CreateRule',
  'ec2:AuthorizeSecurityGroupIngress',
  'ec2:RevokeSecurityGroupIngress',
  'ec2:CreateSecurityGroup',
  'wafv2:AssociateWebACL',
  'wafv2:DisassociateWebACL',
  'shield:CreateProtection',
  'shield:DeleteProtection',
]
const TARGETS: readonly AwsAction[] = ['elbv2:RegisterTargets', 'elbv2:DeregisterTargets']

/** `elasticloadbalancing:CreateRule` of `elbv2:CreateRule`. */
export function iamActionOf(action: AwsAction): string {
  return `${IAM_PREFIX[serviceOf(action)]}:${operationOf(action)}`
}

export function createIamPolicy(options: IamPolicyOptions): IamPolicy {
  const { partition } = options
  const arns = (...paths: string[]): string[] => paths.map((path) => `arn:${partition}:${path}`)
  const elb = (...paths: string[]): string[] => arns(...paths.map((path) => `elasticloadbalancing:*:*:${path}`))
  const groups = arns('ec2:*:*:security-group/*')
  const certificates = arns('acm:*:*:certificate/*')
  const containers = elb('loadbalancer/*', 'targetgroup/*/*')
  const parts = elb('listener/*', 'listener-rule/*')
  const requestTag = `aws:RequestTag/${CLUSTER_TAG}`
  const resourceTag = `aws:ResourceTag/${CLUSTER_TAG}`
  const has = (key: string): NonNullable<IamStatement['Condition']> =>
    options.clusterName === undefined ? { Null: { [key]: 'false' } } : { StringEquals: { [key]: options.clusterName } }
  /** Changes tags of what has the cluster's tag, and never that tag. */
  const retags = { ...has(resourceTag), Null: { ...has(resourceTag)['Null'], [requestTag]: 'true' } }
  const createdBy = (key: string, actions: string[]): NonNullable<IamStatement['Condition']> => ({
    ...has(requestTag),
    StringEquals: { ...has(requestTag)['StringEquals'], [key]: actions },
  })
  const apart = new Set<AwsAction>([...CREATES, ...TAGS, ...GROUP_TAGS, ...CERTIFICATE_TAGS, ...ANYWHERE, ...TARGETS])
  const owned = AWS_ACTIONS.filter((action) => !isReadOnly(action) && !apart.has(action))

  const statements: IamStatement[] = [
    {
      Sid: 'ServiceLinkedRole',
      Effect: 'Allow',
      Action: ['iam:CreateServiceLinkedRole'],
      Resource: '*',
      Condition: { StringEquals: { 'iam:AWSServiceName': 'elasticloadbalancing.amazonaws.com' } },
    },
    {
      Sid: 'Read',
      Effect: 'Allow',
      Action: [...names(AWS_ACTIONS.filter(isReadOnly)), ...Object.keys(IMPLIED_ACTIONS)].sort(),
      Resource: '*',
    },
    { Sid: 'WriteAnywhere', Effect: 'Allow', Action: names(ANYWHERE), Resource: '*' },
    { Sid: 'Targets', Effect: 'Allow', Action: names(TARGETS), Resource: elb('targetgroup/*/*') },
    { Sid: 'CreateTagged', Effect: 'Allow', Action: names(CREATES), Resource: '*', Condition: has(requestTag) },
    { Sid: 'WriteOwned', Effect: 'Allow', Action: names(owned), Resource: '*', Condition: has(resourceTag) },
    {
      Sid: 'RenewCertificate',
      Effect: 'Allow',
      Action: [iamActionOf('acm:ImportCertificate')],
      Resource: certificates,
      Condition: has(resourceTag),
    },
    {
      Sid: 'TagNewLoadBalancers',
      Effect: 'Allow',
      Action: [iamActionOf('elbv2:AddTags')],
      Resource: containers,
      Condition: createdBy('elasticloadbalancing:CreateAction', ['CreateLoadBalancer', 'CreateTargetGroup']),
    },
    {
      Sid: 'TagNewGroups',
      Effect: 'Allow',
      Action: [iamActionOf('ec2:CreateTags')],
      Resource: groups,
      Condition: createdBy('ec2:CreateAction', ['CreateSecurityGroup']),
    },
    {
      Sid: 'TagNewCertificates',
      Effect: 'Allow',
      Action: [iamActionOf('acm:AddTagsToCertificate')],
      Resource: certificates,
      Condition: has(requestTag),
    },
    {
      Sid: 'TagOwned',
      Effect: 'Allow',
      Action: names([...TAGS, ...GROUP_TAGS, ...CERTIFICATE_TAGS]),
      Resource: [...containers, ...groups, ...certificates],
      Condition: retags,
    },
    // Older controllers did not tag these.
    { Sid: 'TagListenersAndRules', Effect: 'Allow', Action: names(TAGS), Resource: parts },
  ]
  if (!options.mayAdopt) return { Version: '2012-10-17', Statement: statements }
  const adopt: IamStatement = {
    Sid: 'Adopt',
    Effect: 'Allow',
    Action: names(['elbv2:AddTags', 'ec2:CreateTags']),
    Resource: [...containers, ...groups],
    Condition: has(requestTag),
  }
  return { Version: '2012-10-17', Statement: [...statements, adopt] }
}

/** As the file in `deploy/aws` has it. */
export function formatIamPolicy(policy: IamPolicy): string {
  return `${JSON.stringify(policy, null, 2)}\n`
}

/** Most characters of a managed policy, without white space; an inline policy of a role may have 10,240. */
export const LARGEST_MANAGED_POLICY = 6144

/** Characters as IAM counts them. */
export function policySize(policy: IamPolicy): number {
  return JSON.stringify(policy).length
}

function names(actions: readonly AwsAction[]): string[] {
  return [...new Set(actions.map(iamActionOf))].sort()
}
