/** Whatever one member writes: nothing throws, no rule is one that AWS refuses, nothing protected opens, nobody else suffers. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { RuleAction, RuleCondition } from '../../../../aws/stack/rule.ts'
import type { GroupRouting } from '../routing.ts'
import { countWildcards } from './glob.ts'
import { withoutLoops } from './redirect-loop.ts'
import { routeManifests } from './testing/route-manifests.ts'

const ALB = 'alb.ingress.kubernetes.io/'
const ARN = 'arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/a/b'

/** Sound values of annotations, to be damaged. */
const SOUND: Readonly<Record<string, readonly unknown[]>> = {
  'actions.act': [
    {
      type: 'redirect',
      redirectConfig: { protocol: 'HTTPS', port: '443', host: 'a.test', path: '/x', query: '', statusCode: 'HTTP_301' },
    },
    { type: 'redirect', redirectConfig: { host: '#{host}', statusCode: 'HTTP_302' } },
    {
      type: 'fixed-response',
      fixedResponseConfig: { contentType: 'text/plain', statusCode: '200', messageBody: 'hi' },
    },
    {
      type: 'forward',
      forwardConfig: {
        targetGroups: [
          { serviceName: 'app', servicePort: 80, weight: 5 },
          { serviceName: 'gone', servicePort: 'http', weight: 5 },
          { targetGroupARN: ARN, weight: 5 },
        ],
        targetGroupStickinessConfig: { enabled: true, durationSeconds: 60 },
      },
    },
    { type: 'forward', targetGroupARN: ARN },
  ],
  'conditions.app': [
    [
      { field: 'host-header', hostHeaderConfig: { values: ['b.test', 'c.test', '*.d.test'] } },
      { field: 'path-pattern', pathPatternConfig: { regexValues: ['^/a', 'b$'] } },
      { field: 'http-header', httpHeaderConfig: { httpHeaderName: 'X-A', values: ['1', '2', '*'] } },
      { field: 'query-string', queryStringConfig: { values: [{ key: 'a', value: 'b*' }, { value: 'c' }] } },
      { field: 'source-ip', sourceIPConfig: { values: ['192.0.2.0/24'] } },
      { field: 'http-request-method', httpRequestMethodConfig: { values: ['GET'] } },
    ],
    [{ field: 'path-pattern', pathPatternConfig: { values: ['/1', '/2', '/3', '/*/?/*', '/4'] } }],
  ],
  'transforms.app': [[{ type: 'url-rewrite', urlRewriteConfig: { rewrites: [{ regex: '^/a', replace: '/' }] } }]],
  'auth-idp-cognito': [
    { userPoolARN: 'arn:aws:cognito-idp:a:b:userpool/c', userPoolClientID: 'b', userPoolDomain: 'c' },
  ],
  'auth-idp-oidc': [
    {
      issuer: 'https://id.test',
      authorizationEndpoint: 'https://id.test/a',
      tokenEndpoint: 'https://id.test/t',
      userInfoEndpoint: 'https://id.test/u',
      secretName: 'client',
      authenticationRequestExtraParams: { prompt: 'login' },
    },
  ],
  'jwt-validation': [
    {
      jwksEndpoint: 'https://id.test/k',
      issuer: 'https://id.test',
      additionalClaims: [{ format: 'string-array', name: 'a', values: ['b'] }],
    },
  ],
}

const JUNK: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    0,
    -1,
    65_536,
    1e9,
    '',
    'x',
    '*',
    '?',
    'x'.repeat(129),
    [],
    {},
    [null],
    '__proto__',
  ),
  fc.string({ maxLength: 6 }),
)

/** Replaces, drops, doubles or renames something inside a value. */
function damage(value: unknown, picks: readonly number[], junk: unknown): unknown {
  const [pick = 0, ...rest] = picks
  if (picks.length === 0 || typeof value !== 'object' || value === null) return junk
  if (Array.isArray(value)) {
    const list = value as readonly unknown[]
    if (pick % 5 === 0) return [...list, ...list]
    return list.map((item, index) => (index === pick % Math.max(list.length, 1) ? damage(item, rest, junk) : item))
  }
  const entries = Object.entries(value)
  const at = pick % Math.max(entries.length, 1)
  if (pick % 7 === 0) return Object.fromEntries(entries.filter((_, index) => index !== at))
  if (pick % 7 === 1) return Object.fromEntries(entries.map(([key, item]) => [key.toUpperCase(), item]))
  return Object.fromEntries(entries.map(([key, item], index) => [key, index === at ? damage(item, rest, junk) : item]))
}

