/**
 * Neighbor Solicitations and Advertisements (RFC 4861, sections 4.3 and 4.4) as whole frames, with the validity rules of
 * 7.1.1 and 7.1.2. IPv6 extension headers, SEND (RFC 3971) and options other than link-layer addresses are not read.
 */
import type { AddressKey } from './address-key.ts'
import { ALL_NODES, UNSPECIFIED_V6, groupMac, isMulticastKey, solicitedNodeGroup } from './address-key.ts'
import type { Mac } from './ethernet.ts'
import { ETHER_TYPE_IPV6, isStationMac, writeEthernet } from './ethernet.ts'

export interface NdpPacket {
  /** Of the Ethernet header. */
  readonly destination: Mac
  readonly source: Mac
  readonly kind: 'solicitation' | 'advertisement'
  readonly sourceAddress: AddressKey
  readonly destinationAddress: AddressKey
  readonly target: AddressKey
  /** Source link-layer address of a solicitation, target link-layer address of an advertisement; `null` = absent. */
  readonly linkAddress: Mac | null
  /** Flags of an advertisement. */
  readonly isRouter: boolean
  readonly isSolicited: boolean
  readonly isOverride: boolean
}

const IPV6 = 14
const ICMP = 54
const OPTIONS = 78
const NEXT_HEADER_ICMPV6 = 58
const SOLICITATION = 135
const ADVERTISEMENT = 136

/** `null` for every frame that is not a valid one of the two, or that comes from an address no station can have. */
export function decodeNdp(frame: Buffer): NdpPacket | null {
  if (frame.length < OPTIONS || frame.readUInt16BE(12) !== ETHER_TYPE_IPV6 || frame[IPV6]! >> 4 !== 6) return null
  const end = ICMP + frame.readUInt16BE(IPV6 + 4)
  // A hop limit of 255 proves that no router forwarded it.
  if (end < OPTIONS || end > frame.length || frame[20] !== NEXT_HEADER_ICMPV6 || frame[21] !== 255) return null
  const type = frame[ICMP]
  if ((type !== SOLICITATION && type !== ADVERTISEMENT) || frame[ICMP + 1] !== 0) return null
  if (icmpChecksum(frame, end) !== 0) return null
  const kind = type === SOLICITATION ? 'solicitation' : 'advertisement'
  const source = frame.readUIntBE(6, 6)
  const sourceAddress = frame.toString('latin1', 22, 38)
  const destinationAddress = frame.toString('latin1', 38, 54)
  const target = frame.toString('latin1', 62, 78)
  const linkAddress = findLinkAddress(frame, end, type === SOLICITATION ? 1 : 2)
  if (linkAddress === undefined || !isStationMac(source) || isMulticastKey(target) || isMulticastKey(sourceAddress))
    return null
  const flags = kind === 'advertisement' ? frame[58]! : 0
  if (sourceAddress === UNSPECIFIED_V6) {
    if (kind === 'advertisement' || linkAddress !== null) return null
    if (destinationAddress !== solicitedNodeGroup(target)) return null
  }
  const isSolicited = (flags & 0x40) !== 0
  if (isSolicited && isMulticastKey(destinationAddress)) return null
  return {
    destination: frame.readUIntBE(0, 6),
    source,
    kind,
    sourceAddress,
    destinationAddress,
    target,
    linkAddress,
    isRouter: (flags & 0x80) !== 0,
    isSolicited,
    isOverride: (flags & 0x20) !== 0,
  }
}

export function encodeNdp(packet: NdpPacket): Buffer {
  const length = packet.linkAddress === null ? OPTIONS : OPTIONS + 8
  const frame = Buffer.alloc(length)
  writeEthernet(frame, { destination: packet.destination, source: packet.source, etherType: ETHER_TYPE_IPV6 })
  frame[IPV6] = 0x60
  frame.writeUInt16BE(length - ICMP, IPV6 + 4)
  frame[20] = NEXT_HEADER_ICMPV6
  frame[21] = 255
  frame.write(packet.sourceAddress, 22, 16, 'latin1')
  frame.write(packet.destinationAddress, 38, 16, 'latin1')
  const isAdvertisement = packet.kind === 'advertisement'
  frame[ICMP] = isAdvertisement ? ADVERTISEMENT : SOLICITATION
  if (isAdvertisement)
    frame[58] = (packet.isRouter ? 0x80 : 0) | (packet.isSolicited ? 0x40 : 0) | (packet.isOverride ? 0x20 : 0)
  frame.write(packet.target, 62, 16, 'latin1')
  if (packet.linkAddress !== null) {
    frame[OPTIONS] = isAdvertisement ? 2 : 1
    frame[OPTIONS + 1] = 1
    frame.writeUIntBE(packet.linkAddress, OPTIONS + 2, 6)
  }
  frame.writeUInt16BE(icmpChecksum(frame, length), ICMP + 2)
  return frame
}

/** Where an advertisement comes from: the interface's own address and MAC. */
export interface NdpSender {
  readonly mac: Mac
  readonly address: AddressKey
}

/** The answer to a solicitation that has a source address, straight to who asked (7.2.4). */
export function ndpReply(solicitation: NdpPacket, sender: NdpSender): NdpPacket {
  return {
    ...advertisement(sender, solicitation.target),
    destination: solicitation.linkAddress ?? solicitation.source,
    destinationAddress: solicitation.sourceAddress,
    isSolicited: true,
  }
}

/** Says to all nodes that `target` is at the sender (7.2.6). */
export function unsolicitedAdvertisement(sender: NdpSender, target: AddressKey): NdpPacket {
  return advertisement(sender, target)
}

/** Asks who has `target`, as every host does that wants to send to it: unlike a DAD probe, all that answer for it answer this. */
export function ndpSolicitation(sender: NdpSender, target: AddressKey): NdpPacket {
  const group = solicitedNodeGroup(target)
  return {
    ...advertisement(sender, target),
    destination: groupMac(group),
    destinationAddress: group,
    kind: 'solicitation',
    isOverride: false,
  }
}

function advertisement(sender: NdpSender, target: AddressKey): NdpPacket {
  return {
    destination: groupMac(ALL_NODES),
    source: sender.mac,
    kind: 'advertisement',
    sourceAddress: sender.address,
    destinationAddress: ALL_NODES,
    target,
    linkAddress: sender.mac,
    isRouter: false,
    isSolicited: false,
    isOverride: true,
  }
}

/** `null` = none; `undefined` = the options are broken, or the address is none that a station can have. */
function findLinkAddress(frame: Buffer, end: number, type: number): Mac | null | undefined {
  let found: Mac | null = null
  for (let at = OPTIONS; at < end;) {
    const bytes = (frame[at + 1] ?? 0) * 8
    if (at + 2 > end || bytes === 0 || at + bytes > end) return undefined
    if (frame[at] === type && bytes === 8) {
      found = frame.readUIntBE(at + 2, 6)
      if (!isStationMac(found)) return undefined
    }
    at += bytes
  }
  return found
}

/** RFC 1071 over the pseudo-header (RFC 8200, 8.1) and the message. 0 when the checksum in the message is right. */
function icmpChecksum(frame: Buffer, end: number): number {
  let sum = NEXT_HEADER_ICMPV6 + end - ICMP
  for (let at = 22; at + 1 < end; at += 2) sum += (frame[at]! << 8) | frame[at + 1]!
  if ((end - 22) % 2 === 1) sum += frame[end - 1]! << 8
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return ~sum & 0xffff
}
