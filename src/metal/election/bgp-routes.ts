/** Which prefixes this node announces to which peers. Every node that can does so; routers spread traffic over them. */
import { compareText } from '../../base/finding.ts'
import { type IpAddress, parseAddress } from '../../base/ip-address.ts'
import { formatBlock, widthOf } from '../../base/ip-range.ts'
import type { BgpRoute, MetalNode } from '../announcement.ts'
import { matchesAny } from '../matches-selector.ts'
import type { BgpAdvertisement, BgpPeer, Community } from '../model.ts'
import { advertisementsOn } from './candidates.ts'
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
): readonly BgpRoute[] {
  const names = peersOf(node, peers).map(({ name }) => name)
  const told = new Map<string, Map<string, Told>>()
  for (const facts of [...all].sort((a, b) => compareText(a.service.key, b.service.key))) {
    for (const advertisement of advertisementsOn(facts.bgp, node).sort((a, b) => compareText(a.name, b.name))) {
      for (const { address, pool } of facts.addresses) {
        if (!advertisement.pools.includes(pool)) continue
        const byPeer = entryOf(told, prefixOf(address, advertisement), () => new Map<string, Told>())
        for (const peer of names) {
          if (advertisement.peers.length > 0 && !advertisement.peers.includes(peer)) continue
          tell(byPeer, peer, advertisement, facts.service.key)
        }
      }
    }
  }
  return [...told].flatMap(([prefix, byPeer]) => routesOf(prefix, byPeer, names)).sort(compareRoutes)
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
  return [...groups.values()].map((entries) => {
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
}

function prefixOf({ family, value }: IpAddress, advertisement: BgpAdvertisement): string {
  const length = family === 4 ? advertisement.aggregationLength : advertisement.aggregationLengthV6
  const size = 1n << BigInt(widthOf(family) - length)
  return formatBlock({ family, first: (value / size) * size, length })
}

function compareRoutes(a: BgpRoute, b: BgpRoute): number {
  return comparePrefixes(a.prefix, b.prefix) || compareText(a.peers.join(), b.peers.join())
}

function comparePrefixes(a: string, b: string): number {
  const [x, y] = [parseAddress(a.split('/')[0] ?? ''), parseAddress(b.split('/')[0] ?? '')]
  if (x === null || y === null || (x.family === y.family && x.value === y.value)) return compareText(a, b)
  return x.family - y.family || (x.value < y.value ? -1 : 1)
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
