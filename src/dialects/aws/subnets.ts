/** Subnets of a load balancer: named, by tags, those that it has, or found by role tag and route table. */
import { closestName } from '../../base/edit-distance.ts'
import { compareText } from '../../base/finding.ts'
import type { Inventory, InventorySubnet } from '../../aws/stack/inventory.ts'
import { discover, needsIpv6Problem, takeOnePerZone, type Verdict } from './subnet-discovery.ts'

export interface SubnetRequest {
  readonly type: 'application' | 'network' | 'classic'
  readonly scheme: 'internal' | 'internet-facing'
  readonly needsIpv6: boolean
  /** Of the load balancer: subnets that it has already are kept. */
  readonly name: string
  /** Ids or Name tags; wins over everything else. */
  readonly named?: readonly string[]
  /** A subnet has to have every key, with one of its values. */
  readonly tags?: Readonly<Record<string, readonly string[]>>
}

export type SubnetChoice =
  /** Sorted by id, one per zone. Empty only where no subnet of the VPC is known. */
  | { readonly ok: true; readonly subnets: readonly InventorySubnet[]; readonly isKnown: boolean }
  /** `<state>; <what would be accepted>`. */
  | { readonly ok: false; readonly problem: string }

/** At most this many subnets are told about one by one. */
const MAX_VERDICTS = 16

/** Never throws; the same inventory gives the same subnets, whatever its order. */
export function chooseSubnets(request: SubnetRequest, clusterName: string, inventory: Inventory): SubnetChoice {
  const subnets = inventory.subnets
    .filter(({ vpcId }) => inventory.vpcId === '' || vpcId === '' || vpcId === inventory.vpcId)
    .toSorted((a, b) => compareText(a.id, b.id))
  if (request.named !== undefined) return chooseNamed(request, request.named, subnets)
  if (request.tags !== undefined) return chooseByTags(request, request.tags, clusterName, subnets)
  const kept = keepSubnets(request, subnets, inventory)
  if (kept !== null) return kept
  if (subnets.length === 0) return { ok: true, subnets: [], isKnown: false }
  return decide(request, discover(request, clusterName, subnets), () => adviseRole(request, subnets))
}

function chooseNamed(
  request: SubnetRequest,
  named: readonly string[],
  subnets: readonly InventorySubnet[],
): SubnetChoice {
  const found = new Map<string, InventorySubnet>()
  for (const name of named) {
    const matches = subnets.filter(({ id, tags }) => (name.startsWith('subnet-') ? id === name : tags['Name'] === name))
    if (matches.length === 0) {
      // Without a list of subnets an id is taken at its word.
      if (subnets.length > 0 || !name.startsWith('subnet-')) return { ok: false, problem: unknownSubnet(name, subnets) }
      found.set(name, { id: name, vpcId: '', availabilityZone: name, availableIpAddressCount: 0, cidr: '', tags: {} })
    }
    for (const subnet of matches) found.set(subnet.id, subnet)
  }
  const chosen = [...found.values()].toSorted((a, b) => compareText(a.id, b.id))
  const zones = new Map<string, string>()
  for (const { id, availabilityZone } of chosen) {
    const other = zones.get(availabilityZone)
    if (other !== undefined) {
      const state = `${other} and ${id} are both in ${availabilityZone}`
      return { ok: false, problem: `${state}; write one subnet of each Availability Zone` }
    }
    zones.set(availabilityZone, id)
  }
  const kinds = [...new Set(chosen.map(({ zoneType }) => zoneType ?? 'availability-zone'))].toSorted()
  if (kinds.length > 1) {
    return { ok: false, problem: `its subnets are in zones of several kinds (${kinds.join(', ')}); write those of one` }
  }
  if (request.needsIpv6) {
    const without = chosen.find((subnet) => subnets.length > 0 && subnet.ipv6Cidr === undefined)
    if (without !== undefined) return { ok: false, problem: needsIpv6Problem(without.id) }
  }
  const wanted = fewestSubnets(request, chosen)
  if (chosen.length < wanted) {
    const state = `${chosen.length === 0 ? 'no subnet is' : `only ${chosen.map(({ id }) => id).join(', ')} is`} named`
    return { ok: false, problem: `${state}; an ALB needs subnets in ${wanted} Availability Zones` }
  }
  return { ok: true, subnets: chosen, isKnown: subnets.length > 0 }
}

function chooseByTags(
  request: SubnetRequest,
  tags: Readonly<Record<string, readonly string[]>>,
  clusterName: string,
  subnets: readonly InventorySubnet[],
): SubnetChoice {
  if (subnets.length === 0) return { ok: true, subnets: [], isKnown: false }
  const verdicts: Verdict[] = []
  const tagged = subnets.filter((subnet) => {
    const missing = Object.entries(tags).find(([key, values]) => {
      const value = Object.hasOwn(subnet.tags, key) ? subnet.tags[key] : undefined
      return value === undefined || (values.length > 0 && !values.includes(value))
    })
    if (missing !== undefined)
      verdicts.push({ subnet, reason: `has no tag ${missing[0]}=${missing[1].join(' or ')}`, kind: 'tags' })
    return missing === undefined
  })
  const outcome = takeOnePerZone(request, clusterName, tagged, verdicts)
  return decide(request, outcome, () => 'tag subnets in two Availability Zones as the class parameters ask')
}

