/** ASCII letter case written out in regular expression source, where the `i` flag must not be used. */

const UPPER_A = 0x41
const UPPER_Z = 0x5a
const LOWER_A = 0x61
const LOWER_Z = 0x7a
const CASE_BIT = 0x20

/** One literal character as an atom: `a` becomes `[aA]` when folding, special characters are escaped. */
export function foldChar(char: string, foldsCase: boolean): string {
  const code = char.charCodeAt(0)
  if (!foldsCase || !isLetter(code)) return escapeLiteral(char)
  const lower = String.fromCharCode(code | CASE_BIT)
  return `[${lower}${lower.toUpperCase()}]`
}

/** A character or range inside a class, with the other case of every letter in it. */
export function foldRange(from: string, to: string, foldsCase: boolean): string {
  const low = from.charCodeAt(0)
  const high = to.charCodeAt(0)
  let out = formatRange(low, high)
  if (!foldsCase) return out
  const upper = overlap(low, high, UPPER_A, UPPER_Z)
  if (upper !== null) out += formatRange(upper[0] + CASE_BIT, upper[1] + CASE_BIT)
  const lower = overlap(low, high, LOWER_A, LOWER_Z)
  if (lower !== null) out += formatRange(lower[0] - CASE_BIT, lower[1] - CASE_BIT)
  return out
}

function overlap(low: number, high: number, from: number, to: number): readonly [number, number] | null {
  const start = Math.max(low, from)
  const end = Math.min(high, to)
  return start <= end ? [start, end] : null
}

function isLetter(code: number): boolean {
  const lower = code | CASE_BIT
  return lower >= LOWER_A && lower <= LOWER_Z
}

function formatRange(low: number, high: number): string {
  return low === high ? escapeInClass(low) : `${escapeInClass(low)}-${escapeInClass(high)}`
}

function escapeInClass(code: number): string {
  const char = String.fromCharCode(code)
  return /[\w/.]/.test(char) ? char : toCodeEscape(code)
}

function escapeLiteral(char: string): string {
  return /[\w/\-~:,;@=&%!"'<>` #]/.test(char) ? char : toCodeEscape(char.charCodeAt(0))
}

function toCodeEscape(code: number): string {
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`
}
