/** The text of a head, before anybody reads it as one. */
import { CR, FIELD_VALUE, LF } from './field-syntax.ts'

/** Most heads are shorter: what follows in the same read is body and need not become text. */
const USUAL_HEAD = 4096

/** `buffer[start, end)` as latin1, or as much of it as holds the end of the head. */
export function readHeadText(buffer: Buffer, start: number, end: number): string {
  const text = buffer.toString('latin1', start, Math.min(end, start + USUAL_HEAD))
  return text.length === end - start || text.includes('\r\n\r\n') ? text : buffer.toString('latin1', start, end)
}

/**
 * True when text that is not yet a complete head can never become one: bare CR or LF, or a control character. Tells a
 * client at once what it would otherwise wait for until the timeout.
 */
export function isHopeless(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === CR) {
      if (i + 1 < text.length && text.charCodeAt(i + 1) !== LF) return true
    } else if (code === LF) {
      if (i === 0 || text.charCodeAt(i - 1) !== CR) return true
    } else if (FIELD_VALUE[code] !== 1) return true
  }
  return false
}
