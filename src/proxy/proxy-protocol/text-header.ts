/** Version 1 of the PROXY protocol: one line of ASCII. */
import { isIPv4, isIPv6 } from 'node:net'
import { canonicalAddress } from './address-text.ts'
import { type HeaderReading, INCOMPLETE, refuseHeader } from './header-reading.ts'

/** `PROXY UNKNOWN` with the longest addresses and ports, line break included (2.1). */
export const LONGEST_TEXT_HEADER = 107

/** @param text the first bytes, at most {@link LONGEST_TEXT_HEADER}, from `PROXY ` on */
export function readTextHeader(text: string): HeaderReading {
  // A line feed or a carriage return alone ends no header, whatever follows.
  const end = text.search(/[\r\n]/)
  if (end !== -1 && !'\r\n'.startsWith(text.slice(end, end + 2))) {
    return refuseHeader('has a line break that is not CRLF')
  }
  if (end === -1 || end + 2 > text.length) {
    return text.length < LONGEST_TEXT_HEADER ? INCOMPLETE : refuseHeader(`is longer than ${LONGEST_TEXT_HEADER} bytes`)
  }
  const byteLength = end + 2
  const line = text.slice(0, end)
  if (line === 'PROXY UNKNOWN' || line.startsWith('PROXY UNKNOWN ')) {
    return { kind: 'complete', byteLength, addresses: null }
  }
  const fields = line.split(' ')
  const [, family = '', source = '', destination = '', sourcePort = '', destinationPort = ''] = fields
  const isAddress = family === 'TCP4' ? isIPv4 : family === 'TCP6' ? isPlainIPv6 : null
  if (isAddress === null) return refuseHeader('has an unknown protocol')
  if (fields.length !== 6) return refuseHeader('has not six fields')
  if (!isAddress(source) || !isAddress(destination)) return refuseHeader('has an address that is none of its family')
  const ports = [readPort(sourcePort), readPort(destinationPort)] as const
  if (ports[0] === null || ports[1] === null) return refuseHeader('has a port that is none')
  return {
    kind: 'complete',
    byteLength,
    addresses: {
      sourceAddress: canonicalAddress(source),
      sourcePort: ports[0],
      destinationAddress: canonicalAddress(destination),
      destinationPort: ports[1],
    },
  }
}

/** Without the zone that Node allows behind `%`. */
function isPlainIPv6(text: string): boolean {
  return isIPv6(text) && !text.includes('%')
}

/** Decimal without leading zeros, 0 included: balancers check health from port 0. */
function readPort(text: string): number | null {
  if (!/^(?:0|[1-9]\d{0,4})$/.test(text)) return null
  const port = Number(text)
  return port <= 65_535 ? port : null
}
