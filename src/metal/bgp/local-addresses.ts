/** What this side says about itself: its router id, and next hops for both families. */
import { createHash } from 'node:crypto'
import { networkInterfaces, type NetworkInterfaceInfo } from 'node:os'
import { formatIp, parseIp, type Family } from './ip-bytes.ts'

type Interfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>

/**
 * In this order: what is configured, the session's own IPv4 address, the first one on the same interface, and a hash of
 * the node's name, which is the same after a restart.
 */
export function chooseRouterId(
  configured: string,
  localAddress: string,
  nodeName: string,
  interfaces: Interfaces = networkInterfaces(),
): string {
  if (configured !== '') return configured
  const nextHop = nextHopOf(4, localAddress, interfaces)
  if (nextHop !== null) return formatIp(nextHop)
  const hash = createHash('sha256').update(nodeName).digest()
  // Some routers refuse what cannot be a host's address.
  return `${1 + ((hash[0] ?? 0) % 126)}.${hash[1]}.${hash[2]}.${hash[3]}`
}

/**
 * The session's own address, or for the other family an address of the same interface.
 * @returns `null` when there is none
 */
export function nextHopOf(
  family: Family,
  localAddress: string,
  interfaces: Interfaces = networkInterfaces(),
): Uint8Array | null {
  const local = parseIp(localAddress.replace(/%.*/, ''))
  if (local === null) return null
  if ((local.length === 4) === (family === 4)) return local
  const text = formatIp(local)
  const own = Object.values(interfaces).find((addresses) =>
    addresses?.some(({ address }) => formatIp(parseIp(address.replace(/%.*/, '')) ?? new Uint8Array(16)) === text),
  )
  const candidates = (own ?? []).flatMap(({ address, family: name }) =>
    (name === 'IPv4') === (family === 4) ? [parseIp(address.replace(/%.*/, '')) ?? new Uint8Array(0)] : [],
  )
  const global = candidates.find(
    (bytes) => bytes.length === 4 || (bytes[0] === 0xfe ? (bytes[1] ?? 0) >> 6 !== 2 : true),
  )
  return global ?? candidates[0] ?? null
}
