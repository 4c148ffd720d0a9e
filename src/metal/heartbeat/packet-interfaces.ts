/** Interfaces in a heartbeat: those that have room; where some have none, none are told, which means that they are not known. */
import { formatAddress, parseAddress } from '../../base/ip-address.ts'
import { widthOf } from '../../base/ip-range.ts'
import type { ByteReader } from './byte-reader.ts'
import type { HeartbeatInterface } from './heartbeat-model.ts'

/** In place of a count. */
const UNKNOWN = 255

export function encodeInterfaces(interfaces: readonly HeartbeatInterface[] | null, room: number): Buffer {
  const unknown = Buffer.from([UNKNOWN])
  if (interfaces === null || interfaces.length >= UNKNOWN) return unknown
  const bytes = Buffer.concat([Buffer.from([interfaces.length]), ...interfaces.map(encodeInterface)])
  return bytes.length > room ? unknown : bytes
}

export function readInterfaces(reader: ByteReader): readonly HeartbeatInterface[] | null {
  const count = reader.byte()
  if (count === UNKNOWN) return null
  const interfaces: HeartbeatInterface[] = []
  for (let index = 0; index < count && !reader.isSpent; index++) {
    const name = reader.text(reader.byte())
    const mac = reader
      .bytes(6)
      .toString('hex')
      .replace(/..(?!$)/g, '$&:')
    const prefixes: string[] = []
    for (let left = reader.byte(); left > 0 && !reader.isSpent; left--) prefixes.push(readPrefix(reader))
    interfaces.push({ name, mac, prefixes })
  }
  return interfaces
}

function encodeInterface({ name, mac, prefixes }: HeartbeatInterface): Buffer {
  const nameBytes = Buffer.from(name).subarray(0, 255)
  const macBytes = Buffer.alloc(6)
  macBytes.write(mac.replaceAll(':', ''), 'hex')
  const encoded = prefixes
    .map(encodePrefix)
    .filter((prefix) => prefix !== null)
    .slice(0, 255)
  return Buffer.concat([
    Buffer.from([nameBytes.length]),
    nameBytes,
    macBytes,
    Buffer.from([encoded.length]),
    ...encoded,
  ])
}

/** Family, length, and the address, whole. */
function encodePrefix(prefix: string): Buffer | null {
  const [text = '', length = ''] = prefix.split('/')
  const address = parseAddress(text)
  if (address === null) return null
  const bytes = Buffer.alloc(widthOf(address.family) / 8)
  bytes.write(address.value.toString(16).padStart(bytes.length * 2, '0'), 'hex')
  return Buffer.concat([Buffer.from([address.family, Number(length)]), bytes])
}

function readPrefix(reader: ByteReader): string {
  const family = reader.byte() === 4 ? 4 : 6
  const length = reader.byte()
  const hex = reader.bytes(widthOf(family) / 8).toString('hex')
  return `${formatAddress({ family, value: BigInt(`0x${hex || '0'}`) })}/${Math.min(length, widthOf(family))}`
}
