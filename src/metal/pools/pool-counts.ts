import type { AddressPool } from '../model.ts'
import type { PoolState } from './pool-index.ts'

/** As in the status of an IPAddressPool: what fits into an int64. */
export interface PoolCounts {
  readonly pool: string
  readonly assignedIPv4: bigint
  readonly assignedIPv6: bigint
  readonly availableIPv4: bigint
  readonly availableIPv6: bigint
}

const MOST = (1n << 63n) - 1n

/** An address that several Services share counts once. */
export function countPool({ pool, used }: PoolState): PoolCounts {
  const available = (family: 4 | 6): bigint => {
    const size = sizeOf(pool, family)
    return size === MOST ? MOST : size - BigInt(used[family])
  }
  return {
    pool: pool.name,
    assignedIPv4: BigInt(used[4]),
    assignedIPv6: BigInt(used[6]),
    availableIPv4: available(4),
    availableIPv6: available(6),
  }
}

/** Addresses that a pool can give; more than an int64 holds counts as its largest value. */
export function sizeOf(pool: AddressPool, family: 4 | 6): bigint {
  let size = 0n
  for (const range of pool.ranges) {
    if (range.family !== family) continue
    size += range.last - range.first + 1n
    if (family === 4 && pool.avoidsBuggyIPs) size -= endingIn(range, 0n) + endingIn(range, 255n)
  }
  return size > MOST ? MOST : size
}

function endingIn({ first, last }: { readonly first: bigint; readonly last: bigint }, end: bigint): bigint {
  const upTo = (value: bigint): bigint => (value < end ? 0n : (value - end) / 256n + 1n)
  return upTo(last) - (first === 0n ? 0n : upTo(first - 1n))
}
