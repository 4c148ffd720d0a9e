/** What belongs to the cluster as a whole: the security group that every load balancer has and that nodes and pods admit. */
import { type AwsStack, emptyStack, type Ref } from '../../aws/stack/model.ts'
import { BACKEND_SECURITY_GROUP_RESOURCE } from '../../aws/stack/tag-keys.ts'
import type { Report } from '../report.ts'
import { backendSecurityGroupName } from './names.ts'
import type { AwsOptions } from './options.ts'
import { mergeTags } from './tags.ts'

/** The shared security group: one that exists, or ours. `null` where load balancers go without. */
export function backendSecurityGroup(
  options: Pick<AwsOptions, 'usesBackendSecurityGroup' | 'backendSecurityGroup'>,
): Ref | null {
  if (!options.usesBackendSecurityGroup) return null
  if (options.backendSecurityGroup !== '') return options.backendSecurityGroup
  return { ref: `SecurityGroup/${BACKEND_SECURITY_GROUP_RESOURCE}`, stack: 'shared' }
}

/** `null` where nothing refers to the shared security group: it is made when the first load balancer needs it. */
export function buildSharedStack(stacks: readonly AwsStack[], options: AwsOptions, report: Report): AwsStack | null {
  const isShared = (ref: Ref): boolean => typeof ref !== 'string' && ref.stack === 'shared'
  const isUsed = stacks.some(({ loadBalancers, classicLoadBalancers }) =>
    [...loadBalancers, ...classicLoadBalancers].some(({ securityGroups }) => securityGroups.some(isShared)),
  )
  if (!isUsed) return null
  return {
    ...emptyStack('shared'),
    securityGroups: [
      {
        id: BACKEND_SECURITY_GROUP_RESOURCE,
        origins: [],
        name: backendSecurityGroupName(options.clusterName),
        description: '[k8s] Shared Backend SecurityGroup for LoadBalancer',
        tags: mergeTags(options, [], report),
        ingress: [],
      },
    ],
  }
}
