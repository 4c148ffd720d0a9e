import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ClusterHandle, compileRoutes } from './compile.ts'
import { decide, type Decision, type RequestFacts } from './decide.ts'
import { DEFAULT_FORWARD, NOT_FOUND_NGINX, UNAVAILABLE_NGINX } from './defaults.ts'
import type { Fallback, ForwardAction, PathMatch, Route, RouteAction, VirtualHost } from './model.ts'

const FORWARD: ForwardAction = {
  ...DEFAULT_FORWARD,
  backendId: 'shop/web:80',
  unavailable: UNAVAILABLE_NGINX,
}

function route(match: PathMatch, action: RouteAction = FORWARD, more: Partial<Route> = {}): Route {
  const text = match.kind === 'regex' ? match.source : match.path
  return {
    id: text,
    match,
    maxBodyBytes: 0,
    httpsRedirectStatus: 0,
    action,
    labels: { namespace: '', ingress: '', service: '', servicePort: '', path: text, pathType: '', host: '' },
    origin: { object: 'Ingress shop/web', path: '' },
    ...more,
  }
}

function host(name: string, routes: readonly Route[], more: Partial<VirtualHost> = {}): VirtualHost {
  return { host: name, schemes: ['http', 'https'], appRoot: '', routes, notFound: NOT_FOUND_NGINX, ...more }
}

interface World {
  readonly hosts: readonly VirtualHost[]
  readonly fallback?: Fallback
  readonly unavailable?: readonly string[]
}

function ask(world: World, url: string, more: Partial<RequestFacts> = {}): Decision {
  const table = compileRoutes<ClusterHandle>(
    { hosts: world.hosts, fallback: world.fallback ?? { notFound: NOT_FOUND_NGINX } },
    (id) => ({ id, isAvailable: () => !(world.unavailable ?? []).includes(id) }),
  )
  const at = url.indexOf('/', 8)
  const authority = url.slice(url.indexOf('//') + 2, at)
  return decide(table, {
    scheme: url.startsWith('https') ? 'https' : 'http',
    authority,
    host: authority.replace(/:\d+$/, ''),
    target: url.slice(at),
    contentLength: -1,
    method: 'GET',
    origin: '',
    clientAddress: '192.0.2.1',
    userAgent: '',
    referer: '',
    rawLines: '',
    draw: () => 0.5,
    ...more,
  })
}

/** `200 target`, `308 location` or `503`. */
function outcome(decision: Decision): string {
  switch (decision.kind) {
    case 'forward':
    case 'gated':
      return `${decision.cluster.id} ${decision.target}`
    case 'redirect':
      return `${decision.status} ${decision.location}`
    case 'respond':
      return String(decision.answer.status)
  }
}

const ROOT: PathMatch = { kind: 'prefix', path: '/' }

test('the raw target goes upstream, the normalised path chooses the route', () => {
  const hosts = [host('a.test', [route({ kind: 'prefix', path: '/foo' })])]
  assert.equal(outcome(ask({ hosts }, 'http://a.test/%66oo//x?q=/../y')), 'shop/web:80 /%66oo//x?q=/../y')
  assert.equal(outcome(ask({ hosts }, 'http://a.test/foo/../bar')), '404')
})

test('an exact host wins over a wildcard, a wildcard over the catch-all', () => {
  const to = (id: string): Route => route(ROOT, { ...FORWARD, backendId: id })
  const hosts = [host('', [to('any')]), host('*.test', [to('wild')]), host('a.test', [to('exact')])]
  assert.equal(outcome(ask({ hosts }, 'http://a.test/')), 'exact /')
  assert.equal(outcome(ask({ hosts }, 'http://b.test/')), 'wild /')
  assert.equal(outcome(ask({ hosts }, 'http://x.b.test/')), 'any /')
  assert.equal(outcome(ask({ hosts }, 'http://test/')), 'any /')
})

test('a host that a listener does not know is an unknown host there', () => {
  const hosts = [host('a.test', [route(ROOT)], { schemes: ['https'] })]
  assert.equal(outcome(ask({ hosts }, 'http://a.test/')), '404')
  assert.equal(outcome(ask({ hosts }, 'https://a.test/')), 'shop/web:80 /')
})

