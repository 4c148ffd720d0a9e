/** nginx's `$binary_remote_addr`: the bytes of an address, one character each. */
import { isIPv4, isIPv6 } from 'node:net'

/** @returns 4 or 16 characters, `null` for what is no address */
export function addressBytes(address: string): string | null {
  if (isIPv4(address)) return String.fromCharCode(...address.split('.').map(Number))
  if (!isIPv6(address)) return null
  const [head = '', tail] = address.replace(/%.*$/, '').split('::')
  const front = words(head)
  const back = tail === undefined ? [] : words(tail)
  const zeros = Array.from({ length: 8 - front.length - back.length }, () => 0)
  return [...front, ...zeros, ...back].map((word) => String.fromCharCode(word >> 8, word & 0xff)).join('')
}

/** 16 bits each; IPv4 at the end is two of them. */
function words(text: string): readonly number[] {
  return text.split(':').flatMap((part) => {
    if (part === '') return []
    if (!part.includes('.')) return [Number.parseInt(part, 16)]
    const [a = 0, b = 0, c = 0, d = 0] = part.split('.').map(Number)
    return [(a << 8) | b, (c << 8) | d]
  })
}
