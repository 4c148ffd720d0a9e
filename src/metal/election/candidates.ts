/**
 * Which nodes can announce an address on the local network, and which of them gets it. What is the same for all addresses of the same
 * advertisements is worked out once.
 */
import { compareText } from '../../base/finding.ts'
import { contains, type IpRange, parseCidr } from '../../base/ip-range.ts'
import type { MetalNode } from '../announcement.ts'
import { matchesAny, matchesSelector } from '../matches-selector.ts'
import type { BgpAdvertisement, L2Advertisement } from '../model.ts'
import type { AddressGroup } from './address-groups.ts'
import { compareWhole, type Digests, headOf } from './digests.ts'
import type { ElectionOptions, Member } from './election-model.ts'
import { avoidedReason, unfitReason } from './node-fitness.ts'
import type { ServiceFacts } from './service-facts.ts'

/** A node whose speaker is heard and that takes part at all. */
export interface Candidate {
  readonly node: MetalNode
  readonly name: string
  readonly isSettled: boolean
  readonly isAvoided: boolean
  /** `null` = not known. */
  readonly interfaces: readonly CandidateInterface[] | null
  /** Of its digests. */
  readonly column: number
}

interface CandidateInterface {
  readonly name: string
  readonly networks: readonly IpRange[]
}

/** A candidate for certain advertisements. */
interface Entrant {
  readonly candidate: Candidate
  /** The same object for all who have the same networks; `null` = not known. */
  readonly networks: readonly IpRange[] | null
  /** Sum over those advertisements that select the node at all. Source: MetalLB's `preferredNodeSelectors`. */
  readonly score: number
}

type Advertisements = readonly L2Advertisement[] | readonly BgpAdvertisement[]

export class Candidates {
  /** By name. */
  readonly all: readonly Candidate[]
  readonly #options: ElectionOptions
  readonly #digests: Digests
  /** By list of advertisements, each list the same object wherever it is the same. */
  readonly #selected = new WeakMap<Advertisements, Map<MetalNode, Advertisements>>()
  readonly #servers = new WeakMap<Advertisements, readonly Candidate[]>()
  readonly #entrants = new WeakMap<Advertisements, readonly Entrant[]>()
  readonly #networks = new Map<string, readonly IpRange[]>()
  readonly #networksOf = new WeakMap<readonly CandidateInterface[], readonly IpRange[]>()

  constructor(
    nodes: readonly MetalNode[],
    members: readonly Member[],
    { options, digests }: { readonly options: ElectionOptions; readonly digests: Digests },
  ) {
    this.#options = options
    this.#digests = digests
    const byName = new Map(members.map((member) => [member.name, member]))
    const all: Candidate[] = []
    for (const node of nodes) {
      const { name } = node
      const member = byName.get(name)
      if (member === undefined || unfitReason(node, options) !== '') continue
      const interfaces =
        member.interfaces?.map((each) => ({
          name: each.name,
          networks: each.prefixes.map((prefix) => parseCidr(prefix)).filter((range) => range !== null),
        })) ?? null
      const isAvoided = avoidedReason(node, options) !== ''
      all.push({ node, name, isSettled: member.isSettled, isAvoided, interfaces, column: digests.columnOf(name) })
    }
    this.all = all.sort((a, b) => compareText(a.name, b.name))
  }

  /** Advertisements that select a node. */
  advertisementsOn<T extends L2Advertisement | BgpAdvertisement>(all: readonly T[], node: MetalNode): readonly T[] {
    const key = all as unknown as Advertisements
    let byNode = this.#selected.get(key)
    if (byNode === undefined) {
      byNode = new Map()
      this.#selected.set(key, byNode)
    }
    let selected = byNode.get(node)
    if (selected === undefined) {
      selected = all.filter(({ nodes }) => matchesAny(nodes, node.labels)) as unknown as Advertisements
      byNode.set(node, selected)
    }
    return selected as unknown as readonly T[]
  }

  /** True when an advertisement selects the node and, if traffic stays local, the node has an endpoint. */
  canServe(facts: ServiceFacts, node: MetalNode): boolean {
    if (this.advertisementsOn(facts.l2, node).length === 0) return false
    return facts.service.trafficPolicy === 'Cluster' || facts.endpointNodes.has(node.name)
  }

  /**
   * Who gets a group of addresses; `null` = nobody can have it. Advertisements and local endpoints are conditions; what may be
   * wrong everywhere at once (readiness, networks, interfaces, time since they came back) only moves those out who fail it while
   * others do not.
   *
   * @param hasRoom who is asked first; when none of those who come into question has room, it does not matter
   */
  best(group: AddressGroup, hasRoom: (candidate: Candidate) => boolean = () => true): Candidate | null {
    let left = this.#withMostNetworks(this.#entrantsFor(group), group)
    left = preferring(left, ({ candidate }) => candidate.isSettled)
    const { firstAddress } = group
    const row = this.#digests.rowOf(firstAddress)
    const isBefore = (a: Entrant, b: Entrant): boolean => {
      if (a.score !== b.score) return a.score > b.score
      const order = headOf(row, firstAddress, a.candidate) - headOf(row, firstAddress, b.candidate)
      return (order === 0 ? compareWhole(a.candidate.name, b.candidate.name, firstAddress) : order) < 0
    }
    let best: Entrant | null = null
    let bestWithRoom: Entrant | null = null
    for (const entrant of left) {
      if (best === null || isBefore(entrant, best)) best = entrant
      if ((bestWithRoom === null || isBefore(entrant, bestWithRoom)) && hasRoom(entrant.candidate)) {
        bestWithRoom = entrant
      }
    }
    return (bestWithRoom ?? best)?.candidate ?? null
  }

