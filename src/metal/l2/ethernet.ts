/** Ethernet II headers (IEEE 802.3 clause 3), as far as ARP and neighbour discovery need them. VLAN tags are not read. */

/** A hardware address as its 48-bit number: cheap to compare, and all of them are safe integers. */
export type Mac = number

export const BROADCAST_MAC: Mac = 0xffff_ffff_ffff
export const ETHERNET_HEADER_BYTES = 14
export const ETHER_TYPE_ARP = 0x0806
export const ETHER_TYPE_IPV6 = 0x86dd

/** Bit of the first octet that marks a group. */
const GROUP_BIT = 0x0100_0000_0000

export interface EthernetHeader {
  readonly destination: Mac
  readonly source: Mac
  readonly etherType: number
}

/** `null` for a frame too short to have a header. */
export function decodeEthernet(frame: Buffer): EthernetHeader | null {
  if (frame.length < ETHERNET_HEADER_BYTES) return null
  return { destination: frame.readUIntBE(0, 6), source: frame.readUIntBE(6, 6), etherType: frame.readUInt16BE(12) }
}

/** Writes the first 14 bytes of `frame`. @throws {RangeError} when it is shorter */
export function writeEthernet(frame: Buffer, header: EthernetHeader): void {
  frame.writeUIntBE(header.destination, 0, 6)
  frame.writeUIntBE(header.source, 6, 6)
  frame.writeUInt16BE(header.etherType, 12)
}

/** An address that one interface can have: neither a group nor zero. */
export function isStationMac(mac: Mac): boolean {
  return mac !== 0 && Math.floor(mac / GROUP_BIT) % 2 === 0
}

/** `aa:bb:cc:dd:ee:ff` -> number; `null` for anything else. */
export function parseMac(text: string): Mac | null {
  return /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(text) ? Number.parseInt(text.replaceAll(':', ''), 16) : null
}

export function formatMac(mac: Mac): string {
  const digits = mac.toString(16).padStart(12, '0')
  return digits.replace(/(..)(?=.)/g, '$1:')
}
