/** Credentials of RFC 7617 from a request's header lines. */
import { fieldValues } from './field-lines.ts'

export interface Credentials {
  readonly user: string
  /** As sent: UTF-8 from today's clients. */
  readonly password: Buffer
}

/** More is no password that a person or a program uses, and hashing time grows with it. */
const LONGEST_BYTES = 1024

/** @returns `null` without exactly one well-formed set of Basic credentials */
export function readCredentials(rawLines: string): Credentials | null {
  const values = fieldValues(rawLines, 'authorization')
  const match = values.length === 1 ? /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(values[0] ?? '') : null
  if (match === null) return null
  const bytes = Buffer.from(match[1] ?? '', 'base64')
  const colon = bytes.indexOf(0x3a)
  // Control characters are forbidden; some hash functions would stop at a NUL.
  if (colon === -1 || bytes.length > LONGEST_BYTES || bytes.some((byte) => byte < 0x20 || byte === 0x7f)) return null
  return { user: bytes.toString('utf8', 0, colon), password: bytes.subarray(colon + 1) }
}
