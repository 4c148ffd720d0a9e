/**
 * Chunk extensions (RFC 9112, 7.1.1): `;name`, `;name=token` or `;name="text"`, any number of them. They are checked and dropped.
 * Not accepted although the grammar has them: blanks around `;` and `=`, backslashes and bytes above ASCII in quotes.
 */
import { CR, FIELD_VALUE, TOKEN } from './field-syntax.ts'

/** After the `;` of the first extension. */
export const EXTENSION_START = 0
/** The line's CR was read: its LF follows. */
export const EXTENSION_END = 6
/** No extension goes on like this. */
export const EXTENSION_BROKEN = -1

const NAME = 1
const VALUE_START = 2
const VALUE = 3
const QUOTED = 4
const QUOTED_END = 5

const SEMICOLON = 0x3b
const EQUALS = 0x3d
const QUOTE = 0x22
const BACKSLASH = 0x5c

/** One byte further. @returns the next state, {@link EXTENSION_END} or {@link EXTENSION_BROKEN} */
export function stepExtension(state: number, code: number): number {
  switch (state) {
    case EXTENSION_START:
      return TOKEN[code] === 0 ? EXTENSION_BROKEN : NAME
    case NAME:
      if (TOKEN[code] !== 0) return NAME
      return code === EQUALS ? VALUE_START : endOfExtension(code)
    case VALUE_START:
      if (code === QUOTE) return QUOTED
      return TOKEN[code] === 0 ? EXTENSION_BROKEN : VALUE
    case VALUE:
      return TOKEN[code] === 0 ? endOfExtension(code) : VALUE
    case QUOTED:
      if (code === QUOTE) return QUOTED_END
      return code !== BACKSLASH && code < 0x7f && FIELD_VALUE[code] === 1 ? QUOTED : EXTENSION_BROKEN
    default:
      return endOfExtension(code)
  }
}

function endOfExtension(code: number): number {
  if (code === CR) return EXTENSION_END
  return code === SEMICOLON ? EXTENSION_START : EXTENSION_BROKEN
}
