/** Makes text of unknown origin safe to print on a terminal. */

/**
 * Characters that move a cursor, change colours, hide or reorder text: C0 and C1 controls, DEL, line and paragraph
 * separators, directional marks and overrides, zero-width and tag characters, lone surrogates.
 */
const UNSAFE =
  // oxlint-disable-next-line no-control-regex
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]|\p{Cs}/gu

/** Replaces every unsafe character by its escape, such as `\u001b`; the result is one line. */
export function escapeLine(text: string): string {
  return text.replace(UNSAFE, escapeCharacter)
}

/** The same for text of our own layout: line feeds stay, so what users wrote has to be escaped by line before. */
export function escapeControls(text: string): string {
  return text.replace(UNSAFE, (character) => (character === '\n' ? character : escapeCharacter(character)))
}

/**
 * The same for JSON text, where `JSON.stringify` leaves some of them as they are. They can stand in strings only, so
 * the result is the same JSON. Line breaks of the layout stay.
 */
export function escapeJson(json: string): string {
  return json.replace(UNSAFE, (character) => (character === '\n' ? character : escapeUnits(character)))
}

function escapeCharacter(character: string): string {
  switch (character) {
    case '\n':
      return '\\n'
    case '\r':
      return '\\r'
    case '\t':
      return '\\t'
    default:
      return escapeUnits(character)
  }
}

/** `\uXXXX` for each UTF-16 unit, the one form that JSON and people read alike. */
function escapeUnits(character: string): string {
  let text = ''
  for (let index = 0; index < character.length; index++) {
    text += `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`
  }
  return text
}
