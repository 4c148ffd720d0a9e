/**
 * The nginx variables that a log line may name, as functions of a request record. Names and meanings: the variable
 * index of nginx's manual and the `set` variables of ingress-nginx's server blocks (reference, 2.7).
 *
 * A getter returns `null` for what nginx calls "not found" (printed as `-` with `escape=default`) and an empty string
 * for "found, but empty" (printed as nothing).
 */
import { hostname } from 'node:os'
import { finalStatus } from '../record-facts.ts'
import type { RequestRecord } from '../request-record.ts'
import type { LogClock } from './log-clock.ts'
import { findArgument, findCookie, findHeader } from './request-parts.ts'
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
  // Client and connection
  remote_addr: { kind: 'plain', get: (record) => record.remoteAddress },
  realip_remote_addr: { kind: 'plain', get: (record) => record.peerAddress || record.remoteAddress },
  the_real_ip: { kind: 'plain', get: (record) => record.remoteAddress },
  remote_port: { kind: 'plain', get: (record) => String(record.remotePort) },
  realip_remote_port: { kind: 'plain', get: (record) => String(record.remotePort) },
  remote_user: { kind: 'text', get: (record) => orNothing(record.remoteUser) },
  server_addr: { kind: 'plain', get: (record) => orNothing(record.serverAddress) },
  server_port: { kind: 'plain', get: (record) => String(record.serverPort) },
  connection: { kind: 'plain', get: (record) => countOrNothing(record.connectionSerial) },
  connection_requests: { kind: 'plain', get: (record) => countOrNothing(record.connectionRequests) },
  // Without the PROXY protocol nginx does not know these.
  proxy_protocol_addr: { kind: 'plain', get: (record) => orNothing(record.proxyProtocolAddress) },
  proxy_protocol_port: {
    kind: 'plain',
    get: (record) => (record.proxyProtocolPort === -1 ? null : String(record.proxyProtocolPort)),
  },
  ssl_protocol: { kind: 'plain', get: (record) => orNothing(record.tlsProtocol) },
  ssl_cipher: { kind: 'plain', get: (record) => orNothing(record.tlsCipher) },
  https: { kind: 'plain', get: (record) => (record.scheme === 'https' ? 'on' : '') },
  pipe: { kind: 'plain', get: () => '.' },
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
  pid: { kind: 'plain', get: () => PID },
}

/**
 * Finds a variable by its lower-case name: fixed ones, then `arg_NAME`, `cookie_NAME`, `http_NAME`.
 *
 * @returns `null` for a name that no record can answer
 */
export function findVariable(name: string): LogVariable | null {
  if (Object.hasOwn(VARIABLES, name)) return VARIABLES[name] ?? null
  if (name.startsWith('http_') && name.length > 5) {
    const header = name.slice(5)
    return { kind: 'text', get: (record) => findHeader(record.headerLines, header) }
  }
  if (name.startsWith('cookie_') && name.length > 7) {
    const cookie = name.slice(7)
    return { kind: 'text', get: (record) => findCookie(record.headerLines, cookie) }
  }
  if (name.startsWith('arg_') && name.length > 4) {
    const argument = name.slice(4)
    return { kind: 'text', get: (record) => findArgument(currentQuery(record), argument) }
  }
  return null
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

function countOrNothing(value: number): string | null {
  return value === 0 ? null : String(value)
}
