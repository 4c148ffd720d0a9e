/** Checks one path attribute of a peer: flags, length, value (RFC 4271 6.3; RFC 1997, 4360, 6793, 8092). */
import type { Community } from '../model.ts'
import {
  AGGREGATOR,
  AS4_AGGREGATOR,
  AS4_PATH,
  AS_PATH,
  ATOMIC_AGGREGATE,
  COMMUNITIES,
  EXTENDED_COMMUNITIES,
  FLAG_OPTIONAL,
  LARGE_COMMUNITIES,
  LOCAL_PREF,
  MED,
  NEXT_HOP,
  ORIGIN,
} from './attributes.ts'
import { formatIp } from './ip-bytes.ts'
import { UPDATE_ERROR, toFault, type BgpFault } from './notification.ts'

export interface AttributeContext {
  readonly hasAs4: boolean
  readonly isInternal: boolean
}

/** What is read of a peer's attributes; `null` = not there. */
export interface KnownAttributes {
  readonly origin: number | null
  /** AS numbers of all segments one behind another. */
  readonly asPath: readonly number[] | null
  readonly nextHop: string | null
  readonly med: number | null
  readonly localPref: number | null
  readonly communities: readonly Community[]
}

type AttributeDraft = { -readonly [K in keyof KnownAttributes]: KnownAttributes[K] }

/** Optional and transitive bits, and what lengths there are. */
const KNOWN: Readonly<Record<number, { flags: number; fits: (length: number, hasAs4: boolean) => boolean }>> = {
  [ORIGIN]: { flags: 0x40, fits: (length) => length === 1 },
  [AS_PATH]: { flags: 0x40, fits: () => true },
  [NEXT_HOP]: { flags: 0x40, fits: (length) => length === 4 },
  [MED]: { flags: 0x80, fits: (length) => length === 4 },
  [LOCAL_PREF]: { flags: 0x40, fits: (length) => length === 4 },
  [ATOMIC_AGGREGATE]: { flags: 0x40, fits: (length) => length === 0 },
  [AGGREGATOR]: { flags: 0xc0, fits: (length, hasAs4) => length === (hasAs4 ? 8 : 6) },
  [COMMUNITIES]: { flags: 0xc0, fits: (length) => length > 0 && length % 4 === 0 },
  [EXTENDED_COMMUNITIES]: { flags: 0xc0, fits: (length) => length > 0 && length % 8 === 0 },
  [AS4_PATH]: { flags: 0xc0, fits: (length) => length % 2 === 0 },
  [AS4_AGGREGATOR]: { flags: 0xc0, fits: (length) => length === 8 },
  [LARGE_COMMUNITIES]: { flags: 0xc0, fits: (length) => length > 0 && length % 12 === 0 },
}

/** @param whole the attribute with its head, the data of a NOTIFICATION. @returns what is wrong with it */
export function checkAttribute(
  flags: number,
  type: number,
  value: Uint8Array,
  whole: Uint8Array,
  found: AttributeDraft,
  { hasAs4 }: AttributeContext,
): BgpFault | null {
  const known = KNOWN[type]
  const wrong = (subcode: number, text: string): BgpFault => toFault(UPDATE_ERROR, subcode, text, whole.slice())
  if (known === undefined) {
    return (flags & FLAG_OPTIONAL) === 0 ? wrong(2, `Attribute ${type} is said to be well-known, and is unknown`) : null
  }
  if ((flags & 0xc0) !== known.flags) return wrong(4, `Attribute ${type} has wrong flags`)
  if (!known.fits(value.length, hasAs4)) return wrong(5, `Attribute ${type} has ${value.length} bytes`)
  const view = new DataView(value.buffer, value.byteOffset, value.length)
  switch (type) {
    case ORIGIN:
      found.origin = value[0] ?? 0
      return found.origin > 2 ? wrong(6, `ORIGIN is ${found.origin}`) : null
    case AS_PATH:
      found.asPath = decodeAsPath(view, hasAs4 ? 4 : 2)
      return found.asPath === null ? toFault(UPDATE_ERROR, 11, 'The AS_PATH is malformed') : null
    case NEXT_HOP:
      found.nextHop = formatIp(value)
      // Zero, loopback's network, multicast and beyond are nobody's address (RFC 4271 6.3).
      return value[0] === 0 || (value[0] ?? 0) >= 224 ? wrong(8, `NEXT_HOP is ${found.nextHop}`) : null
    case MED:
      found.med = view.getUint32(0)
      return null
    case LOCAL_PREF:
      found.localPref = view.getUint32(0)
      return null
    case COMMUNITIES:
      found.communities = [...found.communities, ...readStandard(view)]
      return null
    case LARGE_COMMUNITIES:
      found.communities = [...found.communities, ...readLarge(view)]
      return null
    default:
      return null
  }
}

/** @param isPlain announced in IPv4's own form, which needs NEXT_HOP. @returns what a route has to have and has not */
export function missingAttribute(
  seen: ReadonlySet<number>,
  isPlain: boolean,
  { isInternal }: AttributeContext,
): BgpFault | null {
  const wanted = [ORIGIN, AS_PATH, ...(isPlain ? [NEXT_HOP] : []), ...(isInternal ? [LOCAL_PREF] : [])]
  const missing = wanted.find((type) => !seen.has(type))
  if (missing === undefined) return null
  return toFault(UPDATE_ERROR, 3, `Attribute ${missing} is missing`, Uint8Array.of(missing))
}

/** @returns `null` when a segment is cut off, empty or of an unknown kind */
function decodeAsPath(view: DataView, asnBytes: 2 | 4): number[] | null {
  const path: number[] = []
  let at = 0
  while (at < view.byteLength) {
    if (at + 2 > view.byteLength) return null
    const kind = view.getUint8(at)
    const count = view.getUint8(at + 1)
    at += 2
    // 1 to 4: sets and sequences, also of confederations (RFC 5065).
    if (kind < 1 || kind > 4 || count === 0 || at + count * asnBytes > view.byteLength) return null
    for (let left = count; left > 0; left--, at += asnBytes) {
      path.push(asnBytes === 4 ? view.getUint32(at) : view.getUint16(at))
    }
  }
  return path
}

function readStandard(view: DataView): Community[] {
  return Array.from({ length: view.byteLength / 4 }, (_, at) => ({ kind: 'standard', value: view.getUint32(at * 4) }))
}

function readLarge(view: DataView): Community[] {
  return Array.from({ length: view.byteLength / 12 }, (_, at) => ({
    kind: 'large',
    values: [view.getUint32(at * 12), view.getUint32(at * 12 + 4), view.getUint32(at * 12 + 8)],
  }))
}
