/**
 * AuthorizeSecurityGroupIngress and RevokeSecurityGroupIngress as statements of fact: what is there already or gone already
 * is no error. AWS refuses a whole call for one such rule, so the rest is then sent rule by rule.
 */
import type { IpPermission } from '@aws-sdk/client-ec2'
import { type AwsApi, AwsError } from '../aws-api.ts'

export type PermissionAction = 'ec2:AuthorizeSecurityGroupIngress' | 'ec2:RevokeSecurityGroupIngress'

/** What says that a rule is as the call wants it. */
const DONE = {
  'ec2:AuthorizeSecurityGroupIngress': 'InvalidPermission.Duplicate',
  'ec2:RevokeSecurityGroupIngress': 'InvalidPermission.NotFound',
} as const satisfies Record<PermissionAction, string>

/** @throws {AwsError} for every other refusal; rules sent before it stand */
export async function setPermissions(
  api: AwsApi,
  action: PermissionAction,
  groupId: string,
  permissions: readonly IpPermission[],
): Promise<void> {
  if (permissions.length === 0) return
  try {
    await api.call(action, { GroupId: groupId, IpPermissions: [...permissions] })
    return
  } catch (error) {
    if (!(error instanceof AwsError) || error.code !== DONE[action]) throw error
  }
  const single = permissions.flatMap(splitPermission)
  if (single.length === 1) return
  for (const permission of single) {
    try {
      await api.call(action, { GroupId: groupId, IpPermissions: [permission] })
    } catch (error) {
      if (!(error instanceof AwsError) || error.code !== DONE[action]) throw error
    }
  }
}

/** One permission for each source. */
function splitPermission(permission: IpPermission): IpPermission[] {
  const { IpRanges = [], Ipv6Ranges = [], PrefixListIds = [], UserIdGroupPairs = [], ...ports } = permission
  return [
    ...IpRanges.map((range) => ({ ...ports, IpRanges: [range] })),
    ...Ipv6Ranges.map((range) => ({ ...ports, Ipv6Ranges: [range] })),
    ...PrefixListIds.map((list) => ({ ...ports, PrefixListIds: [list] })),
    ...UserIdGroupPairs.map((pair) => ({ ...ports, UserIdGroupPairs: [pair] })),
  ]
}
