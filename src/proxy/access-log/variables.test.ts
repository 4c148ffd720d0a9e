import assert from 'node:assert/strict'
import { hostname } from 'node:os'
import { test } from 'node:test'
import { compileRoutes } from '../../routing/compile.ts'
import type { ConnectionFacts } from '../connection-facts.ts'
import type { ClientInfo } from '../downstream.ts'
import { RequestRecord } from '../request-record.ts'
import { compileLogFormat } from './log-format.ts'

function render(name: string, record: RequestRecord): string {
  const format = compileLogFormat(`\${${name}}`, 'default')
  assert.deepEqual(format.unknown, [], name)
  return format.render(record)
}

function assertRendered(record: RequestRecord, expected: Readonly<Record<string, string>>): void {
  const actual = Object.fromEntries(Object.keys(expected).map((name) => [name, render(name, record)]))
  assert.deepEqual(actual, expected)
}

function clientWith(connection: ConnectionFacts, more: Partial<ClientInfo> = {}): ClientInfo {
  return {
    scheme: 'https',
    remoteAddress: '::1',
    remotePort: 50_000,
    serverPort: 8443,
    tlsProtocol: 'TLSv1.3',
    tlsCipher: 'TLS_AES_256_GCM_SHA384',
    forwardingLines: '',
    connection,
    ...more,
  }
}

test('connection variables of a TLS client', () => {
  const record = Object.assign(new RequestRecord(), {
    remoteAddress: '::1',
    remotePort: 50_000,
    serverPort: 8443,
    scheme: 'https',
    tlsProtocol: 'TLSv1.3',
    tlsCipher: 'TLS_AES_256_GCM_SHA384',
    connectionRequests: 2,
    client: clientWith({
      serial: 7,
      serverAddress: '::1',
      serverName: 'shop.example',
      alpnProtocol: 'h2',
      isResumed: true,
    }),
  })
  assertRendered(record, {
    remote_addr: '::1',
    realip_remote_addr: '::1',
    the_real_ip: '::1',
    remote_port: '50000',
    realip_remote_port: '50000',
    server_addr: '::1',
    server_port: '8443',
    pass_server_port: '8443',
    pass_port: '443',
    connection: '7',
    connection_requests: '2',
    scheme: 'https',
    pass_access_scheme: 'https',
    https: 'on',
    ssl_protocol: 'TLSv1.3',
    ssl_cipher: 'TLS_AES_256_GCM_SHA384',
    ssl_server_name: 'shop.example',
    ssl_alpn_protocol: 'h2',
    ssl_session_reused: 'r',
    ssl_client_verify: 'NONE',
    proxy_protocol_addr: '-',
    proxy_protocol_port: '-',
  })
})

test('what a front does not say is not found', () => {
  const record = Object.assign(new RequestRecord(), { serverPort: 8080 })
  assertRendered(record, {
    server_addr: '-',
    connection: '-',
    connection_requests: '-',
    ssl_protocol: '-',
    ssl_cipher: '-',
    https: '',
    pass_port: '8080',
    request_uri: '-',
    uri: '-',
    request_method: '-',
    server_protocol: '-',
    proxy_host: '-',
    http_cookie: '-',
  })
})

test('variables of the rule that took the request, and of none', () => {
  const { fallback } = compileRoutes(
    { hosts: [], fallback: { backendId: 'b', notFound: { status: 404, contentType: '', body: '' } } },
    () => null,
  )
  assert.ok(fallback !== null)
  const labels = {
    ...fallback.labels,
    namespace: 'shop',
    ingress: 'web',
    service: 'front',
    servicePort: 'http',
    path: '/玄',
    host: '*.shop.example',
  }
  const taken = Object.assign(new RequestRecord(), { route: { ...fallback, labels }, upstreamName: 'shop-front-http' })
  assertRendered(taken, {
    namespace: 'shop',
    ingress_name: 'web',
    service_name: 'front',
    service_port: 'http',
    location_path: '/\\xE7\\x8E\\x84',
    server_name: '*.shop.example',
    proxy_upstream_name: 'shop-front-http',
    proxy_alternative_upstream_name: '',
    proxy_host: 'shop-front-http',
  })
  assertRendered(new RequestRecord(), {
    namespace: '',
    ingress_name: '',
    service_name: '',
    service_port: '',
    location_path: '',
    server_name: '_',
    proxy_upstream_name: '-',
  })
})

test('variables of the message', () => {
  const record = Object.assign(new RequestRecord(), {
    authority: 'a.example:80',
    host: 'a.example',
    requestId: 'f00d',
    headerLines: 'Content-Type: text/plain\r\nContent-Length: 3\r\nCookie: a=1\r\nCookie: b=2\r\n',
    requestBytes: 90,
    bytesSent: 50,
    bodyBytesSent: 5,
  })
  assertRendered(record, {
    host: 'a.example',
    http_host: 'a.example:80',
    best_http_host: 'a.example:80',
    request_id: 'f00d',
    req_id: 'f00d',
    content_type: 'text/plain',
    content_length: '3',
    http_cookie: 'a=1; b=2',
    request_length: '90',
    bytes_sent: '50',
    body_bytes_sent: '5',
    request_completion: 'OK',
    pipe: '.',
    hostname: hostname(),
    pid: String(process.pid),
  })
})

