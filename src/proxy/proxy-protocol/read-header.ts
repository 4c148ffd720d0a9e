/**
 * The PROXY protocol's header (specification of HAProxy, 2.1 and 2.2), from a peer that says whom it speaks for. Both
 * versions are told apart by their first bytes. Strict: what is not exactly a header is refused, because behind a loose
 * reading the rest of the bytes could be taken for a request. Extension fields (TLVs) are stepped over unread.
 */
import { readBinaryHeader, SIGNATURE } from './binary-header.ts'
import { type HeaderReading, INCOMPLETE, refuseHeader } from './header-reading.ts'
import { LONGEST_TEXT_HEADER, readTextHeader } from './text-header.ts'

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
