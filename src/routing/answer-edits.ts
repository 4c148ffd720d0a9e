/** What a host or route does to the header fields of every answer given under it, proxied or made by the proxy. */
import { CORS_RESPONSE_HEADERS, type CompiledCors, type CorsPolicy, compileCors } from './cors.ts'
import { type CompiledHeaderEdits, compileHeaderEdits, type HeaderEdits, mergeHeaderEdits } from './header-edits.ts'
import type { Scheme } from './model.ts'

/** Compiled routes and hosts are such; a decision names the one that holds for its answer. */
export interface AnswerEditor {
  /** False when there is nothing to edit, on either listener. */
  readonly editsAnswers: boolean
  readonly cors: CompiledCors | null
  readonly responseHeaders: CompiledHeaderEdits | null
  /** The same on real TLS connections, with Strict-Transport-Security (RFC 6797, 7.2). */
  readonly tlsResponseHeaders: CompiledHeaderEdits | null
}

/** Part of a virtual host or fallback. */
export interface HostAnswerEdits {
  readonly strictTransportSecurity?: string
  readonly responseHeaders?: HeaderEdits
}

/**
 * @param host what holds for all routes of the host
 * @param route its own edits go before the host's
 */
export function compileAnswerEditor(
  host: HostAnswerEdits,
  route: { readonly responseHeaders?: HeaderEdits; readonly cors?: CorsPolicy },
): AnswerEditor {
  const plain = mergeHeaderEdits(host.responseHeaders, route.responseHeaders)
  const policy = host.strictTransportSecurity ?? ''
  const hsts: HeaderEdits = { set: [{ name: 'Strict-Transport-Security', value: policy }], add: [], remove: [] }
  // What an administrator says in so many words beats the policy.
  const secure = policy === '' ? plain : mergeHeaderEdits(hsts, plain)
  const responseHeaders = plain === undefined ? null : compileHeaderEdits(plain)
  return {
    editsAnswers: secure !== undefined || route.cors !== undefined,
    cors: route.cors === undefined ? null : compileCors(route.cors),
    responseHeaders,
    tlsResponseHeaders: secure === plain || secure === undefined ? responseHeaders : compileHeaderEdits(secure),
  }
}

/**
 * @param editor its {@link AnswerEditor.editsAnswers} is true; callers check that first
 * @param origin the request's Origin, empty when it has none
 * @param lines `Name: value\r\n`... as they would go out
 * @param scheme of the client's connection, whatever a header says
 */
export function editAnswer(editor: AnswerEditor, origin: string, lines: string, scheme: Scheme): string {
  let edited = lines
  const headers = scheme === 'https' ? editor.tlsResponseHeaders : editor.responseHeaders
  if (headers !== null) {
    edited = (headers.touches(edited) ? withoutFields(edited, headers.removed) : edited) + headers.lines
  }
  if (editor.cors !== null) {
    const corsLines = editor.cors.answerLines(origin)
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
