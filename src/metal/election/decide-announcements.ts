/** Who announces what: a pure function, so that nodes with the same view come to the same answer without talking about it. */
import { compareText } from '../../base/finding.ts'
import type { BgpRoute, L2Announcement, MetalNode, Reason } from '../announcement.ts'
import type { AddressGroup } from './address-groups.ts'
import { toRoutes } from './bgp-routes.ts'
import { type Candidate, type Candidates, wishedInterfaces } from './candidates.ts'
import { ElectionMemory } from './election-memory.ts'
import type { Announcements, ElectionInput, ServiceReasons } from './election-model.ts'
import { avoidedReason, unfitReason } from './node-fitness.ts'
import type { ServiceFacts } from './service-facts.ts'

/** Room above an even share that keeps most addresses where the digest puts them. */
const SPREAD_SLACK = 1.25

/**
 * What this node announces, and why it does not announce the rest.
 *
 * @param memory of earlier decisions, to save work; it changes nothing of the outcome
 */
export function decideAnnouncements(input: ElectionInput, memory = new ElectionMemory()): Announcements {
  const { nodeName, config, options } = input
  const facts = memory.factsOf(input)
  const node = input.nodes.find(({ name }) => name === nodeName)
  const candidates = memory.candidatesOf(input)
  const groups = memory.groupsOf(facts.filter(({ reason }) => reason.l2 === ''))
  const announcers = electAll(groups, candidates, options, memory)
  const l2: L2Announcement[] = []
  const names = new Map<string, string>()
  const owned = new Set<ServiceFacts>()
  for (const group of groups) {
    const owner = announcers.get(group)?.node
    if (owner === undefined) continue
    const announced = memory.announcement(group, owner, () => announce(group, owner, candidates))
    for (const each of announced) names.set(each.address, owner.name)
    if (owner.name !== nodeName) continue
    l2.push(...announced)
    for (const member of group.members) owned.add(member)
  }
  const here = { node, candidates, unfit: node === undefined ? '' : unfitReason(node, options), avoided: '' }
  if (node !== undefined) here.avoided = avoidedReason(node, options)
  const reasons = new Map<string, ServiceReasons>()
  const routed: ServiceFacts[] = []
  for (const each of facts) {
    const reason = { l2: each.reason.l2 || l2Reason(each, owned.has(each), here), bgp: bgpReason(each, here) }
    reasons.set(each.service.key, reason)
    if (reason.bgp === '') routed.push(each)
  }
  const bgp: readonly BgpRoute[] = node === undefined ? [] : toRoutes(routed, node, config.peers, memory.routes)
  return { l2: l2.sort((a, b) => compareText(a.address, b.address)), bgp, reasons, announcers: names }
}

function electAll(
  groups: readonly AddressGroup[],
  candidates: Candidates,
  { spreads }: ElectionInput['options'],
  memory: ElectionMemory,
): ReadonlyMap<AddressGroup, Candidate> {
  const announcers = new Map<AddressGroup, Candidate>()
  const loads = new Map<Candidate, number>()
  const most = Math.ceil((groups.length / Math.max(1, candidates.all.length)) * SPREAD_SLACK)
  const loadOf = (candidate: Candidate): number => loads.get(candidate) ?? 0
  // Whoever comes first has the choice: that must not depend on the order in which Services are listed.
  const ordered = spreads ? groups.toSorted((a, b) => compareText(a.firstAddress, b.firstAddress)) : groups
  for (const group of ordered) {
    const winner = spreads
      ? candidates.best(group, (each) => loadOf(each) < most)
      : memory.winner(group, () => candidates.best(group))
    if (winner === null) continue
    announcers.set(group, winner)
    if (spreads) loads.set(winner, loadOf(winner) + 1)
  }
  return announcers
}

function announce(group: AddressGroup, node: MetalNode, candidates: Candidates): readonly L2Announcement[] {
  return group.addresses.flatMap(({ text }) => {
    const holders = group.members.flatMap((facts) => {
      const pool = facts.addresses.find((each) => each.text === text)?.pool
      if (pool === undefined || !candidates.canServe(facts, node)) return []
      // The two addresses of a Service may be of pools that are announced in different ways.
      const advertisements = candidates.advertisementsOn(facts.l2, node).filter(({ pools }) => pools.includes(pool))
      return advertisements.length === 0 ? [] : [{ key: facts.service.key, advertisements }]
    })
    if (holders.length === 0) return []
    const interfaces = wishedInterfaces(holders.flatMap(({ advertisements }) => advertisements))
    return [{ address: text, interfaces, services: holders.map(({ key }) => key) }]
  })
}

/** The node that decides. */
interface Here {
  readonly node: MetalNode | undefined
  readonly candidates: Candidates
  /** Why it announces nothing at all, or nothing while others can; empty = nothing is the matter. */
  readonly unfit: Reason
  readonly avoided: Reason
}

function l2Reason(facts: ServiceFacts, isOwned: boolean, { node, candidates, unfit, avoided }: Here): Reason {
  if (node === undefined) return 'notOwner'
  if (isOwned && candidates.canServe(facts, node)) return ''
  if (unfit !== '') return unfit
  if (candidates.advertisementsOn(facts.l2, node).length === 0) return 'noMatchingAdvertisement'
  if (!candidates.canServe(facts, node)) return 'noLocalEndpoints'
  return avoided || 'notOwner'
}

function bgpReason(facts: ServiceFacts, { node, candidates, unfit, avoided }: Here): Reason {
  if (facts.reason.bgp !== '') return facts.reason.bgp
  if (node === undefined) return 'notOwner'
  if (unfit !== '') return unfit
  if (candidates.advertisementsOn(facts.bgp, node).length === 0) return 'noMatchingAdvertisement'
  const isLocal = facts.service.trafficPolicy === 'Local'
  if (isLocal && !facts.endpointNodes.has(node.name)) return 'noLocalEndpoints'
  if (avoided === '') return ''
  const hasOther = candidates.all.some(
    (other) =>
      other.name !== node.name &&
      !other.isAvoided &&
      candidates.advertisementsOn(facts.bgp, other.node).length > 0 &&
      (!isLocal || facts.endpointNodes.has(other.name)),
  )
  return hasOther ? avoided : ''
}
