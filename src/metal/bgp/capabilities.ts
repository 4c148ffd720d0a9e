/**
 * Capabilities of an OPEN (RFC 5492): multiprotocol (RFC 4760), route refresh (RFC 2918), IPv6 next hops for IPv4
 * (RFC 8950), graceful restart (RFC 4724), 4-octet AS numbers (RFC 6793). Others are passed over.
 */
import type { Family } from './ip-bytes.ts'

export const CAPABILITY_MULTIPROTOCOL = 1
export const CAPABILITY_ROUTE_REFRESH = 2
export const CAPABILITY_EXTENDED_NEXT_HOP = 5
export const CAPABILITY_GRACEFUL_RESTART = 64
export const CAPABILITY_AS4 = 65

const SAFI_UNICAST = 1

export interface Capabilities {
  /** Unicast families that were named; empty = none was, which means IPv4 only (RFC 4760 8). */
  readonly families: readonly Family[]
  readonly hasRouteRefresh: boolean
  /** IPv4 prefixes may have an IPv6 next hop. */
  readonly hasExtendedNextHop: boolean
  /** `null` = not offered. */
  readonly gracefulRestart: GracefulRestart | null
  /** `null` = AS numbers of two octets only. */
  readonly asn: number | null
}

export interface GracefulRestart {
  /** The sender has restarted: it waits for the routes of others and is not waited for. */
  readonly isRestarting: boolean
  /** Seconds that routes are kept, at most 4095. */
  readonly restartSeconds: number
  /** Families whose forwarding goes on over a restart. */
  readonly preserved: readonly Family[]
}

/** @returns the capabilities one behind another, without the optional parameter around them */
export function encodeCapabilities(capabilities: Capabilities): Uint8Array {
  const { families, hasRouteRefresh, hasExtendedNextHop, gracefulRestart, asn } = capabilities
  const bytes: number[] = []
  const add = (code: number, value: readonly number[]): void => {
    bytes.push(code, value.length, ...value)
  }
  for (const family of families) add(CAPABILITY_MULTIPROTOCOL, [0, afiOf(family), 0, SAFI_UNICAST])
  if (hasRouteRefresh) add(CAPABILITY_ROUTE_REFRESH, [])
  if (hasExtendedNextHop) add(CAPABILITY_EXTENDED_NEXT_HOP, [0, 1, 0, SAFI_UNICAST, 0, 2])
  if (gracefulRestart !== null) {
    const { isRestarting, restartSeconds, preserved } = gracefulRestart
    const word = (isRestarting ? 0x8000 : 0) | Math.min(restartSeconds, 0xfff)
    const entries = preserved.flatMap((family) => [0, afiOf(family), SAFI_UNICAST, 0x80])
    add(CAPABILITY_GRACEFUL_RESTART, [word >> 8, word & 0xff, ...entries])
  }
  if (asn !== null) add(CAPABILITY_AS4, [asn >>> 24, (asn >>> 16) & 0xff, (asn >>> 8) & 0xff, asn & 0xff])
  return Uint8Array.from(bytes)
}

/** Reads capabilities to the end of `bytes` into `found`. @returns false when one is cut off or of a wrong length */
export function decodeCapabilities(bytes: Uint8Array, found: CapabilityDraft): boolean {
  let at = 0
  while (at < bytes.length) {
    if (at + 2 > bytes.length) return false
    const length = bytes[at + 1] ?? 0
    const value = bytes.subarray(at + 2, at + 2 + length)
    if (value.length !== length) return false
    if (!decodeCapability(bytes[at] ?? 0, value, found)) return false
    at += 2 + length
  }
  return true
}

export type CapabilityDraft = { -readonly [K in keyof Capabilities]: Capabilities[K] }

function decodeCapability(code: number, value: Uint8Array, found: CapabilityDraft): boolean {
  const view = new DataView(value.buffer, value.byteOffset, value.length)
  switch (code) {
    case CAPABILITY_MULTIPROTOCOL: {
      if (value.length !== 4) return false
      const family = familyOf(view.getUint16(0), value[3] ?? 0)
      if (family !== null && !found.families.includes(family)) found.families = [...found.families, family]
      return true
    }
    case CAPABILITY_ROUTE_REFRESH:
      found.hasRouteRefresh = true
      return value.length === 0
    case CAPABILITY_EXTENDED_NEXT_HOP:
      if (value.length % 6 !== 0) return false
      for (let at = 0; at < value.length; at += 6) {
        const isIpv4 = familyOf(view.getUint16(at), view.getUint16(at + 2)) === 4
        if (isIpv4 && view.getUint16(at + 4) === 2) found.hasExtendedNextHop = true
      }
      return true
    case CAPABILITY_GRACEFUL_RESTART: {
      if (value.length % 4 !== 2) return false
      const word = view.getUint16(0)
      const preserved: Family[] = []
      for (let at = 2; at < value.length; at += 4) {
        const family = familyOf(view.getUint16(at), value[at + 2] ?? 0)
        const isPreserved = ((value[at + 3] ?? 0) & 0x80) !== 0
        if (family !== null && isPreserved && !preserved.includes(family)) preserved.push(family)
      }
      found.gracefulRestart = { isRestarting: (word & 0x8000) !== 0, restartSeconds: word & 0xfff, preserved }
      return true
    }
    case CAPABILITY_AS4:
      if (value.length !== 4) return false
      found.asn = view.getUint32(0)
      return true
    default:
      return true
  }
}

/** The address family number of IANA. */
export function afiOf(family: Family): 1 | 2 {
  return family === 4 ? 1 : 2
}

/** @returns `null` for what is not IPv4 or IPv6 unicast */
export function familyOf(afi: number, safi: number): Family | null {
  if (safi !== SAFI_UNICAST) return null
  return afi === 1 ? 4 : afi === 2 ? 6 : null
}
