/** Address ranges in the form in which AWS gives them back, so that what is wished compares with what exists. */
import { BlockList, isIPv4 } from 'node:net'
import { compareText } from '../../base/finding.ts'
import { formatAddress, parseAddress } from '../../base/ip-address.ts'
import { widthOf } from '../../base/ip-range.ts'

/**
 * The network's own address and a prefix length: `10.1.2.3/8` is `10.0.0.0/8`, `10.1.2.3` is `10.1.2.3/32`.
 *
 * @param text one that `isCidr` accepts; anything else comes back as it is
 */
export function normalizeCidr(text: string): string {
  const [written = '', length] = text.split('/')
  const address = parseAddress(written.split('%')[0] ?? '')
  if (address === null) return text
  const width = widthOf(address.family)
  const shift = BigInt(width - (length === undefined ? width : Number(length)))
  const network = formatAddress({ family: address.family, value: (address.value >> shift) << shift })
  return `${network}/${length ?? width}`
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
