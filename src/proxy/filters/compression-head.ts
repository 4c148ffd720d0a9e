/** Which answers are compressed, and what that changes in their heads (RFC 9110, 8.4, 8.8.3 and 12.5.5; RFC 9111, 5.2.2.6). */
import { withoutFields } from '../../routing/answer-edits.ts'
import { chooseCoding, type CodingPolicy, type CompressionPolicy, coversType } from '../../routing/compression.ts'
import type { ResponseHead } from '../downstream.ts'
import { UNKNOWN_LENGTH } from '../downstream.ts'
import type { RequestRecord } from '../request-record.ts'
import { fieldValues } from './field-lines.ts'

/** What becomes of an answer. `varies` without a coding: another client would get it compressed. */
export interface CompressionChoice {
  readonly coding: CodingPolicy | null
  readonly varies: boolean
}

const UNTOUCHED: CompressionChoice = { coding: null, varies: false }

/** Types whose every bit is wanted at once, or that are framed within. */
const NEVER = /^(?:text\/event-stream$|application\/grpc)/

export function chooseCompression(
  policy: CompressionPolicy,
  record: RequestRecord,
  head: ResponseHead,
): CompressionChoice {
  const { status, headerLines } = head
  if (head.upgrade !== '' || status === 204 || status === 205 || status === 206 || status < 200) return UNTOUCHED
  const encodings = fieldValues(headerLines, 'content-encoding')
  if (encodings.some((value) => value.toLowerCase() !== 'identity')) return UNTOUCHED
  if (fieldValues(headerLines, 'cache-control').some((value) => /\bno-transform\b/i.test(value))) return UNTOUCHED
  const type = (fieldValues(headerLines, 'content-type')[0] ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
  // A 304 often has no type; whatever it stands for may have been compressed.
  if (status === 304 && type === '') return { coding: null, varies: true }
  if (NEVER.test(type)) return UNTOUCHED
  const offered = policy.codings.filter((coding) => coversType(coding, type) && isLongEnough(coding, head))
  if (offered.length === 0) return UNTOUCHED
  // Nobody compresses for HTTP/1.0, whose caches know no Vary.
  if (!head.hasBody || record.protocol === 'HTTP/1.0') return { coding: null, varies: true }
  const accept = fieldValues(record.headerLines, 'accept-encoding').join(',')
  return { coding: chooseCoding(offered, accept), varies: true }
}

function isLongEnough({ minBytes }: CodingPolicy, { contentLength }: ResponseHead): boolean {
  return contentLength === UNKNOWN_LENGTH || contentLength >= minBytes
}

/** The head of an answer that depends on Accept-Encoding. */
export function varyingHead(head: ResponseHead): ResponseHead {
  return withLines(head, withVary(head.headerLines), head.contentLength)
}

/** About bytes that are other ones now: digests (RFC 9530), ranges, and what is written anew. */
const REPLACED = ['content-encoding', 'accept-ranges', 'etag', 'content-digest', 'repr-digest', 'digest', 'content-md5']

/** @param contentLength of the compressed body, if it is known */
export function compressedHead(head: ResponseHead, { coding }: CodingPolicy, contentLength: number): ResponseHead {
  const etag = fieldValues(head.headerLines, 'etag')[0] ?? ''
  let lines = withVary(withoutFields(head.headerLines, REPLACED))
  // Byte for byte it is another thing now: the validator is good for the meaning only.
  if (etag !== '') lines += `ETag: ${etag.startsWith('W/') ? etag : `W/${etag}`}\r\n`
  return withLines(head, `${lines}Content-Encoding: ${coding}\r\n`, contentLength)
}

function withVary(lines: string): string {
  const names = fieldValues(lines, 'vary').flatMap((value) => value.toLowerCase().split(','))
  const has = names.some((name) => ['*', 'accept-encoding'].includes(name.trim()))
  return has ? lines : `${lines}Vary: Accept-Encoding\r\n`
}

function withLines(head: ResponseHead, headerLines: string, contentLength: number): ResponseHead {
  const { status, reason, hasBody, upgrade } = head
  return { status, reason, headerLines, contentLength, hasBody, upgrade }
}
