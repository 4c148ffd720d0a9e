/**
 * Links and addresses as the kernel tells them over rtnetlink (rtnetlink(7)): requests for all of them, and the messages in
 * its answers and notifications. Numbers are in the machine's order, which is little-endian wherever this runs.
 */
import { formatAddressKey } from './address-key.ts'

/** RTMGRP_LINK, RTMGRP_IPV4_IFADDR, RTMGRP_IPV6_IFADDR. */
export const NETLINK_GROUPS = 0x1 | 0x10 | 0x100
export const IFF_UP = 0x1
export const IFF_BROADCAST = 0x2
export const IFF_RUNNING = 0x40
export const IFF_NOARP = 0x80

const NLMSG_ERROR = 2
const NLMSG_DONE = 3
const RTM_NEWLINK = 16
const RTM_DELLINK = 17
const RTM_GETLINK = 18
const RTM_NEWADDR = 20
const RTM_GETADDR = 22
/** NLM_F_REQUEST | NLM_F_DUMP. */
const DUMP = 0x301
/** NLM_F_DUMP_INTR: what was listed changed meanwhile, and something may have been passed over. */
const INTERRUPTED = 0x10
/** IFA_F_TENTATIVE | IFA_F_DADFAILED. */
const TENTATIVE = 0x48

export type NetlinkMessage =
  | {
      readonly kind: 'link'
      readonly index: number
      readonly name: string
      /** ARPHRD_*: 1 = Ethernet. */
      readonly hardware: number
      readonly flags: number
      /** Empty unless six bytes long. */
      readonly mac: string
      /** Index of the bridge, bond, ... that it is part of; 0 = none. */
      readonly master: number
      /** `bridge`, `vrf`, ...; empty = part of nothing. */
      readonly masterKind: string
    }
  | { readonly kind: 'link-gone'; readonly index: number }
  | {
      readonly kind: 'address'
      readonly index: number
      readonly address: string
      readonly prefixLength: number
      readonly isTentative: boolean
    }
  | { readonly kind: 'done' }
  /** The list around it has to be read again. */
  | { readonly kind: 'interrupted' }
  /** A negative errno. */
  | { readonly kind: 'error'; readonly code: number }
  | { readonly kind: 'other' }

/** Asks for all links or all addresses. */
export function encodeDumpRequest(what: 'links' | 'addresses', sequence: number): Buffer {
  const length = what === 'links' ? 32 : 24
  const message = Buffer.alloc(length)
  message.writeUInt32LE(length, 0)
  message.writeUInt16LE(what === 'links' ? RTM_GETLINK : RTM_GETADDR, 4)
  message.writeUInt16LE(DUMP, 6)
  message.writeUInt32LE(sequence, 8)
  return message
}

/** The messages of one datagram; what is cut off at its end is left out. */
export function decodeNetlink(datagram: Buffer): readonly NetlinkMessage[] {
  const messages: NetlinkMessage[] = []
  for (let at = 0; at + 16 <= datagram.length;) {
    const length = datagram.readUInt32LE(at)
    if (length < 16 || at + length > datagram.length) break
    if ((datagram.readUInt16LE(at + 6) & INTERRUPTED) !== 0) messages.push({ kind: 'interrupted' })
    messages.push(decodeMessage(datagram.readUInt16LE(at + 4), datagram.subarray(at + 16, at + length)))
    at += align(length)
  }
  return messages
}

function decodeMessage(type: number, body: Buffer): NetlinkMessage {
  if (type === NLMSG_DONE) return { kind: 'done' }
  if (type === NLMSG_ERROR && body.length >= 4) return { kind: 'error', code: body.readInt32LE(0) }
  if (type === RTM_DELLINK && body.length >= 16 && body[0] === 0)
    return { kind: 'link-gone', index: body.readInt32LE(4) }
  // Bridges speak of their ports in a family of their own; those messages have half the attributes.
  if (type === RTM_NEWLINK && body.length >= 16 && body[0] === 0) return decodeLink(body)
  if (type === RTM_NEWADDR && body.length >= 8) return decodeAddress(body)
  return { kind: 'other' }
}

function decodeLink(body: Buffer): NetlinkMessage {
  const attributes = readAttributes(body.subarray(16))
  const mac = attributes.get(1)
  const info = attributes.get(18)
  return {
    kind: 'link',
    index: body.readInt32LE(4),
    name: text(attributes.get(3)),
    hardware: body.readUInt16LE(2),
    flags: body.readUInt32LE(8),
    mac: mac?.length === 6 ? mac.toString('hex').replace(/(..)(?=.)/g, '$1:') : '',
    master: number(attributes.get(10)),
    masterKind: info === undefined ? '' : text(readAttributes(info).get(4)),
  }
}

function decodeAddress(body: Buffer): NetlinkMessage {
  const attributes = readAttributes(body.subarray(8))
  // IFA_LOCAL is the own end where a link has two; IPv6 has IFA_ADDRESS only.
  const bytes = attributes.get(2) ?? attributes.get(1)
  if (bytes === undefined || bytes.length !== (body[0] === 2 ? 4 : 16)) return { kind: 'other' }
  const flags = attributes.has(8) ? number(attributes.get(8)) : body[2]!
  return {
    kind: 'address',
    index: body.readUInt32LE(4),
    address: formatAddressKey(bytes.toString('latin1')),
    prefixLength: body[1]!,
    isTentative: (flags & TENTATIVE) !== 0,
  }
}

/** By type, without the flags in it. */
function readAttributes(bytes: Buffer): ReadonlyMap<number, Buffer> {
  const attributes = new Map<number, Buffer>()
  for (let at = 0; at + 4 <= bytes.length;) {
    const length = bytes.readUInt16LE(at)
    if (length < 4 || at + length > bytes.length) break
    attributes.set(bytes.readUInt16LE(at + 2) & 0x3fff, bytes.subarray(at + 4, at + length))
    at += align(length)
  }
  return attributes
}

function text(bytes: Buffer | undefined): string {
  return bytes === undefined ? '' : bytes.toString('utf8').replace(/\0.*$/s, '')
}

function number(bytes: Buffer | undefined): number {
  return bytes !== undefined && bytes.length >= 4 ? bytes.readUInt32LE(0) : 0
}

function align(length: number): number {
  return (length + 3) & ~3
}
