import assert from 'node:assert/strict'
import { hostname } from 'node:os'
import { test } from 'node:test'
import { compileRoutes } from '../../routing/compile.ts'
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

test('connection variables of a TLS client', () => {
  const record = Object.assign(new RequestRecord(), {
    remoteAddress: '::1',
    remotePort: 50_000,
    serverAddress: '::1',
    serverPort: 8443,
    scheme: 'https',
    tlsProtocol: 'TLSv1.3',
    tlsCipher: 'TLS_AES_256_GCM_SHA384',
    connectionSerial: 7,
    connectionRequests: 2,
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
