/**
 * The normalised form that routes are matched against (nginx's `$uri`): percent-decoded, slashes merged,
 * dot segments resolved. What goes upstream is the raw form; see RFC 3986, 6.2.2.
 */

const DOT = 0x2e
const PERCENT = 0x25
const SLASH = 0x2f

/**
 * @param path raw path without query, one character per byte (latin1), beginning with `/`
 * @returns the normalised path, or `null` when it escapes the root, holds NUL or a broken percent sequence
 */
export function normalizePath(path: string): string | null {
  if (path.charCodeAt(0) !== SLASH) return null
  if (isNormal(path)) return path
  let decoded = path
  if (path.includes('%')) {
    const result = percentDecode(path)
    if (result === null) return null
    decoded = result
  }
  return resolveSegments(decoded)
}

/** True when nothing in the path could change: no `%`, no `//`, no segment that begins with a dot. */
function isNormal(path: string): boolean {
  let previous = 0
  for (let i = 0; i < path.length; i++) {
    const code = path.charCodeAt(i)
    if (code === PERCENT || code === 0) return false
    if (previous === SLASH && (code === SLASH || code === DOT)) return false
    previous = code
  }
  return true
}

function percentDecode(path: string): string | null {
  let out = ''
  let from = 0
  for (let at = path.indexOf('%'); at !== -1; at = path.indexOf('%', from)) {
    const high = hexValue(path.charCodeAt(at + 1))
    const low = hexValue(path.charCodeAt(at + 2))
    if (high === -1 || low === -1) return null
    const code = high * 16 + low
    if (code === 0) return null
    out += path.slice(from, at) + String.fromCharCode(code)
    from = at + 3
  }
  return out + path.slice(from)
}

function hexValue(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  const lower = code | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}

function resolveSegments(path: string): string | null {
  if (path.includes('\0')) return null
  const out: string[] = []
  const segments = path.split('/')
  for (let i = 1; i < segments.length; i++) {
    const segment = segments[i]!
    const isLast = i === segments.length - 1
    if (segment === '..') {
      if (out.length === 0) return null
      out.pop()
      if (isLast) out.push('')
    } else if (segment === '.') {
      if (isLast) out.push('')
    } else if (segment !== '' || isLast) {
      out.push(segment)
    }
  }
  return `/${out.join('/')}`
}
