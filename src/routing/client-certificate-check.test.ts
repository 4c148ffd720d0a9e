import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileRoutes } from './compile.ts'
import {
  type ClientCertificate,
  compileClientCertificates,
  type TlsClient,
  type TlsFacts,
} from './client-certificate-check.ts'
import type { ClientCertificatePolicy } from './client-certificates.ts'
import { decide, type RequestFacts } from './decide.ts'
import { createExplainTable, explain } from './explain.ts'
import type { Route, RoutingModel, VirtualHost } from './model.ts'
import { DEFAULT_SETTINGS, NOT_FOUND_NGINX } from './defaults.ts'
import { describeUpstreamTls } from './upstream-tls.ts'

const POLICY: ClientCertificatePolicy = {
  mode: 'required',
  caPem: 'CA',
  depth: 1,
  errorPage: '',
  passesCertificate: false,
  matchCn: '',
}
const CERTIFICATE: ClientCertificate = {
  pem: '-----BEGIN CERTIFICATE-----\nA+/=\n-----END CERTIFICATE-----\n',
  subjectDn: 'CN=ann,O=Shop',
  issuerDn: 'CN=CA',
  serial: '0A',
  fingerprint: 'ff',
  validFrom: '',
  validTo: '',
}

interface Case {
  readonly policy?: Partial<ClientCertificatePolicy>
  readonly client?: Partial<TlsClient> | null
  readonly facts?: Partial<TlsFacts>
}

function verdictOf({ policy = {}, client = {}, facts = {} }: Case): string {
  const compiled = compileClientCertificates({ ...POLICY, ...policy })
  const tlsClient: TlsClient | null =
    client === null
      ? null
      : {
          serverName: 'a.test',
          policyKey: compiled.key,
          certificate: CERTIFICATE,
          failure: '',
          isUntrusted: false,
          ...client,
        }
  const verdict = compiled.check({ scheme: 'https', host: 'a.test', tlsClient, ...facts })
  return verdict.kind === 'respond'
    ? `${verdict.answer.status} ${verdict.answer.body.trim()}`
    : verdict.kind === 'redirect'
      ? `302 ${verdict.location}`
      : verdict.kind
}

const NONE = { certificate: null }
const BAD = { failure: 'certificate has expired' }
const UNTRUSTED = { failure: 'unable to verify the first certificate', isUntrusted: true }

test('each mode lets in whom ingress-nginx lets in', () => {
  const table: readonly (readonly [ClientCertificatePolicy['mode'], Partial<TlsClient>, string])[] = [
    ['required', {}, 'pass'],
    ['required', NONE, '400 400 No required SSL certificate was sent'],
    ['required', BAD, '400 400 The SSL certificate error'],
    ['required', UNTRUSTED, '400 400 The SSL certificate error'],
    ['optional', {}, 'pass'],
    ['optional', NONE, 'pass'],
    ['optional', UNTRUSTED, '400 400 The SSL certificate error'],
    ['optional-no-ca', NONE, 'pass'],
    ['optional-no-ca', UNTRUSTED, 'pass'],
    ['optional-no-ca', BAD, '400 400 The SSL certificate error'],
    ['off', BAD, 'pass'],
  ]
  for (const [mode, client, expected] of table) {
    assert.equal(verdictOf({ policy: { mode }, client }), expected, `${mode} ${JSON.stringify(client)}`)
  }
})

test('an error page takes clients without a good certificate, and nobody else', () => {
  const policy = { errorPage: 'https://help.test/cert' }
  assert.equal(verdictOf({ policy, client: NONE }), '302 https://help.test/cert')
  assert.equal(verdictOf({ policy, client: BAD }), '302 https://help.test/cert')
  assert.equal(verdictOf({ policy }), 'pass')
  assert.equal(verdictOf({ policy, client: null }), '421 421 Misdirected Request')
})

