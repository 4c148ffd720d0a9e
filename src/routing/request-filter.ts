/**
 * What a route refuses or redirects by path, method and User-Agent alone, before anything else is asked of it. Paths are
 * compared in their normalised form, so that no spelling of a path gets around.
 */
import { STATUS_CODES } from 'node:http'
import { compileLinearRegex, MAX_SUBJECT_LENGTH } from '../base/linear-regex.ts'
import type { LocalAnswer } from './model.ts'
import { normalizePath } from './normalize-path.ts'
import { toByteString } from './path-match.ts'
import { compileRedirects, type PathRedirect, type RedirectTarget } from './path-redirect.ts'
import { compileTextPatterns, type TextPattern } from './request-blocks.ts'

/** Plain data of the model, checked by the dialect. */
export interface RequestFilter {
  readonly denyPaths: readonly PathPattern[]
  readonly denyUserAgents: readonly TextPattern[]
  readonly denyStatus: number
  /** Upper-case; empty = all. */
  readonly allowMethods: readonly string[]
  readonly redirects: readonly PathRedirect[]
}

/** A text that paths begin with, or an expression that matches anywhere in them. */
export type PathPattern =
  | { readonly kind: 'prefix'; readonly path: string }
  | { readonly kind: 'regex'; readonly source: string; readonly caseInsensitive: boolean }

export interface CompiledRequestFilter {
  /** Answer of what is denied. */
  readonly denied: LocalAnswer
  /** Why the request is denied; `null` when it is not. */
  denialOf(path: string, userAgent: string): string | null
  /** The 405 with `Allow`; `null` for methods that are allowed. */
  refusalOf(method: string): LocalAnswer | null
  /** Of the first line that matches. */
  redirectOf(path: string): RedirectTarget | null
}

/** @throws {TypeError} on an expression that dialects refuse */
export function compileRequestFilter(filter: RequestFilter): CompiledRequestFilter {
  const deniesPath = compilePathPatterns(filter.denyPaths)
  const agents = compileTextPatterns(filter.denyUserAgents)
  const methods = allowedMethods(filter.allowMethods)
  const refusal: LocalAnswer = { ...plainAnswer(405), extraLines: `Allow: ${methods.join(', ')}\r\n` }
  return {
    denied: plainAnswer(filter.denyStatus),
    denialOf(path, userAgent) {
      if (deniesPath !== null && (deniesPath(path) || deniesOtherReading(deniesPath, path))) return `${path} is denied`
      if (agents !== null && userAgent !== '' && agents(userAgent)) return `User-Agent ${userAgent} is denied`
      return null
    },
    refusalOf: (method) => (methods.length === 0 || methods.includes(method) ? null : refusal),
    redirectOf: compileRedirects(filter.redirects),
  }
}

function plainAnswer(status: number): LocalAnswer {
  return { status, contentType: 'text/plain', body: `${status} ${STATUS_CODES[status] ?? 'Refused'}\n` }
}

/** HEAD is a GET without the body (RFC 9110, 9.3.2). */
function allowedMethods(methods: readonly string[]): readonly string[] {
  return methods.includes('GET') && !methods.includes('HEAD') ? [...methods, 'HEAD'] : methods
}

function compilePathPatterns(patterns: readonly PathPattern[]): ((path: string) => boolean) | null {
  if (patterns.length === 0) return null
  const prefixes = patterns.flatMap((pattern) => (pattern.kind === 'prefix' ? [toByteString(pattern.path)] : []))
  const regexes = patterns.flatMap((pattern) => {
    if (pattern.kind === 'prefix') return []
    const regex = compileLinearRegex(toByteString(pattern.source), pattern.caseInsensitive)
    if ('error' in regex) throw new TypeError(`Cannot compile the expression ${pattern.source}: ${regex.error}`)
    return [regex]
  })
  return (path) => {
    if (prefixes.some((prefix) => path.startsWith(prefix))) return true
    if (regexes.length === 0) return false
    // Padding must not help past an expression: a path that is too long to be judged is denied.
    if (path.length > MAX_SUBJECT_LENGTH || regexes.some((regex) => regex.exec(path) !== null)) return true
    // Nor a line break, which no dot matches.
    if (!/[\r\n]/.test(path)) return false
    const oneLine = path.replaceAll(/[\r\n]/g, ' ')
    return regexes.some((regex) => regex.exec(oneLine) !== null)
  }
}

/**
 * Servers behind us may read a path in another way: parameters after `;` left out (servlets), `\\` for `/`, escapes
 * decoded twice. A path that is denied in such a reading is denied; no reading ever admits one.
 */
function deniesOtherReading(denies: (path: string) => boolean, path: string): boolean {
  if (!/[;\\%]/.test(path)) return false
  const plain = path.replaceAll('\\', '/').replaceAll(/;[^/]*/g, '')
  const reading = normalizePath(plain) ?? normalizePath(plain.replaceAll('%', '%25'))
  // Nobody honest climbs above the root.
  return reading === null || denies(reading)
}

/** In few words, for lists of routes. */
export function describeRequestFilter(filter: RequestFilter): string {
  const words: string[] = []
  const denials = filter.denyPaths.length + filter.denyUserAgents.length
  if (denials > 0) words.push(`${denials} denials with ${filter.denyStatus}`)
  if (filter.allowMethods.length > 0) words.push(`${filter.allowMethods.join(', ')} only`)
  if (filter.redirects.length > 0) words.push(`${filter.redirects.length} redirects`)
  return words.join('; ')
}