const PLAIN_FACTS: ConnectionFacts = {
  serial: 1,
  serverAddress: '10.0.0.9',
  serverName: '',
  alpnProtocol: '',
  isResumed: false,
}

test('what a PROXY header said is logged, trusted or not', () => {
  const addresses = {
    sourceAddress: '203.0.113.7',
    sourcePort: 4711,
    destinationAddress: '198.51.100.1',
    destinationPort: 443,
  }
  const proxied = { addresses, peerAddress: '10.0.0.1', isTrusted: false, isHttps: false }
  const record = Object.assign(new RequestRecord(), { client: clientWith(PLAIN_FACTS, { proxied }) })
  assertRendered(record, {
    server_addr: '10.0.0.9',
    proxy_protocol_addr: '203.0.113.7',
    proxy_protocol_port: '4711',
    proxy_protocol_server_addr: '198.51.100.1',
    proxy_protocol_server_port: '443',
  })
})

test('the certificate of a client is logged, and why it is not good', () => {
  const certificate = {
    pem: '-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n',
    subjectDn: 'CN=ann',
    issuerDn: 'CN=ca',
    serial: '0A',
    fingerprint: 'ff00',
    validFrom: 'Nov 21 11:00:00 2026 GMT',
    validTo: 'Nov 21 11:00:00 2027 GMT',
  }
  const tlsClient = {
    serverName: '',
    policyKey: '',
    certificate,
    failure: 'certificate has expired',
    isUntrusted: false,
  }
  const record = Object.assign(new RequestRecord(), {
    tlsProtocol: 'TLSv1.3',
    client: clientWith(PLAIN_FACTS, { tlsClient }),
  })
  assertRendered(record, {
    ssl_client_verify: 'FAILED:certificate has expired',
    ssl_client_s_dn: 'CN=ann',
    ssl_client_i_dn: 'CN=ca',
    ssl_client_serial: '0A',
    ssl_client_fingerprint: 'ff00',
    ssl_client_v_start: 'Nov 21 11:00:00 2026 GMT',
    ssl_client_v_end: 'Nov 21 11:00:00 2027 GMT',
    ssl_client_escaped_cert: '-----BEGIN%20CERTIFICATE-----%0AAA%3D%3D%0A-----END%20CERTIFICATE-----%0A',
    ssl_session_reused: '.',
    ssl_server_name: '-',
  })
})

test('header fields and cookies of answers are logged', () => {
  const record = Object.assign(new RequestRecord(), {
    answerLines: 'Server: genkan\r\nX-Cache: HIT\r\n',
    upstreamLines: 'X-Cache: MISS\r\nSet-Cookie: a=1\r\nset-cookie: SID=31d4; Path=/; Secure\r\nVary: a\r\nVary: b\r\n',
  })
  assertRendered(record, {
    sent_http_x_cache: 'HIT',
    sent_http_server: 'genkan',
    sent_http_x_none: '-',
    upstream_http_x_cache: 'MISS',
    upstream_http_vary: 'a, b',
    upstream_cookie_sid: '31d4',
    upstream_cookie_b: '-',
  })
})

test('the protocol by its HTTP/2 name, and an address by its bytes', () => {
  const two = Object.assign(new RequestRecord(), { protocol: 'HTTP/2.0', scheme: 'https', remoteAddress: '127.0.0.1' })
  assertRendered(two, { http2: 'h2', http3: '', binary_remote_addr: '\\x7F\\x00\\x00\\x01' })
  const plain = Object.assign(new RequestRecord(), { protocol: 'HTTP/2.0', remoteAddress: '2001:db8::1' })
  const zeros = '\\x00'.repeat(11)
  assertRendered(plain, { http2: 'h2c', binary_remote_addr: ` \\x01\\x0D\\xB8${zeros}\\x01` })
  const mapped = Object.assign(new RequestRecord(), { protocol: 'HTTP/1.1', remoteAddress: '::ffff:1.2.3.4' })
  assertRendered(mapped, { http2: '', binary_remote_addr: `${'\\x00'.repeat(10)}\\xFF\\xFF\\x01\\x02\\x03\\x04` })
})

test('the span of a traced request, under the names of nginx’s module', () => {
  const span = {
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    spanId: '00f067aa0ba902b7',
    parentSpanId: '',
    isSampled: true,
    traceState: '',
    traceParent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    operationName: '',
  }
  assertRendered(Object.assign(new RequestRecord(), { span }), {
    opentelemetry_trace_id: span.traceId,
    opentelemetry_span_id: span.spanId,
    opentelemetry_context_traceparent: span.traceParent,
  })
  assertRendered(new RequestRecord(), { opentelemetry_trace_id: '-', opentelemetry_context_traceparent: '-' })
})

test('variables that Genkan does not have are told of', () => {
  const names = [
    'request_body',
    'geoip2_city',
    'tcpinfo_rtt',
    'sent_http_content_length',
    'gzip_ratio',
    'document_root',
  ]
  assert.deepEqual(compileLogFormat(names.map((name) => `$${name}`).join(' '), 'default').unknown, names)
})
