/** How pools are announced: on the local network and by BGP. */
import { blocksOf, formatBlock } from '../../base/ip-range.ts'
import { quote } from '../../base/decode.ts'
import { compareText } from '../../base/finding.ts'
import type { BGPAdvertisementSpec, L2AdvertisementSpec } from '../../kube/metal-objects.ts'
import { matchesAny } from '../../metal/matches-selector.ts'
import type { AddressPool, BgpAdvertisement, Community, L2Advertisement } from '../../metal/model.ts'
import { faultOf, parseCommunity, sortCommunities } from './communities.ts'
import { checkSelector, checkSelectors, distinct, mayMeet } from './selectors.ts'
import type { MetalRemarks, Written } from './written.ts'

export interface AdvertisementParts {
  readonly pools: readonly AddressPool[]
  /** Also of those that are left out. */
  readonly poolNames: ReadonlySet<string>
  readonly peerNames: ReadonlySet<string>
  readonly aliases: ReadonlyMap<string, Community>
}

const MOST_32 = 4_294_967_295

/** In order of their names. Identical ones are one, unless they have preferences. */
export function settleL2(
  written: readonly Written<L2AdvertisementSpec>[],
  parts: AdvertisementParts,
  remarks: MetalRemarks,
): readonly L2Advertisement[] {
  const seen = new Set<string>()
  const settled: L2Advertisement[] = []
  for (const one of byName(written)) {
    const before = remarks.count
    const { spec } = one
    checkCommon(one, remarks)
    for (const [index, { weight, preference }] of spec.preferredNodeSelectors.entries()) {
      const path = ['preferredNodeSelectors', index] as const
      if (weight < 1 || weight > 100) {
        remarks.add('METAL_SELECTOR', one.at(...path, 'weight'), `${weight} is not from 1 to 100`)
      }
      checkSelector(one, preference, [...path, 'preference'], remarks)
    }
    if (isUnusable(remarks, before)) continue
    const rest = {
      pools: poolsOf(one, parts, remarks),
      nodes: distinct(one, spec.nodeSelectors, ['nodeSelectors'], remarks),
      interfaces: distinct(one, spec.interfaces, ['interfaces'], remarks),
      services: distinct(one, spec.serviceSelectors, ['serviceSelectors'], remarks),
      preferredNodes: spec.preferredNodeSelectors,
    }
    const text = JSON.stringify(rest)
    if (seen.has(text) && rest.preferredNodes.length === 0) continue
    seen.add(text)
    settled.push({ name: one.name, ...rest, origin: one.at() })
  }
  return settled
}

/** In order of their names. */
export function settleBgp(
  written: readonly Written<BGPAdvertisementSpec>[],
  parts: AdvertisementParts,
  remarks: MetalRemarks,
): readonly BgpAdvertisement[] {
  const settled: BgpAdvertisement[] = []
  for (const one of byName(written)) {
    const before = remarks.count
    const { spec } = one
    checkCommon(one, remarks)
    const pools = poolsOf(one, parts, remarks)
    const aggregationLength = spec.aggregationLength ?? 32
    const aggregationLengthV6 = spec.aggregationLengthV6 ?? 128
    checkAggregation(one, parts.pools, pools, remarks)
    const localPref = spec.localPref ?? 0
    if (localPref < 0 || localPref > MOST_32) {
      remarks.add('METAL_LOCAL_PREF', one.at('localPref'), `${localPref} is not from 0 to ${MOST_32}`)
    }
    const communities = settleCommunities(one, parts, remarks)
    const peers = distinct(one, spec.peers, ['peers'], remarks)
    for (const [index, name] of spec.peers.entries()) {
      if (parts.peerNames.has(name)) continue
      const state = `there is no BGPPeer ${quote(name)}; correct the name`
      remarks.addAbsent('METAL_REFERENCE', one.at('peers', index), state, `BGPPeer ${one.namespace}/${name}`)
    }
    if (isUnusable(remarks, before)) continue
    const advertisement: BgpAdvertisement = {
      name: one.name,
      pools,
      nodes: distinct(one, spec.nodeSelectors, ['nodeSelectors'], remarks),
      services: distinct(one, spec.serviceSelectors, ['serviceSelectors'], remarks),
      aggregationLength,
      aggregationLengthV6,
      localPref,
      communities,
      peers,
      origin: one.at(),
    }
    if (isInConflict(one, advertisement, settled, remarks)) continue
    settled.push(advertisement)
  }
  return settled
}

function checkCommon(written: Written<L2AdvertisementSpec | BGPAdvertisementSpec>, remarks: MetalRemarks): void {
  const { ipAddressPoolSelectors, nodeSelectors, serviceSelectors } = written.spec
  checkSelectors(written, ipAddressPoolSelectors, ['ipAddressPoolSelectors'], remarks)
  checkSelectors(written, nodeSelectors, ['nodeSelectors'], remarks)
  checkSelectors(written, serviceSelectors, ['serviceSelectors'], remarks)
}

