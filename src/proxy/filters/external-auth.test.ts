import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Gate } from '../../routing/gate.ts'
import { gateRequest } from '../../routing/testing/gate-request.ts'
import type { ExternalAuthConfig } from '../../routing/gate-config.ts'
import { startFixture } from '../testing/proxy-fixture.ts'
import { sendRaw } from '../testing/raw-client.ts'
import { answering, refusedPort, startRawUpstream } from '../testing/raw-upstream.ts'
import { AuthFailures } from './auth-failures.ts'
import { createExternalAuthGate } from './external-auth.ts'
import type { AuthAnswer } from './external-auth-answer.ts'
import { AuthCache } from './external-auth-cache.ts'

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const CONFIG: ExternalAuthConfig = {
  kind: 'external-auth',
  url: '',
  backendId: '',
  method: '',
  signinUrl: '',
  signinRedirectParam: 'rd',
  responseHeaders: [],
  requestHeaders: [],
  requestRedirect: '',
  cacheKey: '',
  cacheScope: '',
  cacheDurations: [{ statuses: [200, 202, 401], seconds: 300 }],
  alwaysSetCookie: false,
}

function answer(status: number, lines = ''): string {
  return `HTTP/1.1 ${status} Said\r\n${lines}Content-Length: 0\r\n\r\n`
}

interface Outcome {
  readonly client: string
  readonly asked: string
  readonly upstream: string
}

/** One request through a proxy whose route asks a service that says `authAnswer`. */
async function pass(
  authAnswer: string,
  config: Partial<ExternalAuthConfig> = {},
  request = 'GET /a?b=c HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n',
  upstreamAnswer = OK,
): Promise<Outcome> {
  await using service = await startRawUpstream(answering(authAnswer))
  await using upstream = await startRawUpstream(answering(upstreamAnswer))
  const gate = { ...CONFIG, url: `http://127.0.0.1:${service.port}/check?x=$arg_b`, ...config }
  await using proxy = await startFixture({ upstreams: [upstream.port], route: { gates: [gate] } })
  const client = await sendRaw(proxy.port, request)
  return { client, asked: service.received(), upstream: upstream.received() }
}

test('the subrequest describes the request and carries no body and no forgery', async () => {
  const { client, asked, upstream } = await pass(
    answer(200),
    { requestHeaders: [{ name: 'X-Extra', value: 'at $host' }] },
    'POST /a?b=c HTTP/1.1\r\nHost: shop.example:81\r\nCookie: s=1\r\nAuthorization: Bearer t\r\nContent-Length: 5\r\n' +
      'X-Original-URL: https://evil.example/\r\nX-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\nX-Extra: forged\r\n' +
      'X_Original_Method: PUT\r\nX-Forwarded-Uri: /open\r\nX-Original-URI: /open\r\nSSL-Client-Verify: SUCCESS\r\nX-Hop: 1\r\nConnection: close, X-Hop\r\n\r\nhello',
  )
  assert.match(client, /^HTTP\/1\.1 200 OK/)
  assert.match(upstream, /^POST \/a\?b=c HTTP\/1\.1\r\n[\s\S]*\r\n\r\nhello$/)
  const [head = '', rest] = asked.split('\r\n\r\n')
  const lines = head.split('\r\n')
  assert.equal(rest, '')
  assert.deepEqual(lines.slice(0, 4), [
    'GET /check?x=c HTTP/1.1',
    'Host: 127.0.0.1',
    'Cookie: s=1',
    'Authorization: Bearer t',
  ])
  const id = lines[4] ?? ''
  assert.match(id, /^X-Request-ID: [0-9a-f]{32}$/)
  assert.ok(upstream.includes(id), 'one request, one id')
  assert.deepEqual(lines.slice(5), [
    'X-Original-URL: http://shop.example:81/a?b=c',
    'X-Original-Method: POST',
    'X-Sent-From: nginx-ingress-controller',
    'X-Real-IP: 127.0.0.1',
    'X-Forwarded-For: 127.0.0.1',
    'X-Auth-Request-Redirect: /a?b=c',
    'X-Extra: at shop.example',
    'Connection: keep-alive',
  ])
})

