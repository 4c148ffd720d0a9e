/**
 * The PROXY protocol's header (specification of HAProxy, 2.1 and 2.2), from a peer that says whom it speaks for. Both
 * versions are told apart by their first bytes. Strict: what is not exactly a header is refused, because behind a loose
 * reading the rest of the bytes could be taken for a request. Extension fields (TLVs) are stepped over unread.
 */
import { readBinaryHeader, SIGNATURE } from './binary-header.ts'
import { LONGEST_TEXT_HEADER, readTextHeader } from './text-header.ts'

/** Who connected to whom, as the peer's header has it. */
export interface ProxiedAddresses {
  /** Canonical text of the client's address; IPv4 within IPv6 is IPv4. */
  readonly sourceAddress: string
  readonly sourcePort: number
  readonly destinationAddress: string
  readonly destinationPort: number
}

export type HeaderReading =
  /** The bytes are the beginning of a header. */
  | { readonly kind: 'incomplete' }
  /** `addresses` is `null` when the header names none (LOCAL, UNKNOWN, UNSPEC, Unix sockets): the socket's hold. */
  | { readonly kind: 'complete'; readonly byteLength: number; readonly addresses: ProxiedAddresses | null }
  /** Reads after "the header ". */
  | { readonly kind: 'refused'; readonly reason: string }

export const INCOMPLETE: HeaderReading = { kind: 'incomplete' }

export function refuseHeader(reason: string): HeaderReading {
  return { kind: 'refused', reason }
}

/** Longest header of either version that is read, extension fields included (as nginx). */
export const LONGEST_HEADER = 4096

const TEXT_START = 'PROXY '

/** @param bytes everything received so far; what follows the header is left alone */
export function readProxyHeader(bytes: Buffer): HeaderReading {
  if (isStart(bytes, SIGNATURE)) return readBinaryHeader(bytes)
  const start = bytes.toString('latin1', 0, TEXT_START.length)
  if (TEXT_START.startsWith(start)) {
    return bytes.length < TEXT_START.length
      ? INCOMPLETE
      : readTextHeader(bytes.toString('latin1', 0, LONGEST_TEXT_HEADER))
  }
  return refuseHeader('is missing')
}

/** True when the bytes begin with the signature, or are its beginning. None are neither. */
function isStart(bytes: Buffer, signature: Buffer): boolean {
  const length = Math.min(bytes.length, signature.length)
  return length > 0 && bytes.compare(signature, 0, length, 0, length) === 0
}
