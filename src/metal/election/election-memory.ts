/**
 * What a decision takes over from the one before: a change mostly concerns one Service or one node, and thousands of others stay what
 * they were. It only saves work: with or without it the same comes out. Everything is recognised by identity, so objects that did
 * not change should be the same ones.
 */
import type { L2Announcement, MetalNode } from '../announcement.ts'
import type { BgpAdvertisement, L2Advertisement, MetalConfig } from '../model.ts'
import type { LoadBalancerService, ServiceEndpoint } from '../service.ts'
import { type AddressGroup, groupByAddress } from './address-groups.ts'
import { type Candidate, Candidates } from './candidates.ts'
import { Digests } from './digests.ts'
import type { ElectionInput, ElectionOptions, Member } from './election-model.ts'
import { RouteMemory } from './route-memory.ts'
import { type ServiceFacts, toServiceFacts } from './service-facts.ts'

const NO_ENDPOINTS: readonly ServiceEndpoint[] = []

interface KnownFacts {
  readonly endpoints: readonly ServiceEndpoint[]
  readonly facts: ServiceFacts
}

interface Announced {
  readonly owner: MetalNode
  readonly announcements: readonly L2Announcement[]
}

export class ElectionMemory {
  readonly routes = new RouteMemory()
  readonly #digests = new Digests()
  #config: MetalConfig | null = null
  #facts = new WeakMap<LoadBalancerService, KnownFacts>()
  /** Lists of advertisements by the places of their members, each list once. */
  readonly #lists = new Map<string, readonly (L2Advertisement | BgpAdvertisement)[]>()
  #candidates: Candidates | null = null
  #nodes: readonly MetalNode[] = []
  #members: readonly Member[] = []
  #options: ElectionOptions | null = null
  /** Of these candidates. */
  #winners = new WeakMap<AddressGroup, Candidate | null>()
  readonly #announcements = new WeakMap<AddressGroup, Announced>()
  #grouped: readonly ServiceFacts[] = []
  #groups: readonly AddressGroup[] = []

  /** What is settled about each Service, in the order of the input. */
  factsOf({ config, services, endpoints }: ElectionInput): readonly ServiceFacts[] {
    if (config !== this.#config) {
      this.#config = config
      this.#facts = new WeakMap()
      this.#lists.clear()
    }
    const places = new Map<object, number>(
      [...config.l2Advertisements, ...config.bgpAdvertisements].map((each, index) => [each, index]),
    )
    return services.map((service) => {
      const own = endpoints.get(service.key) ?? NO_ENDPOINTS
      const known = this.#facts.get(service)
      if (known?.endpoints === own) return known.facts
      const made = toServiceFacts(service, config, own)
      const facts = { ...made, l2: this.#listOf(made.l2, places), bgp: this.#listOf(made.bgp, places) }
      this.#facts.set(service, { endpoints: own, facts })
      return facts
    })
  }

  candidatesOf({ nodes, members, options }: ElectionInput): Candidates {
    const isSame = nodes === this.#nodes && members === this.#members && options === this.#options
    if (this.#candidates !== null && isSame) return this.#candidates
    this.#nodes = nodes
    this.#members = members
    this.#options = options
    this.#digests.keepNodes(nodes)
    this.#candidates = new Candidates(nodes, members, { options, digests: this.#digests })
    this.#winners = new WeakMap()
    return this.#candidates
  }

  /** @param facts Services that somebody may announce */
  groupsOf(facts: readonly ServiceFacts[]): readonly AddressGroup[] {
    const isSame = facts.length === this.#grouped.length && facts.every((each, index) => each === this.#grouped[index])
    if (isSame) return this.#groups
    this.#groups = groupByAddress(facts, this.#groups)
    this.#grouped = facts
    this.#digests.keepAddresses(this.#groups)
    return this.#groups
  }

  /** Among the candidates of this decision. */
  winner(group: AddressGroup, find: () => Candidate | null): Candidate | null {
    const known = this.#winners.get(group)
    if (known !== undefined) return known
    const found = find()
    this.#winners.set(group, found)
    return found
  }

  announcement(
    group: AddressGroup,
    owner: MetalNode,
    make: () => readonly L2Announcement[],
  ): readonly L2Announcement[] {
    const known = this.#announcements.get(group)
    if (known?.owner === owner) return known.announcements
    const announcements = make()
    this.#announcements.set(group, { owner, announcements })
    return announcements
  }

  #listOf<T extends L2Advertisement | BgpAdvertisement>(
    list: readonly T[],
    places: ReadonlyMap<object, number>,
  ): readonly T[] {
    const key = list.map((each) => places.get(each)).join()
    const known = this.#lists.get(key) as readonly T[] | undefined
    if (known !== undefined) return known
    this.#lists.set(key, list)
    return list
  }
}
