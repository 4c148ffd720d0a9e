/**
 * ARP for IPv4 over Ethernet (RFC 826) as whole frames, with the gratuitous forms of RFC 5944 section 4.6 and the probe of
 * RFC 5227. Other hardware and protocol kinds, RARP and InARP are not read.
 */
import type { AddressKey } from './address-key.ts'
import { UNSPECIFIED_V4 } from './address-key.ts'
import type { Mac } from './ethernet.ts'
import { BROADCAST_MAC, ETHER_TYPE_ARP, isStationMac, writeEthernet } from './ethernet.ts'

export interface ArpPacket {
  /** Of the Ethernet header. */
  readonly destination: Mac
  readonly source: Mac
  readonly operation: 'request' | 'reply'
  readonly senderMac: Mac
  readonly senderAddress: AddressKey
  readonly targetMac: Mac
  readonly targetAddress: AddressKey
}

export const ARP_FRAME_BYTES = 42
/** Ethernet, IPv4, 6 and 4 bytes of address. */
const KINDS = [0x00, 0x01, 0x08, 0x00, 0x06, 0x04] as const

/** `null` for every frame that is no request or reply for IPv4 from an address that a station can have. Padding is allowed. */
export function decodeArp(frame: Buffer): ArpPacket | null {
  if (frame.length < ARP_FRAME_BYTES || frame.readUInt16BE(12) !== ETHER_TYPE_ARP) return null
  for (const [index, byte] of KINDS.entries()) if (frame[14 + index] !== byte) return null
  const operation = frame.readUInt16BE(20)
  if (operation !== 1 && operation !== 2) return null
  const source = frame.readUIntBE(6, 6)
  const senderMac = frame.readUIntBE(22, 6)
  if (!isStationMac(source) || !isStationMac(senderMac)) return null
  return {
    destination: frame.readUIntBE(0, 6),
    source,
    operation: operation === 1 ? 'request' : 'reply',
    senderMac,
    senderAddress: frame.toString('latin1', 28, 32),
    targetMac: frame.readUIntBE(32, 6),
    targetAddress: frame.toString('latin1', 38, 42),
  }
}

export function encodeArp(packet: ArpPacket): Buffer {
  const frame = Buffer.alloc(ARP_FRAME_BYTES)
  writeEthernet(frame, { destination: packet.destination, source: packet.source, etherType: ETHER_TYPE_ARP })
  frame.set(KINDS, 14)
  frame.writeUInt16BE(packet.operation === 'request' ? 1 : 2, 20)
  frame.writeUIntBE(packet.senderMac, 22, 6)
  frame.write(packet.senderAddress, 28, 4, 'latin1')
  frame.writeUIntBE(packet.targetMac, 32, 6)
  frame.write(packet.targetAddress, 38, 4, 'latin1')
  return frame
}

/** The answer to a request, straight to who asked. */
export function arpReply(request: ArpPacket, mac: Mac): ArpPacket {
  return {
    destination: request.senderMac,
    source: mac,
    operation: 'reply',
    senderMac: mac,
    senderAddress: request.targetAddress,
    targetMac: request.senderMac,
    targetAddress: request.senderAddress,
  }
}

/** Says to everyone that `address` is at `mac`. Both operations are sent, because some hosts learn from one of them only. */
export function gratuitousArp(operation: ArpPacket['operation'], mac: Mac, address: AddressKey): ArpPacket {
  return {
    destination: BROADCAST_MAC,
    source: mac,
    operation,
    senderMac: mac,
    senderAddress: address,
    targetMac: operation === 'request' ? 0 : BROADCAST_MAC,
    targetAddress: address,
  }
}

/** Asks who has `address` without a sender's address, so that nobody learns anything from it (RFC 5227, section 1.1). */
export function arpProbe(mac: Mac, address: AddressKey): ArpPacket {
  return {
    destination: BROADCAST_MAC,
    source: mac,
    operation: 'request',
    senderMac: mac,
    senderAddress: UNSPECIFIED_V4,
    targetMac: 0,
    targetAddress: address,
  }
}
