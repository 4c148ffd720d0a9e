/**
 * IP addresses as the responder keeps them: the 4 or 16 bytes as they are on the wire, as a string of so many characters
 * (latin1). Such a key is made from a packet without parsing, and the family is its length.
 */
import { isIPv4, isIPv6 } from 'node:net'
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
  if (isIPv4(text)) return String.fromCharCode(...text.split('.').map(Number))
  if (!isIPv6(text) || text.includes('%')) return null
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text)
  const plain = dotted === null ? text : `${dotted[1]}${toGroups(toAddressKey(dotted[2]!)!).join(':')}`
  const [head = '', tail] = plain.split('::')
  const front = head === '' ? [] : head.split(':')
  const back = tail === undefined || tail === '' ? [] : tail.split(':')
  const groups = [...front, ...Array<string>(8 - front.length - back.length).fill('0'), ...back]
  return groups.map((group) => toBytes(Number.parseInt(group, 16))).join('')
}

/** As people write it, IPv6 after RFC 5952. */
export function formatAddressKey(key: AddressKey): string {
  if (key.length === 4) return Array.from(key, (byte) => byte.charCodeAt(0)).join('.')
  const groups = toGroups(key).join(':')
  // The longest run of two or more zero groups, the first of equals.
  let longest = ''
  for (const [run] of groups.matchAll(/\b0(?::0)+\b/g)) if (run.length > longest.length) longest = run
  return longest === '' ? groups : groups.replace(new RegExp(`(^|:)${longest}(:|$)`), '::')
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

function toGroups(key: AddressKey): readonly string[] {
  const bytes = Buffer.from(key, 'latin1')
  return Array.from({ length: key.length / 2 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16))
}

function toBytes(group: number): string {
  return String.fromCharCode(group >> 8, group & 0xff)
}
