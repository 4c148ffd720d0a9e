/**
 * Character classes and small readers for field lines (RFC 9110, 5.1, 5.5 and 5.6; RFC 9112, 5). Text is latin1: one
 * character a byte, codes below 256, so a table lookup decides each character. Left out on purpose: obs-fold.
 */

export const CR = 0x0d
export const LF = 0x0a
export const SPACE = 0x20
export const TAB = 0x09
export const COLON = 0x3a

/** Not 0 for characters of a token; {@link UNDERSCORE_BIT} marks `_`, which many servers map to `-`. */
export const TOKEN: Uint8Array = new Uint8Array(256)
export const UNDERSCORE_BIT = 2
/** 1 for characters of a field value: HTAB, SP, VCHAR and bytes above 127. */
export const FIELD_VALUE: Uint8Array = new Uint8Array(256)

for (const char of "!#$%&'*+-.^`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") {
  TOKEN[char.charCodeAt(0)] = 1
}
TOKEN[0x5f] = 1 | UNDERSCORE_BIT
FIELD_VALUE.fill(1, SPACE)
FIELD_VALUE[TAB] = 1
FIELD_VALUE[0x7f] = 0

/** Maps field names to small numbers without making a string: by length, then without regard to case. */
export class NameTable {
  readonly #byLength: (readonly { readonly name: string; readonly kind: number }[])[] = []

  /** @param kinds lower-case name to kind, kinds > 0 */
  constructor(kinds: Readonly<Record<string, number>>) {
    const byLength = new Map<number, { name: string; kind: number }[]>()
    let longest = 0
    for (const [name, kind] of Object.entries(kinds)) {
      const sameLength = byLength.get(name.length) ?? []
      sameLength.push({ name, kind })
      byLength.set(name.length, sameLength)
      longest = Math.max(longest, name.length)
    }
    for (let length = 0; length <= longest; length++) this.#byLength.push(byLength.get(length) ?? [])
  }

  /** @returns the kind of the name `text[start, end)`, which is a token, or 0 */
  find(text: string, start: number, end: number): number {
    const length = end - start
    if (length >= this.#byLength.length) return 0
    const candidates = this.#byLength[length]!
    for (let i = 0; i < candidates.length; i++) {
      const candidate = candidates[i]!
      if (equalsLowerCase(text, start, candidate.name)) return candidate.kind
    }
    return 0
  }
}

/** Compares token text with a lower-case name. Setting bit 5 maps no other token character onto a letter or digit. */
function equalsLowerCase(text: string, start: number, name: string): boolean {
  for (let i = 0; i < name.length; i++) {
    if ((text.charCodeAt(start + i) | 0x20) !== name.charCodeAt(i)) return false
  }
  return true
}

/** The field value `text[start, end)` without optional whitespace around it. */
export function trimValue(text: string, start: number, end: number): string {
  let from = start
  let to = end
  while (from < to && isBlank(text.charCodeAt(from))) from++
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--
  return text.slice(from, to)
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB
}

/**
 * Reads a Content-Length strictly: 1 to 15 digits, nothing else (no sign, list or blank).
 *
 * @returns bytes, or -1 when it is not one
 */
export function parseContentLength(value: string): number {
  if (value.length === 0 || value.length > 15) return -1
  let total = 0
  for (let i = 0; i < value.length; i++) {
    const digit = value.charCodeAt(i) - 0x30
    if (digit < 0 || digit > 9) return -1
    total = total * 10 + digit
  }
  return total
}

/** Lower-case members of a comma-separated list of tokens; other members are left out. */
export function splitTokens(value: string): string[] {
  return value
    .toLowerCase()
    .split(',')
    .map((member) => trimValue(member, 0, member.length))
    .filter((member) => member !== '')
}
