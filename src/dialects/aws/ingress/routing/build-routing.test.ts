import assert from 'node:assert/strict'
import { test } from 'node:test'
import { routeManifests } from './testing/route-manifests.ts'

const HTTP_AND_HTTPS = '[{"HTTP":80},{"HTTPS":443}]'

interface Written {
  readonly name?: string
  readonly annotations?: Readonly<Record<string, string>>
  /** `host|path|pathType|service|port`, as a rule of its own each. */
  readonly paths?: readonly string[]
  readonly defaultBackend?: string
}

function ingress({ name = 'web', annotations = {}, paths = [], defaultBackend }: Written): string {
  const prefixed = Object.fromEntries(
    Object.entries(annotations).map(([key, value]) => [`alb.ingress.kubernetes.io/${key}`, value]),
  )
  const backend = (service: string, port: string): unknown => ({
    service: { name: service, port: /^\d+$/.test(port) ? { number: Number(port) } : { name: port } },
  })
  const rules = paths.map((line) => {
    const [host = '', path = '/', pathType = 'Prefix', service = 'app', port = '80'] = line.split('|')
    const rule = { http: { paths: [{ path, pathType, backend: backend(service, port) }] } }
    return host === '' ? rule : { host, ...rule }
  })
  const [service = '', port = ''] = (defaultBackend ?? '').split('|')
  return JSON.stringify({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name, annotations: prefixed },
    spec: { rules, ...(defaultBackend === undefined ? {} : { defaultBackend: backend(service, port) }) },
  })
}

const SERVICES = ['app', 'other', 'third'].map((name) =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: { type: 'NodePort', ports: [{ name: 'http', port: 80, targetPort: 8080, nodePort: 30_080 }] },
  }),
)

const route = (written: readonly Written[], ...rest: readonly string[]): ReturnType<typeof routeManifests> =>
  routeManifests([...written.map(ingress), ...SERVICES, ...rest].join('\n---\n'))

test('rules keep the order of members and rules, whatever their hosts', () => {
  const { rules, places } = route([
    { name: 'one', paths: ['*.example.com|/', 'a.example.com|/x'] },
    { name: 'two', paths: ['a.example.com|/x|Exact|other'] },
  ])
  assert.deepEqual(rules(80), [
    'host=*.example.com path=/* -> forward default/one-app:80',
    'host=a.example.com path=/x|/x/* -> forward default/one-app:80',
    'host=a.example.com path=/x -> forward default/two-other:80',
  ])
  assert.deepEqual(places, [])
})

test('a member has rules on the ports that it listens on, and on no other', () => {
  const { rules } = route([
    { name: 'one', annotations: { 'listen-ports': HTTP_AND_HTTPS }, paths: ['|/a'] },
    { name: 'two', annotations: { 'listen-ports': '[{"HTTPS":443}]' }, paths: ['|/b'] },
  ])
  assert.deepEqual(rules(80), ['path=/a|/a/* -> forward default/one-app:80'])
  assert.deepEqual(rules(443), [
    'path=/a|/a/* -> forward default/one-app:80',
    'path=/b|/b/* -> forward default/two-app:80',
  ])
})

test('a redirect action in CamelCase redirects on HTTP and vanishes on HTTPS', () => {
  const action = '{"Type":"redirect","RedirectConfig":{"Protocol":"HTTPS","Port":"443","StatusCode":"HTTP_301"}}'
  const { rules, places } = route([
    {
      annotations: { 'listen-ports': HTTP_AND_HTTPS, 'actions.ssl-redirect': action },
      paths: ['|/*|ImplementationSpecific|ssl-redirect|use-annotation', '|/api'],
    },
  ])
  assert.deepEqual(rules(80), ['path=/* -> HTTP_301 HTTPS://#{host}:443/#{path}?#{query}'])
  assert.deepEqual(rules(443), ['path=/api|/api/* -> forward default/web-app:80'])
  assert.deepEqual(places, [])
})

test('ssl-redirect leaves HTTP listeners a redirect and no rules', () => {
  const text = [ingress({ annotations: { 'listen-ports': HTTP_AND_HTTPS }, paths: ['|/'] }), ...SERVICES]
  const { rules, defaults } = routeManifests(text.join('\n---\n'), { group: { sslRedirectPort: 443 } })
  assert.deepEqual(rules(80), [])
  assert.equal(defaults(80), 'HTTP_301 HTTPS://#{host}:443/#{path}?#{query}')
  assert.deepEqual(rules(443), ['path=/* -> forward default/web-app:80'])
  assert.equal(defaults(443), '404 text/plain')
})

