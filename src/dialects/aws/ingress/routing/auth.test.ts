import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readOidcClient } from '../../../../kube/oidc-secret.ts'
import { snapshotFromYaml } from '../../../../../test/support/snapshot-from-yaml.ts'
import { routeManifests, type RoutedManifests } from './testing/route-manifests.ts'

const ALB = 'alb.ingress.kubernetes.io/'
const HTTP_AND_HTTPS = '[{"HTTP":80},{"HTTPS":443}]'
const OIDC = {
  issuer: 'https://id.example.com',
  authorizationEndpoint: 'https://id.example.com/authorize',
  tokenEndpoint: 'https://id.example.com/token',
  userInfoEndpoint: 'https://id.example.com/me',
  secretName: 'client',
}
const COGNITO = {
  userPoolARN: 'arn:aws:cognito-idp:us-east-1:123456789012:userpool/pool',
  userPoolClientID: 'client',
  userPoolDomain: 'login',
}
const JWT = { jwksEndpoint: 'https://id.example.com/jwks', issuer: 'https://id.example.com' }
const LOGIN = { 'auth-type': 'oidc', 'auth-idp-oidc': JSON.stringify(OIDC) }
const UNPROTECTED = '503 text/plain The protection of this path cannot be used'

const secret = (stringData: Readonly<Record<string, string>>): string =>
  JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'client' }, stringData })
const SECRET = secret({ clientID: 'me', clientSecret: 'hush' })

interface Changes {
  readonly ports?: string
  readonly onService?: Readonly<Record<string, string>>
  readonly secret?: string
  readonly backend?: unknown
}

function route(annotations: Readonly<Record<string, string>>, changes: Changes = {}): RoutedManifests {
  const prefixed = (map: Readonly<Record<string, string>>): unknown =>
    Object.fromEntries(Object.entries(map).map(([key, value]) => [ALB + key, value]))
  const backend = changes.backend ?? { service: { name: 'app', port: { number: 80 } } }
  return routeManifests(
    [
      JSON.stringify({
        apiVersion: 'networking.k8s.io/v1',
        kind: 'Ingress',
        metadata: {
          name: 'web',
          annotations: prefixed({ 'listen-ports': changes.ports ?? HTTP_AND_HTTPS, ...annotations }) as object,
        },
        spec: { rules: [{ http: { paths: [{ path: '/x', pathType: 'Exact', backend }] } }] },
      }),
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'app', annotations: prefixed(changes.onService ?? {}) },
        spec: { type: 'NodePort', ports: [{ port: 80, nodePort: 30_080 }] },
      }),
      changes.secret ?? SECRET,
    ].join('\n---\n'),
  )
}

/** The first action on HTTPS, as it is. */
function firstAction(routed: RoutedManifests): unknown {
  return routed.routing.ports.find(({ port }) => port === 443)?.rules[0]?.actions[0]
}

test('a login with OIDC has its defaults and goes before the forward, on HTTPS alone', () => {
  const routed = route(LOGIN)
  assert.deepEqual(routed.rules(443), ['path=/x -> authenticate-oidc, forward default/web-app:80'])
  assert.deepEqual(routed.rules(80), ['path=/x -> HTTP_301 HTTPS://#{host}:443/#{path}?#{query}'])
  assert.deepEqual(firstAction(routed), {
    type: 'authenticate-oidc',
    config: {
      onUnauthenticatedRequest: 'authenticate',
      scope: 'openid',
      sessionCookieName: 'AWSELBAuthSessionCookie',
      sessionTimeoutSeconds: 604_800,
      extraParams: {},
      issuer: OIDC.issuer,
      authorizationEndpoint: OIDC.authorizationEndpoint,
      tokenEndpoint: OIDC.tokenEndpoint,
      userInfoEndpoint: OIDC.userInfoEndpoint,
      secret: 'default/client',
      secretFingerprint: 'abe77bbf3f6462bf0deb3d96a4666da564582ca105d953e4f4da9149c2f3d8a9',
    },
  })
  assert.deepEqual(routed.places, [])
})

test('a login with Cognito takes every setting', () => {
  const routed = route({
    'auth-type': 'cognito',
    'auth-idp-cognito': JSON.stringify({ ...COGNITO, authenticationRequestExtraParams: { prompt: 'login' } }),
    'auth-on-unauthenticated-request': 'deny',
    'auth-scope': 'email openid',
    'auth-session-cookie': 'my-cookie',
    'auth-session-timeout': '86400',
  })
  assert.deepEqual(firstAction(routed), {
    type: 'authenticate-cognito',
    config: {
      onUnauthenticatedRequest: 'deny',
      scope: 'email openid',
      sessionCookieName: 'my-cookie',
      sessionTimeoutSeconds: 86_400,
      extraParams: { prompt: 'login' },
      userPoolArn: COGNITO.userPoolARN,
      userPoolClientId: 'client',
      userPoolDomain: 'login',
    },
  })
  assert.deepEqual(routed.places, [])
})

