/** ROUTE-REFRESH messages (RFC 2918; the marks of RFC 7313 are read and passed over). */
import { afiOf, familyOf } from './capabilities.ts'
import type { Family } from './ip-bytes.ts'
import { TYPE_ROUTE_REFRESH, toMessage } from './message.ts'
import { ROUTE_REFRESH_ERROR, toFault, type Decoded } from './notification.ts'

export function encodeRouteRefresh(family: Family): Uint8Array {
  return toMessage(TYPE_ROUTE_REFRESH, Uint8Array.of(0, afiOf(family), 0, 1))
}

/** @returns `null` for a family that is not ours, and for what is no request */
export function decodeRouteRefresh(body: Uint8Array): Decoded<Family | null> {
  const [afiHigh = 0, afiLow = 0, subtype = 0, safi = 0] = body
  if (body.length !== 4) {
    // With filters of RFC 5291, which were not offered, or cut off.
    const fault = toFault(ROUTE_REFRESH_ERROR, 1, `A ROUTE-REFRESH has ${body.length} bytes`, body.slice(0, 64))
    return { ok: false, fault }
  }
  return { ok: true, value: subtype === 0 ? familyOf((afiHigh << 8) | afiLow, safi) : null }
}