test('without a default backend the answer is 404, with one it is the default action', () => {
  assert.equal(route([{ paths: ['|/'] }]).defaults(80), '404 text/plain')
  assert.equal(route([{ defaultBackend: 'other|http' }]).defaults(80), 'forward default/web-other:http')
})

test('of two default backends on a port the first answers, and the second has an error', () => {
  const { defaults, places } = route([
    { name: 'one', annotations: { 'listen-ports': '[{"HTTPS":443}]' }, defaultBackend: 'app|80' },
    { name: 'two', annotations: { 'listen-ports': HTTP_AND_HTTPS }, defaultBackend: 'other|80' },
  ])
  assert.equal(defaults(443), 'forward default/one-app:80')
  assert.equal(defaults(80), 'forward default/two-other:80')
  assert.deepEqual(places, ['AWS_DEFAULT_BACKENDS error spec.defaultBackend'])
})

test('a default backend that redirects to itself is none', () => {
  const action = '{"type":"redirect","redirectConfig":{"protocol":"HTTPS","port":"443","statusCode":"HTTP_301"}}'
  const { defaults } = route([
    {
      name: 'one',
      annotations: { 'listen-ports': HTTP_AND_HTTPS, 'actions.go': action },
      defaultBackend: 'go|use-annotation',
    },
    { name: 'two', annotations: { 'listen-ports': '[{"HTTPS":443}]' }, defaultBackend: 'app|80' },
  ])
  assert.equal(defaults(80), 'HTTP_301 HTTPS://#{host}:443/#{path}?#{query}')
  assert.equal(defaults(443), 'forward default/two-app:80')
})

const UNSERVED: readonly [string, Written, string, string][] = [
  [
    'a Service that does not exist',
    { paths: ['|/x|Prefix|gone'] },
    '503 text/plain Service gone does not exist',
    'SERVICE_NOT_FOUND error spec.rules[0].http.paths[0].backend.service.name',
  ],
  [
    'a port that does not exist',
    { paths: ['|/x|Prefix|app|81'] },
    '503 text/plain Service app has no port 81',
    'SERVICE_PORT_NOT_FOUND error spec.rules[0].http.paths[0].backend.service.port.number',
  ],
  [
    'a targetPort in place of a port',
    { paths: ['|/x|Prefix|app|8080'] },
    '503 text/plain Service app has no port 8080',
    'SERVICE_PORT_NOT_FOUND error spec.rules[0].http.paths[0].backend.service.port.number',
  ],
  [
    'an action that does not exist',
    { paths: ['|/x|Prefix|go|use-annotation'] },
    '503 text/plain Action go does not exist',
    'ACTION_NOT_FOUND error spec.rules[0].http.paths[0].backend.service.name',
  ],
  [
    'an action that is not JSON',
    { annotations: { 'actions.go': '{type: redirect}' }, paths: ['|/x|Prefix|go|use-annotation'] },
    '503 text/plain Action go is not usable',
    'ANNOTATION_VALUE error metadata.annotations["alb.ingress.kubernetes.io/actions.go"]',
  ],
  [
    'an action with a wrong content type',
    {
      annotations: {
        'actions.go': '{"type":"fixed-response","fixedResponseConfig":{"statusCode":"200","contentType":"a/b"}}',
      },
      paths: ['|/x|Prefix|go|use-annotation'],
    },
    '503 text/plain Action go is not usable',
    'ANNOTATION_VALUE error metadata.annotations["alb.ingress.kubernetes.io/actions.go"]',
  ],
  [
    'an unknown target group',
    {
      annotations: { 'actions.go': '{"type":"forward","targetGroupName":"blue"}' },
      paths: ['|/x|Prefix|go|use-annotation'],
    },
    '503 text/plain Target group blue does not exist',
    'AWS_TARGET_GROUP_UNKNOWN error metadata.annotations["alb.ingress.kubernetes.io/actions.go"]',
  ],
  [
    'transforms that cannot be read',
    { annotations: { 'transforms.app': '[{"type":"url-rewrite"}]' }, paths: ['|/x'] },
    '503 text/plain The transforms of this path cannot be used',
    'ANNOTATION_VALUE error metadata.annotations["alb.ingress.kubernetes.io/transforms.app"]',
  ],
  [
    'conditions that are empty',
    { annotations: { 'conditions.app': '' }, paths: ['|/x'] },
    '503 text/plain The conditions of this path cannot be used',
    'ANNOTATION_VALUE error metadata.annotations["alb.ingress.kubernetes.io/conditions.app"]',
  ],
  [
    'conditions that cannot be read',
    {
      annotations: { 'conditions.app': '[{"field":"source-ip","sourceIPConfig":{"values":["office"]}}]' },
      paths: ['|/x'],
    },
    '503 text/plain The conditions of this path cannot be used',
    'ANNOTATION_VALUE error metadata.annotations["alb.ingress.kubernetes.io/conditions.app"]',
  ],
]

