/**
 * One datagram between speakers: a header that every kind has, what the kind adds, and HMAC-SHA-256 over all of it.
 *
 * Header: `GKHB`, version, kind, flags, live nodes (u16), boot (8 bytes), sequence (u48), round (u32), two echoes (boot and
 * sequence each), seconds of staleness (u16), sender, receiver. Names are a length byte and UTF-8.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { ByteReader } from './byte-reader.ts'
import type { HeartbeatInterface } from './heartbeat-model.ts'
import { encodeInterfaces, readInterfaces } from './packet-interfaces.ts'

/** What a sender heard last of the receiver: proof that a datagram is new. */
export interface Echo {
  /** Zero = nothing. */
  readonly boot: bigint
  readonly sequence: number
}

export interface PacketHeader {
  readonly from: string
  readonly to: string
  /** Random, of each start of a speaker. */
  readonly boot: bigint
  /** Grows with every datagram of a boot, whoever it is for. */
  readonly sequence: number
  /** Grows with every interval. */
  readonly round: number
  readonly echo: Echo
  /** Of a boot of the receiver that is not proven to be new. */
  readonly unprovenEcho: Echo
  readonly isSettled: boolean
  readonly isListening: boolean
  readonly isLeaving: boolean
  /** The sender's link was away until a moment ago: it announced nothing meanwhile. */
  readonly hasNewLink: boolean
  /** The sender counts the receiver as alive. */
  readonly hearsReceiver: boolean
  /** Nodes that the sender counts as alive, itself included, the receiver not. */
  readonly liveOthers: number
  /** How far what the sender knows of the cluster may be out of date; `null` = it cannot tell yet. */
  readonly staleSeconds: number | null
}

export type PacketBody =
  | { readonly kind: 'heartbeat'; readonly interfaces: readonly HeartbeatInterface[] | null }
  /** Asks to pass on what was heard last of `about`. */
  | { readonly kind: 'ask'; readonly about: string }
  /** A heartbeat as another node sent it to the sender, so long ago. */
  | { readonly kind: 'relay'; readonly ageMs: number; readonly datagram: Buffer }

export type Packet = PacketHeader & PacketBody

const MAGIC = Buffer.from('GKHB')
const VERSION = 1
const KINDS = ['heartbeat', 'ask', 'relay'] as const
const MAC_BYTES = 32
const MIN_BYTES = 4 + 1 + 1 + 1 + 2 + 8 + 6 + 4 + 28 + 2 + 2 + MAC_BYTES
/** Fits, in a relay too, where an MTU is not less than that of Ethernet. */
const MAX_HEARTBEAT_BYTES = 1100
export const MAX_PACKET_BYTES = 1400

/** In place of seconds. */
const UNKNOWN = 0xffff
const SETTLED = 1
const LISTENING = 2
const LEAVING = 4
const HEARS = 8
const NEW_LINK = 16

export function encodePacket(packet: Packet, key: Buffer): Buffer {
  const fixed = Buffer.alloc(9 + 8 + 6 + 4 + 28 + 2)
  MAGIC.copy(fixed)
  fixed[4] = VERSION
  fixed[5] = KINDS.indexOf(packet.kind)
  fixed[6] =
    (packet.isSettled ? SETTLED : 0) |
    (packet.isListening ? LISTENING : 0) |
    (packet.isLeaving ? LEAVING : 0) |
    (packet.hearsReceiver ? HEARS : 0) |
    (packet.hasNewLink ? NEW_LINK : 0)
  fixed.writeUInt16BE(Math.min(packet.liveOthers, 0xffff), 7)
  fixed.writeBigUInt64BE(packet.boot, 9)
  fixed.writeUIntBE(packet.sequence, 17, 6)
  fixed.writeUInt32BE(packet.round % 2 ** 32, 23)
  let at = 27
  for (const echo of [packet.echo, packet.unprovenEcho]) {
    fixed.writeBigUInt64BE(echo.boot, at)
    fixed.writeUIntBE(echo.sequence, at + 8, 6)
    at += 14
  }
  fixed.writeUInt16BE(Math.min(packet.staleSeconds ?? UNKNOWN, UNKNOWN), at)
  const head = Buffer.concat([fixed, encodeName(packet.from), encodeName(packet.to)])
  const signed = Buffer.concat([head, encodeBody(packet, MAX_HEARTBEAT_BYTES - head.length - MAC_BYTES)])
  return Buffer.concat([signed, digest(signed, key)])
}

/** @returns why it is none of ours otherwise. Never throws. */
export function decodePacket(datagram: Buffer, key: Buffer): Packet | 'malformed' | 'forged' {
  if (datagram.length < MIN_BYTES || datagram.length > MAX_PACKET_BYTES) return 'malformed'
  if (!datagram.subarray(0, 4).equals(MAGIC) || datagram[4] !== VERSION) return 'malformed'
  const signed = datagram.subarray(0, datagram.length - MAC_BYTES)
  // Nothing of it is read before it is known to be of somebody who has the key.
  if (!timingSafeEqual(digest(signed, key), datagram.subarray(signed.length))) return 'forged'
  return readSigned(signed) ?? 'malformed'
}

function readSigned(signed: Buffer): Packet | null {
  const reader = new ByteReader(signed.subarray(5))
  const kind = KINDS[reader.byte()]
  const flags = reader.byte()
  const header: PacketHeader = {
    liveOthers: reader.number(2),
    boot: reader.big(),
    sequence: reader.number(6),
    round: reader.number(4),
    echo: { boot: reader.big(), sequence: reader.number(6) },
    unprovenEcho: { boot: reader.big(), sequence: reader.number(6) },
    staleSeconds: knownOrNull(reader.number(2)),
    from: reader.text(reader.byte()),
    to: reader.text(reader.byte()),
    isSettled: (flags & SETTLED) !== 0,
    isListening: (flags & LISTENING) !== 0,
    isLeaving: (flags & LEAVING) !== 0,
    hasNewLink: (flags & NEW_LINK) !== 0,
    hearsReceiver: (flags & HEARS) !== 0,
  }
  const body = kind === undefined ? null : readBody(kind, reader)
  return body === null || reader.isSpent || !reader.isAtEnd || header.boot === 0n ? null : { ...header, ...body }
}

function readBody(kind: (typeof KINDS)[number], reader: ByteReader): PacketBody | null {
  if (kind === 'heartbeat') return { kind, interfaces: readInterfaces(reader) }
  if (kind === 'ask') return { kind, about: reader.text(reader.byte()) }
  return { kind, ageMs: reader.number(2), datagram: reader.bytes(reader.number(2)) }
}

function encodeBody(body: PacketBody, room: number): Buffer {
  if (body.kind === 'heartbeat') return encodeInterfaces(body.interfaces, room)
  if (body.kind === 'ask') return encodeName(body.about)
  const head = Buffer.alloc(4)
  head.writeUInt16BE(Math.min(Math.round(body.ageMs), 0xffff))
  head.writeUInt16BE(body.datagram.length, 2)
  return Buffer.concat([head, body.datagram])
}

function knownOrNull(seconds: number): number | null {
  return seconds === UNKNOWN ? null : seconds
}

/** Names of Nodes have at most 253 characters. */
function encodeName(name: string): Buffer {
  const bytes = Buffer.from(name).subarray(0, 255)
  return Buffer.concat([Buffer.from([bytes.length]), bytes])
}

function digest(signed: Buffer, key: Buffer): Buffer {
  return createHmac('sha256', key).update(signed).digest()
}