/** Stability counts more than freshness: new zones do not appear on a load balancer by themselves. */
function keepSubnets(
  request: SubnetRequest,
  subnets: readonly InventorySubnet[],
  inventory: Inventory,
): SubnetChoice | null {
  const held = Object.hasOwn(inventory.loadBalancerSubnets, request.name)
    ? (inventory.loadBalancerSubnets[request.name] ?? [])
    : []
  const kept = subnets.filter(({ id, ipv6Cidr }) => held.includes(id) && (!request.needsIpv6 || ipv6Cidr !== undefined))
  if (kept.length === 0 || kept.length < held.length || kept.length < fewestSubnets(request, kept)) return null
  return { ok: true, subnets: kept, isKnown: true }
}

function decide(
  request: SubnetRequest,
  { chosen, verdicts }: { readonly chosen: readonly InventorySubnet[]; readonly verdicts: readonly Verdict[] },
  advise: () => string,
): SubnetChoice {
  const wanted = fewestSubnets(request, chosen)
  if (chosen.length >= wanted) return { ok: true, subnets: chosen, isKnown: true }
  const counts = new Map<Verdict['kind'], number>()
  for (const { kind } of verdicts) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  const summary = [...counts]
    .toSorted(([a], [b]) => compareText(a, b))
    .map(([kind, count]) => `${count} by ${kind}`)
    .join(', ')
  const lines = [
    ...verdicts.map(({ subnet, reason }) => ({ id: subnet.id, text: `${describe(subnet)} ${reason}` })),
    ...chosen.map((subnet) => ({ id: subnet.id, text: `${describe(subnet)} fits` })),
  ].toSorted((a, b) => compareText(a.id, b.id))
  const shown = lines.slice(0, MAX_VERDICTS).map(({ text }) => text)
  if (lines.length > MAX_VERDICTS) shown.push(`and ${lines.length - MAX_VERDICTS} more`)
  const state =
    `${chosen.length} of ${lines.length} subnets can be used and ${wanted} are needed` +
    `${summary === '' ? '' : ` (refused: ${summary})`}: ${shown.join('; ')}`
  // A tag helps where a tag was missed.
  const isAboutTags = verdicts.length === 0 || verdicts.some(({ kind }) => kind === 'tags' || kind === 'route table')
  return { ok: false, problem: `${state}; ${isAboutTags ? advise() : 'add subnets in further zones, or change these'}` }
}

/** An ALB in Availability Zones needs two subnets; everything else needs one. */
function fewestSubnets({ type }: SubnetRequest, subnets: readonly InventorySubnet[]): number {
  const isElsewhere = subnets.some(({ zoneType }) => zoneType !== undefined && zoneType !== 'availability-zone')
  return type === 'application' && !isElsewhere ? 2 : 1
}

function adviseRole(request: SubnetRequest, subnets: readonly InventorySubnet[]): string {
  const role = request.scheme === 'internal' ? 'kubernetes.io/role/internal-elb' : 'kubernetes.io/role/elb'
  const wantsPublic = request.scheme === 'internet-facing'
  const zones = new Set<string>()
  const candidates = subnets.filter(({ availabilityZone, isPublic }) => {
    if (isPublic === !wantsPublic || zones.has(availabilityZone)) return false
    zones.add(availabilityZone)
    return true
  })
  const ids = candidates.length === 0 ? 'SUBNET SUBNET' : candidates.map(({ id }) => id).join(' ')
  return `tag them: aws ec2 create-tags --resources ${ids} --tags Key=${role},Value=1`
}

function unknownSubnet(name: string, subnets: readonly InventorySubnet[]): string {
  const known = subnets.map(({ id, tags }) => (name.startsWith('subnet-') ? id : (tags['Name'] ?? ''))).filter(Boolean)
  const close = closestName(name, known)
  const hint = close === null ? '' : `, did you mean "${close}"`
  const state = name.startsWith('subnet-') ? `has no subnet ${name}` : `has no subnet with the tag Name=${name}`
  const shown = known.slice(0, MAX_VERDICTS).join(', ')
  return `the VPC ${state}${hint}; write ${shown === '' ? 'ids of subnets' : `some of ${shown}`}`
}

function describe({ id, availabilityZone, tags }: InventorySubnet): string {
  const name = tags['Name'] ?? ''
  return `${id}${name === '' ? '' : ` "${name}"`} (${availabilityZone})`
}