const jsonAnnotation = fc.constantFrom(...Object.keys(SOUND)).chain((name) =>
  fc
    .record({
      value: fc.constantFrom(...(SOUND[name] ?? [])),
      picks: fc.array(fc.nat(20), { maxLength: 5 }),
      junk: JUNK,
      isDamaged: fc.boolean(),
    })
    .map(
      ({ value, picks, junk, isDamaged }) =>
        [name, JSON.stringify(isDamaged ? damage(value, picks, junk) : value)] as const,
    ),
)
const wordAnnotation = fc.tuple(
  fc.constantFrom(
    'target-type',
    'backend-protocol',
    'backend-protocol-version',
    'healthcheck-port',
    'success-codes',
    'target-group-attributes',
    'use-regex-path-match',
    'auth-on-unauthenticated-request',
    'auth-session-timeout',
    'target-control-port.app.80',
    'auth-type',
  ),
  fc.oneof(
    fc.constantFrom('ip', 'HTTPS', 'GRPC', 'true', '80', 'http', '0', '200-299', 'a=b', 'none', 'oidc', 'cognito', ''),
    fc.string({ maxLength: 8 }),
  ),
)
const annotations = fc
  .tuple(fc.array(jsonAnnotation, { maxLength: 5 }), fc.array(wordAnnotation, { maxLength: 4 }))
  .map((lists) => Object.fromEntries(lists.flat()) as Readonly<Record<string, string>>)
const path = fc.record({
  path: fc.constantFrom('/', '/a', '/a*', '/*', `/${'x'.repeat(130)}`, '/*/*/*/*/*/*', '/[', '/a/'),
  pathType: fc.constantFrom('Exact', 'Prefix', 'ImplementationSpecific'),
  backend: fc.constantFrom(
    { service: { name: 'app', port: { number: 80 } } },
    { service: { name: 'app', port: { name: 'http' } } },
    { service: { name: 'app', port: { number: 8080 } } },
    { service: { name: 'gone', port: { number: 80 } } },
    { service: { name: 'act', port: { name: 'use-annotation' } } },
    { resource: { kind: 'Bucket', name: 'icons' } },
  ),
})
const member = fc.record({
  annotations,
  host: fc.constantFrom('bad.test', '*.bad.test'),
  paths: fc.array(path, { minLength: 1, maxLength: 4 }),
  hasDefault: fc.boolean(),
  onService: annotations,
})
type Member = typeof member extends fc.Arbitrary<infer T> ? T : never

const prefixed = (map: Readonly<Record<string, string>>): object =>
  Object.fromEntries(Object.entries(map).map(([key, value]) => [ALB + key, value]))

const PORTS = { 'listen-ports': '[{"HTTP":80},{"HTTPS":443}]' }

function route({ annotations, host, paths, hasDefault, onService }: Member): ReturnType<typeof routeManifests> {
  const service = (name: string, written: object): string =>
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, annotations: written },
      spec: { type: 'NodePort', ports: [{ name: 'http', port: 80, targetPort: 8080, nodePort: 30_080 }] },
    })
  const ingress = (name: string, written: object, spec: object): string =>
    JSON.stringify({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { name, annotations: { ...written, ...prefixed(PORTS) } },
      spec,
    })
  const sound = {
    host: 'sound.test',
    http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'other', port: { number: 80 } } } }] },
  }
  const { backend } = paths[0] ?? {}
  return routeManifests(
    [
      ingress('bad', prefixed(annotations), {
        rules: [{ host, http: { paths } }],
        ...(hasDefault ? { defaultBackend: backend } : {}),
      }),
      ingress('sound', {}, { rules: [sound] }),
      service('app', prefixed(onService)),
      service('other', {}),
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'client' },
        stringData: { clientID: 'a', clientSecret: 'b' },
      }),
    ].join('\n---\n'),
  )
}

