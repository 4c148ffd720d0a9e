import type * as Ec2 from '@aws-sdk/client-ec2'
import type { IngressRule, SecurityGroup } from '../../stack/model.ts'

export function fromSecurityGroup(id: string, shape: Ec2.SecurityGroup): SecurityGroup {
  return {
    id,
    origins: [],
    name: shape.GroupName ?? '',
    description: shape.Description ?? '',
    tags: {},
    ingress: (shape.IpPermissions ?? []).flatMap(fromPermission),
  }
}

/** One rule for each source. */
function fromPermission(permission: Ec2.IpPermission): IngressRule[] {
  const protocol = fromProtocol(permission.IpProtocol)
  const all = protocol === '-1'
  const common = {
    protocol,
    fromPort: all ? -1 : (permission.FromPort ?? -1),
    toPort: all ? -1 : (permission.ToPort ?? -1),
  }
  const row = (source: IngressRule['source'], description = ''): IngressRule => ({ ...common, source, description })
  return [
    ...(permission.IpRanges ?? []).map((one) => row({ kind: 'cidr', cidr: one.CidrIp ?? '' }, one.Description)),
    ...(permission.Ipv6Ranges ?? []).map((one) => row({ kind: 'cidr', cidr: one.CidrIpv6 ?? '' }, one.Description)),
    ...(permission.PrefixListIds ?? []).map((one) =>
      row({ kind: 'prefixList', id: one.PrefixListId ?? '' }, one.Description),
    ),
    ...(permission.UserIdGroupPairs ?? []).map((one) =>
      row({ kind: 'securityGroup', group: one.GroupId ?? '' }, one.Description),
    ),
  ]
}

/** AWS gives numbers for protocols that it was given as numbers. */
function fromProtocol(text: string | undefined): IngressRule['protocol'] {
  switch (text) {
    case 'tcp':
    case '6':
      return 'tcp'
    case 'udp':
    case '17':
      return 'udp'
    case 'icmp':
    case '1':
      return 'icmp'
    case 'icmpv6':
    case '58':
      return 'icmpv6'
    case undefined:
    default:
      return '-1'
  }
}
