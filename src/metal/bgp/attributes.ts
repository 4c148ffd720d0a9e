/**
 * Path attributes that go with our routes (RFC 4271 5): ORIGIN, AS_PATH, NEXT_HOP, LOCAL_PREF (iBGP), COMMUNITIES
 * (RFC 1997), LARGE_COMMUNITY (RFC 8092), AS4_PATH for peers of two octets (RFC 6793), MP_REACH and MP_UNREACH (RFC 4760).
 */
import type { Community } from '../model.ts'
import { afiOf } from './capabilities.ts'
import type { Family } from './ip-bytes.ts'
import { AS_TRANS } from './open.ts'

export const ORIGIN = 1
export const AS_PATH = 2
export const NEXT_HOP = 3
export const MED = 4
export const LOCAL_PREF = 5
export const ATOMIC_AGGREGATE = 6
export const AGGREGATOR = 7
export const COMMUNITIES = 8
export const MP_REACH = 14
export const MP_UNREACH = 15
export const EXTENDED_COMMUNITIES = 16
export const AS4_PATH = 17
export const AS4_AGGREGATOR = 18
export const LARGE_COMMUNITIES = 32

export const FLAG_OPTIONAL = 0x80
export const FLAG_TRANSITIVE = 0x40
export const FLAG_PARTIAL = 0x20
export const FLAG_EXTENDED = 0x10

export const AS_SEQUENCE = 2
/** What a route has that says nothing (RFC 4271 leaves it open, every router takes 100). */
const DEFAULT_LOCAL_PREF = 100

/** What is the same for all routes of a session. */
export interface PathContext {
  readonly myAsn: number
  readonly isInternal: boolean
  /** AS numbers of four octets were agreed on. */
  readonly hasAs4: boolean
}

/** What routes may share an UPDATE by. */
export interface RouteAttributes {
  /** 0 = unset. */
  readonly localPref: number
  readonly communities: readonly Community[]
}

/** One attribute with its flags, type and length. */
export function encodeAttribute(flags: number, type: number, value: Uint8Array): Uint8Array {
  const isLong = value.length > 255
  const head = isLong
    ? [flags | FLAG_EXTENDED, type, value.length >> 8, value.length & 0xff]
    : [flags, type, value.length]
  const bytes = new Uint8Array(head.length + value.length)
  bytes.set(head)
  bytes.set(value, head.length)
  return bytes
}

/** All but next hop and prefixes, in ascending order of types as RFC 4271 5 recommends, split where NEXT_HOP goes. */
export function encodePath(context: PathContext, attributes: RouteAttributes): [Uint8Array, Uint8Array] {
  const { myAsn, isInternal, hasAs4 } = context
  const isCut = !hasAs4 && myAsn > 0xffff
  const path = isInternal
    ? []
    : hasAs4
      ? [AS_SEQUENCE, 1, ...u32(myAsn)]
      : [AS_SEQUENCE, 1, ...u16(isCut ? AS_TRANS : myAsn)]
  const before = [
    encodeAttribute(FLAG_TRANSITIVE, ORIGIN, Uint8Array.of(0)),
    encodeAttribute(FLAG_TRANSITIVE, AS_PATH, Uint8Array.from(path)),
  ]
  const after: Uint8Array[] = []
  if (isInternal) {
    const value = attributes.localPref === 0 ? DEFAULT_LOCAL_PREF : attributes.localPref
    after.push(encodeAttribute(FLAG_TRANSITIVE, LOCAL_PREF, Uint8Array.from(u32(value))))
  }
  const standard = attributes.communities.flatMap((each) => (each.kind === 'standard' ? u32(each.value) : []))
  if (standard.length > 0) after.push(encodeAttribute(0xc0, COMMUNITIES, Uint8Array.from(standard)))
  if (isCut && !isInternal) after.push(encodeAttribute(0xc0, AS4_PATH, Uint8Array.of(AS_SEQUENCE, 1, ...u32(myAsn))))
  const large = attributes.communities.flatMap((each) => (each.kind === 'large' ? each.values.flatMap(u32) : []))
  if (large.length > 0) after.push(encodeAttribute(0xc0, LARGE_COMMUNITIES, Uint8Array.from(large)))
  return [joinBytes(before), joinBytes(after)]
}

/** @param nextHop 4, 16 or 32 bytes (global and link-local, RFC 2545 3). @param prefixes as on the wire */
export function encodeReach(family: Family, nextHop: Uint8Array, prefixes: Uint8Array): Uint8Array {
  const head = Uint8Array.of(0, afiOf(family), 1, nextHop.length, ...nextHop, 0)
  return encodeAttribute(FLAG_OPTIONAL, MP_REACH, joinBytes([head, prefixes]))
}

/** Without prefixes it is the End-of-RIB of the family (RFC 4724 2). */
export function encodeUnreach(family: Family, prefixes: Uint8Array): Uint8Array {
  return encodeAttribute(FLAG_OPTIONAL, MP_UNREACH, joinBytes([Uint8Array.of(0, afiOf(family), 1), prefixes]))
}

export function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

function u16(value: number): number[] {
  return [value >>> 8, value & 0xff]
}

function u32(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff]
}