function checkConditions(conditions: readonly RuleCondition[]): void {
  const lists = conditions.map((one): readonly unknown[] => ('regexValues' in one ? one.regexValues : one.values))
  assert.ok(conditions.length > 0 && lists.every((list) => list.length > 0 && list.length <= 3))
  assert.ok(lists.flat().length <= 5)
  const texts = lists.flat().flatMap((value) => (typeof value === 'string' ? [value] : Object.values(value as object)))
  assert.ok(texts.every((text) => typeof text === 'string' && text.length <= 128))
  const wild = conditions.flatMap((one): readonly string[] => {
    if ('regexValues' in one || one.field === 'source-ip') return []
    return one.field === 'query-string' ? one.values.flatMap(({ key, value }) => [key, value]) : one.values
  })
  assert.ok(wild.reduce((sum, text) => sum + countWildcards(text), 0) <= 5)
  for (const field of ['host-header', 'path-pattern', 'http-request-method', 'source-ip']) {
    assert.ok(conditions.filter((one) => one.field === field).length <= 1)
  }
}

const TERMINAL = ['forward', 'redirect', 'fixed-response']

function checkActions(actions: readonly RuleAction[], { targetGroups }: GroupRouting): void {
  assert.ok(actions.length === 1 || actions.length === 2)
  assert.ok(TERMINAL.includes(actions.at(-1)?.type ?? ''))
  if (actions.length === 2) assert.ok(!TERMINAL.includes(actions[0]?.type ?? 'forward'))
  for (const action of actions) {
    if (action.type === 'fixed-response') assert.match(action.statusCode, /^[245]\d\d$/)
    if (action.type !== 'forward') continue
    assert.ok(action.targetGroups.length >= 1 && action.targetGroups.length <= 5)
    for (const { targetGroup, weight } of action.targetGroups) {
      assert.ok(Number.isInteger(weight) && weight >= 0 && weight <= 999)
      assert.ok(
        typeof targetGroup === 'string'
          ? targetGroup === ARN
          : targetGroups.some(({ id }) => `TargetGroup/${id}` === targetGroup.ref),
      )
    }
  }
}

test('whatever a member writes, its rules are ones that AWS takes, and the other member is served', () => {
  fc.assert(
    fc.property(member, (written) => {
      const { routing, rules } = route(written)
      for (const { port, protocol, rules: drafts, defaultActions } of routing.ports) {
        checkActions(defaultActions, routing)
        for (const { conditions, actions } of drafts) {
          checkConditions(conditions)
          checkActions(actions, routing)
          const last = actions.at(-1)
          if (last?.type === 'redirect') assert.notEqual(withoutLoops(conditions, last, { port, protocol }), null)
        }
        assert.equal(
          rules(port).filter((line) => line === 'host=sound.test path=/* -> forward default/sound-other:80').length,
          1,
        )
      }
      for (const { port, protocolVersion, healthCheck } of routing.targetGroups) {
        assert.ok(port >= 1 && port <= 65_535 && protocolVersion !== undefined)
        assert.ok(healthCheck.timeoutSeconds < healthCheck.intervalSeconds)
      }
    }),
    { numRuns: 250 },
  )
})

test('where a login or a JWT is asked for, however badly, nothing is forwarded or given away without it', () => {
  const asked = fc.constantFrom<Readonly<Record<string, string>>>(
    { 'auth-type': 'oidc' },
    { 'auth-type': 'cognito' },
    { 'auth-type': 'OIDC' },
    { 'auth-type': '' },
    { 'jwt-validation': '{}' },
    { 'jwt-validation': JSON.stringify(SOUND['jwt-validation']?.[0]) },
  )
  fc.assert(
    fc.property(member, asked, (written, protection) => {
      const { routing } = route({ ...written, annotations: { ...written.annotations, ...protection }, onService: {} })
      for (const { protocol, rules, defaultActions } of routing.ports) {
        const mine = rules.filter(({ member }) => member === 'Ingress default/bad').map(({ actions }) => actions)
        for (const actions of [...mine, defaultActions]) {
          const [first] = actions
          const isShown = actions.length === 2 && protocol === 'HTTPS'
          const isRefusal = first?.type === 'fixed-response' && ['503', '404'].includes(first.statusCode)
          const leadsToHttps = first?.type === 'redirect' && first.protocol === 'HTTPS'
          assert.ok(isShown || isRefusal || (protocol === 'HTTP' && leadsToHttps), JSON.stringify(actions))
        }
      }
    }),
    { numRuns: 200 },
  )
})
