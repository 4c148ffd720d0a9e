/** IpPermissions as a flat list with one source each, and back. */
import type * as Ec2 from '@aws-sdk/client-ec2'
import { refuse } from './refusal.ts'
import type { FlatPermission } from './world.ts'

export type Nested = Ec2.IpPermission

const CIDR4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/

export function flatten(permissions: readonly Nested[]): FlatPermission[] {
  return permissions.flatMap((permission) => {
    const protocol = permission.IpProtocol ?? ''
    if (!['tcp', 'udp', 'icmp', 'icmpv6', '-1'].includes(protocol)) {
      refuse('InvalidPermission.Malformed', `Invalid protocol '${protocol}'`)
    }
    const from = protocol === '-1' ? -1 : permission.FromPort
    const to = protocol === '-1' ? -1 : permission.ToPort
    if (from === undefined || to === undefined) refuse('MissingParameter', 'FromPort and ToPort are required')
    if (/^(tcp|udp)$/.test(protocol) && (from < 0 || to > 65535 || from > to)) {
      refuse('InvalidParameterValue', `Invalid port range ${from}-${to}`)
    }
    const row = (kind: FlatPermission['kind'], source: string | undefined, description: string | undefined) => {
      if (source === undefined) refuse('InvalidPermission.Malformed', 'A source is empty')
      if (
        description !== undefined &&
        (description.length > 255 || !/^[\w .\-:/()#,@[\]+=&;{}!$*]*$/.test(description))
      ) {
        refuse('InvalidParameterValue', `Invalid rule description '${description}'`)
      }
      return { protocol, from, to, kind, source, description }
    }
    return [
      ...(permission.IpRanges ?? []).map((range) => row('cidr', cidr4(range.CidrIp), range.Description)),
      ...(permission.Ipv6Ranges ?? []).map((range) => row('cidr6', cidr6(range.CidrIpv6), range.Description)),
      ...(permission.PrefixListIds ?? []).map((list) => row('prefixList', list.PrefixListId, list.Description)),
      ...(permission.UserIdGroupPairs ?? []).map((pair) => row('group', pair.GroupId, pair.Description)),
    ]
  })
}

/** AWS groups by protocol and ports. */
export function nest(rules: readonly FlatPermission[], account: string): Nested[] {
  const groups = new Map<string, FlatPermission[]>()
  for (const rule of rules) {
    const key = `${rule.protocol} ${rule.from} ${rule.to}`
    groups.set(key, [...(groups.get(key) ?? []), rule])
  }
  return [...groups.values()].map((group) => {
    const first = group[0] as FlatPermission
    const of = (kind: FlatPermission['kind']) => group.filter((rule) => rule.kind === kind)
    return {
      IpProtocol: first.protocol,
      ...(first.protocol === '-1' ? {} : { FromPort: first.from, ToPort: first.to }),
      IpRanges: of('cidr').map((rule) => ({ CidrIp: rule.source, Description: rule.description })),
      Ipv6Ranges: of('cidr6').map((rule) => ({ CidrIpv6: rule.source, Description: rule.description })),
      PrefixListIds: of('prefixList').map((rule) => ({ PrefixListId: rule.source, Description: rule.description })),
      UserIdGroupPairs: of('group').map((rule) => ({
        GroupId: rule.source,
        UserId: account,
        Description: rule.description,
      })),
    }
  })
}

/** Descriptions do not count. */
export function sameRule(a: FlatPermission, b: FlatPermission): boolean {
  return a.protocol === b.protocol && a.from === b.from && a.to === b.to && a.kind === b.kind && a.source === b.source
}

/** AWS zeroes the host bits: `10.1.2.3/8` becomes `10.0.0.0/8`. */
function cidr4(text: string | undefined): string {
  const parts = CIDR4.exec(text ?? '')
  if (parts === null) refuse('InvalidParameterValue', `CIDR block ${text ?? ''} is malformed`)
  const bits = Number(parts[5])
  const bytes = parts.slice(1, 5).map(Number)
  if (bits > 32 || bytes.some((byte) => byte > 255))
    refuse('InvalidParameterValue', `CIDR block ${text ?? ''} is malformed`)
  const address = bytes.reduce((sum, byte) => sum * 256 + byte, 0)
  const kept = bits === 0 ? 0 : Math.floor(address / 2 ** (32 - bits)) * 2 ** (32 - bits)
  return `${[24, 16, 8, 0].map((shift) => Math.floor(kept / 2 ** shift) % 256).join('.')}/${bits}`
}

function cidr6(text: string | undefined): string {
  if (!/^[0-9a-f:]*:[0-9a-f:]*\/\d{1,3}$/i.test(text ?? '')) {
    refuse('InvalidParameterValue', `CIDR block ${text ?? ''} is malformed`)
  }
  return (text ?? '').toLowerCase()
}
