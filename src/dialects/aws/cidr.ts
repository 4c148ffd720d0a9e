/** Address ranges in the form in which AWS gives them back, so that what is wished compares with what exists. */
import { BlockList, isIPv4, isIPv6 } from 'node:net'
import { compareText } from '../../base/finding.ts'

/**
 * The network's own address and a prefix length: `10.1.2.3/8` is `10.0.0.0/8`, `10.1.2.3` is `10.1.2.3/32`.
 *
 * @param text one that `isCidr` accepts; anything else comes back as it is
 */
export function normalizeCidr(text: string): string {
  const [address = '', written] = text.split('/')
  if (isIPv4(address)) {
    const length = written === undefined ? 32 : Number(written)
    const bits = address.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n)
    const network = clearHostBits(bits, 32, length)
    return `${[24n, 16n, 8n, 0n].map((shift) => (network >> shift) & 255n).join('.')}/${length}`
  }
  if (isIPv6(address)) {
    const length = written === undefined ? 128 : Number(written)
    const groups = new URL(`http://[${address.split('%')[0]}]/`).hostname.slice(1, -1)
    return `${compressIpv6(clearHostBits(ipv6Bits(groups), 128, length))}/${length}`
  }
  return text
}

/** Normalized, sorted, each once, without those that another one of the list contains. */
export function mergeCidrs(cidrs: readonly string[]): readonly string[] {
  const all = [...new Set(cidrs.map(normalizeCidr))].sort(compareText)
  return all.filter((cidr) => !all.some((other) => other !== cidr && containsCidr(other, cidr)))
}

/** True when every address of `inner` is in `outer`. Both normalized. */
export function containsCidr(outer: string, inner: string): boolean {
  const [outerAddress = '', outerLength = ''] = outer.split('/')
  const [innerAddress = '', innerLength = ''] = inner.split('/')
  const family = isIPv4(outerAddress) ? 'ipv4' : 'ipv6'
  if (isIPv4(innerAddress) !== (family === 'ipv4') || Number(innerLength) < Number(outerLength)) return false
  const list = new BlockList()
  list.addSubnet(outerAddress, Number(outerLength), family)
  return list.check(innerAddress, family)
}

function clearHostBits(bits: bigint, width: number, length: number): bigint {
  const shift = BigInt(width - length)
  return (bits >> shift) << shift
}

/** @param text as the URL parser writes it: lower case, `::` for the longest run of zeros, no dotted part */
function ipv6Bits(text: string): bigint {
  const [head = '', tail] = text.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0')
  return [...left, ...zeros, ...right].reduce((sum, group) => sum * 65_536n + BigInt(`0x${group}`), 0n)
}

function compressIpv6(bits: bigint): string {
  const groups = Array.from({ length: 8 }, (_, index) => ((bits >> BigInt(112 - index * 16)) & 0xffffn).toString(16))
  return new URL(`http://[${groups.join(':')}]/`).hostname.slice(1, -1)
}