for (const [name, written, answer, place] of UNSERVED) {
  test(`${name} answers 503 at its path and harms nothing else`, () => {
    const sound = { name: 'sound', paths: ['|/ok|Prefix|other'] }
    const { rules, places } = route([written, sound])
    assert.deepEqual(rules(80), [`path=/x|/x/* -> ${answer}`, 'path=/ok|/ok/* -> forward default/sound-other:80'])
    assert.deepEqual(places, [place])
  })
}

test('the remark on a targetPort names the port that was meant', () => {
  const { findings } = route([{ paths: ['|/x|Prefix|app|8080'] }])
  assert.match(findings[0]?.message ?? '', /service has port 80 \(targetPort 8080\), did you mean 80\?/)
})

test('a resource backend answers 503', () => {
  const { rules, places } = routeManifests(`
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec:
  rules:
    - http:
        paths:
          - {path: /x, pathType: Prefix, backend: {resource: {apiGroup: k8s.example.com, kind: Bucket, name: icons}}}
`)
  assert.deepEqual(rules(80), ['path=/x|/x/* -> 503 text/plain Backend icons is not a Service'])
  assert.deepEqual(places, ['BACKEND_RESOURCE error spec.rules[0].http.paths[0].backend.resource'])
})

test('a path with a wildcard where none may be is left out alone', () => {
  const { rules, places } = route([{ paths: ['a.example.com|/x*|Prefix', 'a.example.com|/y'] }])
  assert.deepEqual(rules(80), ['host=a.example.com path=/y|/y/* -> forward default/web-app:80'])
  assert.deepEqual(places, ['PATH_INVALID error spec.rules[0].http.paths[0].path'])
})

test('a path that is too long answers 503 for all that begins like it', () => {
  const { rules, places } = route([{ paths: [`|/${'x'.repeat(130)}`] }])
  assert.deepEqual(rules(80), [
    `path=/${'x'.repeat(126)}* -> 503 text/plain The conditions of this path cannot be used`,
  ])
  assert.deepEqual(places, ['AWS_RULE_TOO_LARGE error spec.rules[0].http.paths[0].path'])
})

test('unreadable conditions of a path that takes everything leave the other members their requests', () => {
  const written: Written = { name: 'one', annotations: { 'conditions.app': '[]' }, paths: ['|/'] }
  assert.deepEqual(route([written, { name: 'two', paths: ['|/ok'] }]).rules(80), [
    'path=/ok|/ok/* -> forward default/two-app:80',
  ])
  assert.deepEqual(route([written]).rules(80), ['path=/* -> 503 text/plain The conditions of this path cannot be used'])
})

test('a member that is refused answers 503 for all its paths, and others are served', () => {
  const text = [
    ingress({ name: 'bad', paths: ['a.example.com|/', 'b.example.com|/x'], defaultBackend: 'app|80' }),
    ingress({ name: 'good', paths: ['c.example.com|/'] }),
    ...SERVICES,
  ].join('\n---\n')
  const { rules, defaults, routing } = routeManifests(text, { refusals: { bad: 'mutual-authentication' } })
  assert.deepEqual(rules(80), [
    'host=a.example.com path=/* -> 503 text/plain The settings of this Ingress cannot be used',
    'host=b.example.com path=/x|/x/* -> 503 text/plain The settings of this Ingress cannot be used',
    'host=c.example.com path=/* -> forward default/good-app:80',
  ])
  assert.equal(defaults(80), '503 text/plain The settings of this Ingress cannot be used')
  assert.deepEqual(
    routing.targetGroups.map(({ id }) => id),
    ['default/good-app:80'],
  )
})

