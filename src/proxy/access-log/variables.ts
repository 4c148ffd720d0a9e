/**
 * The nginx variables that a log line may name, as functions of a request record. Names and meanings: the variable
 * index of nginx's manual and the `set` variables of ingress-nginx's server blocks (its log-format.md).
 *
 * A getter returns `null` for what nginx calls "not found" (printed as `-` with `escape=default`) and an empty string
 * for "found, but empty" (printed as nothing).
 */
import { hostname } from 'node:os'
import { VERSION } from '../../base/version.ts'
import { finalStatus } from '../record-facts.ts'
import type { RequestRecord } from '../request-record.ts'
import type { LogClock } from './log-clock.ts'
import { CONNECTION_VARIABLES } from './connection-variables.ts'
import { findArgument, findCookie, findHeader, findSetCookie } from './request-parts.ts'
import { UPSTREAM_VARIABLES } from './upstream-variables.ts'
import { URI_VARIABLES, currentQuery } from './uri-variables.ts'
import { formatSeconds } from './seconds.ts'

export type Getter = (record: RequestRecord, clock: LogClock) => string | null

export interface LogVariable {
  readonly get: Getter
  /** `text` may hold anything and is escaped; `plain` never needs it; `number` is also a whole JSON number. */
  readonly kind: 'text' | 'plain' | 'number'
}

const PID = String(process.pid)
const HOST_NAME = hostname()

const VARIABLES: Readonly<Record<string, LogVariable>> = {
  ...UPSTREAM_VARIABLES,
  ...URI_VARIABLES,
  ...CONNECTION_VARIABLES,
  remote_user: { kind: 'text', get: (record) => orNothing(record.remoteUser) },
  // Request
  request: { kind: 'text', get: requestLine },
  request_method: { kind: 'text', get: (record) => orNothing(record.method) },
  server_protocol: { kind: 'plain', get: (record) => orNothing(record.protocol) },
  scheme: { kind: 'plain', get: (record) => record.scheme },
  pass_access_scheme: { kind: 'plain', get: (record) => record.scheme },
  host: { kind: 'text', get: (record) => record.host },
  http_host: { kind: 'text', get: (record) => orNothing(record.authority) },
  best_http_host: { kind: 'text', get: (record) => record.authority },
  pass_server_port: { kind: 'plain', get: (record) => String(record.serverPort) },
  pass_port: { kind: 'plain', get: (record) => (record.scheme === 'https' ? '443' : String(record.serverPort)) },
  http_referer: { kind: 'text', get: (record) => record.referer || findHeader(record.headerLines, 'referer') },
  http_user_agent: { kind: 'text', get: (record) => record.userAgent || findHeader(record.headerLines, 'user_agent') },
  http_x_forwarded_for: { kind: 'text', get: forwardedFor },
  proxy_add_x_forwarded_for: { kind: 'text', get: forwardedForAndClient },
  http_cookie: { kind: 'text', get: (record) => findHeader(record.headerLines, 'cookie', '; ') },
  content_length: { kind: 'text', get: (record) => findHeader(record.headerLines, 'content_length') },
  content_type: { kind: 'text', get: (record) => findHeader(record.headerLines, 'content_type') },
  request_id: { kind: 'text', get: (record) => record.requestId },
  req_id: { kind: 'text', get: (record) => record.requestId },
  request_length: { kind: 'number', get: (record) => String(record.requestBytes) },
  // Answer
  status: { kind: 'plain', get: (record) => loggedStatus(record) },
  bytes_sent: { kind: 'number', get: (record) => String(record.bytesSent) },
  body_bytes_sent: { kind: 'number', get: (record) => String(record.bodyBytesSent) },
  request_completion: { kind: 'plain', get: (record) => (record.isAborted ? '' : 'OK') },
  // Time
  request_time: { kind: 'number', get: (record, clock) => formatSeconds(clock.monotonicMs - record.startMs) },
  msec: { kind: 'number', get: (_, clock) => formatSeconds(clock.wallMs) },
  time_local: { kind: 'plain', get: (_, clock) => clock.timeLocal },
  time_iso8601: { kind: 'plain', get: (_, clock) => clock.timeIso8601 },
  // The rule that took the request
  namespace: { kind: 'text', get: (record) => record.route?.labels.namespace ?? '' },
  ingress_name: { kind: 'text', get: (record) => record.route?.labels.ingress ?? '' },
  service_name: { kind: 'text', get: (record) => record.route?.labels.service ?? '' },
  service_port: { kind: 'text', get: (record) => record.route?.labels.servicePort ?? '' },
  server_name: { kind: 'text', get: (record) => record.route?.labels.host || '_' },
  // The span, under the names of nginx's OpenTelemetry module
  opentelemetry_trace_id: { kind: 'plain', get: (record) => record.span?.traceId ?? null },
  opentelemetry_span_id: { kind: 'plain', get: (record) => record.span?.spanId ?? null },
  opentelemetry_context_traceparent: { kind: 'plain', get: (record) => record.span?.traceParent ?? null },
  // Process
  hostname: { kind: 'plain', get: () => HOST_NAME },
  // Whoever asks wants to know what served the request.
  nginx_version: { kind: 'plain', get: () => VERSION },
  pid: { kind: 'plain', get: () => PID },
}

/**
 * Finds a variable by its lower-case name: fixed ones, then families such as `http_NAME` and `cookie_NAME`.
 *
 * @returns `null` for a name that no record can answer
 */
export function findVariable(name: string): LogVariable | null {
  if (Object.hasOwn(VARIABLES, name)) return VARIABLES[name] ?? null
  for (const [prefix, find] of FAMILIES) {
    if (name.startsWith(prefix) && name.length > prefix.length) return find(name.slice(prefix.length))
  }
  return null
}

/** Framing is chosen where an answer is written: no head that is kept for the log has it. */
const FRAMING = new Set(['content_length', 'connection', 'keep_alive', 'transfer_encoding'])

const FAMILIES: readonly (readonly [string, (name: string) => LogVariable | null])[] = [
  ['http_', (name) => text((record) => findHeader(record.headerLines, name))],
  ['cookie_', (name) => text((record) => findCookie(record.headerLines, name))],
  ['arg_', (name) => text((record) => findArgument(currentQuery(record), name))],
  ['sent_http_', (name) => (FRAMING.has(name) ? null : text((record) => findHeader(record.answerLines, name)))],
  ['upstream_http_', (name) => (FRAMING.has(name) ? null : text((record) => findHeader(record.upstreamLines, name)))],
  ['upstream_cookie_', (name) => text((record) => findSetCookie(record.upstreamLines, name))],
]

function text(get: (record: RequestRecord) => string | null): LogVariable {
  return { kind: 'text', get }
}

/** Three digits, `000` when there was no answer. */
function loggedStatus(record: RequestRecord): string {
  const status = finalStatus(record)
  return status === 0 ? '000' : String(status)
}

function requestLine(record: RequestRecord): string {
  return record.method === '' ? record.target : `${record.method} ${record.target} ${record.protocol}`
}

function forwardedFor(record: RequestRecord): string | null {
  return record.forwardedFor || findHeader(record.headerLines, 'x_forwarded_for')
}

function forwardedForAndClient(record: RequestRecord): string {
  const chain = forwardedFor(record)
  return chain === null ? record.remoteAddress : `${chain}, ${record.remoteAddress}`
}

function orNothing(value: string): string | null {
  return value === '' ? null : value
}
