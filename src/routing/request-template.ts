/**
 * Texts with nginx variables (`$host`, `${request_uri}`, `$http_x_user`), compiled once and filled per request. Only the
 * variables below exist, values are data and never read again as templates, and no output holds CR, LF or NUL.
 */
import type { GateRequest } from './gate.ts'

/** Fills the template. The result is latin1 text without control characters. */
export type RequestTemplate = (request: GateRequest) => string

export type TemplateResult =
  | { readonly ok: true; readonly render: RequestTemplate; readonly variables: readonly string[] }
  /** The first variable that does not exist. */
  | { readonly ok: false; readonly unknown: string }

type Read = (request: GateRequest) => string

/** More is cut: a header of a subrequest, a cache key. */
const LONGEST_OUTPUT = 16_384

const VARIABLES: Readonly<Record<string, Read>> = {
  host: (request) => request.host,
  http_host: (request) => request.authority,
  best_http_host: (request) => request.authority,
  request_uri: (request) => request.target,
  escaped_request_uri: (request) => escapeUri(request.target),
  uri: (request) => pathOf(request.target),
  args: (request) => queryOf(request.target),
  query_string: (request) => queryOf(request.target),
  is_args: (request) => (request.target.includes('?') ? '?' : ''),
  scheme: (request) => request.scheme,
  pass_access_scheme: (request) => request.scheme,
  request_method: (request) => request.method,
  remote_addr: (request) => request.clientAddress,
  request_id: (request) => request.requestId,
  req_id: (request) => request.requestId,
}

export const TEMPLATE_VARIABLES = `${Object.keys(VARIABLES)
  .map((name) => `$${name}`)
  .join(' ')} $arg_NAME $http_NAME $cookie_NAME`

export function compileTemplate(text: string): TemplateResult {
  const parts: (string | Read)[] = []
  const variables: string[] = []
  let from = 0
  for (const match of text.matchAll(/\$(?:\{(\w+)\}|(\w+))/g)) {
    const name = match[1] ?? match[2] ?? ''
    const read = findVariable(name)
    if (read === null) return { ok: false, unknown: name }
    if (match.index > from) parts.push(text.slice(from, match.index))
    parts.push(read)
    variables.push(name)
    from = match.index + match[0].length
  }
  if (from < text.length) parts.push(text.slice(from))
  return { ok: true, variables, render: (request) => fill(parts, request) }
}

function fill(parts: readonly (string | Read)[], request: GateRequest): string {
  let out = ''
  for (const part of parts) out += typeof part === 'string' ? part : part(request)
  // oxlint-disable-next-line no-control-regex -- they are what must not come out
  return out.slice(0, LONGEST_OUTPUT).replaceAll(/[\x00-\x1f\x7f]/g, '')
}

function findVariable(name: string): Read | null {
  if (Object.hasOwn(VARIABLES, name)) return VARIABLES[name] ?? null
  const at = name.indexOf('_') + 1
  const rest = name.slice(at)
  if (at === 0 || rest === '') return null
  switch (name.slice(0, at)) {
    case 'arg_':
      return (request) => argumentOf(queryOf(request.target), rest.toLowerCase())
    case 'http_': {
      const field = rest.toLowerCase().replaceAll('_', '-')
      return (request) => fieldsOf(request.rawLines, field).join(', ')
    }
    case 'cookie_':
      return (request) => cookieOf(fieldsOf(request.rawLines, 'cookie'), rest)
    default:
      return null
  }
}

function pathOf(target: string): string {
  const at = target.indexOf('?')
  return at === -1 ? target : target.slice(0, at)
}

function queryOf(target: string): string {
  const at = target.indexOf('?')
  return at === -1 ? '' : target.slice(at + 1)
}

/** As it stands in the query, not decoded, names in any case: nginx's `$arg_`. */
function argumentOf(query: string, name: string): string {
  for (const pair of query.split('&')) {
    const at = pair.indexOf('=')
    if (at !== -1 && pair.slice(0, at).toLowerCase() === name) return pair.slice(at + 1)
  }
  return ''
}

function cookieOf(fields: readonly string[], name: string): string {
  for (const pair of fields.flatMap((field) => field.split(';'))) {
    const at = pair.indexOf('=')
    if (at !== -1 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim()
  }
  return ''
}

function fieldsOf(lines: string, name: string): readonly string[] {
  const prefix = `${name}:`
  return lines
    .split('\r\n')
    .filter((line) => line.slice(0, prefix.length).toLowerCase() === prefix)
    .map((line) => line.slice(prefix.length).trim())
}

/** All but unreserved characters (RFC 3986, 2.3) as percent escapes of their latin1 byte. */
export function escapeUri(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9\-._~]/g, (char) => escapeByte(char.charCodeAt(0)))
}

/** What no URL may hold as it is (spaces, quotes, angle brackets, bytes above 7e) as percent escapes; the rest stays. */
export function escapeForUrl(text: string): string {
  return text.replaceAll(/[^\x21\x23-\x3b\x3d\x3f-\x5b\x5d\x5f\x61-\x7a\x7e]/g, (char) =>
    escapeByte(char.charCodeAt(0)),
  )
}

function escapeByte(code: number): string {
  return `%${(code & 0xff).toString(16).toUpperCase().padStart(2, '0')}`
}