const weighted = (...targets: readonly (readonly [string, number | string, number])[]): string =>
  JSON.stringify({
    type: 'forward',
    forwardConfig: {
      targetGroups: targets.map(([serviceName, servicePort, weight]) => ({ serviceName, servicePort, weight })),
    },
  })

const WEIGHTED: readonly [string, string, string][] = [
  [
    'two Services',
    weighted(['app', 80, 90], ['other', 'http', 10]),
    'forward default/web-app:80*90 default/web-other:http*10',
  ],
  ['one Service', weighted(['app', '80', 0]), 'forward default/web-app:80'],
  ['one Service twice', weighted(['app', '80', 5], ['app', 80, 6]), 'forward default/web-app:80'],
  ['one that is missing of two', weighted(['app', 80, 90], ['gone', 80, 10]), 'forward default/web-app:80'],
  [
    'one that is missing and one without a share',
    weighted(['app', 80, 0], ['gone', 80, 10]),
    '503 text/plain Service gone does not exist',
  ],
  [
    'none that exists',
    weighted(['lost', 80, 0], ['gone', 80, 10]),
    '503 text/plain Service lost does not exist; Service gone does not exist',
  ],
]

for (const [name, action, wanted] of WEIGHTED) {
  test(`a weighted forward to ${name} is written`, () => {
    const { rules } = route([{ annotations: { 'actions.split': action }, paths: ['|/x|Prefix|split|use-annotation'] }])
    assert.deepEqual(rules(80), [`path=/x|/x/* -> ${wanted}`])
  })
}

test('conditions and transforms of a Service or action go with its rules', () => {
  const { rules, routing, places } = route([
    {
      annotations: {
        'conditions.app': '[{"field":"http-header","httpHeaderConfig":{"httpHeaderName":"X-Env","values":["beta"]}}]',
        'transforms.app': '[{"type":"url-rewrite","urlRewriteConfig":{"rewrites":[{"regex":"^/x","replace":"/"}]}}]',
      },
      paths: ['a.example.com|/x', 'a.example.com|/x|Prefix|other'],
    },
  ])
  assert.deepEqual(rules(80), [
    'host=a.example.com path=/x|/x/* http-header:X-Env=beta -> forward default/web-app:80',
    'host=a.example.com path=/x|/x/* -> forward default/web-other:80',
  ])
  assert.deepEqual(
    routing.ports[0]?.rules.map(({ transforms }) => transforms),
    [[{ type: 'url-rewrite', rewrites: [{ regex: '^/x', replace: '/' }] }], []],
  )
  assert.deepEqual(places, [])
})

test('a target group that no rule uses any more is not made', () => {
  const action = '{"type":"redirect","redirectConfig":{"host":"b.example.com","statusCode":"HTTP_301"}}'
  const { routing } = route([
    { annotations: { 'actions.go': action }, paths: ['|/*|ImplementationSpecific|go|use-annotation', '|/x'] },
  ])
  assert.deepEqual(routing.targetGroups, [])
})

test('what a rule would need is not remarked on where a redirect takes its requests', () => {
  const action = '{"type":"redirect","redirectConfig":{"protocol":"HTTPS","port":"443","statusCode":"HTTP_301"}}'
  const { rules, places } = route([
    {
      annotations: { 'listen-ports': HTTP_AND_HTTPS, 'actions.go': action, 'backend-protocol-version': 'GRPC' },
      paths: ['|/*|ImplementationSpecific|go|use-annotation', '|/shop'],
    },
  ])
  assert.deepEqual(rules(443), ['path=/shop|/shop/* -> forward default/web-app:80'])
  assert.deepEqual(places, [])
})

const TO_HTTPS = '{"type":"redirect","redirectConfig":{"protocol":"HTTPS","port":"443","statusCode":"HTTP_301"}}'

function lateRedirect(ports: string, sslRedirectPort: number | null): readonly string[] {
  const text = `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
  annotations:
    alb.ingress.kubernetes.io/listen-ports: '${ports}'
    alb.ingress.kubernetes.io/actions.go: '${TO_HTTPS}'
spec:
  rules:
    - http:
        paths:
          - {path: /*, pathType: ImplementationSpecific, backend: {service: {name: go, port: {name: use-annotation}}}}
          - {path: /a, pathType: Prefix, backend: {service: {name: app, port: {number: 80}}}}
---
${SERVICES.join('\n---\n')}`
  return routeManifests(text, { group: { sslRedirectPort } }).places
}