test('unknown hosts go to the default backend, and get its 404 when it has no endpoint', () => {
  const fallback = { backendId: 'kube-system/default:80', notFound: NOT_FOUND_NGINX }
  assert.equal(outcome(ask({ hosts: [], fallback }, 'http://a.test/x')), 'kube-system/default:80 /x')
  const decision = ask({ hosts: [], fallback, unavailable: ['kube-system/default:80'] }, 'http://a.test/x')
  assert.deepEqual(decision.kind === 'respond' && decision.answer, NOT_FOUND_NGINX)
})

test('app-root comes before everything, keeps scheme and port, and concerns / alone', () => {
  const hosts = [host('a.test', [route(ROOT, FORWARD, { httpsRedirectStatus: 308 })], { appRoot: '/app' })]
  assert.equal(outcome(ask({ hosts }, 'http://a.test:8080/')), '302 http://a.test:8080/app')
  assert.equal(outcome(ask({ hosts }, 'http://a.test/x/..')), '302 http://a.test/app')
  assert.equal(outcome(ask({ hosts }, 'http://a.test/x')), '308 https://a.test/x')
})

test('the redirect to https drops the port and one trailing slash', () => {
  const hosts = [host('a.test', [route(ROOT, FORWARD, { httpsRedirectStatus: 308 })])]
  assert.equal(outcome(ask({ hosts }, 'http://a.test:8080/')), '308 https://a.test')
  assert.equal(outcome(ask({ hosts }, 'http://a.test/foo//?q=1')), '308 https://a.test/foo//?q=1')
  assert.equal(outcome(ask({ hosts }, 'https://a.test/foo')), 'shop/web:80 /foo')
})

test('the redirect to https comes before an answer and before a missing endpoint, after a redirect', () => {
  const more = { httpsRedirectStatus: 308 } as const
  const hosts = [
    host('a.test', [
      route({ kind: 'prefix', path: '/gone' }, { kind: 'respond', answer: NOT_FOUND_NGINX }, more),
      route({ kind: 'prefix', path: '/moved' }, { kind: 'redirect', status: 301, location: 'http://b.test/x' }, more),
      route(ROOT, FORWARD, more),
    ]),
  ]
  const world = { hosts, unavailable: ['shop/web:80'] }
  assert.equal(outcome(ask(world, 'http://a.test/gone')), '308 https://a.test/gone')
  assert.equal(outcome(ask(world, 'https://a.test/gone')), '404')
  assert.equal(outcome(ask(world, 'http://a.test/moved')), '301 http://b.test/x')
  assert.equal(outcome(ask(world, 'http://a.test/x')), '308 https://a.test/x')
  assert.equal(outcome(ask(world, 'https://a.test/x')), '503')
})

test('a body that is declared too large is refused before any redirect', () => {
  const hosts = [host('a.test', [route(ROOT, FORWARD, { maxBodyBytes: 10, httpsRedirectStatus: 308 })])]
  assert.equal(outcome(ask({ hosts }, 'http://a.test/', { contentLength: 11 })), '413')
  assert.equal(outcome(ask({ hosts }, 'https://a.test/', { contentLength: 10 })), 'shop/web:80 /')
})

test('a missing slash is mended with the query kept', () => {
  const action: RouteAction = { kind: 'redirect-path', status: 301, path: '/foo/' }
  const hosts = [host('a.test', [route({ kind: 'exact', path: '/foo' }, action)])]
  assert.equal(outcome(ask({ hosts }, 'http://a.test:8080/foo?a=1')), '301 http://a.test:8080/foo/?a=1')
})

test('a rewrite keeps the query and puts its own before it', () => {
  const regex: PathMatch = { kind: 'regex', source: '/v1(/|$)(.*)', caseInsensitive: true }
  const hosts = [
    host('a.test', [route(regex, { ...FORWARD, rewriteTarget: '/$2' })]),
    host('b.test', [route(regex, { ...FORWARD, rewriteTarget: '/$2?from=v1' })]),
  ]
  assert.equal(outcome(ask({ hosts }, 'http://a.test/v1/x%20y?q=1')), 'shop/web:80 /x%20y?q=1')
  assert.equal(outcome(ask({ hosts }, 'http://a.test/v1')), 'shop/web:80 /')
  assert.equal(outcome(ask({ hosts }, 'http://b.test/V1/x?q=1')), 'shop/web:80 /x?from=v1&q=1')
  assert.equal(outcome(ask({ hosts }, 'http://b.test/v1/x?')), 'shop/web:80 /x?from=v1')
})