test('a JWT is checked on HTTPS', () => {
  const claims = [{ format: 'string-array', name: 'groups', values: ['staff'] }]
  const routed = route({ 'jwt-validation': JSON.stringify({ ...JWT, additionalClaims: claims }) })
  assert.deepEqual(firstAction(routed), { type: 'jwt-validation', config: { ...JWT, additionalClaims: claims } })
  assert.deepEqual(routed.rules(80), ['path=/x -> HTTP_301 HTTPS://#{host}:443/#{path}?#{query}'])
})

test('without an HTTPS listener a protected route answers 503', () => {
  const routed = route(LOGIN, { ports: '[{"HTTP":80}]' })
  assert.deepEqual(routed.rules(80), ['path=/x -> 503 text/plain A login is needed, which works over HTTPS alone'])
  assert.deepEqual(routed.places, [`AWS_AUTH_NEEDS_HTTPS error metadata.annotations["${ALB}auth-type"]`])
})

test('on another HTTPS port the redirect leads there', () => {
  const routed = route(LOGIN, { ports: '[{"HTTP":80},{"HTTPS":8443}]' })
  assert.deepEqual(routed.rules(80), ['path=/x -> HTTP_301 HTTPS://#{host}:8443/#{path}?#{query}'])
})

test('a redirect to HTTPS needs no login on HTTP', () => {
  const action = '{"type":"redirect","redirectConfig":{"protocol":"HTTPS","port":"8443","statusCode":"HTTP_302"}}'
  const backend = { service: { name: 'go', port: { name: 'use-annotation' } } }
  const routed = route({ ...LOGIN, 'actions.go': action }, { backend })
  assert.deepEqual(routed.rules(80), ['path=/x -> HTTP_302 HTTPS://#{host}:8443/#{path}?#{query}'])
  assert.deepEqual(routed.rules(443), ['path=/x -> authenticate-oidc, HTTP_302 HTTPS://#{host}:8443/#{path}?#{query}'])
})

test('a fixed response behind a login is not given away on HTTP', () => {
  const action = '{"type":"fixed-response","fixedResponseConfig":{"statusCode":"200","messageBody":"secret"}}'
  const backend = { service: { name: 'say', port: { name: 'use-annotation' } } }
  const routed = route({ ...LOGIN, 'actions.say': action }, { backend })
  assert.deepEqual(routed.rules(80), ['path=/x -> HTTP_301 HTTPS://#{host}:443/#{path}?#{query}'])
})

test('annotations of the one Service that is forwarded to win', () => {
  assert.deepEqual(route({}, { onService: LOGIN }).rules(443), [
    'path=/x -> authenticate-oidc, forward default/web-app:80',
  ])
  assert.deepEqual(route(LOGIN, { onService: { 'auth-type': 'none' } }).rules(443), [
    'path=/x -> forward default/web-app:80',
  ])
})

test('annotations of one of several Services do not count, even when the others are missing', () => {
  const targets = [
    { serviceName: 'app', servicePort: 80, weight: 1 },
    { serviceName: 'gone', servicePort: 80, weight: 1 },
  ]
  const action = JSON.stringify({ type: 'forward', forwardConfig: { targetGroups: targets } })
  const backend = { service: { name: 'split', port: { name: 'use-annotation' } } }
  const routed = route({ ...LOGIN, 'actions.split': action }, { backend, onService: { 'auth-type': 'none' } })
  assert.deepEqual(routed.rules(443), ['path=/x -> authenticate-oidc, forward default/web-app:80'])
})

test('a login that a Service asks for and a rule to several does not has a remark', () => {
  const targets = [
    { serviceName: 'app', servicePort: 80, weight: 1 },
    { targetGroupARN: 'arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/a/b', weight: 1 },
  ]
  const action = JSON.stringify({ type: 'forward', forwardConfig: { targetGroups: targets } })
  const backend = { service: { name: 'split', port: { name: 'use-annotation' } } }
  const places = (annotations: Readonly<Record<string, string>>): readonly string[] =>
    route({ ...annotations, 'actions.split': action }, { backend, onService: LOGIN }).places
  assert.deepEqual(places({}), [`AWS_SERVICE_LOGIN_IDLE warning metadata.annotations["${ALB}auth-type"]`])
  assert.deepEqual(places(LOGIN), [])
})

