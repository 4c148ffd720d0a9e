/** Finds single fields and cookies in the header lines of a request (`Name: value\r\n`..., latin1). */

/**
 * Value of a field, several joined with a separator; `null` when the request does not have it.
 *
 * @param name lower-case
 */
export function readField(lines: string, name: string, separator = ', '): string | null {
  let found: string | null = null
  let from = 0
  while (from < lines.length) {
    const at = lines.indexOf('\r\n', from)
    const end = at === -1 ? lines.length : at
    const colon = from + name.length
    if (lines.charCodeAt(colon) === 0x3a && lines.slice(from, colon).toLowerCase() === name) {
      const value = lines.slice(colon + 1, end).trim()
      found = found === null ? value : found + separator + value
    }
    from = end + 2
  }
  return found
}

/** Value of the first cookie of this name, as sent, quotes included; `null` when there is none (RFC 6265, 4.2). */
export function readCookie(lines: string, name: string): string | null {
  const cookies = readField(lines, 'cookie', ';')
  if (cookies === null || !cookies.includes(name)) return null
  for (const pair of cookies.split(';')) {
    const equals = pair.indexOf('=')
    if (equals !== -1 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim()
  }
  return null
}
