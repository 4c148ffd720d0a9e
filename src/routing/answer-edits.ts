/** What a route does to the header fields of every answer given under it, proxied or made by the proxy. */
import { CORS_RESPONSE_HEADERS } from './cors.ts'
import type { CompiledRoute } from './compile.ts'

/**
 * @param route its {@link CompiledRoute.editsAnswers} is true; callers check that first, for most routes it is not
 * @param origin the request's Origin, empty when it has none
 * @param lines `Name: value\r\n`... as they would go out
 */
export function editAnswer(route: CompiledRoute, origin: string, lines: string): string {
  let edited = lines
  if (route.responseHeaders !== null) {
    edited = withoutFields(edited, route.responseHeaders.removed) + route.responseHeaders.lines
  }
  if (route.cors !== null) {
    const corsLines = route.cors.answerLines(origin)
    // A refused origin gets what the upstream said, as any request without a policy would.
    if (corsLines.startsWith('Access')) edited = withoutFields(edited, CORS_RESPONSE_HEADERS)
    edited += corsLines
  }
  return edited
}

/**
 * Lines without the fields of these names.
 *
 * @param names lower-case
 */
export function withoutFields(lines: string, names: readonly string[]): string {
  if (names.length === 0) return lines
  let out = ''
  for (let at = 0; at < lines.length;) {
    const next = lines.indexOf('\n', at) + 1
    const name = lines.slice(at, lines.indexOf(':', at)).toLowerCase()
    if (!names.includes(name)) out += lines.slice(at, next)
    at = next
  }
  return out
}
