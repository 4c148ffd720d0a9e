/**
 * A finished request as an OTLP span (opentelemetry-proto 1.x, `trace.proto`), its attributes by the HTTP semantic
 * conventions. The query string is never written: it is where secrets are.
 */
import { finalStatus } from '../record-facts.ts'
import type { RequestRecord } from '../request-record.ts'
import { ProtobufWriter } from './protobuf-writer.ts'
import type { Span } from './trace-context.ts'

const KIND_SERVER = 2
const STATUS_ERROR = 2
/** SpanFlags: bit 0 sampled; bit 8 says that bit 9 (the parent is remote) means something. */
const REMOTE_KNOWN = 0x100
const REMOTE = 0x200
const LONGEST_VALUE = 1024

/** Others are `_OTHER`, so that clients cannot make up values (semantic conventions, http.request.method). */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'CONNECT', 'TRACE'])
const STANDARD_PORTS: Readonly<Record<string, string>> = { http: '80', https: '443' }

const writer = new ProtobufWriter()

/**
 * @param name of the span, one character per byte
 * @param endMs wall clock, milliseconds since the epoch
 * @param durationMs since the first byte of the request
 */
export function encodeSpan(record: RequestRecord, span: Span, name: string, endMs: number, durationMs: number): Buffer {
  writer.hex(1, span.traceId)
  writer.hex(2, span.spanId)
  if (span.traceState !== '') writer.text(3, span.traceState)
  if (span.parentSpanId !== '') writer.hex(4, span.parentSpanId)
  writer.byteText(5, name.slice(0, LONGEST_VALUE))
  writer.integer(6, KIND_SERVER)
  writer.fixed64(7, toNanoseconds(endMs - durationMs))
  writer.fixed64(8, toNanoseconds(endMs))
  writeAttributes(record)
  if (finalStatus(record) >= 500) writer.message(15, () => writer.integer(3, STATUS_ERROR))
  writer.fixed32(16, 1 | REMOTE_KNOWN | (span.parentSpanId === '' ? 0 : REMOTE))
  return writer.take()
}

function writeAttributes(record: RequestRecord): void {
  const { method, target, protocol, scheme, authority, host, route } = record
  const status = finalStatus(record)
  byteAttribute('http.request.method', METHODS.has(method) ? method : '_OTHER')
  if (!METHODS.has(method)) byteAttribute('http.request.method_original', method)
  byteAttribute('url.scheme', scheme)
  byteAttribute('url.path', pathOf(target))
  byteAttribute('network.protocol.name', 'http')
  byteAttribute('network.protocol.version', protocol.slice(5).replace(/^2\.0$/, '2'))
  byteAttribute('server.address', host)
  const port = /:(\d{1,5})$/.exec(authority)?.[1] ?? STANDARD_PORTS[scheme] ?? ''
  intAttribute('server.port', Number(port))
  byteAttribute('client.address', record.remoteAddress)
  byteAttribute('network.peer.address', record.peerAddress || record.remoteAddress)
  byteAttribute('user_agent.original', record.userAgent)
  intAttribute('http.response.status_code', record.isAborted && status === 499 ? 0 : status)
  if (status >= 500) byteAttribute('error.type', String(status))
  if (route === null) return
  const { labels } = route
  attribute('http.route', labels.path)
  // The names that ingress-nginx gives its spans.
  attribute('ingress.namespace', labels.namespace)
  attribute('ingress.name', labels.ingress)
  attribute('ingress.service_name', labels.service)
  attribute('ingress.upstream', record.upstreamName)
}

/** Path of a target in origin form; of an absolute one nothing but the path either. */
function pathOf(target: string): string {
  const end = target.search(/[?#]/)
  const path = end === -1 ? target : target.slice(0, end)
  return path.startsWith('/') || path === '*' ? path : path.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, '') || '/'
}

/** Absent values are not written. */
function attribute(key: string, value: string): void {
  if (value !== '') keyValue(key, () => writer.text(1, value.slice(0, LONGEST_VALUE)))
}

function byteAttribute(key: string, value: string): void {
  if (value !== '') keyValue(key, () => writer.byteText(1, value.slice(0, LONGEST_VALUE)))
}

function intAttribute(key: string, value: number): void {
  if (value !== 0) keyValue(key, () => writer.integer(3, value))
}

function keyValue(key: string, writeValue: () => void): void {
  writer.message(9, () => {
    writer.text(1, key)
    writer.message(2, writeValue)
  })
}

/** More than a double holds: seconds and the rest are made apart. */
function toNanoseconds(epochMs: number): bigint {
  const seconds = Math.floor(epochMs / 1000)
  return BigInt(seconds) * 1_000_000_000n + BigInt(Math.round((epochMs - seconds * 1000) * 1e6))
}
