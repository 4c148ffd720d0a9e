/** Who announces what: a pure function, so that nodes with the same view come to the same answer without talking about it. */
import { compareText } from '../../base/finding.ts'
import type { BgpRoute, L2Announcement, MetalNode, Reason } from '../announcement.ts'
import { type AddressGroup, groupByAddress } from './address-groups.ts'
import { toRoutes } from './bgp-routes.ts'
import {
  advertisementsOn,
  type Candidate,
  canServe,
  rankCandidates,
  toCandidates,
  wishedInterfaces,
} from './candidates.ts'
import type { Announcements, ElectionInput, ServiceReasons } from './election-model.ts'
import { avoidedReason, unfitReason } from './node-fitness.ts'
import { type ServiceFacts, toServiceFacts } from './service-facts.ts'

/** Room above an even share that keeps most addresses where the digest puts them. */
const SPREAD_SLACK = 1.25

/** What this node announces, and why it does not announce the rest. */
export function decideAnnouncements(input: ElectionInput): Announcements {
  const { nodeName, config, options } = input
  const facts = input.services.map((service) => toServiceFacts(service, config, input.endpoints.get(service.key) ?? []))
  const node = input.nodes.find(({ name }) => name === nodeName)
  const candidates = toCandidates(input.nodes, input.members, options)
  const groups = groupByAddress(facts.filter(({ reason }) => reason.l2 === ''))
  const announcers = electAll(groups, candidates, options)
  const l2: L2Announcement[] = []
  const l2Reasons = new Map<string, Reason>()
  for (const group of groups) {
    const owner = announcers.get(group)?.node
    const own = owner?.name === nodeName ? owner : undefined
    if (own !== undefined) l2.push(...announce(group, own))
    for (const member of group.members) l2Reasons.set(member.service.key, l2Reason(member, own, node, input))
  }
  const isAnnounced = (each: ServiceFacts): boolean => bgpReason(each, node, candidates, input) === ''
  const bgp: readonly BgpRoute[] = node === undefined ? [] : toRoutes(facts.filter(isAnnounced), node, config.peers)
  const reasons = new Map<string, ServiceReasons>()
  for (const each of facts) {
    const { key } = each.service
    const reason = {
      l2: each.reason.l2 || (l2Reasons.get(key) ?? 'notOwner'),
      bgp: bgpReason(each, node, candidates, input),
    }
    reasons.set(key, reason)
  }
  const names = groups.flatMap((group) => {
    const owner = announcers.get(group)?.node
    return owner === undefined ? [] : announce(group, owner).map(({ address }) => [address, owner.name] as const)
  })
  return { l2: l2.sort((a, b) => compareText(a.address, b.address)), bgp, reasons, announcers: new Map(names) }
}

function electAll(
  groups: readonly AddressGroup[],
  candidates: readonly Candidate[],
  options: ElectionInput['options'],
): ReadonlyMap<AddressGroup, Candidate> {
  const announcers = new Map<AddressGroup, Candidate>()
  const loads = new Map<string, number>()
  const most = Math.ceil((groups.length / Math.max(1, candidates.length)) * SPREAD_SLACK)
  for (const group of groups) {
    const ranked = rankCandidates(group, candidates, options)
    const loadOf = (candidate: Candidate): number => loads.get(candidate.node.name) ?? 0
    const winner = (options.spreads ? ranked.find((each) => loadOf(each) < most) : undefined) ?? ranked[0]
    if (winner === undefined) continue
    announcers.set(group, winner)
    loads.set(winner.node.name, loadOf(winner) + 1)
  }
  return announcers
}

function announce(group: AddressGroup, node: MetalNode): readonly L2Announcement[] {
  return group.addresses.flatMap(({ text }) => {
    const holders = group.members.flatMap((facts) => {
      const pool = facts.addresses.find((each) => each.text === text)?.pool
      if (pool === undefined || !canServe(facts, node)) return []
      // The two addresses of a Service may be of pools that are announced in different ways.
      const advertisements = advertisementsOn(facts.l2, node).filter(({ pools }) => pools.includes(pool))
      return advertisements.length === 0 ? [] : [{ key: facts.service.key, advertisements }]
    })
    if (holders.length === 0) return []
    const interfaces = wishedInterfaces(holders.flatMap(({ advertisements }) => advertisements))
    return [{ address: text, interfaces, services: holders.map(({ key }) => key) }]
  })
}

function l2Reason(
  facts: ServiceFacts,
  own: MetalNode | undefined,
  node: MetalNode | undefined,
  { options }: ElectionInput,
): Reason {
  if (own !== undefined && canServe(facts, own)) return ''
  if (node === undefined) return 'notOwner'
  const unfit = unfitReason(node, options)
  if (unfit !== '') return unfit
  if (advertisementsOn(facts.l2, node).length === 0) return 'noMatchingAdvertisement'
  if (!canServe(facts, node)) return 'noLocalEndpoints'
  return avoidedReason(node, options) || 'notOwner'
}

function bgpReason(
  facts: ServiceFacts,
  node: MetalNode | undefined,
  candidates: readonly Candidate[],
  { options }: ElectionInput,
): Reason {
  if (facts.reason.bgp !== '') return facts.reason.bgp
  if (node === undefined) return 'notOwner'
  const unfit = unfitReason(node, options)
  if (unfit !== '') return unfit
  if (advertisementsOn(facts.bgp, node).length === 0) return 'noMatchingAdvertisement'
  const isLocal = facts.service.trafficPolicy === 'Local'
  if (isLocal && !facts.endpointNodes.has(node.name)) return 'noLocalEndpoints'
  const avoided = avoidedReason(node, options)
  if (avoided === '') return ''
  const others = candidates.filter(
    (other) =>
      other.node.name !== node.name &&
      avoidedReason(other.node, options) === '' &&
      advertisementsOn(facts.bgp, other.node).length > 0 &&
      (!isLocal || facts.endpointNodes.has(other.node.name)),
  )
  return others.length > 0 ? avoided : ''
}
