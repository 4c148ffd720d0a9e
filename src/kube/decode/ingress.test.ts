import { test } from 'node:test'
import assert from 'node:assert/strict'
import type { Ingress, IngressBackend } from '../objects.ts'
import { decodeObject } from './decode-object.ts'

interface Read {
  readonly ingress: Ingress
  /** `CODE path` of each finding but API_VERSION_REMOVED. */
  readonly remarks: readonly string[]
  readonly messages: readonly string[]
}

function read(spec: unknown, apiVersion = 'networking.k8s.io/v1'): Read {
  const raw = { apiVersion, kind: 'Ingress', metadata: { name: 'web', namespace: 'shop' }, spec }
  const { object, findings } = decodeObject(raw, undefined, 7)
  assert.ok(object?.kind === 'Ingress')
  const others = findings.filter((finding) => finding.code !== 'API_VERSION_REMOVED')
  return {
    ingress: object,
    remarks: others.map((finding) => `${finding.code} ${finding.origin.path}`),
    messages: others.map((finding) => finding.message),
  }
}

/** Reads one path with a backend, in v1. */
function readBackend(
  backend: unknown,
  apiVersion?: string,
): Omit<Read, 'ingress'> & { backend: IngressBackend | undefined } {
  const paths = [{ path: '/', pathType: 'Prefix', backend }]
  const { ingress, remarks, messages } = read({ rules: [{ http: { paths } }] }, apiVersion)
  return { backend: ingress.spec.rules[0]?.paths[0]?.backend, remarks, messages }
}

const WEB = { service: { name: 'web', port: { number: 80 } } }
const WEB_READ = { kind: 'service', name: 'web', port: { kind: 'number', number: 80 } }
const pathOf = (path: unknown, pathType = 'Prefix') => ({ path, pathType, backend: WEB })

test('a v1 Ingress is read whole and without remarks', () => {
  const { ingress, remarks } = read({
    ingressClassName: 'nginx',
    defaultBackend: { service: { name: 'other', port: { name: 'http' } } },
    tls: [{ hosts: ['a.example.com'], secretName: 'a-tls' }, { secretName: 'b' }],
    rules: [
      { host: 'a.example.com', http: { paths: [pathOf('/shop'), pathOf('/x', 'Exact')] } },
      { host: '*.b.example' },
    ],
  })
  assert.deepEqual(remarks, [])
  assert.deepEqual(ingress.spec, {
    ingressClassName: 'nginx',
    defaultBackend: { kind: 'service', name: 'other', port: { kind: 'name', name: 'http' } },
    tls: [
      { hosts: ['a.example.com'], secretName: 'a-tls' },
      { hosts: [], secretName: 'b' },
    ],
    rules: [
      {
        host: 'a.example.com',
        paths: [
          { path: '/shop', pathType: 'Prefix', backend: WEB_READ },
          { path: '/x', pathType: 'Exact', backend: WEB_READ },
        ],
      },
      { host: '*.b.example', paths: [] },
    ],
  })
  assert.equal(ingress.isLegacyVersion, false)
  assert.equal(ingress.order, 7)
})

for (const apiVersion of ['extensions/v1beta1', 'networking.k8s.io/v1beta1']) {
  test(`an Ingress of ${apiVersion} takes the v1 form`, () => {
    const paths = [
      { path: '/a', backend: { serviceName: 'web', servicePort: 80 } },
      { backend: { serviceName: 'web', servicePort: 'http' } },
    ]
    const { ingress, remarks } = read(
      { backend: { serviceName: 'other', servicePort: '8080' }, rules: [{ http: { paths } }] },
      apiVersion,
    )
    assert.deepEqual(remarks, [])
    assert.equal(ingress.isLegacyVersion, true)
    assert.deepEqual(ingress.spec, {
      defaultBackend: { kind: 'service', name: 'other', port: { kind: 'number', number: 8080 } },
      tls: [],
      rules: [
        {
          host: '',
          paths: [
            { path: '/a', pathType: 'ImplementationSpecific', backend: WEB_READ },
            {
              path: '/',
              isPathEmpty: true,
              pathType: 'ImplementationSpecific',
              backend: { kind: 'service', name: 'web', port: { kind: 'name', name: 'http' } },
            },
          ],
        },
      ],
    })
  })
}

test('a v1 path without pathType is an error and is served as ImplementationSpecific', () => {
  const { ingress, remarks } = read({ rules: [{ http: { paths: [{ path: '/a', backend: WEB }] } }] })
  assert.deepEqual(remarks, ['FIELD_REQUIRED spec.rules[0].http.paths[0].pathType'])
  assert.equal(ingress.spec.rules[0]?.paths[0]?.pathType, 'ImplementationSpecific')
})

test('a rule with an unusable host is left out alone', () => {
  const http = { paths: [pathOf('/')] }
  const { ingress, remarks } = read({
    rules: [
      { host: '10.0.0.1', http },
      { host: 'b.example.com', http },
    ],
  })
  assert.deepEqual(remarks, ['HOST_INVALID spec.rules[0].host'])
  assert.deepEqual(
    ingress.spec.rules.map((rule) => rule.host),
    ['b.example.com'],
  )
})