test('a method that is set brings two more headers', async () => {
  const { asked } = await pass(answer(200), { method: 'POST', requestRedirect: '$scheme://$host/back' })
  assert.match(asked, /^POST \/check/)
  assert.match(asked, /\r\nX-Original-URI: \/a\?b=c\r\nX-Scheme: http\r\n/)
  assert.match(asked, /\r\nX-Auth-Request-Redirect: http:\/\/shop\.example\/back\r\n/)
})

test('headers of the answer replace those of the client, whose copies never pass', async () => {
  const { upstream } = await pass(
    answer(202, 'X-User: ann\r\nX-Group: a\r\nX-Group: b\r\nX-Else: no\r\n'),
    { responseHeaders: ['x-user', 'x-group', 'x-role'] },
    'GET / HTTP/1.1\r\nHost: a\r\nx-user: root\r\nX-Role: admin\r\nX-Mine: 1\r\nConnection: close\r\n\r\n',
  )
  assert.match(upstream, /\r\nX-User: ann\r\nX-Group: a, b\r\n/)
  assert.match(upstream, /\r\nX-Mine: 1\r\n/)
  assert.doesNotMatch(upstream, /root|admin|X-Else/i)
})

test('401 carries the challenge of the service, 403 nothing, other statuses are 500', async () => {
  const refused = await pass(answer(401, 'WWW-Authenticate: Bearer realm="x"\r\nSet-Cookie: a=1\r\n'))
  assert.match(
    refused.client,
    /^HTTP\/1\.1 401 [\s\S]*WWW-Authenticate: Bearer realm="x"\r\n[\s\S]*401 Authorization Required\n$/,
  )
  assert.doesNotMatch(refused.client, /Set-Cookie/)
  assert.equal(refused.upstream, '')
  assert.match((await pass(answer(403, 'X-Why: no\r\n'))).client, /^HTTP\/1\.1 403 (?![\s\S]*X-Why)/)
  for (const status of [302, 400, 404, 500, 503]) {
    const { client, upstream } = await pass(answer(status))
    assert.match(client, /^HTTP\/1\.1 500 /)
    assert.equal(upstream, '')
  }
})

test('a sign-in page gets the way back and the cookie of the service', async () => {
  const { client } = await pass(
    answer(401, 'Set-Cookie: csrf=1\r\n'),
    { signinUrl: 'https://login.example/start' },
    'GET /a/b?x=1&y=%20 HTTP/1.1\r\nHost: shop.example:81\r\nConnection: close\r\n\r\n',
  )
  assert.match(client, /^HTTP\/1\.1 302 /)
  assert.match(
    client,
    /\r\nLocation: https:\/\/login\.example\/start\?rd=http:\/\/shop\.example:81%2Fa%2Fb%3Fx%3D1%26y%3D%2520\r\n/,
  )
  assert.match(client, /\r\nSet-Cookie: csrf=1\r\n/)
  const own = await pass(answer(401), { signinUrl: 'https://login.example/start?rd=$escaped_request_uri' })
  assert.match(own.client, /\r\nLocation: https:\/\/login\.example\/start\?rd=%2Fa%3Fb%3Dc\r\n/)
})

test('cookies of the service reach the client with the statuses that nginx adds headers to, or always when asked', async () => {
  const cookies = 'Set-Cookie: a=1\r\nSet-Cookie: b=2\r\n'
  const notFound = 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n'
  assert.match((await pass(answer(200, cookies))).client, /\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n/)
  assert.doesNotMatch((await pass(answer(200, cookies), {}, undefined, notFound)).client, /Set-Cookie/)
  const always = { alwaysSetCookie: true }
  assert.match((await pass(answer(200, cookies), always, undefined, notFound)).client, /^HTTP\/1\.1 404 [\s\S]*b=2/)
  assert.match((await pass(answer(403, cookies), always)).client, /^HTTP\/1\.1 403 [\s\S]*a=1/)
})

test('a service that refuses, hangs up or talks nonsense lets nobody in', async () => {
  assert.match((await pass('', { url: `http://127.0.0.1:${await refusedPort()}/` })).client, /^HTTP\/1\.1 500 /)
  assert.match((await pass('HTTP/1.1 2000 OK\r\n\r\n')).client, /^HTTP\/1\.1 500 /)
  await using service = await startRawUpstream(({ socket }) => socket.destroy())
  assert.match((await pass('', { url: `http://127.0.0.1:${service.port}/` })).client, /^HTTP\/1\.1 500 /)
})

