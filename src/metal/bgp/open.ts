/** OPEN messages (RFC 4271 4.2 and 6.2; extended optional parameters of RFC 9072 are read). */
import { decodeCapabilities, encodeCapabilities, type Capabilities, type CapabilityDraft } from './capabilities.ts'
import { formatIp, parseIp } from './ip-bytes.ts'
import { TYPE_OPEN, toMessage } from './message.ts'
import { OPEN_ERROR, toFault, type BgpFault, type Decoded } from './notification.ts'

export interface Open {
  /** Of four octets when the sender has them. */
  readonly asn: number
  /** 0 = no hold timer. */
  readonly holdSeconds: number
  /** IPv4 text. */
  readonly routerId: string
  readonly capabilities: Capabilities
}

/** Stands for an AS number that does not fit into two octets (RFC 6793 9). */
export const AS_TRANS = 23456
const VERSION = 4
const PARAMETER_CAPABILITIES = 2
const PARAMETER_EXTENDED = 255

/** The whole message. */
export function encodeOpen({ asn, holdSeconds, routerId, capabilities }: Open): Uint8Array {
  const list = encodeCapabilities(capabilities)
  const body = new Uint8Array(10 + (list.length === 0 ? 0 : 2 + list.length))
  const view = new DataView(body.buffer)
  body[0] = VERSION
  view.setUint16(1, asn > 0xffff ? AS_TRANS : asn)
  view.setUint16(3, holdSeconds)
  body.set(parseIp(routerId) ?? [], 5)
  body[9] = body.length - 10
  if (list.length > 0) {
    body[10] = PARAMETER_CAPABILITIES
    body[11] = list.length
    body.set(list, 12)
  }
  return toMessage(TYPE_OPEN, body)
}

/** Reads what was said. Whether it is what this side wants is asked by {@link judgeOpen}. */
export function decodeOpen(body: Uint8Array): Decoded<Open> {
  if (body.length < 10) return { ok: false, fault: toFault(OPEN_ERROR, 0, 'The OPEN is cut off') }
  const view = new DataView(body.buffer, body.byteOffset, body.length)
  if (body[0] !== VERSION) {
    return { ok: false, fault: toFault(OPEN_ERROR, 1, `The peer speaks version ${body[0]}`, Uint8Array.of(0, VERSION)) }
  }
  const found: CapabilityDraft = {
    families: [],
    hasRouteRefresh: false,
    hasExtendedNextHop: false,
    gracefulRestart: null,
    asn: null,
  }
  const fault = decodeParameters(body, found)
  if (fault !== null) return { ok: false, fault }
  const routerId = formatIp(body.subarray(5, 9))
  const asn = found.asn ?? view.getUint16(1)
  return { ok: true, value: { asn, holdSeconds: view.getUint16(3), routerId, capabilities: found } }
}

/** What this side wants of the other. */
export interface Expected {
  readonly myAsn: number
  readonly peerAsn: number
  readonly routerId: string
}

/** @returns why the OPEN is refused; `null` = it is not */
export function judgeOpen(open: Open, { myAsn, peerAsn, routerId }: Expected): BgpFault | null {
  if (open.asn !== peerAsn)
    return toFault(OPEN_ERROR, 2, `The peer is in AS ${open.asn}, and the configuration says ${peerAsn}`)
  if (open.holdSeconds === 1 || open.holdSeconds === 2)
    return toFault(OPEN_ERROR, 6, `The peer wants a hold time of ${open.holdSeconds} s`)
  // RFC 6286 2.1: not zero, and within one AS not ours.
  if (open.routerId === '0.0.0.0' || (myAsn === peerAsn && open.routerId === routerId))
    return toFault(OPEN_ERROR, 3, `The peer's router id is ${open.routerId}`)
  if (myAsn > 0xffff && open.capabilities.asn === null) {
    const wanted = Uint8Array.of(65, 4, myAsn >>> 24, (myAsn >>> 16) & 0xff, (myAsn >>> 8) & 0xff, myAsn & 0xff)
    return toFault(OPEN_ERROR, 7, 'The peer has no 4-octet AS numbers', wanted)
  }
  return null
}

function decodeParameters(body: Uint8Array, found: CapabilityDraft): BgpFault | null {
  let at = 10
  let end = at + (body[9] ?? 0)
  let lengthBytes = 1
  if (body[9] !== 0 && body[10] === PARAMETER_EXTENDED) {
    if (body.length < 13) return malformed()
    end = 13 + (((body[11] ?? 0) << 8) | (body[12] ?? 0))
    at = 13
    lengthBytes = 2
  }
  if (end !== body.length) return malformed()
  while (at < end) {
    if (at + 1 + lengthBytes > end) return malformed()
    const type = body[at]
    const length = lengthBytes === 1 ? (body[at + 1] ?? 0) : ((body[at + 1] ?? 0) << 8) | (body[at + 2] ?? 0)
    at += 1 + lengthBytes
    if (at + length > end) return malformed()
    if (type !== PARAMETER_CAPABILITIES) return toFault(OPEN_ERROR, 4, `Optional parameter ${type} is unknown`)
    if (!decodeCapabilities(body.subarray(at, at + length), found)) return malformed()
    at += length
  }
  return null
}

function malformed(): BgpFault {
  return toFault(OPEN_ERROR, 0, 'Optional parameters are malformed')
}
