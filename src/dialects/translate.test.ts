import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { snapshotFromYaml } from '../../test/support/snapshot-from-yaml.ts'
import { compileRoutes } from '../routing/compile.ts'
import { createSnapshot } from '../kube/snapshot.ts'
import type { Ingress } from '../kube/objects.ts'
import { metaOf } from '../kube/testing/plain-objects.ts'
import { DEFAULT_SETTINGS } from '../routing/defaults.ts'
import { translate } from './translate.ts'
import type { TranslateOptions } from './translation.ts'

const OPTIONS: TranslateOptions = {
  classes: [],
  configMap: '',
  defaultBackendService: '',
  nowMs: Date.parse('2026-11-21T00:00:00Z'),
  endpoints: { override: () => null, simulate: () => null },
}

function ingress(
  index: number,
  more: Partial<Ingress['spec']> = {},
  annotations: Record<string, string> = {},
): Ingress {
  return {
    kind: 'Ingress',
    meta: metaOf(`web-${index}`, { annotations }),
    order: index,
    isLegacyVersion: false,
    spec: {
      tls: [],
      rules: [
        {
          host: `host-${index % 5000}.example.com`,
          paths: [
            {
              path: `/${index}`,
              pathType: 'Prefix',
              backend: { kind: 'service', name: `web-${index % 100}`, port: { kind: 'number', number: 80 } },
            },
          ],
        },
      ],
      ...more,
    },
  }
}

test('nothing in, nothing out: defaults, a default certificate, no finding', () => {
  const { model, certificateRequests, findings } = translate(createSnapshot([]), OPTIONS)
  assert.deepEqual(model.routes, {
    hosts: [],
    fallback: {
      notFound: { status: 404, contentType: 'text/plain', body: 'default backend - 404' },
      strictTransportSecurity: 'max-age=31536000; includeSubDomains',
    },
  })
  assert.deepEqual(model.settings, DEFAULT_SETTINGS)
  assert.deepEqual(model.backends, [])
  assert.equal(model.certificates.defaultCertificateId, certificateRequests[0]?.id)
  assert.deepEqual(certificateRequests[0]?.hosts, ['ingress.local'])
  assert.deepEqual(findings, [])
})

test('Contour alone is asked for: unknown hosts get an empty 404', () => {
  const { model } = translate(createSnapshot([]), { ...OPTIONS, classes: ['contour'] })
  assert.deepEqual(model.routes.fallback.notFound, { status: 404, contentType: '', body: '' })
})

test('10,000 Ingresses are translated in a fraction of a second each thousand', () => {
  const count = 10_000
  const rewriting = { 'nginx.ingress.kubernetes.io/rewrite-target': '/$1' }
  const objects = Array.from({ length: count }, (_, index) => ingress(index, {}, index % 10 === 0 ? rewriting : {}))
  const snapshot = createSnapshot(objects)
  const before = process.cpuUsage()
  const { model } = translate(snapshot, OPTIONS)
  const tookMs = cpuMsSince(before)
  assert.equal(model.routes.hosts.length, 5000)
  // Measured 190 ms; the bound only has to tell linear from quadratic, so it is of CPU time and wide.
  assert.ok(tookMs < 5000, `took ${Math.round(tookMs)} ms of CPU time`)
})

test('one host with 5,000 paths of as many Ingresses is no harder', () => {
  const objects = Array.from({ length: 5000 }, (_, index) => {
    const base = ingress(index)
    return {
      ...base,
      spec: { ...base.spec, rules: base.spec.rules.map((rule) => ({ ...rule, host: 'one.example.com' })) },
    }
  })
  const before = process.cpuUsage()
  const { model } = translate(createSnapshot(objects), OPTIONS)
  assert.equal(model.routes.hosts[0]?.routes.length, 5001)
  assert.ok(cpuMsSince(before) < 5000)
})

