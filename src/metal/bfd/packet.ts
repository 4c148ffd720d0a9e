/** BFD control packets (RFC 5880 4.1 and 6.8.6). Authentication is not supported: packets that carry it are refused. */

export const STATES = ['AdminDown', 'Down', 'Init', 'Up'] as const
export type BfdState = (typeof STATES)[number]

/** RFC 5880 4.1. */
export const DIAGNOSTICS = {
  none: 0,
  detectionTimeExpired: 1,
  echoFailed: 2,
  neighborSignaledDown: 3,
  forwardingReset: 4,
  pathDown: 5,
  concatenatedPathDown: 6,
  administrativelyDown: 7,
} as const

export interface BfdPacket {
  readonly diagnostic: number
  readonly state: BfdState
  readonly isPoll: boolean
  readonly isFinal: boolean
  readonly isDemand: boolean
  readonly detectMultiplier: number
  /** Never 0 on the wire. */
  readonly myDiscriminator: number
  /** 0 = not known yet. */
  readonly yourDiscriminator: number
  readonly desiredTxUs: number
  readonly requiredRxUs: number
  readonly requiredEchoUs: number
}

const BYTES = 24
const VERSION = 1
const FLAG_POLL = 0x20
const FLAG_FINAL = 0x10
const FLAG_AUTHENTICATED = 0x04
const FLAG_DEMAND = 0x02
const FLAG_MULTIPOINT = 0x01

export function encodeBfd(packet: BfdPacket): Uint8Array {
  const bytes = new Uint8Array(BYTES)
  const view = new DataView(bytes.buffer)
  bytes[0] = (VERSION << 5) | packet.diagnostic
  bytes[1] =
    (STATES.indexOf(packet.state) << 6) |
    (packet.isPoll ? FLAG_POLL : 0) |
    (packet.isFinal ? FLAG_FINAL : 0) |
    (packet.isDemand ? FLAG_DEMAND : 0)
  bytes[2] = packet.detectMultiplier
  bytes[3] = BYTES
  view.setUint32(4, packet.myDiscriminator)
  view.setUint32(8, packet.yourDiscriminator)
  view.setUint32(12, packet.desiredTxUs)
  view.setUint32(16, packet.requiredRxUs)
  view.setUint32(20, packet.requiredEchoUs)
  return bytes
}

/** @returns `null` for what RFC 5880 6.8.6 discards without looking for its session */
export function decodeBfd(bytes: Uint8Array): BfdPacket | null {
  if (bytes.length < BYTES) return null
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const flags = view.getUint8(1)
  const length = view.getUint8(3)
  const state = STATES[flags >> 6] ?? 'Down'
  const packet: BfdPacket = {
    diagnostic: view.getUint8(0) & 0x1f,
    state,
    isPoll: (flags & FLAG_POLL) !== 0,
    isFinal: (flags & FLAG_FINAL) !== 0,
    isDemand: (flags & FLAG_DEMAND) !== 0,
    detectMultiplier: view.getUint8(2),
    myDiscriminator: view.getUint32(4),
    yourDiscriminator: view.getUint32(8),
    desiredTxUs: view.getUint32(12),
    requiredRxUs: view.getUint32(16),
    requiredEchoUs: view.getUint32(20),
  }
  if (view.getUint8(0) >> 5 !== VERSION || length < BYTES || length > bytes.length) return null
  if ((flags & (FLAG_MULTIPOINT | FLAG_AUTHENTICATED)) !== 0) return null
  if (packet.detectMultiplier === 0 || packet.myDiscriminator === 0) return null
  if (packet.isPoll && packet.isFinal) return null
  if (packet.yourDiscriminator === 0 && state !== 'Down' && state !== 'AdminDown') return null
  return packet
}
