/** Which subnets a load balancer may use when nobody names any, with a verdict for each one that it may not. */
import { compareText } from '../../base/finding.ts'
import type { InventorySubnet } from '../../aws/stack/inventory.ts'
import { IN_TREE_CLUSTER_PREFIX } from '../../aws/stack/tag-keys.ts'

export interface Verdict {
  readonly subnet: InventorySubnet
  /** Follows the subnet's name: `has 3 free addresses`. */
  readonly reason: string
  readonly kind: 'tags' | 'route table' | 'cluster' | 'free addresses' | 'IPv6' | 'kind of zone' | 'zone'
}

export interface Discovery {
  /** Sorted by id, one per zone. */
  readonly chosen: readonly InventorySubnet[]
  readonly verdicts: readonly Verdict[]
}

interface Wish {
  readonly scheme: 'internal' | 'internet-facing'
  readonly needsIpv6: boolean
}

/** A load balancer takes this many addresses of a subnet when it grows. */
const FREE_ADDRESSES = 8
/** Role of the controller of 2017, for either scheme, on subnets of the own cluster. */
const LEGACY_ROLE = 'kubernetes.io/role/alb-ingress'
const ZONE_TYPES = ['availability-zone', 'local-zone', 'wavelength-zone', 'outpost'] as const

/**
 * By role tag; where no subnet has it, by the legacy role tag; where none has that, by route table.
 *
 * @param subnets sorted by id
 */
export function discover(wish: Wish, clusterName: string, subnets: readonly InventorySubnet[]): Discovery {
  const verdicts: Verdict[] = []
  const role = wish.scheme === 'internal' ? 'kubernetes.io/role/internal-elb' : 'kubernetes.io/role/elb'
  if (subnets.some((subnet) => hasRole(subnet, role))) {
    const tagged = refuse(subnets, verdicts, 'tags', (subnet) =>
      hasRole(subnet, role) ? null : `has no tag ${role}=1`,
    )
    return takeOnePerZone(wish, clusterName, tagged, verdicts)
  }
  const isLegacy = (subnet: InventorySubnet): boolean =>
    hasRole(subnet, LEGACY_ROLE) && Object.hasOwn(subnet.tags, IN_TREE_CLUSTER_PREFIX + clusterName)
  const candidates = subnets.some(isLegacy)
    ? refuse(subnets, verdicts, 'tags', (subnet) =>
        isLegacy(subnet) ? null : `has no tags ${role} or ${LEGACY_ROLE} of this cluster`,
      )
    : subnets
  const isLegacyUsed = candidates !== subnets
  const reachable = refuse(candidates, verdicts, 'route table', ({ isPublic }) => {
    if (isPublic === undefined) {
      return isLegacyUsed ? null : `has no tag ${role}=1 and its route table is not known`
    }
    if (isPublic === (wish.scheme === 'internet-facing')) return null
    return isPublic
      ? `has no tag ${role}=1 and is public (it has a route to an internet gateway)`
      : `has no tag ${role}=1 and is private (it has no route to an internet gateway)`
  })
  return takeOnePerZone(wish, clusterName, reachable, verdicts)
}

/**
 * Leaves out subnets of other clusters, full ones and those without IPv6 where it is needed, keeps to one kind of zone, and
 * takes of each zone the own cluster's, then the lowest id.
 */
export function takeOnePerZone(
  { needsIpv6 }: Pick<Wish, 'needsIpv6'>,
  clusterName: string,
  candidates: readonly InventorySubnet[],
  before: readonly Verdict[],
): Discovery {
  const verdicts = [...before]
  const ownKey = IN_TREE_CLUSTER_PREFIX + clusterName
  let left = refuse(candidates, verdicts, 'cluster', ({ tags }) => {
    const clusters = Object.keys(tags).filter((key) => key.startsWith(IN_TREE_CLUSTER_PREFIX))
    if (clusters.length === 0 || clusters.includes(ownKey)) return null
    return `belongs to the cluster ${(clusters[0] ?? '').slice(IN_TREE_CLUSTER_PREFIX.length)}`
  })
  left = refuse(left, verdicts, 'free addresses', ({ availableIpAddressCount: count }) =>
    count < FREE_ADDRESSES ? `has ${count} free addresses, ${FREE_ADDRESSES} are needed` : null,
  )
  if (needsIpv6) {
    left = refuse(left, verdicts, 'IPv6', ({ ipv6Cidr }) => (ipv6Cidr === undefined ? 'has no IPv6 range' : null))
  }
  const kind = ZONE_TYPES.find((type) => left.some((subnet) => zoneTypeOf(subnet) === type))
  left = refuse(left, verdicts, 'kind of zone', (subnet) =>
    zoneTypeOf(subnet) === kind ? null : `is in a ${zoneTypeOf(subnet)}`,
  )
  const preferred = left.toSorted(
    (a, b) => Number(Object.hasOwn(b.tags, ownKey)) - Number(Object.hasOwn(a.tags, ownKey)) || compareText(a.id, b.id),
  )
  const ofZone = new Map<string, InventorySubnet>()
  for (const subnet of preferred) {
    const taken = ofZone.get(subnet.availabilityZone)
    if (taken === undefined) ofZone.set(subnet.availabilityZone, subnet)
    else verdicts.push({ subnet, reason: `is in the zone of ${taken.id}`, kind: 'zone' })
  }
  return { chosen: [...ofZone.values()].toSorted((a, b) => compareText(a.id, b.id)), verdicts }
}

export function needsIpv6Problem(id: string): string {
  return `${id} has no IPv6 range, which a dualstack load balancer needs; associate one or write subnets that have it`
}

function refuse(
  subnets: readonly InventorySubnet[],
  verdicts: Verdict[],
  kind: Verdict['kind'],
  reasonOf: (subnet: InventorySubnet) => string | null,
): readonly InventorySubnet[] {
  return subnets.filter((subnet) => {
    const reason = reasonOf(subnet)
    if (reason !== null) verdicts.push({ subnet, reason, kind })
    return reason === null
  })
}

function hasRole({ tags }: InventorySubnet, role: string): boolean {
  return Object.hasOwn(tags, role) && (tags[role] === '' || tags[role] === '1')
}

function zoneTypeOf({ zoneType }: InventorySubnet): string {
  return zoneType ?? 'availability-zone'
}
