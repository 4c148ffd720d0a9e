/**
 * `Host` and the authority of absolute targets (RFC 9110, 4.2 and 7.2; RFC 3986, 3.2): checked strictly, because the
 * text decides routing and is written into `Location` and forwarding headers.
 */

/** Names and IPv4 addresses: unreserved, sub-delims and `%`. */
const REG_NAME = new Uint8Array(256)
for (const char of "-._~!$&'()*+,;=%0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") {
  REG_NAME[char.charCodeAt(0)] = 1
}
const LONGEST = 300

/**
 * The form used for routing: lower-case, without port and without trailing dot.
 *
 * @returns `null` when the authority is empty or malformed: user info, spaces, a port that is no number
 */
export function parseAuthority(authority: string): string | null {
  const { length } = authority
  if (length === 0 || length > LONGEST) return null
  if (authority.charCodeAt(0) === 0x5b) return parseBracketed(authority)
  let at = 0
  let hasUpper = false
  for (; at < length; at++) {
    const code = authority.charCodeAt(at)
    if (REG_NAME[code] !== 1) break
    if (code >= 0x41 && code <= 0x5a) hasUpper = true
  }
  if (at === 0 || !isPort(authority, at)) return null
  let end = at
  if (authority.charCodeAt(end - 1) === 0x2e) end--
  if (end === 0) return null
  const host = end === length ? authority : authority.slice(0, end)
  return hasUpper ? host.toLowerCase() : host
}

/** True when the text from `at` on is empty or a colon and up to five digits (none is allowed by RFC 3986). */
function isPort(authority: string, at: number): boolean {
  if (at === authority.length) return true
  if (authority.charCodeAt(at) !== 0x3a || authority.length - at > 6) return false
  for (let i = at + 1; i < authority.length; i++) {
    const code = authority.charCodeAt(i)
    if (code < 0x30 || code > 0x39) return false
  }
  return Number(authority.slice(at + 1)) <= 65_535
}

function parseBracketed(authority: string): string | null {
  const close = authority.indexOf(']')
  if (close < 3 || !/^\[[0-9a-fA-F:.]+\]$/.test(authority.slice(0, close + 1))) return null
  return isPort(authority, close + 1) ? authority.slice(0, close + 1).toLowerCase() : null
}
