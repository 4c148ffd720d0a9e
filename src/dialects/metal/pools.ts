/** Address pools: what their addresses mean, and that no address is in two of them. */
import { compareText } from '../../base/finding.ts'
import { formatAddress } from '../../base/ip-address.ts'
import { formatRange, overlaps, parseRange } from '../../base/ip-range.ts'
import type { IPAddressPoolSpec } from '../../kube/metal-objects.ts'
import type { AddressPool, AddressRange, PoolAllocation } from '../../metal/model.ts'
import { comparePools } from '../../metal/pools/pool-index.ts'
import { checkSelectors, distinct } from './selectors.ts'
import type { MetalRemarks, Written } from './written.ts'

/** Bad ones are left out, and of two that overlap the later one by name. */
export function settlePools(
  written: readonly Written<IPAddressPoolSpec>[],
  remarks: MetalRemarks,
): readonly AddressPool[] {
  const kept: AddressPool[] = []
  const names = new Set<string>()
  const rooms: Record<4 | 6, Room[]> = { 4: [], 6: [] }
  for (const one of [...written].sort((a, b) => compareText(a.name, b.name))) {
    if (names.has(one.name)) {
      remarks.add('METAL_DUPLICATE', one.at(), `there is a pool ${one.name} already; give it another name`)
      continue
    }
    names.add(one.name)
    const pool = toPool(one, remarks)
    if (pool === null || !isAlone(one, pool, rooms, remarks)) continue
    kept.push(pool)
  }
  return kept.sort(comparePools)
}

function toPool(written: Written<IPAddressPoolSpec>, remarks: MetalRemarks): AddressPool | null {
  const { spec, name, labels } = written
  const before = remarks.count
  const ranges: AddressRange[] = []
  if (spec.addresses.length === 0) {
    const state = 'it has no addresses; write for example 192.0.2.10-192.0.2.20'
    remarks.add('METAL_ADDRESSES', written.at('addresses'), state)
  }
  for (const [index, text] of spec.addresses.entries()) {
    const range = parseRange(text)
    const at = written.at('addresses', index)
    if ('fault' in range) {
      remarks.add(range.isBackwards ? 'METAL_RANGE_BACKWARDS' : 'METAL_ADDRESSES', at, range.fault)
      continue
    }
    const other = ranges.find((earlier) => overlaps(earlier, range))
    if (other === undefined) ranges.push(range)
    else remarks.add('METAL_ADDRESS_TWICE', at, `${formatRange(other)} of the same pool holds addresses of it`)
  }
  const allocation = toAllocation(written, remarks)
  if (ranges.length !== spec.addresses.length || ranges.length === 0) return null
  if (remarks.findings.slice(before).some(({ code }) => code === 'METAL_SELECTOR')) return null
  return {
    name,
    ranges,
    labels,
    isAutoAssigned: spec.autoAssign ?? true,
    avoidsBuggyIPs: spec.avoidBuggyIPs ?? false,
    allocation,
    origin: written.at(),
  }
}

function toAllocation(written: Written<IPAddressPoolSpec>, remarks: MetalRemarks): PoolAllocation | null {
  const allocation = written.spec.serviceAllocation
  if (allocation === undefined) return null
  const { priority, namespaceSelectors, serviceSelectors } = allocation
  const names = distinct(written, allocation.namespaces, ['serviceAllocation', 'namespaces'], remarks)
  checkSelectors(written, namespaceSelectors, ['serviceAllocation', 'namespaceSelectors'], remarks)
  checkSelectors(written, serviceSelectors, ['serviceAllocation', 'serviceSelectors'], remarks)
  const isForSome = names.length > 0 || namespaceSelectors.length > 0
  return {
    priority,
    namespaces: isForSome
      ? {
          names,
          selectors: distinct(written, namespaceSelectors, ['serviceAllocation', 'namespaceSelectors'], remarks),
        }
      : null,
    services: distinct(written, serviceSelectors, ['serviceAllocation', 'serviceSelectors'], remarks),
  }
}

/** Addresses of pools that are kept, ascending. */
interface Room {
  readonly range: AddressRange
  readonly pool: string
}

function isAlone(
  written: Written<IPAddressPoolSpec>,
  pool: AddressPool,
  rooms: Readonly<Record<4 | 6, Room[]>>,
  remarks: MetalRemarks,
): boolean {
  const before = remarks.count
  for (const [index, range] of pool.ranges.entries()) {
    const taken = neighbours(rooms[range.family], range).find((room) => overlaps(room.range, range))
    if (taken === undefined) continue
    const first = range.first > taken.range.first ? range.first : taken.range.first
    const last = range.last < taken.range.last ? range.last : taken.range.last
    const shared = first === last ? formatAddress({ family: range.family, value: first }) : null
    const which = shared ?? formatRange({ family: range.family, first, last })
    remarks.add('METAL_POOLS_OVERLAP', written.at('addresses', index), `pool ${taken.pool} has ${which} too`)
  }
  if (remarks.count > before) return false
  for (const range of pool.ranges) {
    const room = rooms[range.family]
    room.splice(placeOf(room, range.first), 0, { range, pool: pool.name })
  }
  return true
}

/** Those among disjoint ones that begin last before a range ends, and the one before: all that could overlap it. */
function neighbours(room: readonly Room[], { first, last }: AddressRange): readonly Room[] {
  return room.slice(Math.max(0, placeOf(room, first) - 1), placeOf(room, last + 1n))
}

function placeOf(room: readonly Room[], first: bigint): number {
  let low = 0
  let high = room.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (room[middle]!.range.first < first) low = middle + 1
    else high = middle
  }
  return low
}