test('a redirect to HTTPS that is listed first and tried last has a remark where HTTP has rules', () => {
  assert.deepEqual(lateRedirect(HTTP_AND_HTTPS, null), ['AWS_REDIRECT_LATE warning spec.rules[0].http.paths[0]'])
  assert.deepEqual(lateRedirect('[{"HTTPS":443}]', null), [])
  assert.deepEqual(lateRedirect(HTTP_AND_HTTPS, 443), [])
})

const TO_WWW = '{"type":"redirect","redirectConfig":{"host":"www.example.com","statusCode":"HTTP_301"}}'
const LOOPS: readonly [string, readonly string[], readonly string[]][] = [
  ['a glob of hosts', ['*.example.com|/|Prefix|go|use-annotation'], ['0']],
  ['any host', ['|/|Prefix|go|use-annotation'], ['0']],
  [
    'a glob of hosts behind a rule for it',
    ['www.example.com|/|Prefix', '*.example.com|/|Prefix|go|use-annotation'],
    [],
  ],
  [
    'a glob of hosts behind a rule for a part of it',
    ['www.example.com|/a', '*.example.com|/|Prefix|go|use-annotation'],
    ['1'],
  ],
  ['another glob of hosts', ['*.example.net|/|Prefix|go|use-annotation'], []],
]

for (const [name, paths, wanted] of LOOPS) {
  test(`a redirect from ${name} to one host ${wanted.length === 0 ? 'is fine' : 'goes in a circle there'}`, () => {
    const { places } = route([{ annotations: { 'actions.go': TO_WWW }, paths }])
    assert.deepEqual(
      places,
      wanted.map((index) => `AWS_REDIRECT_LOOP warning spec.rules[${index}].http.paths[0]`),
    )
  })
}

test('a redirect to HTTP works on HTTP alone', () => {
  const action =
    '{"type":"redirect","redirectConfig":{"protocol":"HTTP","host":"b.example.com","statusCode":"HTTP_301"}}'
  const { rules, places } = route([
    {
      annotations: { 'listen-ports': HTTP_AND_HTTPS, 'actions.go': action },
      paths: ['a.example.com|/x|Exact|go|use-annotation'],
    },
  ])
  assert.deepEqual(rules(80), ['host=a.example.com path=/x -> HTTP_301 HTTP://b.example.com:#{port}/#{path}?#{query}'])
  assert.deepEqual(rules(443), [
    'host=a.example.com path=/x -> 503 text/plain A redirect from HTTPS to HTTP is not possible',
  ])
  assert.deepEqual(places, ['AWS_REDIRECT_TO_HTTP error spec.rules[0].http.paths[0]'])
})

test('a host without a dot has a remark', () => {
  const { rules, places } = route([{ paths: ['localhost|/', 'a.example.com|/'] }])
  assert.equal(rules(80).length, 2)
  assert.deepEqual(places, ['HOST_INVALID warning spec.rules[0].host'])
})

test('actions, conditions and transforms that belong to no path have a remark', () => {
  const { places } = route([
    {
      annotations: {
        'actions.app': TO_WWW,
        'actions.go': TO_WWW,
        'conditions.other': '[{"field":"http-request-method","httpRequestMethodConfig":{"values":["GET"]}}]',
        'transforms.third': '[]',
      },
      paths: ['a.example.com|/x|Prefix|app'],
      defaultBackend: 'other|80',
    },
  ])
  assert.deepEqual(
    places,
    ['actions.app', 'actions.go', 'conditions.other', 'transforms.third'].map(
      (name) => `ACTION_UNUSED warning metadata.annotations["alb.ingress.kubernetes.io/${name}"]`,
    ),
  )
})

test('the plan that the AWS Load Balancer Controller wrote into an annotation is said to be nothing that acts', () => {
  const { findings, places } = route([
    { annotations: { 'dry-run-plan': '{}' }, paths: ['a.example.com|/x|Prefix|app'] },
  ])
  assert.deepEqual(places, [
    'ANNOTATION_UNSUPPORTED info metadata.annotations["alb.ingress.kubernetes.io/dry-run-plan"]',
  ])
  assert.match(findings[0]?.message ?? '', /AWS Load Balancer Controller.*by itself.*genkan plan/)
})