test('what a client says about the host never becomes another server', async () => {
  const url = 'http://$host:1/'
  for (const host of ['a;b', 'a%41', "a'b", '(a)']) {
    const { client, upstream } = await pass(
      answer(200),
      { url },
      `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
    )
    assert.match(client, /^HTTP\/1\.1 500 /)
    assert.equal(upstream, '')
  }
})

const REQUEST = gateRequest({ requestId: 'id', rawLines: 'Cookie: s=1\r\n' })

interface Counted {
  readonly gate: Gate
  readonly running: Map<string, number>
  /** Lines for the operator. */
  readonly problems: readonly string[]
  asked: number
}

function createCounted(config: Partial<ExternalAuthConfig>, said: AuthAnswer | null, cache: AuthCache): Counted {
  const running = new Map<string, number>()
  const problems: string[] = []
  const failures = new AuthFailures((line) => problems.push(line))
  const ask = (): Promise<AuthAnswer | null> => {
    counted.asked++
    return Promise.resolve(said)
  }
  const ports = { ask, cache, running, failures }
  const gate = createExternalAuthGate({ ...CONFIG, url: 'http://auth.example/', ...config }, ports)
  const counted: Counted = { gate, running, problems, asked: 0 }
  return counted
}

test('a service that says neither yes nor no is told to the operator, a verdict is not', async () => {
  const told = async (said: AuthAnswer | null): Promise<readonly string[]> => {
    const counted = createCounted({}, said, new AuthCache(() => 0))
    await counted.gate.check(REQUEST)
    return counted.problems
  }
  for (const status of [200, 204, 401, 403]) assert.deepEqual(await told({ status, lines: '' }), [])
  assert.match((await told({ status: 302, lines: '' })).join(), /auth\.example\/: .* answered 302; accepted are 2xx/)
  assert.match((await told(null)).join(), /the authentication service at auth\.example:80 gave no answer/)
})

test('answers are remembered by their key for as long as their status allows', async () => {
  let nowMs = 0
  const cache = new AuthCache(() => nowMs)
  const config = { cacheKey: '$cookie_s', cacheScope: 'r' }
  const counted = createCounted(config, { status: 401, lines: '' }, cache)
  assert.equal((await counted.gate.check(REQUEST)).kind, 'refuse')
  assert.equal((await counted.gate.check(REQUEST)).kind, 'refuse')
  assert.equal(counted.asked, 1)
  await counted.gate.check({ ...REQUEST, rawLines: 'Cookie: s=2\r\n' })
  assert.equal(counted.asked, 2)
  const elsewhere = createCounted({ ...config, cacheScope: 'other' }, { status: 200, lines: '' }, cache)
  assert.equal((await elsewhere.gate.check(REQUEST)).kind, 'pass')
  nowMs = 300_001
  await counted.gate.check(REQUEST)
  assert.equal(counted.asked, 3)
  assert.equal(counted.running.size, 0)
})

test('answers with a cookie, of other statuses, or that forbid it are not remembered', async () => {
  const answers: readonly AuthAnswer[] = [
    { status: 200, lines: 'Set-Cookie: a=1\r\n' },
    { status: 200, lines: 'Cache-Control: no-store\r\n' },
    { status: 200, lines: 'Cache-Control: public, max-age=0\r\n' },
    { status: 403, lines: '' },
    { status: 500, lines: '' },
  ]
  for (const said of answers) {
    const counted = createCounted({ cacheKey: 'k' }, said, new AuthCache(() => 0))
    await counted.gate.check(REQUEST)
    await counted.gate.check(REQUEST)
    assert.equal(counted.asked, 2, JSON.stringify(said))
  }
})

test('more subrequests than may run at once are refused', async () => {
  const counted = createCounted({}, { status: 200, lines: '' }, new AuthCache())
  counted.running.set('http://auth.example/', 1024)
  const verdict = await counted.gate.check(REQUEST)
  assert.ok(verdict.kind === 'refuse')
  assert.equal(verdict.status, 503)
  assert.equal(counted.asked, 0)
})