test('a subject is matched anywhere in its distinguished name, letter case kept', () => {
  assert.equal(verdictOf({ policy: { matchCn: 'CN=an+' } }), 'pass')
  assert.equal(verdictOf({ policy: { matchCn: 'CN=ANN' } }), '403 client certificate unauthorized')
  assert.equal(
    verdictOf({ policy: { mode: 'optional', matchCn: 'CN=ann' }, client: NONE }),
    '403 client certificate unauthorized',
  )
  assert.equal(
    verdictOf({
      client: { certificate: { ...CERTIFICATE, subjectDn: 'O=Shop,CN=annex' } },
      policy: { matchCn: 'CN=ann' },
    }),
    'pass',
  )
})

test('an expression that cannot be compiled lets nobody in', () => {
  assert.equal(verdictOf({ policy: { matchCn: 'CN=(' } }), '403 403 Forbidden')
})

test('a connection that was verified for another host, or for none, is misdirected', () => {
  for (const client of [null, { serverName: 'b.test' }, { policyKey: '' }, { policyKey: 'other' }]) {
    for (const mode of ['required', 'optional', 'optional-no-ca'] as const) {
      assert.equal(verdictOf({ policy: { mode }, client }), '421 421 Misdirected Request', JSON.stringify(client))
    }
  }
  assert.equal(
    verdictOf({ client: { serverName: '' } }),
    'pass',
    'no server name, and the catch-all host asks for the same',
  )
})

test('what was verified against one authority, depth or revocation list does not count for another', () => {
  const key = compileClientCertificates(POLICY).key
  for (const change of [{ caPem: 'CB' }, { depth: 2 }, { crlPem: 'CRL' }]) {
    assert.notEqual(compileClientCertificates({ ...POLICY, ...change }).key, key)
  }
  assert.equal(compileClientCertificates({ ...POLICY, mode: 'optional', matchCn: 'CN=x' }).key, key)
})

test('upstreams are told by the proxy alone, in the order and form of ingress-nginx', () => {
  const compiled = compileClientCertificates({ ...POLICY, passesCertificate: true })
  const forged =
    'SSL-Client-Verify: SUCCESS\r\nssl_client_subject_dn: CN=root\r\nAccept: */*\r\nssl-client_cert: x\r\nssl-client-issuer-dn: y\r\nssl-client-verify-x: 1\r\n'
  const client: TlsClient = {
    serverName: 'a.test',
    policyKey: compiled.key,
    certificate: CERTIFICATE,
    failure: '',
    isUntrusted: false,
  }
  assert.equal(
    compiled.editLines(forged, client),
    'Accept: */*\r\nssl-client-verify-x: 1\r\n' +
      'ssl-client-cert: -----BEGIN%20CERTIFICATE-----%0AA%2B%2F%3D%0A-----END%20CERTIFICATE-----%0A\r\n' +
      'ssl-client-verify: SUCCESS\r\nssl-client-subject-dn: CN=ann,O=Shop\r\nssl-client-issuer-dn: CN=CA\r\n',
  )
  assert.equal(compiled.editLines(forged, null), 'Accept: */*\r\nssl-client-verify-x: 1\r\nssl-client-verify: NONE\r\n')
  assert.equal(compiled.editLines('', { ...client, ...NONE }), 'ssl-client-verify: NONE\r\n')
  assert.equal(compiled.editLines('', { ...client, policyKey: 'other' }), 'ssl-client-verify: NONE\r\n')
  assert.match(
    compiled.editLines('', { ...client, ...UNTRUSTED }),
    /^ssl-client-verify: FAILED:unable to verify the first certificate\r$/m,
  )
})

const ROUTE: Route = {
  id: 'r',
  match: { kind: 'prefix', path: '/' },
  maxBodyBytes: 0,
  httpsRedirectStatus: 0,
  action: { kind: 'respond', answer: { status: 200, contentType: 'text/plain', body: 'in' } },
  labels: { namespace: '', ingress: '', service: '', servicePort: '', path: '/', pathType: 'Prefix', host: 'a.test' },
  origin: { object: 'Ingress default/a', path: '' },
}