/** Names that are there, sorted; neither names nor selectors = all. */
function poolsOf(
  written: Written<L2AdvertisementSpec | BGPAdvertisementSpec>,
  { pools, poolNames }: AdvertisementParts,
  remarks: MetalRemarks,
): readonly string[] {
  const { ipAddressPools, ipAddressPoolSelectors } = written.spec
  const all = pools.map(({ name }) => name)
  if (ipAddressPools.length === 0 && ipAddressPoolSelectors.length === 0) return all.sort(compareText)
  const names = new Set(distinct(written, ipAddressPools, ['ipAddressPools'], remarks))
  for (const [index, name] of ipAddressPools.entries()) {
    if (poolNames.has(name)) continue
    const state = `there is no IPAddressPool ${quote(name)}; correct the name`
    const absent = `IPAddressPool ${written.namespace}/${name}`
    remarks.addAbsent('METAL_REFERENCE', written.at('ipAddressPools', index), state, absent)
  }
  const selectors = distinct(written, ipAddressPoolSelectors, ['ipAddressPoolSelectors'], remarks)
  const isSelected = (labels: Readonly<Record<string, string>>): boolean =>
    selectors.length > 0 && matchesAny(selectors, labels)
  const chosen = pools.filter(({ name, labels }) => names.has(name) || isSelected(labels))
  return chosen.map(({ name }) => name).sort(compareText)
}

function checkAggregation(
  written: Written<BGPAdvertisementSpec>,
  pools: readonly AddressPool[],
  names: readonly string[],
  remarks: MetalRemarks,
): void {
  const { aggregationLength = 32, aggregationLengthV6 = 128, serviceSelectors } = written.spec
  const lengths = { 4: aggregationLength, 6: aggregationLengthV6 }
  const fields = { 4: 'aggregationLength', 6: 'aggregationLengthV6' } as const
  for (const family of [4, 6] as const) {
    const refuse = (state: string): void => remarks.add('METAL_AGGREGATION', written.at(fields[family]), state)
    const length = lengths[family]
    const most = family === 4 ? 32 : 128
    if (length < (family === 4 ? 1 : 0) || length > most) {
      refuse(`${length} is not from ${family === 4 ? 1 : 0} to ${most}`)
      continue
    }
    if (serviceSelectors.length > 0 && length !== most) {
      refuse(`${length} is written beside serviceSelectors; with these only ${most} is possible`)
    }
    for (const { name, ranges } of pools) {
      if (!names.includes(name)) continue
      for (const range of ranges) {
        if (range.family !== family) continue
        const widest = blocksOf(range).reduce((best, block) => (block.length < best.length ? block : best))
        if (length < widest.length) refuse(`${length} is shorter than the prefix of ${formatBlock(widest)} in ${name}`)
      }
    }
  }
}

function settleCommunities(
  written: Written<BGPAdvertisementSpec>,
  { aliases }: AdvertisementParts,
  remarks: MetalRemarks,
): readonly Community[] {
  const found: Community[] = []
  distinct(written, written.spec.communities, ['communities'], remarks)
  for (const [index, text] of written.spec.communities.entries()) {
    const community = aliases.get(text) ?? parseCommunity(text)
    if (community !== null) found.push(community)
    else if (text === '' || text.includes(':'))
      remarks.add('METAL_COMMUNITY', written.at('communities', index), faultOf(text))
    else {
      const state = `there is no community named ${quote(text)}; define it in a Community, or write a value as 64512:100`
      // Any Community may define the name; it stands for the object.
      const absent = `Community ${written.namespace}/${text}`
      remarks.addAbsent('METAL_COMMUNITY', written.at('communities', index), state, absent)
    }
  }
  return sortCommunities(found)
}

/** Only what the later one says can be left out: the earlier one by name stays. */
function isInConflict(
  written: Written<BGPAdvertisementSpec>,
  own: BgpAdvertisement,
  earlier: readonly BgpAdvertisement[],
  remarks: MetalRemarks,
): boolean {
  const text = textOf(own)
  for (const other of earlier) {
    if (textOf(other) === text) {
      remarks.add('METAL_ADVERTISEMENT_CONFLICT', written.at(), `it says what ${other.name} says; remove one of them`)
      return true
    }
    if (other.localPref === own.localPref || other.services.length > 0 || own.services.length > 0) continue
    const isSameRoute =
      other.pools.some((pool) => own.pools.includes(pool)) &&
      other.aggregationLength === own.aggregationLength &&
      other.aggregationLengthV6 === own.aggregationLengthV6
    const meet = (a: readonly string[], b: readonly string[]): boolean =>
      a.length === 0 || b.length === 0 || a.some((peer) => b.includes(peer))
    if (!isSameRoute || !meet(own.peers, other.peers) || !mayMeet(own.nodes, other.nodes)) continue
    const state = `${other.name} announces the same routes with ${other.localPref}; write the same, or part their peers or nodes`
    remarks.add('METAL_ADVERTISEMENT_CONFLICT', written.at('localPref'), state)
    return true
  }
  return false
}

function textOf({ name: _name, origin: _origin, ...rest }: BgpAdvertisement): string {
  return JSON.stringify(rest)
}

/** What is merely named twice or not there yet does no harm. */
function isUnusable({ findings }: MetalRemarks, before: number): boolean {
  return findings.slice(before).some(({ code }) => code !== 'METAL_DUPLICATE' && code !== 'METAL_REFERENCE')
}

function byName<Spec>(written: readonly Written<Spec>[]): readonly Written<Spec>[] {
  return [...written].sort((a, b) => compareText(a.name, b.name))
}