const ANNOTATIONS = [
  'rewrite-target',
  'use-regex',
  'app-root',
  'permanent-redirect',
  'temporal-redirect',
  'permanent-redirect-code',
  'backend-protocol',
  'proxy-body-size',
  'proxy-read-timeout',
  'ssl-redirect',
  'auth-type',
  'canary',
  'configuration-snippet',
].map((name) => `nginx.ingress.kubernetes.io/${name}`)
const ALB = ['actions.web', 'conditions.web', 'ssl-redirect', 'auth-type'].map(
  (name) => `alb.ingress.kubernetes.io/${name}`,
)
const CONTOUR = ['projectcontour.io/response-timeout', 'ingress.kubernetes.io/force-ssl-redirect']
const value = fc.oneof(
  fc.constantFrom(
    'true',
    'false',
    '/',
    '/$1',
    '10',
    '8m',
    'https://a.example',
    'oidc',
    '{"type":"redirect"}',
    'infinity',
    '',
  ),
  fc.string({ maxLength: 12 }),
  fc.json({ maxDepth: 2 }),
)
const path = fc.oneof(
  fc.constantFrom('/', '/foo', '/foo/', '/foo(/|$)(.*)', '/a*', '/[a', '/(?=x)', '/é', '/a)|(b'),
  fc.string({ unit: fc.constantFrom(...'/ab*?()[]{}|\\.+$^é'.split('')), maxLength: 10 }).map((text) => `/${text}`),
)
const backend = fc.constantFrom<Ingress['spec']['rules'][number]['paths'][number]['backend']>(
  { kind: 'service', name: 'web', port: { kind: 'number', number: 80 } },
  { kind: 'service', name: 'web', port: { kind: 'name', name: 'use-annotation' } },
  { kind: 'resource', apiGroup: '', resourceKind: 'Bucket', name: 'x' },
  { kind: 'invalid' },
)
const anyIngress = fc
  .record({
    className: fc.constantFrom('nginx', 'contour', 'alb', undefined),
    annotations: fc.dictionary(fc.constantFrom(...ANNOTATIONS, ...ALB, ...CONTOUR), value, { maxKeys: 3 }),
    rules: fc.array(
      fc.record({
        host: fc.constantFrom('', 'a.example.com', '*.example.com'),
        paths: fc.array(
          fc.record({ path, pathType: fc.constantFrom('Exact', 'Prefix', 'ImplementationSpecific'), backend }),
          { maxLength: 3 },
        ),
      }),
      { maxLength: 2 },
    ),
    tls: fc.array(
      fc.record({ hosts: fc.subarray(['a.example.com', '*.example.com']), secretName: fc.constantFrom('', 'x') }),
      {
        maxLength: 2,
      },
    ),
    defaultBackend: fc.option(backend, { nil: undefined }),
  })
  .map(({ className, annotations, defaultBackend, ...spec }) => ({
    annotations,
    spec: {
      ...spec,
      ...(className === undefined ? {} : { ingressClassName: className }),
      ...(defaultBackend === undefined ? {} : { defaultBackend }),
    },
  }))

test('whatever users write, translating gives a model that can be compiled, the same each time', () => {
  fc.assert(
    fc.property(fc.array(anyIngress, { maxLength: 4 }), (drafts) => {
      const objects = drafts.map(({ annotations, spec }, index) => ingress(index, spec, annotations))
      const first = translate(createSnapshot(objects), OPTIONS)
      compileRoutes(first.model.routes, () => null)
      const ids = first.model.routes.hosts.flatMap((host) => host.routes.map((route) => route.id))
      assert.equal(new Set(ids).size, ids.length, 'route ids are unique')
      const backends = new Set(first.model.backends.map((entry) => entry.id))
      for (const host of first.model.routes.hosts) {
        for (const { action } of host.routes) if (action.kind === 'forward') assert.ok(backends.has(action.backendId))
      }
      assert.deepEqual(translate(createSnapshot(objects), OPTIONS), first)
    }),
    { numRuns: 500 },
  )
})

test('a refused protection answers 503 on every route of its Ingress, the implicit ones included', () => {
  const snapshot = snapshotFromYaml(`
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
  namespace: shop
  annotations:
    nginx.ingress.kubernetes.io/auth-url: ftp://auth.example.com
    nginx.ingress.kubernetes.io/force-ssl-redirect: "true"
spec:
  rules:
    - host: shop.example.com
      http:
        paths:
          - {path: /a/, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}
`)
  const { model, findings } = translate(snapshot, OPTIONS)
  const routes = model.routes.hosts[0]?.routes ?? []
  const answers = routes.map(({ match, action, httpsRedirectStatus }) => [
    match.kind === 'regex' ? match.source : match.path,
    action.kind === 'respond' ? action.answer.status : action.kind,
    httpsRedirectStatus,
  ])
  assert.deepEqual(answers, [
    ['/a/', 503, 0],
    ['/a', 'redirect-path', 0],
    ['/', 503, 0],
  ])
  assert.deepEqual(
    findings.map((finding) => finding.code),
    ['ANNOTATION_PROTECTS'],
  )
})

/** On a busy machine the clock goes on while others run. */
function cpuMsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}
