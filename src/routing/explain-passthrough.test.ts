import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEFAULT_SETTINGS, NOT_FOUND_NGINX } from './defaults.ts'
import { createExplainTable, explain, type ExplainRequest } from './explain.ts'
import type { RoutingModel } from './model.ts'
import { listRoutes } from './route-list.ts'

const LABELS = {
  namespace: 'shop',
  ingress: 'vault',
  service: 'vault',
  servicePort: '8200',
  path: '/',
  pathType: '',
  host: '',
}
const ORIGIN = { object: 'Ingress shop/vault', path: 'spec.rules[0]' }
const MODEL: RoutingModel = {
  routes: {
    hosts: [],
    fallback: { notFound: NOT_FOUND_NGINX },
    passthrough: ['*.wild.example', 'vault.example'].map((host) => ({
      host,
      backendId: 'shop/vault:8200',
      labels: LABELS,
      origin: ORIGIN,
    })),
  },
  backends: [
    {
      id: 'shop/vault:8200',
      upstreamName: 'shop-vault-8200',
      target: { kind: 'endpoints', endpoints: [{ address: '192.0.2.8', port: 8200, pod: 'vault-0' }] },
    },
  ],
  certificates: { certificates: [], bySni: [], defaultCertificateId: '' },
  settings: DEFAULT_SETTINGS,
  streams: [
    {
      protocol: 'tcp',
      port: 5432,
      backendId: 'tcp:shop/db:5432',
      decodesProxyProtocol: true,
      encodesProxyProtocol: false,
      labels: { ...LABELS, ingress: '', service: 'db', servicePort: '5432' },
      origin: { object: 'ConfigMap ingress-nginx/tcp', path: 'data["5432"]' },
    },
  ],
}

function ask(scheme: 'http' | 'https', authority: string): ReturnType<typeof explain> {
  const request: ExplainRequest = {
    method: 'GET',
    scheme,
    authority,
    target: '/x',
    contentLength: -1,
    origin: '',
    clientAddress: '127.0.0.1',
    userAgent: '',
    referer: '',
    rawLines: '',
  }
  return explain(createExplainTable(MODEL), request)
}

test('https to a host that is passed through goes to its Service unopened', () => {
  for (const authority of ['vault.example', 'VAULT.example:443', 'a.wild.example.']) {
    const { outcome, phases, endpoints, origin } = ask('https', authority)
    assert.deepEqual(outcome, { kind: 'forward', service: 'shop/vault:8200' }, authority)
    assert.deepEqual(phases, [{ name: 'ssl-passthrough', effect: 'TLS goes to shop/vault:8200 unopened' }])
    assert.deepEqual(endpoints, [{ address: '192.0.2.8', port: 8200, pod: 'vault-0' }])
    assert.equal(origin.object, 'Ingress shop/vault')
  }
})

test('plain http to it, and https to other hosts, are requests', () => {
  assert.equal(ask('http', 'vault.example').outcome.status, 404)
  assert.equal(ask('https', 'a.b.wild.example').outcome.status, 404)
})

test('the route list has hosts that are passed through and ports of services', () => {
  assert.deepEqual(
    listRoutes(MODEL).map(({ host, path, pathType, service, action }) => [host, path, pathType, service, action]),
    [
      ['*.wild.example', '/', 'Passthrough', 'shop/vault:8200', 'TLS passed through unopened'],
      ['vault.example', '/', 'Passthrough', 'shop/vault:8200', 'TLS passed through unopened'],
      ['*', ':5432', 'TCP', 'shop/db:5432', 'TCP passed on unread, PROXY protocol read'],
    ],
  )
})
