/** Finds headers, cookies and query arguments in a record by the names that nginx variables have. */

import { fieldValues } from '../filters/field-lines.ts'

const COLON = 0x3a
const SPACE = 0x20
const TAB = 0x09

/**
 * Value of a header, or `null` when the request does not have it. Repeated headers are joined by `separator`,
 * as nginx does since 1.23.
 *
 * @param lines `Name: value\r\n`, one after the other
 * @param name lower-case with `_` for `-`, as in `$http_name`
 */
export function findHeader(lines: string, name: string, separator = ', '): string | null {
  let found: string | null = null
  let from = 0
  while (from < lines.length) {
    let end = lines.indexOf('\n', from)
    if (end === -1) end = lines.length
    const colon = from + name.length
    if (lines.charCodeAt(colon) === COLON && isName(lines, from, name)) {
      const value = trimmed(lines, colon + 1, end)
      found = found === null ? value : found + separator + value
    }
    from = end + 1
  }
  return found
}

/** Value of the first cookie with this name in any case, as sent; `null` without it. */
export function findCookie(lines: string, name: string): string | null {
  const header = findHeader(lines, 'cookie', '; ')
  if (header === null) return null
  for (const pair of header.split(';')) {
    const equals = pair.indexOf('=')
    if (equals !== -1 && pair.slice(0, equals).trim().toLowerCase() === name) return pair.slice(equals + 1).trim()
  }
  return null
}

/** Value of the first `Set-Cookie` with this name in any case, without its attributes; `null` without it. */
export function findSetCookie(lines: string, name: string): string | null {
  for (const cookie of fieldValues(lines, 'set-cookie')) {
    const equals = cookie.indexOf('=')
    if (equals === -1 || cookie.slice(0, equals).trim().toLowerCase() !== name) continue
    return cookie
      .slice(equals + 1)
      .split(';', 1)[0]!
      .trim()
  }
  return null
}

/** Value of the first query argument with this name in any case, not decoded; `null` without it. */
export function findArgument(query: string, name: string): string | null {
  for (const pair of query.split('&')) {
    if (pair.charCodeAt(name.length) === 0x3d && pair.slice(0, name.length).toLowerCase() === name)
      return pair.slice(name.length + 1)
  }
  return null
}

/** Letters in any case, and `-` as `_`. */
function isName(lines: string, at: number, name: string): boolean {
  for (let i = 0; i < name.length; i++) {
    let code = lines.charCodeAt(at + i)
    if (code >= 0x41 && code <= 0x5a) code |= 0x20
    else if (code === 0x2d) code = 0x5f
    if (code !== name.charCodeAt(i)) return false
  }
  return true
}

function trimmed(text: string, from: number, to: number): string {
  let start = from
  let end = to
  while (start < end && isBlank(text.charCodeAt(start))) start++
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB || code === 0x0d
}
