/** Gate: an authentication service decides by the status of a subrequest (ingress-nginx, annotations.md: External Authentication). */
import { carriesCookies, type Gate, type GateRefusal, type GateRequest, type GateVerdict } from '../../routing/gate.ts'
import { describeGate, type ExternalAuthConfig } from '../../routing/gate-config.ts'
import { compileTemplate, escapeForUrl, escapeUri, type RequestTemplate } from '../../routing/request-template.ts'
import type { AuthFailures } from './auth-failures.ts'
import type { AskAuth, AuthAnswer } from './external-auth-answer.ts'
import type { AuthCache } from './external-auth-cache.ts'
import { type AuthRequest, createAuthRequestBuilder } from './external-auth-request.ts'
import { fieldValues } from './field-lines.ts'

/** Subrequests of one URL that run at once; more answer 503 instead of piling up behind a slow service. */
const MOST_RUNNING = 1024

export interface ExternalAuthPorts {
  readonly ask: AskAuth
  readonly cache: AuthCache
  /** How many subrequests run, by URL. Outlives the gate; entries go when nothing runs. */
  readonly running: Map<string, number>
  readonly failures: AuthFailures
}

const BODIES: Readonly<Record<number, string>> = {
  401: '401 Authorization Required\n',
  403: '403 Forbidden\n',
  500: '500 Internal Server Error\n',
  503: '503 Service Temporarily Unavailable\n',
}

export function createExternalAuthGate(config: ExternalAuthConfig, ports: ExternalAuthPorts): Gate {
  const builder = createAuthRequestBuilder(config)
  const signin = config.signinUrl === '' ? null : templateOf(config.signinUrl)
  const cacheKey = config.cacheKey === '' ? null : templateOf(config.cacheKey)
  const removed = removedHeaders(config)

  const toVerdict = (answer: AuthAnswer | null, request: GateRequest): GateVerdict => {
    if (answer === null) return refuse(500, '')
    const { status, lines } = answer
    const cookies = copyLines(lines, 'set-cookie', 'Set-Cookie')
    if (status >= 200 && status < 300) {
      return {
        kind: 'pass',
        requestLines: config.responseHeaders.map((name) => joinedLine(lines, name)).join(''),
        removedRequestHeaders: removed,
        responseLines: config.alwaysSetCookie ? cookies : '',
        cookieLines: config.alwaysSetCookie ? '' : cookies,
      }
    }
    const always = config.alwaysSetCookie ? cookies : ''
    if (status === 401 && signin !== null) {
      const location = addRedirect(signin(request), config.signinRedirectParam, request)
      return refuse(302, `Location: ${escapeForUrl(location)}\r\n${carriesCookies(302) ? cookies : always}`)
    }
    if (status === 401) return refuse(401, copyLines(lines, 'www-authenticate', 'WWW-Authenticate') + always)
    if (status === 403) return refuse(403, always)
    return refuse(500, always)
  }

  const askService = async (request: GateRequest, key: string): Promise<GateVerdict> => {
    const subrequest = builder.build(request)
    if (subrequest === null) return refuse(500, '')
    const running = ports.running.get(config.url) ?? 0
    if (running >= MOST_RUNNING) return refuse(503, 'Retry-After: 1\r\n')
    ports.running.set(config.url, running + 1)
    const answer = await ports.ask(subrequest)
    const left = (ports.running.get(config.url) ?? 1) - 1
    if (left === 0) ports.running.delete(config.url)
    else ports.running.set(config.url, left)
    const failure = failureOf(answer, subrequest)
    if (failure !== '') ports.failures.note(config.url, failure)
    if (answer !== null && key !== '') ports.cache.remember(key, answer, config.cacheDurations)
    return toVerdict(answer, request)
  }

  return {
    description: describeGate(config),
    check(request) {
      const key = cacheKey === null ? '' : ports.cache.keyOf(config.cacheScope, `${request.host} ${cacheKey(request)}`)
      const known = key === '' ? null : ports.cache.find(key)
      return known === null ? askService(request, key) : toVerdict(known, request)
    },
    release: null,
  }
}

/** Why an answer says neither yes nor no; empty where it does. */
function failureOf(answer: AuthAnswer | null, { host, port, isNested }: AuthRequest): string {
  if (answer === null) {
    return `at ${host}:${port} gave no answer${isNested ? ' to a question about its own path, which must be open' : ''}`
  }
  const { status } = answer
  const isVerdict = (status >= 200 && status < 300) || status === 401 || status === 403
  return isVerdict ? '' : `answered ${status}; accepted are 2xx, 401 and 403`
}

/** Client's copies of what the service decides, also spelt with underscores, which CGI-like servers read as dashes. */
export function removedHeaders({ responseHeaders }: ExternalAuthConfig): readonly string[] {
  return [...new Set(responseHeaders.flatMap((name) => [name, name.replaceAll('-', '_')]))]
}

function refuse(status: number, responseLines: string): GateRefusal {
  const body = BODIES[status] ?? ''
  return { kind: 'refuse', status, contentType: body === '' ? '' : 'text/plain', body, responseLines }
}

/** The page to come back to: host and scheme as they are, the URI escaped. A parameter that is already there stays. */
function addRedirect(url: string, parameter: string, { scheme, authority, target }: GateRequest): string {
  const queryAt = url.indexOf('?')
  const hasParameter =
    queryAt !== -1 &&
    url
      .slice(queryAt + 1)
      .split('&')
      .some((pair) => pair.split('=')[0] === parameter)
  if (hasParameter) return url
  return `${url}${queryAt === -1 ? '?' : '&'}${parameter}=${scheme}://${authority}${escapeUri(target)}`
}

function copyLines(lines: string, name: string, spelling: string): string {
  return fieldValues(lines, name)
    .map((value) => `${spelling}: ${value}\r\n`)
    .join('')
}

/** Several fields of a name become one, as nginx's `$upstream_http_` variables do; none if all are empty. */
function joinedLine(lines: string, name: string): string {
  const value = fieldValues(lines, name).join(', ')
  return value === '' ? '' : `${spell(name)}: ${value}\r\n`
}

/** `x-auth-user` as `X-Auth-User`. */
function spell(name: string): string {
  return name.replaceAll(/(^|-)[a-z]/g, (start) => start.toUpperCase())
}

function templateOf(text: string): RequestTemplate {
  const compiled = compileTemplate(text)
  if (!compiled.ok) throw new TypeError(`Cannot fill $${compiled.unknown}: there is no such variable`)
  return compiled.render
}