test('a host in upper case is served in lower case, with a finding', () => {
  const { ingress, remarks } = read({ tls: [{ hosts: ['A.example.com'] }], rules: [{ host: 'A.example.com' }] })
  assert.deepEqual(remarks, ['HOST_INVALID spec.tls[0].hosts[0]', 'HOST_INVALID spec.rules[0].host'])
  assert.equal(ingress.spec.rules[0]?.host, 'a.example.com')
  assert.deepEqual(ingress.spec.tls[0]?.hosts, ['a.example.com'])
})

test('a path that no request can match is left out alone', () => {
  const paths = ['shop', '/a//b', '/a/../b', '/a/.', '/a%2Fb', '/tab\there', '/ok'].map((path) => pathOf(path))
  const { ingress, remarks } = read({ rules: [{ http: { paths } }] })
  assert.deepEqual(
    remarks,
    [0, 1, 2, 3, 4, 5].map((index) => `PATH_INVALID spec.rules[0].http.paths[${index}].path`),
  )
  assert.deepEqual(
    ingress.spec.rules[0]?.paths.map((path) => path.path),
    ['/ok'],
  )
})

test('regular expressions and double slashes pass in ImplementationSpecific', () => {
  const { remarks } = read({ rules: [{ http: { paths: [pathOf('/a(/|$)(.*)//', 'ImplementationSpecific')] } }] })
  assert.deepEqual(remarks, [])
})

test('rules and tls written as maps are read as lists of one, with the fix in the message', () => {
  const { ingress, remarks, messages } = read({
    tls: { hosts: ['a.example.com'], secretName: 'x' },
    rules: { http: { paths: [pathOf('/')] } },
  })
  assert.deepEqual(remarks, ['LIST_EXPECTED spec.tls', 'LIST_EXPECTED spec.rules'])
  assert.match(messages[1] ?? '', /put "- " before "http:"/)
  assert.equal(ingress.spec.rules[0]?.paths.length, 1)
  assert.equal(ingress.spec.tls[0]?.secretName, 'x')
})

test('old backend fields in v1 are an error whose meaning is used', () => {
  const { backend, remarks } = readBackend({ serviceName: 'web', servicePort: 80 })
  assert.deepEqual(backend, WEB_READ)
  assert.deepEqual(remarks, [
    'FIELD_UNKNOWN spec.rules[0].http.paths[0].backend.serviceName',
    'FIELD_UNKNOWN spec.rules[0].http.paths[0].backend.servicePort',
  ])
})

test('new backend fields in an old version are an error whose meaning is used', () => {
  const { backend, remarks } = readBackend(WEB, 'extensions/v1beta1')
  assert.deepEqual(backend, WEB_READ)
  assert.deepEqual(remarks, ['FIELD_UNKNOWN spec.rules[0].http.paths[0].backend.service'])
})

test('a bare port in v1 is an error whose meaning is used', () => {
  const { backend, remarks, messages } = readBackend({ service: { name: 'web', port: 80 } })
  assert.deepEqual(backend, WEB_READ)
  assert.deepEqual(remarks, ['FIELD_TYPE spec.rules[0].http.paths[0].backend.service.port'])
  assert.match(messages[0] ?? '', /write "number: 80" below port:/)
})

for (const [what, backend, code] of [
  ['without anything', {}, 'BACKEND_MISSING'],
  ['that is text', 'web:80', 'FIELD_TYPE'],
  ['without a service name', { service: { port: { number: 80 } } }, 'FIELD_REQUIRED'],
  ['without a port', { service: { name: 'web' } }, 'FIELD_REQUIRED'],
  ['with an empty port', { service: { name: 'web', port: {} } }, 'FIELD_REQUIRED'],
  ['with port 0', { service: { name: 'web', port: { number: 0 } } }, 'FIELD_VALUE'],
  ['with port 70000', { service: { name: 'web', port: { number: 70_000 } } }, 'FIELD_VALUE'],
  ['with number and name', { service: { name: 'web', port: { number: 80, name: 'http' } } }, 'FIELD_VALUE'],
  ['with service and resource', { ...WEB, resource: { kind: 'Bucket', name: 'x' } }, 'FIELD_VALUE'],
] as const) {
  test(`a backend ${what} is invalid, with ${code}`, () => {
    const { backend: decoded, remarks } = readBackend(backend)
    assert.deepEqual(decoded, { kind: 'invalid' })
    assert.equal(remarks.length, 1, remarks.join())
    assert.ok(remarks[0]?.startsWith(`${code} `), remarks[0])
  })
}

test('a path without a backend says so at the path', () => {
  const { ingress, remarks } = read({ rules: [{ http: { paths: [{ path: '/', pathType: 'Exact' }] } }] })
  assert.deepEqual(remarks, ['BACKEND_MISSING spec.rules[0].http.paths[0].backend'])
  assert.deepEqual(ingress.spec.rules[0]?.paths[0]?.backend, { kind: 'invalid' })
})

test('a resource backend is read', () => {
  const { backend, remarks } = readBackend({ resource: { apiGroup: 'k8s.example.com', kind: 'Bucket', name: 'x' } })
  assert.deepEqual(remarks, [])
  assert.deepEqual(backend, { kind: 'resource', apiGroup: 'k8s.example.com', resourceKind: 'Bucket', name: 'x' })
})
