import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { DEFAULT_LOG_FORMAT } from '../../routing/defaults.ts'
import { compileRoutes } from '../../routing/compile.ts'
import { RequestRecord } from '../request-record.ts'
import { createLogClock } from './log-clock.ts'
import { compileLogFormat } from './log-format.ts'

process.env['TZ'] = 'UTC'

const CLOCK = createLogClock({ wallMs: () => Date.UTC(2026, 10, 21, 8, 13, 5, 67), monotonicMs: () => 2500.9 })

/** The JSON format of the first founding article, as its YAML reads: one line. */
const JSON_FORMAT =
  '{ "time": "$time_iso8601", "remote_addr": "$proxy_protocol_addr", "x-forward-for": "$proxy_add_x_forwarded_for", ' +
  '"request_id": "$request_id", "remote_user": "$remote_user", "bytes_sent": $bytes_sent, "request_time": $request_time, ' +
  '"status": $status, "vhost": "$host", "request_proto": "$server_protocol", "path": "$uri", "request_query": "$args", ' +
  '"request_length": $request_length, "duration": $request_time, "method": "$request_method", ' +
  '"http_referrer": "$http_referer", "http_user_agent": "$http_user_agent" }'

function createRecord(fields: Partial<RequestRecord> = {}): RequestRecord {
  const record = new RequestRecord()
  return Object.assign(record, {
    startMs: 1000,
    method: 'GET',
    target: '/a%20b//c?x=1&Y=two',
    protocol: 'HTTP/1.1',
    authority: 'Shop.example:8080',
    host: 'shop.example',
    remoteAddress: '127.0.0.1',
    remotePort: 50_000,
    serverPort: 8080,
    requestId: 'f00d',
    headerLines: 'Host: Shop.example:8080\r\nUser-Agent: curl/8\r\nX-Tenant-Id: t1\r\nCookie: sid=9\r\n',
    userAgent: 'curl/8',
    requestBytes: 120,
    status: 200,
    bytesSent: 300,
    bodyBytesSent: 200,
    ...fields,
  })
}

function render(template: string, record = createRecord(), escape: 'default' | 'json' | 'none' = 'default'): string {
  return compileLogFormat(template, escape, CLOCK).render(record)
}

test('the default line of a proxied request', () => {
  const record = createRecord({
    referer: 'https://a.example/',
    upstreamName: 'shop-web-80',
    upstreamAddress: '127.0.0.1:9001, 127.0.0.1:9002',
    upstreamStatus: '502, 200',
    upstreamResponseBytes: 200,
    upstreamConnectMs: 1,
    upstreamHeaderMs: 20.4,
    upstreamResponseMs: 21,
  })
  assert.equal(
    render(DEFAULT_LOG_FORMAT, record),
    '127.0.0.1 - - [21/Nov/2026:08:13:05 +0000] "GET /a%20b//c?x=1&Y=two HTTP/1.1" 200 200 "https://a.example/" "curl/8" ' +
      '120 1.500 [shop-web-80] [] 127.0.0.1:9001, 127.0.0.1:9002 200 0.021 502, 200 f00d',
  )
})

test('the default line of a request that no route took', () => {
  const record = createRecord({ status: 404, userAgent: '', headerLines: 'Host: a\r\n' })
  assert.equal(
    render(DEFAULT_LOG_FORMAT, record),
    '127.0.0.1 - - [21/Nov/2026:08:13:05 +0000] "GET /a%20b//c?x=1&Y=two HTTP/1.1" 404 200 "-" "-" 120 1.500 [upstream-default-backend] [] - - - - f00d',
  )
})

test('a header that is present but empty prints nothing, an absent one prints a dash', () => {
  const record = createRecord({ userAgent: '', headerLines: 'User-Agent:\r\n' })
  assert.equal(render('"$http_user_agent" "$http_referer"', record), '"" "-"')
  assert.equal(render('"$http_user_agent" "$http_referer"', record, 'json'), '"" ""')
})

test('uri is normalised, request_uri and arguments are as received', () => {
  assert.equal(
    render('$uri|$document_uri|$request_uri|$args|$query_string|$is_args|$arg_y|$arg_z'),
    '/a b/c|/a b/c|/a%20b//c?x=1&Y=two|x=1&Y=two|x=1&Y=two|?|two|-',
  )
})

test('uri and args follow a rewrite', () => {
  const table = compileRoutes(
    {
      hosts: [],
      fallback: { backendId: 'b', notFound: { status: 404, contentType: '', body: '' } },
    },
    () => null,
  )
  assert.ok(table.fallback !== null)
  const route = { ...table.fallback, rewrite: () => '/new' }
  const record = createRecord({ route, upstreamTarget: '/new/%61?k=1&x=1' })
  assert.equal(render('$uri $args', record), '/new/a k=1&x=1')
  assert.equal(render('$uri', createRecord({ route: table.fallback, upstreamTarget: '/other' })), '/a b/c')
})

test('headers and cookies are found by name', () => {
  assert.equal(render('$http_x_tenant_id ${cookie_sid}x $http_absent $cookie_absent'), 't1 9x - -')
})

