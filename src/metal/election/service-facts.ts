/** What is settled about a Service before any node is looked at. */
import { normalizeAddress, parseAddress } from '../../base/ip-address.ts'
import type { IpAddress } from '../../base/ip-address.ts'
import type { Reason } from '../announcement.ts'
import { matchesAny } from '../matches-selector.ts'
import type { AddressPool, BgpAdvertisement, L2Advertisement, MetalConfig } from '../model.ts'
import { PoolIndex } from '../pools/pool-index.ts'
import type { LoadBalancerService, ServiceEndpoint } from '../service.ts'

export interface ServiceFacts {
  readonly service: LoadBalancerService
  /** Its own, in their one spelling, in the order of its status. */
  readonly addresses: readonly { readonly text: string; readonly address: IpAddress; readonly pool: string }[]
  /** Advertisements of its pools that select it, on whatever nodes. */
  readonly l2: readonly L2Advertisement[]
  readonly bgp: readonly BgpAdvertisement[]
  /** Some endpoint, anywhere, takes traffic. */
  readonly hasEndpoint: boolean
  /** Nodes that have an endpoint of their own. */
  readonly endpointNodes: ReadonlySet<string>
  /** Why nobody can announce it; empty = somebody may. */
  readonly reason: { readonly l2: Reason; readonly bgp: Reason }
}

export function toServiceFacts(
  service: LoadBalancerService,
  config: MetalConfig,
  endpoints: readonly ServiceEndpoint[],
): ServiceFacts {
  const usable = endpoints.filter(({ isUsable }) => isUsable)
  const none = {
    service,
    addresses: [],
    l2: [],
    bgp: [],
    hasEndpoint: usable.length > 0,
    endpointNodes: new Set<string>(),
  }
  if (service.addresses.length === 0) return { ...none, reason: both('noIPAllocated') }
  const addresses: ServiceFacts['addresses'][number][] = []
  for (const text of service.addresses) {
    const address = parseAddress(text)
    if (address === null) return { ...none, reason: both('invalidIP') }
    const pool = indexOf(config.pools).rangeOf(address)?.owner.pool
    if (pool === undefined) return { ...none, reason: both('ipNotAllowed') }
    addresses.push({ text: normalizeAddress(text), address, pool: pool.name })
  }
  const pools = new Set(addresses.map(({ pool }) => pool))
  const concerns = (advertisement: L2Advertisement | BgpAdvertisement): boolean =>
    advertisement.pools.some((pool) => pools.has(pool)) && matchesAny(advertisement.services, service.labels)
  // A shared address is announced for all or for none of those who share it: selectors of Services cannot be honoured.
  const isShared = service.hasSharingAnnotation
  const isOpen = ({ services }: L2Advertisement | BgpAdvertisement): boolean => !isShared || services.length === 0
  const l2 = config.l2Advertisements.filter(concerns)
  const bgp = config.bgpAdvertisements.filter(concerns)
  const endpointReason = usable.length === 0 ? 'noEndpoints' : ''
  return {
    ...none,
    addresses,
    l2: l2.filter(isOpen),
    bgp: bgp.filter(isOpen),
    endpointNodes: new Set(usable.map(({ nodeName }) => nodeName).filter((name) => name !== '')),
    reason: {
      l2: advertisementReason(l2, l2.filter(isOpen)) || endpointReason,
      bgp:
        advertisementReason(bgp, bgp.filter(isOpen)) || conflictReason(bgp.filter(isOpen), addresses) || endpointReason,
    },
  }
}

function both(reason: Reason): { readonly l2: Reason; readonly bgp: Reason } {
  return { l2: reason, bgp: reason }
}

function advertisementReason(all: readonly unknown[], open: readonly unknown[]): Reason {
  if (open.length > 0) return ''
  return all.length > 0 ? 'sharedIPWithServiceSelector' : 'noMatchingAdvertisement'
}

/** Two that announce the same prefix to the same peer cannot differ in preference. */
function conflictReason(advertisements: readonly BgpAdvertisement[], addresses: ServiceFacts['addresses']): Reason {
  for (const [index, a] of advertisements.entries()) {
    for (const b of advertisements.slice(index + 1)) {
      if (a.localPref === b.localPref) continue
      const meets = addresses.some(
        ({ address, pool }) =>
          a.pools.includes(pool) && b.pools.includes(pool) && lengthFor(a, address) === lengthFor(b, address),
      )
      const sharesPeer = a.peers.length === 0 || b.peers.length === 0 || a.peers.some((peer) => b.peers.includes(peer))
      // Without selectors of nodes they certainly meet; with them the configuration was checked against the nodes.
      if (meets && sharesPeer && (a.nodes.length === 0 || b.nodes.length === 0)) return 'conflictingAdvertisements'
    }
  }
  return ''
}

function lengthFor(advertisement: BgpAdvertisement, { family }: IpAddress): number {
  return family === 4 ? advertisement.aggregationLength : advertisement.aggregationLengthV6
}

/** Pools are looked through for every address of every Service. */
const indexes = new WeakMap<readonly AddressPool[], PoolIndex>()

function indexOf(pools: readonly AddressPool[]): PoolIndex {
  let index = indexes.get(pools)
  if (index === undefined) {
    index = new PoolIndex(pools)
    indexes.set(pools, index)
  }
  return index
}
