/**
 * Finds the most specific path without scanning: one map lookup per slash in the request path.
 * Only for route lists whose order is that of specificity; regexes and free text prefixes need the scan.
 */
import type { PathMatch } from './model.ts'
import { toByteString } from './path-match.ts'

export interface PathIndex<T> {
  find(path: string): T | null
}

interface Indexed {
  readonly route: { readonly match: PathMatch }
}

const SLASH = 0x2f

/** @returns `null` when the routes cannot be indexed without changing which one wins */
export function createPathIndex<T extends Indexed>(routes: readonly T[]): PathIndex<T> | null {
  const exact = new Map<string, T>()
  const prefix = new Map<string, T>()
  for (const entry of routes) {
    const { match } = entry.route
    if (match.kind === 'regex') return null
    if (match.kind === 'string-prefix' && !match.path.endsWith('/')) return null
    const text = toByteString(match.path)
    const map = match.kind === 'exact' ? exact : prefix
    if (!map.has(text)) map.set(text, entry)
  }
  if (!isBySpecificity(routes)) return null
  return { find: (path) => exact.get(path) ?? findPrefix(prefix, path) }
}

/** Tries `/a/b`, `/a/`, `/a`, `/` for `/a/b`; a key with a trailing slash is a text prefix. */
function findPrefix<T>(prefix: ReadonlyMap<string, T>, path: string): T | null {
  let end = path.length
  while (end > 0) {
    const found = prefix.get(end === path.length ? path : path.slice(0, end))
    if (found !== undefined) return found
    if (path.charCodeAt(end - 1) === SLASH) end--
    else end = path.lastIndexOf('/', end - 1) + 1
  }
  return prefix.get('/') ?? null
}

/** Longer before shorter, and exact anywhere before a prefix that could hide it. */
function isBySpecificity(routes: readonly Indexed[]): boolean {
  let shortestPrefix = Number.POSITIVE_INFINITY
  const prefixes = new Set<string>()
  for (const { route } of routes) {
    const { match } = route
    if (match.kind === 'regex') return false
    const text = toByteString(match.path)
    if (text.length > shortestPrefix) return false
    if (match.kind === 'exact') {
      // Of equal length, only a prefix with the very same path hides it.
      if (prefixes.has(text)) return false
      continue
    }
    prefixes.add(text)
    shortestPrefix = text.length
  }
  return true
}
