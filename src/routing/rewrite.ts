/** Rewrite targets: the whole path is replaced, captures of the route's regex filled in (ingress-nginx, annotations.md: Rewrite). */
import { type PathMatcher, toByteString } from './path-match.ts'

/**
 * @param target `/text/$1?arg=$2`; `$1`..`$9` stand for captures, other `$` for themselves
 * @returns a function from normalised path to origin-form target, percent-encoded as nginx encodes a rewritten URI
 */
export function compileRewrite(target: string, matcher: PathMatcher): (path: string) => string {
  const parts = toByteString(target).split(/\$([1-9])/)
  const literals = parts.filter((_, index) => index % 2 === 0).map(escapeLiteral)
  const captures = parts.filter((_, index) => index % 2 === 1).map(Number)
  if (captures.length === 0) {
    const fixed = toOriginForm(literals[0] ?? '')
    return () => fixed
  }
  return (path) => {
    const groups = matcher.capture(path)
    let out = literals[0] ?? ''
    for (let i = 0; i < captures.length; i++) {
      out += escapePath(groups[captures[i] ?? 0] ?? '') + (literals[i + 1] ?? '')
    }
    return toOriginForm(out)
  }
}

/** A request line begins with a slash whatever the target does. */
function toOriginForm(path: string): string {
  return path.charCodeAt(0) === 0x2f ? path : `/${path}`
}

/** In the target itself `?` begins the query and `%` is taken as already encoded. */
function escapeLiteral(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replace(/[\x00-\x20#\x7f-\xff]/g, percentEncode)
}

/** nginx's NGX_ESCAPE_URI set: controls, space, `#`, `%`, `?`, DEL and every byte above. */
export function escapePath(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replace(/[\x00-\x20#%?\x7f-\xff]/g, percentEncode)
}

function percentEncode(char: string): string {
  return `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
}
