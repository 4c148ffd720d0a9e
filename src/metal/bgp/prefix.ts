/** Prefixes as BGP writes them: a length in bits and as many bytes as it needs (RFC 4271 4.3, RFC 4760 5). */
import { formatIp, parseIp, type Family } from './ip-bytes.ts'

export interface Prefix {
  readonly family: Family
  /** Bits. */
  readonly length: number
  /** 4 or 16; bits behind the prefix are zero. */
  readonly bytes: Uint8Array
}

/** @param text `192.0.2.0/24`, `2001:db8::/64`. @returns `null` for what is no prefix */
export function parsePrefix(text: string): Prefix | null {
  const slash = text.indexOf('/')
  const bytes = slash === -1 ? null : parseIp(text.slice(0, slash))
  const digits = text.slice(slash + 1)
  if (bytes === null || !/^\d{1,3}$/.test(digits)) return null
  const length = Number(digits)
  if (length > bytes.length * 8) return null
  clearHostBits(bytes, length)
  return { family: bytes.length === 4 ? 4 : 6, length, bytes }
}

export function formatPrefix({ bytes, length }: Prefix): string {
  return `${formatIp(bytes)}/${length}`
}

/** Bytes of the prefix on the wire, its length byte included. */
export function prefixSize({ length }: Prefix): number {
  return 1 + Math.ceil(length / 8)
}

/** @returns the offset behind it */
export function writePrefix(into: Uint8Array, at: number, prefix: Prefix): number {
  const size = prefixSize(prefix)
  into[at] = prefix.length
  into.set(prefix.bytes.subarray(0, size - 1), at + 1)
  return at + size
}

/** Reads prefixes to the end of `bytes`. @returns `null` when one is too long or cut off */
export function decodePrefixes(bytes: Uint8Array, family: Family): Prefix[] | null {
  const size = family === 4 ? 4 : 16
  const found: Prefix[] = []
  let at = 0
  while (at < bytes.length) {
    const length = bytes[at] ?? 0
    const count = Math.ceil(length / 8)
    if (count > size || length > size * 8 || at + 1 + count > bytes.length) return null
    const whole = new Uint8Array(size)
    whole.set(bytes.subarray(at + 1, at + 1 + count))
    // RFC 4271 4.3: the value of trailing bits is irrelevant.
    clearHostBits(whole, length)
    found.push({ family, length, bytes: whole })
    at += 1 + count
  }
  return found
}

function clearHostBits(bytes: Uint8Array, length: number): void {
  for (let at = Math.floor(length / 8); at < bytes.length; at++) {
    const kept = Math.max(0, length - at * 8)
    bytes[at] = (bytes[at] ?? 0) & (0xff << (8 - kept))
  }
}
