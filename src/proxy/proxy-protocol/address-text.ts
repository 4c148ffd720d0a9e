/** Addresses between text and bytes, in the one form that lists and logs compare. */
import { isIPv4, SocketAddress } from 'node:net'

/** Shortest lower-case form (RFC 5952); IPv4 within IPv6 becomes IPv4. @param address checked to be one, without zone */
export function canonicalAddress(address: string): string {
  if (isIPv4(address)) return address
  const text = new SocketAddress({ address, family: 'ipv6' }).address
  return text.replace(/^::ffff:(?=\d+\.)/, '')
}

/** @param bytes 4 or 16 in network order */
export function addressOfBytes(bytes: Buffer): string {
  if (bytes.length === 4) return `${bytes[0]}.${bytes[1]}.${bytes[2]}.${bytes[3]}`
  const groups: string[] = []
  for (let at = 0; at < bytes.length; at += 2) groups.push(bytes.readUInt16BE(at).toString(16))
  return canonicalAddress(groups.join(':'))
}

/** 4 or 16 bytes in network order. @param address checked to be one, without zone */
export function bytesOfAddress(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number))
  // An IPv4 tail stands for the last two groups.
  const text = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_match, ...parts: string[]) => {
    const [a = 0, b = 0, c = 0, d = 0] = parts.slice(0, 4).map(Number)
    return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`
  })
  const [before = '', after = ''] = text.split('::')
  const head = before === '' ? [] : before.split(':')
  const tail = after === '' ? [] : after.split(':')
  const middle = text.includes('::') ? Array.from({ length: 8 - head.length - tail.length }, () => '0') : []
  const bytes = Buffer.alloc(16)
  for (const [index, group] of [...head, ...middle, ...tail].entries()) {
    bytes.writeUInt16BE(Number.parseInt(group, 16), index * 2)
  }
  return bytes
}
