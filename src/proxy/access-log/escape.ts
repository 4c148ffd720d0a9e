/**
 * The three ways in which nginx escapes variables in a log line. Strings hold one character per byte.
 *
 * Two differences, both so that a line can be relied on: `json` writes bytes that are not UTF-8 as `\u00XX`, where
 * nginx writes them raw and the line is not JSON; `none` still writes CR and LF as `\x0D` and `\x0A`, where nginx
 * lets a request begin a forged line.
 */
import { isUtf8 } from 'node:buffer'

const QUOTE = 0x22
const BACKSLASH = 0x5c

const DEFAULT_FORMS = Array.from({ length: 256 }, (_, code) =>
  code < 0x20 || code > 0x7e || code === QUOTE || code === BACKSLASH
    ? `\\x${code.toString(16).toUpperCase().padStart(2, '0')}`
    : String.fromCharCode(code),
)

const SHORT_JSON: Readonly<Record<number, string>> = {
  [QUOTE]: '\\"',
  [BACKSLASH]: '\\\\',
  0x08: '\\b',
  0x09: '\\t',
  0x0a: '\\n',
  0x0c: '\\f',
  0x0d: '\\r',
}

const JSON_FORMS = Array.from({ length: 256 }, (_, code) => {
  if (code >= 0x20 && code !== QUOTE && code !== BACKSLASH) return String.fromCharCode(code)
  return SHORT_JSON[code] ?? toUnicodeEscape(code)
})

/** `"`, `\`, control characters and every byte above 0x7E become `\xXX` (nginx `escape=default`). */
export function escapeDefault(value: string): string {
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i)
    if (code < 0x20 || code > 0x7e || code === QUOTE || code === BACKSLASH) return substitute(value, i, DEFAULT_FORMS)
  }
  return value
}

/** JSON string escapes; UTF-8 stays as it is (nginx `escape=json`). */
export function escapeJson(value: string): string {
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i)
    if (code < 0x20 || code > 0x7e || code === QUOTE || code === BACKSLASH) return escapeJsonBytes(value, i)
  }
  return value
}

/** Nothing is escaped but line breaks (nginx `escape=none`). */
export function escapeLineBreaks(value: string): string {
  if (!value.includes('\n') && !value.includes('\r')) return value
  return value.replaceAll('\n', '\\x0A').replaceAll('\r', '\\x0D')
}

function escapeJsonBytes(value: string, from: number): string {
  const escaped = substitute(value, from, JSON_FORMS)
  if (isUtf8(Buffer.from(value, 'latin1'))) return escaped
  return escaped.replace(/[\x80-\xff]/g, (character) => toUnicodeEscape(character.charCodeAt(0)))
}

function substitute(value: string, from: number, forms: readonly string[]): string {
  let out = value.slice(0, from)
  for (let i = from; i < value.length; i++) out += forms[value.charCodeAt(i) & 0xff] ?? ''
  return out
}

function toUnicodeEscape(code: number): string {
  return `\\u${code.toString(16).toUpperCase().padStart(4, '0')}`
}
