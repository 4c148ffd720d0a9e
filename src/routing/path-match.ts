/** How one rule's path is compared with a normalised request path. */
import { compileLinearRegex } from '../base/linear-regex.ts'
import type { PathMatch } from './model.ts'

export interface PathMatcher {
  readonly match: PathMatch
  matches(path: string): boolean
  /** Captures of a regex match: index 0 is the match. Empty for other kinds. */
  capture(path: string): readonly (string | undefined)[]
}

const NO_CAPTURES: readonly string[] = []

/**
 * @param match its regex has been admitted by the dialect
 * @throws {TypeError} when a regex is not linear-time: dialects refuse those before they reach a model
 */
export function compilePathMatch(match: PathMatch): PathMatcher {
  switch (match.kind) {
    case 'exact': {
      const text = toByteString(match.path)
      return { match, matches: (path) => path === text, capture: () => NO_CAPTURES }
    }
    case 'prefix': {
      const text = toByteString(match.path)
      if (text === '/') return { match, matches: () => true, capture: () => NO_CAPTURES }
      const length = text.length
      return {
        match,
        matches: (path) => path.startsWith(text) && (path.length === length || path.charCodeAt(length) === 0x2f),
        capture: () => NO_CAPTURES,
      }
    }
    case 'string-prefix': {
      const text = toByteString(match.path)
      return { match, matches: (path) => path.startsWith(text), capture: () => NO_CAPTURES }
    }
    case 'regex': {
      const regex = compileLinearRegex(`^(?:${toByteString(match.source)})`, match.caseInsensitive)
      if ('error' in regex)
        throw new TypeError(`Cannot compile path regex ${JSON.stringify(match.source)}: ${regex.error}`)
      return {
        match,
        matches: (path) => regex.exec(path) !== null,
        capture: (path) => regex.exec(path) ?? NO_CAPTURES,
      }
    }
  }
}

/** The text a person reads: `Prefix /foo`, `Exact /foo`, `regex /foo(.*)`. */
export function describeMatch(match: PathMatch): string {
  switch (match.kind) {
    case 'exact':
      return `Exact ${match.path}`
    case 'prefix':
      return `Prefix ${match.path}`
    case 'string-prefix':
      return `text prefix ${match.path}`
    case 'regex':
      return `regex ${match.source}${match.caseInsensitive ? ' (any case)' : ''}`
  }
}

/** UTF-8 text as one character per byte, the form in which requests are read. */
export function toByteString(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return /^[\x00-\x7f]*$/.test(text) ? text : Buffer.from(text, 'utf8').toString('latin1')
}
