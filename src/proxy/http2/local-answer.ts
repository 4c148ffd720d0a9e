/** Our own answers as HTTP/2 sends them. */
import type { LocalAnswer } from '../../routing/model.ts'
import { dateLine, SERVER_LINE } from '../answer.ts'
import { NO_BODY } from '../downstream.ts'

/** Lines that all of them have. */
export function ownLines(): string {
  return SERVER_LINE + dateLine()
}

export function linesOf(answer: LocalAnswer): string {
  const hasType = answer.body !== '' && answer.contentType !== ''
  return hasType ? `${ownLines()}content-type: ${answer.contentType}\r\n` : ownLines()
}

/** `contentLength` is {@link NO_BODY} where the status allows none (RFC 9110, 8.6). */
export function contentOf(answer: LocalAnswer): { readonly content: Buffer; readonly contentLength: number } {
  const content = Buffer.from(answer.body, 'utf8')
  const hasLength = answer.status !== 204 && answer.status !== 304
  return { content, contentLength: hasLength ? content.length : NO_BODY }
}
