/** Which nodes can announce an address on the local network, and which of them gets it. */
import { createHash } from 'node:crypto'
import { compareText } from '../../base/finding.ts'
import type { IpAddress } from '../../base/ip-address.ts'
import { contains, type IpRange, parseCidr } from '../../base/ip-range.ts'
import type { MetalNode } from '../announcement.ts'
import { matchesAny, matchesSelector } from '../matches-selector.ts'
import type { L2Advertisement } from '../model.ts'
import type { AddressGroup } from './address-groups.ts'
import type { ElectionOptions, Member } from './election-model.ts'
import { avoidedReason, unfitReason } from './node-fitness.ts'
import type { ServiceFacts } from './service-facts.ts'

export interface Candidate {
  readonly node: MetalNode
  readonly isSettled: boolean
  /** `null` = not known. */
  readonly interfaces: readonly CandidateInterface[] | null
}

interface CandidateInterface {
  readonly name: string
  readonly networks: readonly IpRange[]
}

/** Nodes whose speaker is heard and that take part at all, by name. */
export function toCandidates(
  nodes: readonly MetalNode[],
  members: readonly Member[],
  options: ElectionOptions,
): readonly Candidate[] {
  const byName = new Map(members.map((member) => [member.name, member]))
  const candidates: Candidate[] = []
  for (const node of nodes) {
    const member = byName.get(node.name)
    if (member === undefined || unfitReason(node, options) !== '') continue
    const interfaces = member.interfaces?.map(({ name, prefixes }) => ({
      name,
      networks: prefixes.map((prefix) => parseCidr(prefix)).filter((range) => range !== null),
    }))
    candidates.push({ node, isSettled: member.isSettled, interfaces: interfaces ?? null })
  }
  return candidates.sort((a, b) => compareText(a.node.name, b.node.name))
}

/**
 * Nodes in the order in which they get a group of addresses; empty = nobody can have it. Advertisements and local endpoints are
 * conditions; what may be wrong everywhere at once (readiness, networks, interfaces, time since they came back) only moves those
 * out who fail it while others do not.
 */
export function rankCandidates(
  group: AddressGroup,
  candidates: readonly Candidate[],
  options: ElectionOptions,
): readonly Candidate[] {
  const sets = group.members.map((facts) => candidates.filter(({ node }) => canServe(facts, node)))
  const common = candidates.filter((candidate) => sets.every((set) => set.includes(candidate)))
  // Those who share an address may have endpoints on different nodes only: then each node that serves one of them is as good.
  let left: readonly Candidate[] =
    common.length > 0 ? common : candidates.filter((candidate) => sets.some((set) => set.includes(candidate)))
  left = preferring(left, ({ node }) => avoidedReason(node, options) === '')
  left = preferring(left, (candidate) => interfacesFor(group, candidate)?.length !== 0)
  if (!options.ignoresSubnets) left = withMostNetworks(left, group)
  left = preferring(left, ({ isSettled }) => isSettled)
  const scored = left.map((candidate) => ({
    candidate,
    score: scoreOf(group, candidate.node),
    digest: digestOf(candidate.node.name, group.firstAddress),
  }))
  scored.sort((a, b) => b.score - a.score || compareText(a.digest, b.digest))
  return scored.map(({ candidate }) => candidate)
}

/** Advertisements of a Service that select a node. */
export function advertisementsOn<T extends Pick<L2Advertisement, 'nodes'>>(all: readonly T[], node: MetalNode): T[] {
  return all.filter(({ nodes }) => matchesAny(nodes, node.labels))
}

/** True when an advertisement selects the node and, if traffic stays local, the node has an endpoint. */
export function canServe(facts: ServiceFacts, node: MetalNode): boolean {
  if (advertisementsOn(facts.l2, node).length === 0) return false
  return facts.service.trafficPolicy === 'Cluster' || facts.endpointNodes.has(node.name)
}

/** Names of interfaces on which advertisements want something announced; empty = on all. */
export function wishedInterfaces(advertisements: readonly L2Advertisement[]): readonly string[] {
  const lists = advertisements.map(({ interfaces }) => interfaces)
  return lists.some((list) => list.length === 0) ? [] : [...new Set(lists.flat())].sort(compareText)
}

/** Those that the node has; `null` = not known. */
function interfacesFor(group: AddressGroup, { node, interfaces }: Candidate): readonly CandidateInterface[] | null {
  if (interfaces === null) return null
  const wished = wishedInterfaces(group.members.flatMap(({ l2 }) => advertisementsOn(l2, node)))
  return wished.length === 0 ? interfaces : interfaces.filter(({ name }) => wished.includes(name))
}

/** Candidates whose interfaces have networks of the most addresses of the group; all when nobody has any. */
function withMostNetworks(candidates: readonly Candidate[], group: AddressGroup): readonly Candidate[] {
  const counts = candidates.map((candidate) => {
    const interfaces = interfacesFor(group, candidate)
    if (interfaces === null) return group.addresses.length
    return group.addresses.filter(({ address }) => hasNetworkOf(interfaces, address)).length
  })
  const most = Math.max(0, ...counts)
  return candidates.filter((_, index) => counts[index] === most)
}

function hasNetworkOf(interfaces: readonly CandidateInterface[], address: IpAddress): boolean {
  return interfaces.some(({ networks }) => networks.some((network) => contains(network, address)))
}

/** Sum over those advertisements that select the node at all. Source: MetalLB's `preferredNodeSelectors`. */
function scoreOf({ members }: AddressGroup, node: MetalNode): number {
  const advertisements = new Set(members.flatMap(({ l2 }) => advertisementsOn(l2, node)))
  let score = 0
  for (const { preferredNodes } of advertisements) {
    for (const { weight, preference } of preferredNodes) if (matchesSelector(preference, node.labels)) score += weight
  }
  return score
}

/** Source: MetalLB since 0.11, so that a cluster that runs both decides alike. */
function digestOf(nodeName: string, address: string): string {
  return createHash('sha256').update(`${nodeName}#${address}`).digest('hex')
}

function preferring<T>(all: readonly T[], test: (each: T) => boolean): readonly T[] {
  const better = all.filter(test)
  return better.length > 0 ? better : all
}
