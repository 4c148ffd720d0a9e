import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { GateRequest } from './gate.ts'
import { parseAuthUrl } from './auth-url.ts'
import { compileTemplate, escapeForUrl, escapeUri } from './request-template.ts'

const REQUEST: GateRequest = {
  method: 'POST',
  target: '/a b/c?x=1&Token=t%20t&flag',
  authority: 'Shop.example:8080',
  host: 'shop.example',
  scheme: 'https',
  clientAddress: '127.0.0.1',
  requestId: 'id',
  rawLines: 'Cookie: a=b; session=s=1\r\nX-User-Name:  ann \r\nX-List: 1\r\nx-list: 2\r\nCookie: late=1\r\n',
}

function fill(text: string, request: Partial<GateRequest> = {}): string {
  const compiled = compileTemplate(text)
  assert.ok(compiled.ok, text)
  return compiled.render({ ...REQUEST, ...request })
}

test('variables are filled with what the request says', () => {
  const table: Readonly<Record<string, string>> = {
    '$scheme://$http_host$request_uri': 'https://Shop.example:8080/a b/c?x=1&Token=t%20t&flag',
    '${host}x': 'shop.examplex',
    $best_http_host: 'Shop.example:8080',
    '$pass_access_scheme,$request_method,$remote_addr,$req_id': 'https,POST,127.0.0.1,id',
    $escaped_request_uri: '%2Fa%20b%2Fc%3Fx%3D1%26Token%3Dt%2520t%26flag',
    $uri$is_args$args: '/a b/c?x=1&Token=t%20t&flag',
    '$arg_token|$arg_flag|$arg_none': 't%20t||',
    '$cookie_session|$cookie_late|$cookie_none': 's=1|1|',
    '$http_x_user_name|$http_x_list|$http_none': 'ann|1, 2|',
    'a $ b 5$': 'a $ b 5$',
  }
  for (const [text, expected] of Object.entries(table)) assert.equal(fill(text), expected, text)
})

test('a variable that does not exist is named', () => {
  for (const name of ['nothing', 'arg_', 'http_', 'constructor', '__proto__', 'proxy_upstream_name', 'hosts']) {
    assert.deepEqual(compileTemplate(`a$${name}`), { ok: false, unknown: name })
  }
})

test('values are never read as templates again', () => {
  assert.equal(fill('$arg_x', { target: '/?x=$host' }), '$host')
})

test('no control character comes out, whatever goes in', () => {
  const text = fc.string({
    unit: fc.constantFrom('a', '\r', '\n', '\0', '\x7f', '$host', ';', '=', '&', ' '),
    maxLength: 40,
  })
  fc.assert(
    fc.property(text, text, text, (target, authority, cookie) => {
      const out = fill('$request_uri $http_host $arg_a $cookie_a $http_cookie', {
        target,
        authority,
        rawLines: `Cookie: ${cookie}\r\n`,
      })
      // oxlint-disable-next-line no-control-regex -- they are what must not come out
      assert.doesNotMatch(out, /[\x00-\x1f\x7f]/)
    }),
  )
})

test('escaped text holds only what a URL may hold', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)) }),
      (text) => {
        assert.match(escapeUri(text), /^(?:[A-Za-z0-9\-._~]|%[0-9A-F]{2})*$/)
        assert.match(escapeForUrl(text), /^[\x21\x23-\x3b\x3d\x3f-\x5b\x5d\x5f\x61-\x7a\x7e]*$/)
      },
    ),
  )
})

test('URLs of services are taken apart', () => {
  const parse = (text: string): unknown => {
    const result = parseAuthUrl(text)
    return result.ok ? result.value : null
  }
  const plain = { scheme: 'http', host: 'auth.example', port: 80, path: '/', isHostVariable: false }
  assert.deepEqual(parse('http://auth.example'), plain)
  assert.deepEqual(parse('HTTPS://auth.example:8443/a?b=$arg_b'), {
    ...plain,
    scheme: 'https',
    port: 8443,
    path: '/a?b=$arg_b',
  })
  assert.deepEqual(parse('http://auth.example?x'), { ...plain, path: '/?x' })
  assert.deepEqual(parse('https://${host}/x'), {
    scheme: 'https',
    host: '${host}',
    port: 443,
    path: '/x',
    isHostVariable: true,
  })
  assert.deepEqual(parse('http://[::1]:81/'), { ...plain, host: '[::1]', port: 81 })
})

test('a URL whose server a client could choose, or that hides one, is refused', () => {
  const refused = [
    'http://$http_x_server/',
    'http://$arg_host.example/',
    'http://user:password@auth.example/',
    'http://auth.example:$arg_port/',
    'http://auth.example:0/',
    'http://auth.example:65536/',
    'http://auth.example/$nothing',
    'http://auth.example/#fragment',
    'http://auth.example/a b',
    'http://{host}/',
    'ftp://auth.example/',
    '/auth',
    '',
  ]
  for (const text of refused) assert.equal(parseAuthUrl(text).ok, false, text)
})