test('a path that leaves the root or cannot be decoded is a bad request', () => {
  const hosts = [host('a.test', [route(ROOT)])]
  for (const path of ['/..', '/%2e%2e/x', '/%zz', '/%00'])
    assert.equal(outcome(ask({ hosts }, `http://a.test${path}`)), '400')
})

test('a trace sees the same decision, with each route considered', () => {
  const hosts = [host('a.test', [route({ kind: 'prefix', path: '/foo' }), route(ROOT)])]
  const table = compileRoutes<ClusterHandle>({ hosts, fallback: { notFound: NOT_FOUND_NGINX } }, (id) => ({
    id,
    isAvailable: () => true,
  }))
  const seen: string[] = []
  const request: RequestFacts = {
    scheme: 'http',
    authority: 'a.test',
    host: 'a.test',
    target: '/bar',
    contentLength: -1,
    method: 'GET',
    origin: '',
    clientAddress: '192.0.2.1',
    userAgent: '',
    referer: '',
    rawLines: '',
    draw: () => 0.5,
  }
  const decision = decide(table, request, {
    host: (name) => seen.push(`host ${name}`),
    route: (compiled, isTaken) => seen.push(`${compiled.id} ${isTaken}`),
    phase: (name) => seen.push(name),
  })
  assert.deepEqual(seen, ['host a.test', '/foo false', '/ true'])
  assert.equal(decision.route, decide(table, request).route)
})

const CORS = {
  allowOrigins: ['https://*.example.com'],
  allowMethods: 'GET, PUT',
  allowHeaders: 'X-A',
  allowsCredentials: true,
  exposeHeaders: '',
  maxAgeSeconds: 60,
}

test('a preflight of an allowed origin is answered before redirects, of another it goes on', () => {
  const hosts = [host('a.test', [{ ...route(ROOT), cors: CORS, httpsRedirectStatus: 308 as const }])]
  const preflight = { method: 'OPTIONS', origin: 'https://shop.example.com' }
  assert.equal(outcome(ask({ hosts }, 'http://a.test/', preflight)), '204')
  assert.equal(
    outcome(ask({ hosts }, 'http://a.test/', { ...preflight, origin: 'https://evil.test' })).slice(0, 3),
    '308',
  )
  assert.equal(outcome(ask({ hosts }, 'https://a.test/', { ...preflight, method: 'GET' })), 'shop/web:80 /')
})

test('a client is refused by address after the endpoints were found, and without an address always', () => {
  const hosts = [
    host('a.test', [
      { ...route(ROOT), clientAddresses: { deny: ['192.0.2.7'], allow: ['192.0.2.0/24', '2001:db8::/32'] } },
    ]),
  ]
  const from = (clientAddress: string): string => outcome(ask({ hosts }, 'http://a.test/', { clientAddress }))
  assert.equal(from('192.0.2.1'), 'shop/web:80 /')
  assert.equal(from('2001:db8::9'), 'shop/web:80 /')
  assert.equal(from('192.0.2.7'), '403')
  assert.equal(from('198.51.100.1'), '403')
  assert.equal(from(''), '403')
  assert.equal(
    outcome(ask({ hosts, unavailable: ['shop/web:80'] }, 'http://a.test/', { clientAddress: '192.0.2.7' })),
    '503',
  )
})

test('a route with gates is gated, and refuses where nobody makes gates', async () => {
  const gates = [{ kind: 'limit-connections', zone: 'z', max: 1, exempt: [], status: 503 }] as const
  const decision = ask({ hosts: [host('a.test', [{ ...route(ROOT), gates }])] }, 'http://a.test/')
  assert.equal(decision.kind, 'gated')
  const request = {
    method: 'GET',
    target: '/',
    authority: 'a.test',
    host: 'a.test',
    scheme: 'http',
    clientAddress: '192.0.2.1',
    userAgent: '',
    referer: '',
    requestId: '1',
    rawLines: '',
  } as const
  const verdict = await decision.route?.gates[0]?.check(request)
  assert.equal(verdict?.kind === 'refuse' && verdict.status, 503)
})
