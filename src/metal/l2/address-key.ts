/**
 * IP addresses as the responder keeps them: the 4 or 16 bytes as they are on the wire, as a string of so many characters
 * (latin1). Such a key is made from a packet without parsing, and the family is its length.
 */
import { formatAddress, parseAddress } from '../../base/ip-address.ts'
import type { Mac } from './ethernet.ts'

export type AddressKey = string

export const UNSPECIFIED_V4: AddressKey = '\0'.repeat(4)
export const UNSPECIFIED_V6: AddressKey = '\0'.repeat(16)
/** ff02::1. */
export const ALL_NODES: AddressKey = `\xff\x02${'\0'.repeat(13)}\x01`
/** ff02::1:ff00:0/104 (RFC 4291, 2.7.1). */
const SOLICITED_NODE_PREFIX = `\xff\x02${'\0'.repeat(9)}\x01\xff`

/** `null` for text that is no address; a zone (`%eth0`) is none either. */
export function toAddressKey(text: string): AddressKey | null {
  const address = parseAddress(text)
  if (address === null) return null
  const digits = address.value.toString(16).padStart(address.family === 4 ? 8 : 32, '0')
  return Buffer.from(digits, 'hex').toString('latin1')
}

/** As people write it, IPv6 after RFC 5952. */
export function formatAddressKey(key: AddressKey): string {
  const value = BigInt(`0x${Buffer.from(key, 'latin1').toString('hex')}`)
  return formatAddress({ family: key.length === 4 ? 4 : 6, value })
}

/** The group that those who look for an IPv6 address send to. */
export function solicitedNodeGroup(key: AddressKey): AddressKey {
  return SOLICITED_NODE_PREFIX + key.slice(13)
}

export function isMulticastKey(key: AddressKey): boolean {
  return key.length === 4 ? (key.charCodeAt(0) & 0xf0) === 0xe0 : key.charCodeAt(0) === 0xff
}

/** fe80::/10. */
export function isLinkLocalKey(key: AddressKey): boolean {
  return key.length === 16 && key.charCodeAt(0) === 0xfe && (key.charCodeAt(1) & 0xc0) === 0x80
}

/** 33:33 and the last four bytes of an IPv6 group (RFC 2464, section 7). */
export function groupMac(key: AddressKey): Mac {
  return 0x3333_0000_0000 + lastWord(key)
}

/** The last four bytes as a number: for IPv4 the whole address. */
export function lastWord(key: AddressKey): number {
  return Buffer.from(key, 'latin1').readUInt32BE(key.length - 4)
}
