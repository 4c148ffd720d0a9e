/** Version 2 of the PROXY protocol: 16 bytes that say how many follow, addresses, extension fields. */
import { addressOfBytes } from './address-text.ts'
import { type HeaderReading, INCOMPLETE, LONGEST_HEADER, refuseHeader } from './header-reading.ts'

export const SIGNATURE: Buffer = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')

/** Bytes before the addresses. */
export const FIXED_BYTES = 16
/** Version 2 and command: the peer speaks for itself, or for somebody. */
export const LOCAL = 0x20
export const PROXY = 0x21
/** Address family and transport. */
export const TCP4 = 0x11
export const TCP6 = 0x21

/** Families that the specification knows, with the bytes of their addresses; only TCP's are used. */
const ADDRESS_BYTES: ReadonlyMap<number, number> = new Map([
  [0x00, 0],
  [TCP4, 12],
  [0x12, 12],
  [TCP6, 36],
  [0x22, 36],
  [0x31, 216],
  [0x32, 216],
])

/** @param bytes begin with the signature, as far as they go */
export function readBinaryHeader(bytes: Buffer): HeaderReading {
  const command = bytes[12]
  if (command !== undefined && command !== LOCAL && command !== PROXY) {
    return refuseHeader('has an unknown version or command')
  }
  if (bytes.length < FIXED_BYTES) return INCOMPLETE
  const byteLength = FIXED_BYTES + bytes.readUInt16BE(14)
  if (byteLength > LONGEST_HEADER) return refuseHeader(`is longer than ${LONGEST_HEADER} bytes`)
  const family = bytes[13] ?? 0
  const addressBytes = ADDRESS_BYTES.get(family)
  if (command === PROXY) {
    if (addressBytes === undefined) return refuseHeader('has an unknown address family')
    if (byteLength < FIXED_BYTES + addressBytes) return refuseHeader('is too short for its addresses')
  }
  if (bytes.length < byteLength) return INCOMPLETE
  const size = command === PROXY ? (family === TCP4 ? 4 : family === TCP6 ? 16 : 0) : 0
  if (size === 0) return { kind: 'complete', byteLength, addresses: null }
  const source = FIXED_BYTES
  const destination = source + size
  const ports = destination + size
  return {
    kind: 'complete',
    byteLength,
    addresses: {
      sourceAddress: addressOfBytes(bytes.subarray(source, destination)),
      sourcePort: bytes.readUInt16BE(ports),
      destinationAddress: addressOfBytes(bytes.subarray(destination, ports)),
      destinationPort: bytes.readUInt16BE(ports + 2),
    },
  }
}
