/** IP addresses between text and bytes in network order. */
import { isIP } from 'node:net'

export type Family = 4 | 6

/** @param text without a zone. @returns 4 or 16 bytes; `null` for what is no address */
export function parseIp(text: string): Uint8Array | null {
  switch (isIP(text)) {
    case 4:
      return Uint8Array.from(text.split('.'), Number)
    case 6:
      return parseIpv6(text)
    default:
      return null
  }
}

/** @param bytes 4 or 16; IPv6 in the form of RFC 5952 */
export function formatIp(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.')
  const groups = Array.from({ length: 8 }, (_, at) =>
    (((bytes[at * 2] ?? 0) << 8) | (bytes[at * 2 + 1] ?? 0)).toString(16),
  )
  let [start, length] = [0, 0]
  for (let at = 0; at < 8; at++) {
    let end = at
    while (end < 8 && groups[end] === '0') end++
    if (end - at > length) [start, length] = [at, end - at]
    if (end > at) at = end
  }
  if (length < 2) return groups.join(':')
  return `${groups.slice(0, start).join(':')}::${groups.slice(start + length).join(':')}`
}

/** One spelling for each address; what is none (or has a zone) stays as it is. */
export function canonicalIp(text: string): string {
  const bytes = parseIp(text)
  return bytes === null ? text : formatIp(bytes)
}

/** `isIP` has found it sound. */
function parseIpv6(text: string): Uint8Array | null {
  if (text.includes('%')) return null
  let hex = text
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text)
  if (dotted !== null) {
    const [, head = '', a, b, c, d] = dotted
    hex = `${head}${((Number(a) << 8) | Number(b)).toString(16)}:${((Number(c) << 8) | Number(d)).toString(16)}`
  }
  const [head = '', tail] = hex.split('::')
  const first = head === '' ? [] : head.split(':')
  const last = tail === undefined || tail === '' ? [] : tail.split(':')
  const groups = [...first, ...Array.from({ length: 8 - first.length - last.length }, () => '0'), ...last]
  const bytes = new Uint8Array(16)
  for (const [at, group] of groups.entries()) {
    const value = Number.parseInt(group, 16)
    bytes[at * 2] = value >> 8
    bytes[at * 2 + 1] = value & 0xff
  }
  return bytes
}
