/** The subrequest to an authentication service: which of the client's headers go along, which are ours. */
import type { GateRequest } from '../../routing/gate.ts'
import type { ExternalAuthConfig } from '../../routing/gate-config.ts'
import { type AuthUrl, parseAuthUrl } from '../../routing/auth-url.ts'
import { compileTemplate, escapeForUrl, type RequestTemplate } from '../../routing/request-template.ts'
import { OWNED_REQUEST_HEADERS } from '../forwarding-headers.ts'
import { splitTokens } from '../http1/field-syntax.ts'
import { fieldValues } from './field-lines.ts'
import { requestIdLine } from '../forwarding-headers.ts'

export interface AuthRequest {
  readonly scheme: AuthUrl['scheme']
  readonly host: string
  readonly port: number
  readonly method: string
  /** Origin form. */
  readonly target: string
  /** `Name: value\r\n`..., Host first; no body follows. */
  readonly headerLines: string
  /** The request to decide on is itself such a subrequest. */
  readonly isNested: boolean
}

export interface AuthRequestBuilder {
  /** @returns `null` when the request gives no host that may be asked */
  build(request: GateRequest): AuthRequest | null
}

/** By which services tell ingress-nginx. */
const SENT_FROM = 'nginx-ingress-controller'

/** Hop-by-hop (RFC 9110, 7.6.1), about a body that is not sent, or ours to say. Lower-case. */
const DROPPED: ReadonlySet<string> = new Set([
  ...OWNED_REQUEST_HEADERS,
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'content-length',
  'content-encoding',
  'expect',
  'host',
  'http2-settings',
  'x-sent-from',
  'x-auth-request-redirect',
])

/**
 * Families of names that services take for the proxy's word, also those that this protocol does not use: a service made
 * for several proxies would believe a client's `X-Forwarded-Uri`.
 */
const DROPPED_PREFIXES = ['x-forwarded-', 'x-original-', 'ssl-client-'] as const

/** @throws {TypeError} on texts that dialects refuse */
export function createAuthRequestBuilder(config: ExternalAuthConfig): AuthRequestBuilder {
  const url = parseAuthUrl(config.url)
  if (!url.ok) throw new TypeError(`Cannot ask ${config.url}: accepted is ${url.accepted}`)
  const { scheme, host, port, path, isHostVariable } = url.value
  const target = templateOf(path)
  const redirect = templateOf(config.requestRedirect === '' ? '$request_uri' : config.requestRedirect)
  const extra = config.requestHeaders.map(({ name, value }) => ({ name, value: templateOf(value) }))
  const ours = new Set(extra.map(({ name }) => name.toLowerCase()))
  return {
    build(request) {
      const asked = isHostVariable ? fillHost(host, request.host) : host
      if (asked === null) return null
      let lines = `Host: ${asked}\r\n${forwardedLines(request.rawLines, ours)}`
      lines += requestIdLine(request.requestId)
      lines += `X-Original-URL: ${request.scheme}://${request.authority}${request.target}\r\n`
      lines += `X-Original-Method: ${request.method}\r\nX-Sent-From: ${SENT_FROM}\r\n`
      lines += `X-Real-IP: ${request.clientAddress}\r\nX-Forwarded-For: ${request.clientAddress}\r\n`
      lines += `X-Auth-Request-Redirect: ${redirect(request)}\r\n`
      if (config.method !== '') lines += `X-Original-URI: ${request.target}\r\nX-Scheme: ${request.scheme}\r\n`
      for (const { name, value } of extra) {
        const filled = value(request)
        // nginx leaves a header out whose value is empty.
        if (filled !== '') lines += `${name}: ${filled}\r\n`
      }
      const method = config.method === '' ? 'GET' : config.method
      const isNested = fieldValues(request.rawLines, 'x-sent-from').includes(SENT_FROM)
      return { scheme, host: asked, port, method, target: escapeForUrl(target(request)), headerLines: lines, isNested }
    },
  }
}

/** A name that a certificate could hold; whatever else a Host header may say leads nowhere. */
function fillHost(template: string, host: string): string | null {
  const filled = template.replaceAll(/\$(?:\{\w+\}|\w+)/g, () => host)
  return /^(?:\[[0-9a-f:.]+\]|[a-z0-9]([a-z0-9._-]*[a-z0-9])?)$/i.test(filled) ? filled : null
}

/** What the client said and nobody here says in its place. */
function forwardedLines(rawLines: string, ours: ReadonlySet<string>): string {
  const hops = fieldValues(rawLines, 'connection').flatMap(splitTokens)
  let kept = ''
  for (const line of rawLines.split('\r\n')) {
    const name = line.slice(0, Math.max(0, line.indexOf(':'))).toLowerCase()
    // An underscore reads as a dash in CGI-like servers: such a name could pose as one of ours.
    if (name === '' || name.includes('_') || DROPPED.has(name) || ours.has(name) || hops.includes(name)) continue
    if (DROPPED_PREFIXES.some((prefix) => name.startsWith(prefix))) continue
    kept += `${line}\r\n`
  }
  return kept
}

function templateOf(text: string): RequestTemplate {
  const compiled = compileTemplate(text)
  if (!compiled.ok) throw new TypeError(`Cannot fill $${compiled.unknown}: there is no such variable`)
  return compiled.render
}