  #entrantsFor({ members }: AddressGroup): readonly Entrant[] {
    const lists = [...new Set(members.map(({ l2 }) => l2))]
    const [only] = lists
    const isPlain = lists.length === 1 && members.every(({ service }) => service.trafficPolicy === 'Cluster')
    if (only === undefined || !isPlain) return this.#enter(this.#serversOfAll(members), lists)
    let entrants = this.#entrants.get(only)
    if (entrants === undefined) {
      entrants = this.#enter(this.#serversFor(only), lists)
      this.#entrants.set(only, entrants)
    }
    return entrants
  }

  /** On which an advertisement is in force. */
  #serversFor(list: readonly L2Advertisement[]): readonly Candidate[] {
    let servers = this.#servers.get(list)
    if (servers === undefined) {
      servers = this.all.filter(({ node }) => this.advertisementsOn(list, node).length > 0)
      this.#servers.set(list, servers)
    }
    return servers
  }

  #serversOfAll(members: readonly ServiceFacts[]): readonly Candidate[] {
    const sets = new Set<readonly Candidate[]>()
    for (const { l2, service, endpointNodes } of members) {
      const servers = this.#serversFor(l2)
      if (service.trafficPolicy === 'Cluster') sets.add(servers)
      else sets.add(servers.filter(({ name }) => endpointNodes.has(name)))
    }
    const counts = new Map<Candidate, number>()
    for (const set of sets) for (const each of set) counts.set(each, (counts.get(each) ?? 0) + 1)
    const common = [...counts].filter(([, count]) => count === sets.size).map(([each]) => each)
    // Those who share an address may have endpoints on different nodes only: then each node that serves one of them is as good.
    return common.length > 0 ? common : [...counts.keys()]
  }

  #enter(servers: readonly Candidate[], lists: readonly (readonly L2Advertisement[])[]): readonly Entrant[] {
    const all = servers.map((candidate) => {
      const advertisements = [...new Set(lists.flatMap((list) => this.advertisementsOn(list, candidate.node)))]
      const wished = wishedInterfaces(advertisements)
      const { interfaces } = candidate
      const usable =
        interfaces === null || wished.length === 0 ? interfaces : interfaces.filter(({ name }) => wished.includes(name))
      const networks = usable === null ? null : this.#sameNetworks(usable)
      return { candidate, usable, networks, score: scoreOf(advertisements, candidate.node) }
    })
    const ready = preferring(all, ({ candidate }) => !candidate.isAvoided)
    return preferring(ready, ({ usable }) => usable?.length !== 0)
  }

  #sameNetworks(interfaces: readonly CandidateInterface[]): readonly IpRange[] {
    const found = this.#networksOf.get(interfaces)
    if (found !== undefined) return found
    const networks = interfaces.flatMap((each) => each.networks)
    const texts = new Set(networks.map(({ family, first, last }) => `${family} ${first}-${last}`))
    const key = [...texts].sort().join()
    const same = this.#networks.get(key) ?? networks
    this.#networks.set(key, same)
    this.#networksOf.set(interfaces, same)
    return same
  }

  /** Those whose interfaces have networks of the most addresses of the group; all when nobody has any. */
  #withMostNetworks(entrants: readonly Entrant[], { addresses }: AddressGroup): readonly Entrant[] {
    const first = entrants[0]?.networks
    if (this.#options.ignoresSubnets || entrants.every(({ networks }) => networks === first)) return entrants
    const counts = new Map<readonly IpRange[] | null, number>()
    for (const { networks } of entrants) {
      if (counts.has(networks)) continue
      const covered = addresses.filter(
        ({ address }) => networks === null || networks.some((network) => contains(network, address)),
      )
      counts.set(networks, covered.length)
    }
    const most = Math.max(...counts.values())
    return entrants.filter(({ networks }) => counts.get(networks) === most)
  }
}

/** Names of interfaces on which advertisements want something announced; empty = on all. */
export function wishedInterfaces(advertisements: readonly L2Advertisement[]): readonly string[] {
  const lists = advertisements.map(({ interfaces }) => interfaces)
  return lists.some((list) => list.length === 0) ? [] : [...new Set(lists.flat())].sort(compareText)
}

function scoreOf(advertisements: readonly L2Advertisement[], node: MetalNode): number {
  let score = 0
  for (const { preferredNodes } of advertisements) {
    for (const { weight, preference } of preferredNodes) if (matchesSelector(preference, node.labels)) score += weight
  }
  return score
}

function preferring<T>(all: readonly T[], test: (each: T) => boolean): readonly T[] {
  if (all.every(test)) return all
  const better = all.filter(test)
  return better.length > 0 ? better : all
}
