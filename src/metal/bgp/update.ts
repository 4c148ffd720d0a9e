/** UPDATE messages that we send: prefixes with the same attributes share them, each message within 4096 bytes. */
import {
  FLAG_TRANSITIVE,
  NEXT_HOP,
  encodeAttribute,
  encodePath,
  encodeReach,
  encodeUnreach,
  joinBytes,
  type PathContext,
  type RouteAttributes,
} from './attributes.ts'
import type { Family } from './ip-bytes.ts'
import { HEADER_BYTES, MOST_BYTES, TYPE_UPDATE, toMessage } from './message.ts'
import { prefixSize, writePrefix, type Prefix } from './prefix.ts'

/** Two lengths, of withdrawn prefixes and of attributes. */
const FIXED_BYTES = HEADER_BYTES + 4
/** Flags, type, two bytes of length; AFI, SAFI, length of the next hop, reserved. */
const REACH_BYTES = 4 + 5
const UNREACH_BYTES = 4 + 3

/**
 * @param nextHop of 4 bytes for IPv4 in its own form; anything else goes into MP_REACH
 * @returns whole messages; `null` when the attributes alone leave no room for a prefix
 */
export function encodeAnnouncements(
  family: Family,
  prefixes: readonly Prefix[],
  nextHop: Uint8Array,
  context: PathContext,
  attributes: RouteAttributes,
): Uint8Array[] | null {
  const [before, after] = encodePath(context, attributes)
  const isPlain = isPlainForm(family, nextHop)
  const hop = isPlain ? encodeAttribute(FLAG_TRANSITIVE, NEXT_HOP, nextHop) : new Uint8Array(0)
  const used = FIXED_BYTES + before.length + after.length + hop.length + (isPlain ? 0 : REACH_BYTES + nextHop.length)
  const room = MOST_BYTES - used
  if (room < (family === 4 ? 5 : 17)) return null
  return splitPrefixes(prefixes, room).map((bytes) =>
    isPlain
      ? toUpdate(new Uint8Array(0), joinBytes([before, hop, after]), bytes)
      : // RFC 7606 5.1: MP_REACH comes first.
        toUpdate(new Uint8Array(0), joinBytes([encodeReach(family, nextHop, bytes), before, after]), new Uint8Array(0)),
  )
}

/** @param isPlain IPv4 that was announced in its own form, see {@link isPlainForm} */
export function encodeWithdrawals(family: Family, prefixes: readonly Prefix[], isPlain: boolean): Uint8Array[] {
  const none = new Uint8Array(0)
  if (isPlain) return splitPrefixes(prefixes, MOST_BYTES - FIXED_BYTES).map((bytes) => toUpdate(bytes, none, none))
  return splitPrefixes(prefixes, MOST_BYTES - FIXED_BYTES - UNREACH_BYTES).map((bytes) =>
    toUpdate(none, encodeUnreach(family, bytes), none),
  )
}

/** Says that all routes of the family have been sent (RFC 4724 2). */
export function encodeEndOfRib(family: Family): Uint8Array {
  const none = new Uint8Array(0)
  return toUpdate(none, family === 4 ? none : encodeUnreach(family, none), none)
}

/** IPv4 prefixes with an IPv4 next hop need no multiprotocol attributes. */
export function isPlainForm(family: Family, nextHop: Uint8Array): boolean {
  return family === 4 && nextHop.length === 4
}

/** @param room bytes for prefixes in one message */
function splitPrefixes(prefixes: readonly Prefix[], room: number): Uint8Array[] {
  const parts: Uint8Array[] = []
  const buffer = new Uint8Array(room)
  let at = 0
  for (const prefix of prefixes) {
    if (at + prefixSize(prefix) > room) {
      parts.push(buffer.slice(0, at))
      at = 0
    }
    at = writePrefix(buffer, at, prefix)
  }
  if (at > 0) parts.push(buffer.slice(0, at))
  return parts
}

function toUpdate(withdrawn: Uint8Array, attributes: Uint8Array, prefixes: Uint8Array): Uint8Array {
  const lengths = (value: Uint8Array): Uint8Array => Uint8Array.of(value.length >> 8, value.length & 0xff)
  return toMessage(TYPE_UPDATE, joinBytes([lengths(withdrawn), withdrawn, lengths(attributes), attributes, prefixes]))
}
