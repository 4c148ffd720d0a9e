/** Ranges of IP addresses of one family: `192.0.2.0/24`, `192.0.2.10-192.0.2.20`. */
import { formatAddress, parseAddress } from './ip-address.ts'

/** From `first` to `last`, both included. */
export interface IpRange {
  readonly family: 4 | 6
  readonly first: bigint
  readonly last: bigint
}

/** A block of 2^n addresses at a multiple of its size. */
export interface IpBlock {
  readonly family: 4 | 6
  readonly first: bigint
  readonly length: number
}

/** Why a text is no range, for people. */
export interface RangeFault {
  readonly fault: string
  readonly isBackwards: boolean
}

/**
 * Reads a CIDR (bits behind the prefix are ignored, as MetalLB ignores them) or two addresses with a dash, with or without
 * spaces around it.
 */
export function parseRange(text: string): IpRange | RangeFault {
  const wrong = (fault: string, isBackwards = false): RangeFault => ({ fault, isBackwards })
  const dash = text.indexOf('-')
  if (dash === -1) return parseCidr(text.trim()) ?? wrong(faultOfCidr(text.trim()))
  const ends = [text.slice(0, dash).trim(), text.slice(dash + 1).trim()] as const
  const first = parseAddress(ends[0])
  const last = parseAddress(ends[1])
  if (first === null || last === null) {
    const bad = JSON.stringify(first === null ? ends[0] : ends[1])
    return wrong(`${bad} is no IP address; write a range as 192.0.2.10-192.0.2.20`)
  }
  if (first.family !== last.family) return wrong('one end is IPv4 and the other IPv6; write both in one family')
  if (first.value > last.value) {
    return wrong(`it runs backwards; write ${formatAddress(last)}-${formatAddress(first)}`, true)
  }
  return { family: first.family, first: first.value, last: last.value }
}

/** @returns `null` unless it is an address with a prefix length */
export function parseCidr(text: string): IpRange | null {
  const match = /^([^/]+)\/(\d{1,3})$/.exec(text)
  const address = match === null ? null : parseAddress(match[1] ?? '')
  if (address === null) return null
  const written = Number(match?.[2])
  const width = widthOf(address.family)
  if (written > width) return null
  const size = 1n << BigInt(width - written)
  const first = (address.value / size) * size
  return { family: address.family, first, last: first + size - 1n }
}

function faultOfCidr(text: string): string {
  const [address = '', length] = text.split('/')
  const parsed = parseAddress(address)
  const quoted = JSON.stringify(text)
  if (parsed === null) return `${quoted} is neither a CIDR nor a range; write 192.0.2.0/24 or 192.0.2.10-192.0.2.20`
  const width = widthOf(parsed.family)
  if (length === undefined) return `${quoted} has no prefix length; write ${address}/${width} for the one address`
  return `${quoted} has no prefix length from 0 to ${width}; write for example ${address}/${width === 32 ? 24 : 64}`
}

/** 32 or 128. */
export function widthOf(family: 4 | 6): 32 | 128 {
  return family === 4 ? 32 : 128
}

/** The fewest blocks that make up a range, in ascending order. */
export function blocksOf({ family, first, last }: IpRange): readonly IpBlock[] {
  const width = BigInt(widthOf(family))
  const blocks: IpBlock[] = []
  let at = first
  while (at <= last) {
    let bits = 0n
    while (bits < width && ((at >> bits) & 1n) === 0n && at + (1n << (bits + 1n)) - 1n <= last) bits++
    blocks.push({ family, first: at, length: Number(width - bits) })
    at += 1n << bits
  }
  return blocks
}

/** `192.0.2.0/24`. */
export function formatBlock({ family, first, length }: IpBlock): string {
  return `${formatAddress({ family, value: first })}/${length}`
}

/** A CIDR where it is one block, `first-last` otherwise. */
export function formatRange(range: IpRange): string {
  const [block, ...others] = blocksOf(range)
  if (block !== undefined && others.length === 0) return formatBlock(block)
  const { family, first, last } = range
  return `${formatAddress({ family, value: first })}-${formatAddress({ family, value: last })}`
}

export function overlaps(a: IpRange, b: IpRange): boolean {
  return a.family === b.family && a.first <= b.last && b.first <= a.last
}

export function contains(range: IpRange, address: { readonly family: 4 | 6; readonly value: bigint }): boolean {
  return range.family === address.family && range.first <= address.value && address.value <= range.last
}
