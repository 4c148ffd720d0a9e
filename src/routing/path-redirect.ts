/** Redirects from one path to another, with what stood in place of `*` or in captures: nginx's `rewrite ... permanent`. */
import { compileLinearRegex, type LinearRegex } from '../base/linear-regex.ts'
import { toByteString } from './path-match.ts'
import { escapePath } from './rewrite.ts'

/** Plain data of the model, checked by the dialect. */
export interface PathRedirect {
  readonly status: number
  /** Against the normalised path. Begins with `/`, each `*` stands for any text; or `~` and an expression. */
  readonly from: string
  /** A path, or a URL whose host is literal. `$1`..`$9` stand for captures. */
  readonly to: string
}

/** Where to: a path of the same host, or a URL. Without the request's query. */
export interface RedirectTarget {
  readonly status: number
  readonly location: string
}

/** The expression that `from` stands for, to be run without regard to what the linter says of it. */
export function redirectPattern(from: string): string {
  if (from.startsWith('~')) return from.slice(1)
  const parts = from.split('*').map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
  return `^${parts.join('([\\s\\S]*)')}$`
}

/** @throws {TypeError} on an expression that dialects refuse */
export function compileRedirects(redirects: readonly PathRedirect[]): (path: string) => RedirectTarget | null {
  if (redirects.length === 0) return () => null
  const compiled = redirects.map(({ status, from, to }) => {
    const regex = compileLinearRegex(toByteString(redirectPattern(from)), false)
    if ('error' in regex) throw new TypeError(`Cannot compile the redirect from ${from}: ${regex.error}`)
    return { status, regex, to: toByteString(to) }
  })
  return (path) => {
    for (const { status, regex, to } of compiled) {
      const location = fillRedirect(regex, to, path)
      if (location !== null) return { status, location }
    }
    return null
  }
}

/** The target for a path; `null` when the path is not redirected. */
export function fillRedirect(regex: LinearRegex, to: string, path: string): string | null {
  const match = regex.exec(path)
  if (match === null) return null
  const filled = to.replaceAll(/\$([1-9])/g, (_, group: string) => escapeCapture(match[Number(group)] ?? ''))
  // Two slashes at the front would name another host.
  return filled.startsWith('/') ? filled.replace(/^\/[/\\]+/, '/') : filled
}

/** What the client wrote must not be read as anything but a part of a path. */
function escapeCapture(text: string): string {
  return escapePath(text).replaceAll('\\', '%5C').replaceAll('"', '%22').replaceAll('<', '%3C').replaceAll('>', '%3E')
}
