import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RuleAction, RuleCondition } from '../../../../aws/stack/rule.ts'
import { optimizeRules } from './optimize-rules.ts'
import type { ListenerFacts } from './redirect-loop.ts'
import { formatActions, formatConditions } from './testing/route-manifests.ts'

type Redirect = Extract<RuleAction, { type: 'redirect' }>
interface Rule {
  readonly conditions: readonly RuleCondition[]
  readonly actions: readonly RuleAction[]
}

const HTTP: ListenerFacts = { port: 80, protocol: 'HTTP' }
const HTTPS: ListenerFacts = { port: 443, protocol: 'HTTPS' }
const KEEP: Redirect = {
  type: 'redirect',
  protocol: '#{protocol}',
  host: '#{host}',
  port: '#{port}',
  path: '/#{path}',
  query: '#{query}',
  statusCode: 'HTTP_301',
}
const TO_HTTPS = { protocol: 'HTTPS', port: '443' }
const ANSWER: RuleAction = { type: 'fixed-response', statusCode: '200', contentType: '', messageBody: '' }

const host = (...values: string[]): RuleCondition => ({ field: 'host-header', values })
const path = (...values: string[]): RuleCondition => ({ field: 'path-pattern', values })
const METHOD: RuleCondition = { field: 'http-request-method', values: ['GET'] }
const HEADER: RuleCondition = { field: 'http-header', name: 'X-Env', values: ['beta'] }
const HOST_REGEX: RuleCondition = { field: 'host-header', regexValues: ['^a'] }
const PATH_REGEX: RuleCondition = { field: 'path-pattern', regexValues: ['^/a'] }

const redirect = (parts: Partial<Redirect>, ...conditions: RuleCondition[]): Rule => ({
  conditions,
  actions: [{ ...KEEP, ...parts }],
})
const answer = (...conditions: RuleCondition[]): Rule => ({ conditions, actions: [ANSWER] })

/** Rules that are left, as `conditions` texts. */
function left(listener: ListenerFacts, ...rules: readonly Rule[]): readonly string[] {
  return optimizeRules(rules, listener).map(({ conditions }) => formatConditions(conditions))
}

const LOOPS: readonly [string, ListenerFacts, Rule, readonly string[]][] = [
  ['to HTTPS 443, on HTTPS 443', HTTPS, redirect(TO_HTTPS, path('/*')), []],
  ['to HTTPS 443, on HTTP 80', HTTP, redirect(TO_HTTPS, path('/*')), ['path=/*']],
  ['to HTTPS 443, on HTTPS 8443', { ...HTTPS, port: 8443 }, redirect(TO_HTTPS, path('/*')), ['path=/*']],
  [
    'to HTTPS on the same port, on HTTPS 8443',
    { ...HTTPS, port: 8443 },
    redirect({ protocol: 'HTTPS' }, path('/*')),
    [],
  ],
  ['to HTTP 80, on HTTP 80', HTTP, redirect({ protocol: 'HTTP', port: '80' }, path('/*')), []],
  ['to port 443 of the same protocol, on HTTPS 443', HTTPS, redirect({ port: '443' }, path('/*')), []],
  ['that changes nothing', HTTP, redirect({}, host('a.example.com')), []],
  ['that changes nothing, for one method', HTTP, redirect({}, path('/*'), METHOD), []],
  ['that drops the query', HTTPS, redirect({ ...TO_HTTPS, query: '' }, path('/*')), ['path=/*']],
  ['that sets a query', HTTPS, redirect({ ...TO_HTTPS, query: 'a=1' }, path('/*')), ['path=/*']],
  ['that adds to the query', HTTPS, redirect({ query: '#{query}&a=1' }, path('/*')), ['path=/*']],
  ['to another host', HTTPS, redirect({ host: 'b.example.com' }, host('a.example.com')), ['host=a.example.com']],
  ['to its own host', HTTPS, redirect({ host: 'a.example.com' }, host('a.example.com')), []],
  ['to its own host in capitals', HTTPS, redirect({ host: 'A.Example.com' }, host('a.example.com')), []],
  [
    'from two hosts to one of them',
    HTTPS,
    redirect({ host: 'a.example.com' }, host('a.example.com', 'b.example.com'), path('/*')),
    ['host=b.example.com path=/*'],
  ],
  [
    'from two hosts to one of them and to HTTPS, on HTTP',
    HTTP,
    redirect({ ...TO_HTTPS, host: 'a.example.com' }, host('a.example.com', 'b.example.com')),
    ['host=a.example.com|b.example.com'],
  ],
  [
    'from a glob that takes in its host',
    HTTPS,
    redirect({ host: 'a.example.com' }, host('*.example.com')),
    ['host=*.example.com'],
  ],
  ['from any host to one', HTTPS, redirect({ host: 'a.example.com' }, path('/*')), ['path=/*']],
  ['from a host expression to a host', HTTPS, redirect({ host: 'a.example.com' }, HOST_REGEX), ['host-header~^a']],
  ['to www. of the same host', HTTPS, redirect({ host: 'www.#{host}' }, host('a.example.com')), ['host=a.example.com']],
  ['to its own path', HTTPS, redirect({ path: '/a' }, path('/a')), []],
  ['to another path', HTTPS, redirect({ path: '/b' }, path('/a')), ['path=/a']],
  ['to a path in capitals', HTTPS, redirect({ path: '/A' }, path('/a')), ['path=/a']],
  ['from two paths to one of them', HTTPS, redirect({ path: '/a' }, path('/a', '/b')), ['path=/b']],
  ['from a prefix to its root', HTTPS, redirect({ path: '/a' }, path('/a', '/a/*')), ['path=/a/*']],
  ['below the same path', HTTPS, redirect({ path: '/x/#{path}' }, path('/*')), ['path=/*']],
  [
    'to one of its hosts and one of its paths',
    HTTPS,
    redirect({ host: 'a.example.com', path: '/a' }, host('a.example.com', 'b.example.com'), path('/a', '/b')),
    ['host=a.example.com|b.example.com path=/a|/b'],
  ],
]