const REFUSED: readonly [string, Readonly<Record<string, string>>, Changes, string][] = [
  ['an unknown type', { 'auth-type': 'ldap' }, {}, 'ANNOTATION_VALUE error auth-type'],
  ['an empty type', { 'auth-type': '' }, {}, 'ANNOTATION_VALUE error auth-type'],
  ['an empty JWT', { 'jwt-validation': ' ' }, {}, 'ANNOTATION_VALUE error jwt-validation'],
  ['OIDC without its JSON', { 'auth-type': 'oidc' }, {}, 'ANNOTATION_LONELY error auth-type'],
  ['OIDC with broken JSON', { ...LOGIN, 'auth-idp-oidc': '{' }, {}, 'ANNOTATION_VALUE error auth-idp-oidc'],
  [
    'OIDC without an issuer',
    { ...LOGIN, 'auth-idp-oidc': JSON.stringify({ ...OIDC, issuer: '' }) },
    {},
    'ANNOTATION_VALUE error auth-idp-oidc',
  ],
  [
    'OIDC with parameters that are no texts',
    { ...LOGIN, 'auth-idp-oidc': JSON.stringify({ ...OIDC, authenticationRequestExtraParams: { a: 1 } }) },
    {},
    'ANNOTATION_VALUE error auth-idp-oidc',
  ],
  [
    'a Secret that does not exist',
    { ...LOGIN, 'auth-idp-oidc': JSON.stringify({ ...OIDC, secretName: 'lost' }) },
    {},
    'SECRET_NOT_FOUND error auth-idp-oidc',
  ],
  ['a Secret without a secret', LOGIN, { secret: secret({ clientID: 'me' }) }, 'SECRET_INVALID error auth-idp-oidc'],
  [
    'Cognito without a pool',
    { 'auth-type': 'cognito', 'auth-idp-cognito': '{"userPoolClientID":"a"}' },
    {},
    'ANNOTATION_VALUE error auth-idp-cognito',
  ],
  [
    'a wrong reaction',
    { ...LOGIN, 'auth-on-unauthenticated-request': 'redirect' },
    {},
    'ANNOTATION_VALUE error auth-on-unauthenticated-request',
  ],
  [
    'a session of more than a week',
    { ...LOGIN, 'auth-session-timeout': '9999999' },
    {},
    'ANNOTATION_VALUE error auth-session-timeout',
  ],
  ['a JWT without keys', { 'jwt-validation': '{"issuer":"a"}' }, {}, 'ANNOTATION_VALUE error jwt-validation'],
  [
    'a JWT with a wrong claim',
    { 'jwt-validation': JSON.stringify({ ...JWT, additionalClaims: [{ format: 'text', name: 'a', values: ['b'] }] }) },
    {},
    'ANNOTATION_VALUE error jwt-validation',
  ],
  [
    'a JWT beside a login',
    { ...LOGIN, 'jwt-validation': JSON.stringify(JWT) },
    {},
    'ANNOTATION_VALUE error jwt-validation',
  ],
]

for (const [name, annotations, changes, place] of REFUSED) {
  test(`with ${name} the route answers 503 on both listeners`, () => {
    const routed = route(annotations, changes)
    assert.deepEqual(routed.rules(443), [`path=/x -> ${UNPROTECTED}`])
    assert.deepEqual(routed.rules(80), [`path=/x -> ${UNPROTECTED}`])
    const [code, severity, annotation] = place.split(' ')
    assert.deepEqual(routed.places, [`${code} ${severity} metadata.annotations["${ALB}${annotation}"]`])
  })
}

test('a login that is described and not asked for has a remark, and one that is switched off has none', () => {
  const described = { 'auth-idp-oidc': JSON.stringify(OIDC) }
  const routed = route(described)
  assert.deepEqual(routed.places, [`ANNOTATION_LONELY warning metadata.annotations["${ALB}auth-idp-oidc"]`])
  assert.deepEqual(routed.rules(80), ['path=/x -> forward default/web-app:80'])
  assert.deepEqual(route({ ...described, 'auth-type': 'none' }).places, [])
})

test('a client of OIDC is read under both spellings, without what follows it', () => {
  const read = (data: Readonly<Record<string, string>>): unknown => {
    const [object] = snapshotFromYaml(secret(data)).secrets
    assert.ok(object !== undefined)
    const client = readOidcClient(object)
    return client.ok ? [client.clientId, client.clientSecret] : client.problem
  }
  assert.deepEqual(read({ clientID: 'me\n', clientSecret: 'hush\r\n\u0000 ' }), ['me', 'hush'])
  assert.deepEqual(read({ clientId: 'me', clientSecret: ' hush' }), ['me', ' hush'])
  assert.match(String(read({ clientID: '\n', clientSecret: 'hush' })), /clientID/)
  assert.match(String(read({ clientid: 'me', clientSecret: 'hush' })), /clientID/)
})

test('a changed client has another fingerprint, and findings never show it', () => {
  const fingerprint = (data: Readonly<Record<string, string>>): string => {
    const action = firstAction(route(LOGIN, { secret: secret(data) })) as { config: { secretFingerprint: string } }
    return action.config.secretFingerprint
  }
  const first = fingerprint({ clientID: 'me', clientSecret: 'hush' })
  assert.equal(first, fingerprint({ clientID: 'me', clientSecret: 'hush\n' }))
  assert.notEqual(first, fingerprint({ clientID: 'meh', clientSecret: 'ush' }))
})
