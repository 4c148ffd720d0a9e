/** Pools in places where nobody will reach their addresses, or somebody else is. */
import type { Finding } from '../../base/finding.ts'
import { formatAddress, type IpAddress, parseAddress } from '../../base/ip-address.ts'
import { contains, formatRange, type IpRange, overlaps, widthOf } from '../../base/ip-range.ts'
import type { Snapshot } from '../../kube/snapshot.ts'
import type { AddressPool, MetalConfig } from '../../metal/model.ts'

/** A node does not say how large its subnet is: as small as they commonly are, and as large as the nodes need. */
const USUAL_LENGTH = { 4: 24, 6: 64 } as const

export function checkPoolPlaces(config: MetalConfig, snapshot: Snapshot): readonly Finding[] {
  const findings: Finding[] = []
  const nodes = snapshot.nodes.flatMap(({ meta, internalIPs }) =>
    internalIPs.flatMap((text) => {
      const address = parseAddress(text)
      return address === null ? [] : [{ name: meta.name, address }]
    }),
  )
  const onLink = new Set(config.l2Advertisements.flatMap(({ pools }) => pools))
  const routed = new Set(config.bgpAdvertisements.flatMap(({ pools }) => pools))
  const add = (code: Finding['code'], { origin }: AddressPool, state: string): void => {
    findings.push({ code, severity: 'warning', message: `Cannot recommend ${origin.object}: ${state}`, origin })
  }
  for (const pool of config.pools) {
    if (!onLink.has(pool.name) && !routed.has(pool.name)) {
      const state = `pool ${pool.name} is in no advertisement, so that nobody answers for its addresses`
      add('METAL_POOL_UNANNOUNCED', pool, `${state}; add an L2Advertisement or a BGPAdvertisement`)
    }
    for (const { name, address } of nodes) {
      const range = pool.ranges.find((one) => contains(one, address))
      if (range === undefined) continue
      const text = formatAddress(address)
      add(
        'METAL_POOL_NODE_ADDRESS',
        pool,
        `${formatRange(range)} holds ${text}, the address of node ${name}; leave it out`,
      )
    }
    if (!onLink.has(pool.name)) continue
    const addresses = nodes.map(({ address }) => address)
    for (const range of pool.ranges) {
      const subnets = subnetsOf(range.family, addresses)
      if (subnets.length === 0 || subnets.some((subnet) => overlaps(subnet, range))) continue
      const known = [...new Set(subnets.map(formatRange))].slice(0, 3).join(', ')
      const state = `${formatRange(range)} is announced on the local network, and nodes are in ${known}`
      add('METAL_POOL_OFF_SUBNET', pool, `${state}; use addresses of their subnet, or announce the pool by BGP`)
    }
  }
  return findings
}

/** The usual subnet around each node, and the smallest one around all of them. */
function subnetsOf(family: 4 | 6, addresses: readonly IpAddress[]): readonly IpRange[] {
  const own = addresses.filter((address) => address.family === family)
  if (own.length === 0) return []
  const values = own.map(({ value }) => value)
  const low = values.reduce((a, b) => (a < b ? a : b))
  const high = values.reduce((a, b) => (a > b ? a : b))
  let length: number = USUAL_LENGTH[family]
  while (length > 0 && around(family, low, length).last < high) length--
  const usual = own.map(({ value }) => around(family, value, USUAL_LENGTH[family]))
  return [around(family, low, length), ...usual]
}

function around(family: 4 | 6, value: bigint, length: number): IpRange {
  const size = 1n << BigInt(widthOf(family) - length)
  const first = (value / size) * size
  return { family, first, last: first + size - 1n }
}