for (const [name, listener, rule, wanted] of LOOPS) {
  test(`of a redirect ${name}, what leads to itself goes`, () => {
    assert.deepEqual(left(listener, rule), wanted)
  })
}

test('a redirect behind a login that leads to itself goes too', () => {
  const login: RuleAction = {
    type: 'jwt-validation',
    config: { jwksEndpoint: 'https://a.example.com/jwks', issuer: 'https://a.example.com', additionalClaims: [] },
  }
  const { conditions, actions } = redirect(TO_HTTPS, path('/*'))
  assert.deepEqual(optimizeRules([{ conditions, actions: [login, ...actions] }], HTTPS), [])
})

const ALL = redirect(TO_HTTPS, path('/*'))
const SHADOWS: readonly [string, readonly Rule[], readonly string[]][] = [
  ['a redirect of everything', [ALL, answer(path('/a')), answer(host('a.example.com'))], ['path=/*']],
  ['a redirect without conditions', [redirect(TO_HTTPS), answer(path('/a'))], ['']],
  ['an earlier rule is not touched by', [answer(path('/a')), ALL], ['path=/a', 'path=/*']],
  ['a redirect of the same path', [redirect(TO_HTTPS, path('/a')), answer(path('/a'))], ['path=/a']],
  ['a redirect of another path', [redirect(TO_HTTPS, path('/b')), answer(path('/a'))], ['path=/b', 'path=/a']],
  [
    'a redirect of one of two paths',
    [redirect(TO_HTTPS, path('/a')), answer(path('/a', '/b'))],
    ['path=/a', 'path=/a|/b'],
  ],
  ['a redirect of both paths', [redirect(TO_HTTPS, path('/a', '/b')), answer(path('/b', '/a'))], ['path=/a|/b']],
  ['a redirect of a glob', [redirect(TO_HTTPS, path('/a/*')), answer(path('/a/b', '/a/c/*'))], ['path=/a/*']],
  [
    'a redirect of its host',
    [redirect(TO_HTTPS, host('a.example.com')), answer(host('a.example.com'), path('/a'))],
    ['host=a.example.com'],
  ],
  [
    'a redirect of its host in capitals',
    [redirect(TO_HTTPS, host('A.example.com')), answer(host('a.example.com'))],
    ['host=A.example.com'],
  ],
  [
    'a redirect of a wildcard host',
    [redirect(TO_HTTPS, host('*.example.com')), answer(host('a.example.com'))],
    ['host=*.example.com'],
  ],
  [
    'a redirect of one host, for a rule of every host',
    [redirect(TO_HTTPS, host('a.example.com')), answer(path('/a'))],
    ['host=a.example.com', 'path=/a'],
  ],
  [
    'a redirect of one path, for a rule of every path',
    [redirect(TO_HTTPS, path('/a')), answer(host('a.example.com'))],
    ['path=/a', 'host=a.example.com'],
  ],
  [
    'a redirect of one method',
    [redirect(TO_HTTPS, path('/*'), METHOD), answer(path('/a'))],
    ['path=/* http-request-method=GET', 'path=/a'],
  ],
  ['a redirect, where the later rule has more conditions', [ALL, answer(path('/a'), HEADER)], ['path=/*']],
  [
    'a redirect of a path expression',
    [redirect(TO_HTTPS, PATH_REGEX), answer(path('/a'))],
    ['path-pattern~^/a', 'path=/a'],
  ],
  ['a redirect of everything, for an expression', [ALL, answer(HOST_REGEX, PATH_REGEX)], ['path=/*']],
  [
    'a redirect of one path, for an expression',
    [redirect(TO_HTTPS, path('/a')), answer(PATH_REGEX)],
    ['path=/a', 'path-pattern~^/a'],
  ],
  ['a rule that answers', [answer(path('/*')), answer(path('/a'))], ['path=/*', 'path=/a']],
  ['a second redirect', [ALL, redirect({ host: 'b.example.com' }, host('a.example.com'))], ['path=/*']],
]

for (const [name, rules, wanted] of SHADOWS) {
  test(`what is covered by ${name} goes, and nothing else`, () => {
    assert.deepEqual(left(HTTP, ...rules), wanted)
  })
}

test('a redirect that leads to itself covers nothing: the rules behind it serve HTTPS', () => {
  const rules = [ALL, answer(path('/a')), answer(path('/*'))]
  assert.deepEqual(left(HTTPS, ...rules), ['path=/a', 'path=/*'])
  assert.deepEqual(left(HTTP, ...rules), ['path=/*'])
})

test('a rule that needs no change stays the same object', () => {
  const rules = [answer(path('/a')), redirect({ host: 'b.example.com' }, host('a.example.com'))]
  assert.deepEqual(optimizeRules(rules, HTTPS), rules)
  assert.equal(optimizeRules(rules, HTTPS)[0], rules[0])
  assert.equal(formatActions(rules[0]?.actions ?? []), '200')
})
