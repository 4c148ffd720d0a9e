/** PROXY protocol headers for upstreams. Addresses of different families are both written as IPv6. */
import { isIPv4 } from 'node:net'
import { bytesOfAddress } from './address-text.ts'
import { FIXED_BYTES, LOCAL, PROXY, SIGNATURE, TCP4, TCP6 } from './binary-header.ts'
import type { ProxiedAddresses } from './header-reading.ts'

/** Version 1, the one that ingress-nginx writes. `null` = unknown. */
export function writeTextHeader(addresses: ProxiedAddresses | null): Buffer {
  if (addresses === null) return Buffer.from('PROXY UNKNOWN\r\n', 'latin1')
  const [source, destination, isV4] = inOneFamily(addresses)
  const { sourcePort, destinationPort } = addresses
  const family = isV4 ? 'TCP4' : 'TCP6'
  return Buffer.from(`PROXY ${family} ${source} ${destination} ${sourcePort} ${destinationPort}\r\n`, 'latin1')
}

/** Version 2 without extension fields. `null` = the connection is our own. */
export function writeBinaryHeader(addresses: ProxiedAddresses | null): Buffer {
  if (addresses === null) return Buffer.concat([SIGNATURE, Buffer.from([LOCAL, 0, 0, 0])])
  const [source, destination, isV4] = inOneFamily(addresses)
  const bytes = [bytesOfAddress(source), bytesOfAddress(destination)]
  const ports = Buffer.alloc(4)
  ports.writeUInt16BE(addresses.sourcePort, 0)
  ports.writeUInt16BE(addresses.destinationPort, 2)
  const length = (isV4 ? 8 : 32) + ports.length
  const fixed = Buffer.alloc(FIXED_BYTES - SIGNATURE.length)
  fixed[0] = PROXY
  fixed[1] = isV4 ? TCP4 : TCP6
  fixed.writeUInt16BE(length, 2)
  return Buffer.concat([SIGNATURE, fixed, ...bytes, ports])
}

function inOneFamily({ sourceAddress, destinationAddress }: ProxiedAddresses): [string, string, boolean] {
  if (isIPv4(sourceAddress) && isIPv4(destinationAddress)) return [sourceAddress, destinationAddress, true]
  return [asIPv6(sourceAddress), asIPv6(destinationAddress), false]
}

function asIPv6(address: string): string {
  return isIPv4(address) ? `::ffff:${address}` : address
}
