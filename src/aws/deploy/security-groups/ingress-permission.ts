/** Rules of security groups in the words of the model and in those of EC2. */
import type { IpPermission } from '@aws-sdk/client-ec2'
import type { IngressRule } from '../../stack/model.ts'

/** A rule whose source is known. */
export interface FlatRule {
  readonly protocol: string
  readonly fromPort: number
  readonly toPort: number
  readonly source: { readonly kind: 'cidr' | 'prefixList' | 'securityGroup'; readonly id: string }
  readonly description: string
}

/** What EC2 tells rules apart by: not by their description. */
export function ruleKey(rule: FlatRule): string {
  // All protocols have all ports, whatever is written there.
  const ports = rule.protocol === '-1' ? 'all' : `${rule.fromPort}-${rule.toPort}`
  return `${rule.protocol} ${ports} ${rule.source.id.toLowerCase()}`
}

/** @returns `null` when the reference is to a group that is not known */
export function toFlatRule(rule: IngressRule, resolve: (key: string) => string | undefined): FlatRule | null {
  const { source, ...rest } = rule
  if (source.kind === 'cidr') return { ...rest, source: { kind: 'cidr', id: source.cidr } }
  if (source.kind === 'prefixList') return { ...rest, source: { kind: 'prefixList', id: source.id } }
  const { group } = source
  const id = typeof group === 'string' ? group : resolve(`${group.stack ?? ''}#${group.ref}`)
  return id === undefined ? null : { ...rest, source: { kind: 'securityGroup', id } }
}

export function toIpPermission(rule: FlatRule): IpPermission {
  const { id, kind } = rule.source
  const Description = rule.description
  const ports = rule.protocol === '-1' ? {} : { FromPort: rule.fromPort, ToPort: rule.toPort }
  const base: IpPermission = { IpProtocol: rule.protocol, ...ports }
  if (kind === 'prefixList') return { ...base, PrefixListIds: [{ PrefixListId: id, Description }] }
  if (kind === 'securityGroup') return { ...base, UserIdGroupPairs: [{ GroupId: id, Description }] }
  if (id.includes(':')) return { ...base, Ipv6Ranges: [{ CidrIpv6: id, Description }] }
  return { ...base, IpRanges: [{ CidrIp: id, Description }] }
}

/** One rule for each source. */
export function toFlatRules(permission: IpPermission): readonly FlatRule[] {
  const base = {
    protocol: permission.IpProtocol ?? '-1',
    fromPort: permission.FromPort ?? -1,
    toPort: permission.ToPort ?? -1,
  }
  const row = (
    kind: FlatRule['source']['kind'],
    id: string | undefined,
    description: string | undefined,
  ): FlatRule => ({
    ...base,
    source: { kind, id: id ?? '' },
    description: description ?? '',
  })
  return [
    ...(permission.IpRanges ?? []).map((range) => row('cidr', range.CidrIp, range.Description)),
    ...(permission.Ipv6Ranges ?? []).map((range) => row('cidr', range.CidrIpv6, range.Description)),
    ...(permission.PrefixListIds ?? []).map((list) => row('prefixList', list.PrefixListId, list.Description)),
    ...(permission.UserIdGroupPairs ?? []).map((pair) => row('securityGroup', pair.GroupId, pair.Description)),
  ]
}