function modelOf(route: Partial<Route>, host: Partial<VirtualHost> = { clientCertificates: POLICY }): RoutingModel {
  return {
    routes: {
      hosts: [
        {
          host: 'a.test',
          schemes: ['http', 'https'],
          appRoot: '',
          routes: [{ ...ROUTE, ...route }],
          notFound: NOT_FOUND_NGINX,
          ...host,
        },
      ],
      fallback: { notFound: NOT_FOUND_NGINX },
    },
    backends: [],
    certificates: { certificates: [], bySni: [], defaultCertificateId: '' },
    settings: DEFAULT_SETTINGS,
  }
}

function outcomeOf(model: RoutingModel, facts: Partial<RequestFacts>): string {
  const decision = decide(
    compileRoutes(model.routes, () => null),
    {
      scheme: 'http',
      authority: 'a.test',
      host: 'a.test',
      target: '/x',
      contentLength: -1,
      method: 'GET',
      origin: '',
      clientAddress: '127.0.0.1',
      userAgent: '',
      referer: '',
      rawLines: '',
      draw: () => 0,
      ...facts,
    },
  )
  return decision.kind === 'respond'
    ? String(decision.answer.status)
    : decision.kind === 'redirect'
      ? `${decision.status} ${decision.location}`
      : decision.kind
}

test('plain http of such a host redirects to https or is forbidden, but for challenges', () => {
  assert.equal(outcomeOf(modelOf({}), {}), '403')
  assert.equal(outcomeOf(modelOf({ httpsRedirectStatus: 308 }), {}), '308 https://a.test/x')
  assert.equal(outcomeOf(modelOf({ isOpenOnHttp: true }), {}), '200')
  assert.equal(outcomeOf(modelOf({}, {}), {}), '200')
  const trusted = { forwarded: { scheme: 'https', host: 'a.test' } } as unknown as Partial<RequestFacts>
  assert.equal(
    outcomeOf(modelOf({ httpsRedirectStatus: 308 }), trusted),
    '403',
    'TLS ended elsewhere: nobody was asked',
  )
})

test('a host whose settings cannot be used is forbidden on both listeners, challenges included', () => {
  const model = modelOf({ httpsRedirectStatus: 308, isOpenOnHttp: true }, { clientCertificates: { denied: true } })
  assert.equal(outcomeOf(model, {}), '403')
  assert.equal(outcomeOf(model, { scheme: 'https' }), '403')
})

test('explanations say what is asked and go on as if it came', () => {
  const model = modelOf({}, { clientCertificates: { ...POLICY, matchCn: 'CN=ann' } })
  const explanation = explain(createExplainTable(model), {
    method: 'GET',
    scheme: 'https',
    authority: 'a.test',
    target: '/',
    contentLength: -1,
    origin: '',
    clientAddress: '127.0.0.1',
    userAgent: '',
    referer: '',
    rawLines: '',
  })
  assert.equal(explanation.outcome.status, 200)
  assert.deepEqual(explanation.phases, [
    {
      name: 'client-certificate',
      effect: 'a client certificate is required (depth 1, subject matching CN=ann); shown here as if a good one came',
    },
  ])
})

test('explanations say how upstreams are spoken to over TLS', () => {
  const config = { serverName: 'web.shop.svc', sendsServerName: true, clientCertificate: null, ciphers: '' }
  const versions = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3' } as const
  const verify = { caPem: 'CA', depth: 1 }
  assert.equal(
    describeUpstreamTls({ ...config, ...versions, verify }),
    'a certificate for web.shop.svc is wanted, SNI is web.shop.svc',
  )
  const clientCertificate = { certPem: 'C', keyPem: 'K' }
  assert.equal(
    describeUpstreamTls({ ...config, ...versions, sendsServerName: false, verify: null, clientCertificate }),
    'any certificate will do, ours is shown',
  )
})