test('the forwarded chain ends with the client', () => {
  assert.equal(render('$proxy_add_x_forwarded_for'), '127.0.0.1')
  assert.equal(
    render('$proxy_add_x_forwarded_for', createRecord({ forwardedFor: '192.0.2.1' })),
    '192.0.2.1, 127.0.0.1',
  )
})

test('a reused upstream connection took no time to connect, a refused one never did', () => {
  const reused = createRecord({ upstreamAddress: 'a', upstreamHeaderMs: 2, upstreamResponseMs: 3 })
  assert.equal(
    render('$upstream_connect_time $upstream_header_time $upstream_response_time', reused),
    '0.000 0.002 0.003',
  )
  const refused = createRecord({ upstreamAddress: 'a', upstreamStatus: '502', upstreamResponseMs: 0 })
  assert.equal(
    render('$upstream_connect_time $upstream_header_time $upstream_response_time $upstream_response_length', refused),
    '- - 0.000 0',
  )
})

test('a client that left before the answer is logged as 499', () => {
  assert.equal(render('$status', createRecord({ status: 0, isAborted: true })), '499')
  assert.equal(render('$status', createRecord({ status: 200, isAborted: true })), '200')
  assert.equal(render('$status', createRecord({ status: 0 })), '000')
})

test('times carry milliseconds and the zone', () => {
  assert.equal(
    render('$msec $time_iso8601'),
    `${Date.UTC(2026, 10, 21, 8, 13, 5) / 1000}.067 2026-11-21T08:13:05+00:00`,
  )
})

test('unknown variables are named once and print as not found', () => {
  const format = compileLogFormat('$status $tcpinfo_rtt $realpath_root $tcpinfo_rtt', 'default', CLOCK)
  assert.deepEqual(format.unknown, ['tcpinfo_rtt', 'realpath_root'])
  assert.equal(format.render(createRecord()), '200 - - -')
})

test('names that every object inherits are unknown variables', () => {
  assert.deepEqual(compileLogFormat('$constructor $__proto__', 'default').unknown, ['constructor', '__proto__'])
})

test('a lone dollar is text', () => {
  assert.equal(render('$ $$status 5$'), '$ $200 5$')
})

test('the JSON format of the founding article gives valid JSON with the right values', () => {
  const line = render(JSON_FORMAT, createRecord({ userAgent: 'a"b\\c\u0001', remoteUser: '' }))
  assert.deepEqual(JSON.parse(line), {
    time: '2026-11-21T08:13:05+00:00',
    remote_addr: '-',
    'x-forward-for': '127.0.0.1',
    request_id: 'f00d',
    remote_user: '-',
    bytes_sent: 300,
    request_time: 1.5,
    status: 200,
    vhost: 'shop.example',
    request_proto: 'HTTP/1.1',
    path: '/a b/c',
    request_query: 'x=1&Y=two',
    request_length: 120,
    duration: 1.5,
    method: 'GET',
    http_referrer: '-',
    http_user_agent: 'a"b\\c\u0001',
  })
})

test('a JSON format stays valid JSON whatever the client sends', () => {
  const bytes = fc.uint8Array({ maxLength: 30 }).map((value) => Buffer.from(value).toString('latin1'))
  const template =
    '{"a":"$http_user_agent","b":$upstream_status,"c":"$request","d":$http_referer,"e":[$upstream_response_time,$arg_x],"f":"$uri $host"}'
  const formats = (['default', 'json'] as const).map((escape) => compileLogFormat(template, escape, CLOCK))
  fc.assert(
    fc.property(bytes, bytes, bytes, fc.boolean(), (userAgent, referer, query, isProxied) => {
      const record = createRecord({ userAgent, referer, target: `/${query}?x=${query}`, host: userAgent })
      if (isProxied)
        Object.assign(record, { upstreamAddress: 'a, b', upstreamStatus: '502, 200', upstreamResponseMs: 1 })
      for (const format of formats) {
        const line = Buffer.from(format.render(record), 'latin1')
        const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(line))
        assert.equal(typeof value, 'object')
      }
    }),
  )
})

test('outside quotes a JSON format prints null for nothing and a string for a list', () => {
  const template = '{"status":$upstream_status,"time":$upstream_response_time}'
  assert.equal(render(template), '{"status":null,"time":null}')
  const retried = createRecord({ upstreamAddress: 'a, b', upstreamStatus: '502, 200', upstreamResponseMs: 12 })
  assert.equal(render(template, retried), '{"status":"502, 200","time":0.012}')
  assert.equal(render(template, retried, 'json'), '{"status":"502, 200","time":0.012}')
})

test('a template that only looks like JSON is escaped as nginx does', () => {
  const record = createRecord({ userAgent: '"' })
  assert.equal(render('{"a":"$http_user_agent",}', record), '{"a":"\\x22",}')
  assert.equal(render('{"a":1$status}', record), '{"a":1200}')
  assert.equal(render('["$http_user_agent"]', record), '["\\x22"]')
  assert.equal(render('{"a":"\\"$http_user_agent"}', record), '{"a":"\\"\\""}')
})

test('text of the template outside ASCII is written as UTF-8', () => {
  assert.equal(Buffer.from(render('玄関 $status'), 'latin1').toString('utf8'), '玄関 200')
})

test('a template over several lines makes one line', () => {
  assert.equal(render('{ "a": $status,\n   "b": $status }\n'), '{ "a": 200, "b": 200 }')
})
