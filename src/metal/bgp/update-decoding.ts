/**
 * Reads UPDATE messages of a peer (RFC 4271 6.3 with RFC 7606): what leaves open which prefixes are meant ends the session;
 * any other mistake makes the message's routes withdrawn ones, and is reported as `malformed`.
 */
import { MP_REACH, MP_UNREACH, FLAG_EXTENDED } from './attributes.ts'
import { checkAttribute, missingAttribute, type AttributeContext, type KnownAttributes } from './attribute-check.ts'
import { familyOf } from './capabilities.ts'
import type { Family } from './ip-bytes.ts'
import { UPDATE_ERROR, toFault, type BgpFault, type Decoded } from './notification.ts'
import { decodePrefixes, type Prefix } from './prefix.ts'

export interface Update {
  readonly withdrawn: readonly Prefix[]
  readonly announced: readonly Prefix[]
  readonly attributes: KnownAttributes
  /** Set for an End-of-RIB. */
  readonly endOfRib: Family | null
  /** The first mistake that RFC 7606 answers by treating the routes as withdrawn. */
  readonly malformed: BgpFault | null
}

interface Draft {
  withdrawn: Prefix[]
  announced: Prefix[]
  readonly attributes: { -readonly [K in keyof KnownAttributes]: KnownAttributes[K] }
  malformed: BgpFault | null
  /** An MP_UNREACH with nothing in it. */
  emptyUnreach: Family | null
}

export function decodeUpdate(body: Uint8Array, context: AttributeContext): Decoded<Update> {
  if (body.length < 4) return fail(1, 'An UPDATE is cut off')
  const view = new DataView(body.buffer, body.byteOffset, body.length)
  const withdrawnEnd = 2 + view.getUint16(0)
  if (withdrawnEnd + 2 > body.length) return fail(1, 'Withdrawn routes are longer than their UPDATE')
  const attributesEnd = withdrawnEnd + 2 + view.getUint16(withdrawnEnd)
  if (attributesEnd > body.length) return fail(1, 'Attributes are longer than their UPDATE')

  const withdrawn = decodePrefixes(body.subarray(2, withdrawnEnd), 4)
  if (withdrawn === null) return fail(10, 'A withdrawn route is malformed')
  const announced = decodePrefixes(body.subarray(attributesEnd), 4)
  if (announced === null) return fail(10, 'An announced route is malformed')

  const attributes = { origin: null, asPath: null, nextHop: null, med: null, localPref: null, communities: [] }
  const draft: Draft = { withdrawn, announced, attributes, malformed: null, emptyUnreach: null }
  const plainCount = announced.length
  const seen = new Set<number>()
  const fault = decodeAttributes(body.subarray(withdrawnEnd + 2, attributesEnd), seen, draft, context)
  if (fault !== null) return { ok: false, fault }
  if (draft.announced.length > 0) draft.malformed ??= missingAttribute(seen, plainCount > 0, context)
  return { ok: true, value: { ...draft, endOfRib: endOfRib(body, draft, seen) } }
}

/** @returns what ends the session */
function decodeAttributes(
  bytes: Uint8Array,
  seen: Set<number>,
  draft: Draft,
  context: AttributeContext,
): BgpFault | null {
  let at = 0
  while (at < bytes.length) {
    const flags = bytes[at] ?? 0
    const type = bytes[at + 1] ?? 0
    const isLong = (flags & FLAG_EXTENDED) !== 0
    const start = at + (isLong ? 4 : 3)
    const length = isLong ? ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0) : (bytes[at + 2] ?? 0)
    if (start > bytes.length || start + length > bytes.length) {
      // RFC 7606 4: the prefixes behind the attributes are known all the same, unless they were to be in here.
      draft.malformed ??= toFault(UPDATE_ERROR, 1, 'An attribute is longer than the list of attributes')
      return draft.announced.length + draft.withdrawn.length > 0 ? null : draft.malformed
    }
    const value = bytes.subarray(start, start + length)
    const whole = bytes.subarray(at, start + length)
    at = start + length
    if (seen.has(type)) {
      const again = toFault(UPDATE_ERROR, 1, `Attribute ${type} is there twice`)
      if (type === MP_REACH || type === MP_UNREACH) return again
      // RFC 7606 3 g: all but the first are passed over.
      continue
    }
    seen.add(type)
    if (type === MP_REACH || type === MP_UNREACH) {
      const fault = flags & 0x40 ? toFault(UPDATE_ERROR, 4, `Attribute ${type} has wrong flags`, whole.slice()) : null
      if (fault !== null) draft.malformed ??= fault
      const isSound = type === MP_REACH ? decodeReach(value, draft) : decodeUnreach(value, draft)
      if (!isSound) return toFault(UPDATE_ERROR, 9, `Attribute ${type} is malformed`, whole.slice())
    } else {
      const fault = checkAttribute(flags, type, value, whole, draft.attributes, context)
      if (fault !== null) draft.malformed ??= fault
    }
  }
  return null
}

function decodeReach(value: Uint8Array, draft: Draft): boolean {
  if (value.length < 5) return false
  const hopBytes = value[3] ?? 0
  if (value.length < 5 + hopBytes) return false
  const family = familyOf(((value[0] ?? 0) << 8) | (value[1] ?? 0), value[2] ?? 0)
  // A family that was not agreed on says nothing to us.
  if (family === null) return true
  if (family === 6 ? hopBytes !== 16 && hopBytes !== 32 : ![4, 16, 32].includes(hopBytes)) return false
  const prefixes = decodePrefixes(value.subarray(5 + hopBytes), family)
  if (prefixes === null) return false
  draft.announced = [...draft.announced, ...prefixes]
  return true
}

function decodeUnreach(value: Uint8Array, draft: Draft): boolean {
  if (value.length < 3) return false
  const family = familyOf(((value[0] ?? 0) << 8) | (value[1] ?? 0), value[2] ?? 0)
  if (family === null) return true
  const prefixes = decodePrefixes(value.subarray(3), family)
  if (prefixes === null) return false
  if (prefixes.length === 0) draft.emptyUnreach = family
  draft.withdrawn = [...draft.withdrawn, ...prefixes]
  return true
}

function endOfRib(body: Uint8Array, draft: Draft, seen: ReadonlySet<number>): Family | null {
  if (body.length === 4) return 4
  if (seen.size === 1 && draft.withdrawn.length + draft.announced.length === 0) return draft.emptyUnreach
  return null
}

function fail(subcode: number, text: string): Decoded<never> {
  return { ok: false, fault: toFault(UPDATE_ERROR, subcode, text) }
}
