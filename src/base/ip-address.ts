/** IP addresses as numbers. Text is written as RFC 5952 asks for, read in every form that RFC 4291 section 2.2 has. */
import { isIPv4, isIPv6 } from 'node:net'

export interface IpAddress {
  readonly family: 4 | 6
  /** Below 2^32 or 2^128. */
  readonly value: bigint
}

/** @returns `null` for anything else, names of zones (`fe80::1%eth0`) and leading zeros (`010.0.0.1`) included */
export function parseAddress(text: string): IpAddress | null {
  if (isIPv4(text)) return { family: 4, value: BigInt(bitsOfIpv4(text)) }
  if (!isIPv6(text) || text.includes('%')) return null
  return { family: 6, value: bitsOfIpv6(text) }
}

/** `192.0.2.1`; IPv6 in lower case, the longest run of two or more zero groups, the first of equals, as `::`. */
export function formatAddress({ family, value }: IpAddress): string {
  if (family === 4) {
    const bits = Number(value)
    return `${bits >>> 24}.${(bits >>> 16) & 255}.${(bits >>> 8) & 255}.${bits & 255}`
  }
  const groups: string[] = []
  for (let shift = 112n; shift >= 0n; shift -= 16n) groups.push(((value >> shift) & 0xffffn).toString(16))
  const run = longestZeros(groups)
  if (run.length < 2) return groups.join(':')
  return `${groups.slice(0, run.begin).join(':')}::${groups.slice(run.begin + run.length).join(':')}`
}

/** The one way to write an address that may be written in several; anything else comes back as it is. */
export function normalizeAddress(text: string): string {
  const address = parseAddress(text)
  return address === null ? text : formatAddress(address)
}

function bitsOfIpv4(text: string): number {
  let bits = 0
  for (const part of text.split('.')) bits = bits * 256 + Number(part)
  return bits
}

function bitsOfIpv6(text: string): bigint {
  const [head = '', tail] = text.split('::')
  const left = groupsOf(head)
  const right = tail === undefined ? [] : groupsOf(tail)
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0')
  return BigInt(`0x${[...left, ...zeros, ...right].map((group) => group.padStart(4, '0')).join('')}`)
}

/** The last 32 bits may be written as IPv4. */
function groupsOf(text: string): readonly string[] {
  if (text === '') return []
  const groups = text.split(':')
  const last = groups.at(-1) ?? ''
  if (!last.includes('.')) return groups
  const bits = bitsOfIpv4(last)
  return [...groups.slice(0, -1), Math.floor(bits / 65_536).toString(16), (bits % 65_536).toString(16)]
}

function longestZeros(groups: readonly string[]): { readonly begin: number; readonly length: number } {
  let best = { begin: 0, length: 0 }
  let begin = 0
  for (let at = 0; at <= groups.length; at++) {
    if (groups[at] === '0') continue
    if (at - begin > best.length) best = { begin, length: at - begin }
    begin = at + 1
  }
  return best
}
