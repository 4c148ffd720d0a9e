/** Paths and rewrites of a route in the words of the Gateway API, where there are such. */
import type { PathMatch } from '../../routing/model.ts'
import type { HttpRouteMatch } from './gateway-objects.ts'

export interface PathPlan {
  readonly match: HttpRouteMatch['path']
  /** `null` = the path stays. */
  readonly rewrite: object | null
  /** What is not quite the same; empty = nothing. */
  readonly differs: string
}

/** A literal path, then everything or nothing behind it, as ingress-nginx's manual has it. */
const SUBPATH = /^(\/[\w\-./~%]*?)(?:\(\/\|\$\)\(\.\*\)|\/\(\.\*\)|\/\?\(\.\*\))\$?$/
/** What the API server takes as a path (HTTPPathMatch's validation). */
const PLAIN = /^\/(?:[-\w/.~!$&'()*+,;=:@]|%[0-9a-fA-F]{2})*$/
const REFUSED = /\/\/|\/\.\.?(?:\/|$)|%2[fF]|#/
const CASE = 'paths are compared with upper and lower case, where ingress-nginx takes any case'

/** @returns why not, where there is no equal */
export function planPath(match: PathMatch, rewriteTarget: string): PathPlan | { readonly impossible: string } {
  const hasCaptures = /\$\d/.test(rewriteTarget)
  if (match.kind === 'regex') {
    const subpath = planSubpath(match.source, rewriteTarget)
    if (subpath !== null) return subpath
  }
  if (hasCaptures) {
    return {
      impossible: `captures in rewrite targets (${rewriteTarget}) have no equal but for a path and what follows it`,
    }
  }
  if (match.kind !== 'regex' && (!PLAIN.test(match.path) || REFUSED.test(match.path))) {
    return { impossible: `the path ${match.path} has characters that the API server refuses` }
  }
  const rewrite = rewriteTarget === '' ? null : { path: { type: 'ReplaceFullPath', replaceFullPath: rewriteTarget } }
  switch (match.kind) {
    case 'exact':
      return { match: { type: 'Exact', value: match.path }, rewrite, differs: '' }
    case 'prefix':
      return { match: { type: 'PathPrefix', value: match.path }, rewrite, differs: '' }
    case 'string-prefix':
      return {
        match: { type: 'PathPrefix', value: match.path },
        rewrite,
        differs: `${match.path} is compared by whole segments, so that a path that only begins with its text is not taken`,
      }
    case 'regex':
      return {
        match: { type: 'RegularExpression', value: toWholeRegex(match.source, match.caseInsensitive) },
        rewrite,
        differs: 'each implementation has its own regular expressions, and its own order among them',
      }
  }
}

/** `/v1(/|$)(.*)` to `/$2` is a prefix and what replaces it. */
function planSubpath(source: string, rewriteTarget: string): PathPlan | null {
  const literal = SUBPATH.exec(source)?.[1]
  const target = /^(\/(?:[\w\-.~%/]*\/)?)\$([12])$/.exec(rewriteTarget)
  if (literal === undefined || target === null) return null
  const wanted = source.includes('(/|$)') ? '2' : '1'
  if (target[2] !== wanted) return null
  const prefix = target[1] === '/' ? '/' : (target[1] ?? '').replace(/\/$/, '')
  return {
    match: { type: 'PathPrefix', value: literal === '' ? '/' : literal },
    rewrite: { path: { type: 'ReplacePrefixMatch', replacePrefixMatch: prefix } },
    differs: CASE,
  }
}

/** Implementations compare expressions with the whole path; ours are anchored at the front alone. */
function toWholeRegex(source: string, isCaseInsensitive: boolean): string {
  const isOpen = !source.endsWith('$') && !source.endsWith('.*') && !source.endsWith('(.*)')
  return `${isCaseInsensitive ? '(?i)' : ''}${source.replace(/^\^/, '')}${isOpen ? '.*' : ''}`
}
