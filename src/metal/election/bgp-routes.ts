/** Which prefixes this node announces to which peers. Every node that can does so; routers spread traffic over them. */
import { compareText } from '../../base/finding.ts'
import type { IpAddress } from '../../base/ip-address.ts'
import { formatBlock, widthOf } from '../../base/ip-range.ts'
import type { BgpRoute, MetalNode } from '../announcement.ts'
import { matchesAny } from '../matches-selector.ts'
import type { BgpAdvertisement, BgpPeer, Community } from '../model.ts'
import { type Contribution, type PrefixRoutes, RouteMemory } from './route-memory.ts'
import type { ServiceFacts } from './service-facts.ts'

/** What one peer is told about one prefix. */
interface Told {
  localPref: number
  readonly communities: Map<string, Community>
  readonly services: Set<string>
}

/** Peers that run on a node. */
export function peersOf(node: MetalNode, peers: readonly BgpPeer[]): readonly BgpPeer[] {
  return peers.filter(({ nodes }) => matchesAny(nodes, node.labels))
}

/**
 * Routes of Services that this node announces. One prefix that several Services or advertisements have is one route for each peer:
 * communities are united, the first preference counts (by name of the Service, then of the advertisement).
 */
export function toRoutes(
  all: readonly ServiceFacts[],
  node: MetalNode,
  peers: readonly BgpPeer[],
  memory: RouteMemory = new RouteMemory(),
): readonly BgpRoute[] {
  const names = peersOf(node, peers).map(({ name }) => name)
  memory.begin(node, names)
  const known = memory.resultFor(all)
  if (known !== null) return known
  const byPrefix = new Map<string, Contribution[]>()
  for (const facts of [...all].sort((a, b) => compareText(a.service.key, b.service.key))) {
    for (const contribution of memory.contributionsOf(facts, () => contributionsOf(facts, node))) {
      const others = byPrefix.get(contribution.prefix)
      if (others === undefined) byPrefix.set(contribution.prefix, [contribution])
      else others.push(contribution)
    }
  }
  const told = new Map<string, PrefixRoutes>()
  for (const [prefix, contributions] of inOrder(byPrefix, memory.prefixes)) {
    const routes = memory.routesOf(prefix, contributions, () => routesOf(prefix, tellAll(contributions, names), names))
    told.set(prefix, { contributions, routes })
  }
  const routes = [...told.values()].flatMap((each) => each.routes)
  memory.end(all, told, routes)
  return routes
}

function contributionsOf({ service, addresses, bgp }: ServiceFacts, node: MetalNode): readonly Contribution[] {
  const contributions: Contribution[] = []
  const selected = bgp.filter(({ nodes }) => matchesAny(nodes, node.labels))
  for (const advertisement of selected.sort((a, b) => compareText(a.name, b.name))) {
    for (const { address, pool } of addresses) {
      if (!advertisement.pools.includes(pool)) continue
      contributions.push({ ...blockOf(address, advertisement), advertisement, service: service.key })
    }
  }
  return contributions
}

function tellAll(contributions: readonly Contribution[], names: readonly string[]): ReadonlyMap<string, Told> {
  const byPeer = new Map<string, Told>()
  for (const { advertisement, service } of contributions) {
    for (const peer of names) {
      if (advertisement.peers.length > 0 && !advertisement.peers.includes(peer)) continue
      tell(byPeer, peer, advertisement, service)
    }
  }
  return byPeer
}

function tell(
  byPeer: Map<string, Told>,
  peer: string,
  { localPref, communities }: BgpAdvertisement,
  key: string,
): void {
  const known = entryOf(byPeer, peer, () => ({ localPref, communities: new Map(), services: new Set() }))
  for (const community of communities) known.communities.set(nameOf(community), community)
  known.services.add(key)
}

/** Peers that are told the same share a route; all of them together are written as none. */
function routesOf(prefix: string, byPeer: ReadonlyMap<string, Told>, names: readonly string[]): readonly BgpRoute[] {
  const groups = Map.groupBy(byPeer, ([, { localPref, communities }]) =>
    JSON.stringify([localPref, [...communities.keys()].sort(compareText)]),
  )
  const routes = [...groups.values()].map((entries) => {
    const services = new Set(entries.flatMap(([, { services }]) => [...services]))
    const [, first] = entries[0] ?? ['', { localPref: 0, communities: new Map<string, Community>() }]
    return {
      prefix,
      localPref: first.localPref,
      communities: [...first.communities.values()].sort(compareCommunities),
      peers: entries.length === names.length ? [] : entries.map(([peer]) => peer).sort(compareText),
      services: [...services].sort(compareText),
    }
  })
  return routes.sort((a, b) => compareText(a.peers.join(), b.peers.join()))
}

function blockOf(
  { family, value }: IpAddress,
  advertisement: BgpAdvertisement,
): Pick<Contribution, 'prefix' | 'family' | 'first'> {
  const length = family === 4 ? advertisement.aggregationLength : advertisement.aggregationLengthV6
  const size = 1n << BigInt(widthOf(family) - length)
  const first = (value / size) * size
  return { prefix: formatBlock({ family, first, length }), family, first }
}

/** @param known sorted prefixes of the decision before: few are new, and thousands need no sorting */
function inOrder(
  byPrefix: ReadonlyMap<string, readonly Contribution[]>,
  known: ReadonlySet<string>,
): readonly OfPrefix[] {
  const fresh = [...byPrefix].filter(([prefix]) => !known.has(prefix)).sort(comparePrefixes)
  const ordered: OfPrefix[] = []
  let at = 0
  for (const prefix of known) {
    const contributions = byPrefix.get(prefix)
    if (contributions === undefined) continue
    const one: OfPrefix = [prefix, contributions]
    for (; at < fresh.length && comparePrefixes(fresh[at]!, one) < 0; at++) ordered.push(fresh[at]!)
    ordered.push(one)
  }
  return [...ordered, ...fresh.slice(at)]
}

type OfPrefix = readonly [prefix: string, contributions: readonly Contribution[]]

function comparePrefixes([a, [x]]: OfPrefix, [b, [y]]: OfPrefix): number {
  if (x === undefined || y === undefined) return compareText(a, b)
  if (x.family !== y.family) return x.family - y.family
  return x.first < y.first ? -1 : x.first > y.first ? 1 : compareText(a, b)
}

function compareCommunities(a: Community, b: Community): number {
  const [x, y] = [numbersOf(a), numbersOf(b)]
  for (const [index, value] of x.entries()) if (value !== y[index]) return value - (y[index] ?? 0)
  return 0
}

/** Standard ones come first. */
function numbersOf(community: Community): readonly number[] {
  return community.kind === 'standard' ? [0, community.value, 0, 0] : [1, ...community.values]
}

function nameOf(community: Community): string {
  return numbersOf(community).join(':')
}

function entryOf<V>(map: Map<string, V>, key: string, create: () => V): V {
  const known = map.get(key)
  if (known !== undefined) return known
  const made = create()
  map.set(key, made)
  return made
}
