import assert from 'node:assert/strict'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { createServer, type TlsOptions, type TLSSocket } from 'node:tls'
import type { UpstreamTlsConfig } from '../../routing/upstream-tls.ts'
import { createTestAuthority, issueCertificate } from '../testing/client-pki.ts'
import { fixtureModel } from '../testing/proxy-fixture.ts'
import { sendRaw } from '../testing/raw-client.ts'
import { startSecureFixture } from '../testing/secure-fixture.ts'

const root = await createTestAuthority('CN=Upstream root')
const middle = await createTestAuthority('CN=Upstream middle', root)
const good = await issueCertificate(root, 'CN=web', { serverNames: ['web.shop.svc'] })
const deep = await issueCertificate(middle, 'CN=deep', { serverNames: ['web.shop.svc'] })
const expired = await issueCertificate(root, 'CN=old', { serverNames: ['web.shop.svc'], isExpired: true })
const selfMade = await createTestAuthority('CN=self', undefined, true)
const identity = await issueCertificate(root, 'CN=proxy')

const CONFIG: UpstreamTlsConfig = {
  serverName: 'web.shop.svc',
  sendsServerName: false,
  verify: { caPem: root.certPem, depth: 1 },
  clientCertificate: null,
  ciphers: '',
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.2',
}

interface Seen {
  readonly names: unknown[]
  readonly requests: string[]
  readonly ciphers: string[]
  readonly clients: (string | undefined)[]
}

/** A proxy before one TLS upstream. */
async function start(context: TestContext, server: TlsOptions, config: Partial<UpstreamTlsConfig> = {}) {
  const seen: Seen = { names: [], requests: [], ciphers: [], clients: [] }
  const upstream = createServer({ requestCert: true, rejectUnauthorized: false, ...server }, (socket: TLSSocket) => {
    seen.names.push((socket as { servername?: unknown }).servername)
    seen.ciphers.push(`${socket.getProtocol()} ${socket.getCipher().name}`)
    seen.clients.push(socket.getPeerX509Certificate()?.subject)
    socket.on('error', () => undefined)
    socket.on('data', () => {
      seen.requests.push('')
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    })
  })
  upstream.on('tlsClientError', () => undefined)
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
  const { port } = upstream.address() as AddressInfo
  const action = { protocol: 'https' as const, upstreamTls: { ...CONFIG, ...config } }
  const fixture = await startSecureFixture(fixtureModel({ upstreams: [port], action }))
  context.after(async () => {
    await fixture.plane.drain(0)
    upstream.close()
  })
  return {
    seen,
    port,
    problems: fixture.problems,
    ask: async (): Promise<number> => {
      const text = await sendRaw(fixture.httpPort, 'GET / HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n')
      return Number(text.slice(9, 12))
    },
  }
}

const pairOf = ({ certPem, keyPem }: { certPem: string; keyPem: string }, chain = ''): TlsOptions => ({
  cert: certPem + chain,
  key: keyPem,
})

test('an upstream that is who it should be is spoken to, without SNI unless it is asked for', async (context) => {
  const silent = await start(context, pairOf(good))
  assert.equal(await silent.ask(), 200)
  assert.deepEqual(silent.seen.names, [false])
  assert.deepEqual(silent.problems, [])
  const named = await start(context, pairOf(good), { sendsServerName: true })
  assert.equal(await named.ask(), 200)
  assert.deepEqual(named.seen.names, ['web.shop.svc'])
})

for (const [what, server, config, reason] of [
  ['another name', pairOf(good), { serverName: 'other.shop.svc' }, /altnames/],
  [
    'a foreign authority',
    pairOf(good),
    { verify: { caPem: selfMade.certPem, depth: 1 } },
    /unable to verify the first certificate/,
  ],
  ['no validity any more', pairOf(expired), {}, /certificate has expired/],
  ['too long a chain', pairOf(deep, middle.certPem), { verify: { caPem: root.certPem, depth: 0 } }, /chain has 1/],
] as const) {
  test(`an upstream with ${what} gets no request, and the reason is said once`, async (context) => {
    const { ask, problems, seen, port } = await start(context, server, config)
    assert.equal(await ask(), 502)
    assert.equal(await ask(), 502)
    assert.equal(problems.length, 1)
    assert.match(problems[0] ?? '', reason)
    assert.ok(problems[0]?.startsWith(`Cannot speak TLS with upstream 127.0.0.1:${port}: `))
    assert.deepEqual(seen.requests, [])
  })
}

test('chains may be as long as allowed, and a listed certificate that is its own issuer is good', async (context) => {
  assert.equal(await (await start(context, pairOf(deep, middle.certPem))).ask(), 200)
  const own = await issueCertificate(selfMade, 'CN=own', { serverNames: ['web.shop.svc'] })
  const verify = { caPem: selfMade.certPem, depth: 0 }
  assert.equal(await (await start(context, pairOf(own), { verify })).ask(), 200)
})

test('without verification any certificate will do', async (context) => {
  const { ask } = await start(context, pairOf(expired), { verify: null, serverName: 'nobody.test' })
  assert.equal(await ask(), 200)
})

test('the proxy shows its certificate, and speaks the versions and ciphers it is told to', async (context) => {
  const { ask, seen } = await start(context, pairOf(good), {
    clientCertificate: { certPem: identity.certPem, keyPem: identity.keyPem },
    ciphers: 'ECDHE-ECDSA-AES256-GCM-SHA384',
  })
  assert.equal(await ask(), 200)
  assert.deepEqual(seen.clients, ['CN=proxy'])
  assert.deepEqual(seen.ciphers, ['TLSv1.2 ECDHE-ECDSA-AES256-GCM-SHA384'])
  const modern = await start(context, pairOf(good), { ciphers: 'ECDHE-ECDSA-AES256-GCM-SHA384', maxVersion: 'TLSv1.3' })
  assert.equal(await modern.ask(), 200)
  assert.match(modern.seen.ciphers[0] ?? '', /^TLSv1\.3 /)
})

test('a configuration that OpenSSL cannot use answers 502 and says why', async (context) => {
  const { ask, problems } = await start(context, pairOf(good), { ciphers: 'NONSENSE' })
  assert.equal(await ask(), 502)
  assert.equal(problems.length, 1)
  assert.match(problems[0] ?? '', /cipher/)
})

test('an upstream that is not who it should be is tried three times and then left out, while another serves', async (context) => {
  const refused = createServer(pairOf(expired)).on('tlsClientError', () => undefined)
  const served = createServer(pairOf(good), (socket) => {
    socket.on('error', () => undefined)
    socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok'))
  })
  const ports: number[] = []
  for (const server of [refused, served]) {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    ports.push((server.address() as AddressInfo).port)
  }
  const action = { protocol: 'https' as const, upstreamTls: CONFIG }
  const fixture = await startSecureFixture(fixtureModel({ upstreams: ports, action }))
  context.after(async () => {
    await fixture.plane.drain(0)
    refused.close()
    served.close()
  })
  for (let i = 0; i < 12; i++) {
    const text = await sendRaw(fixture.httpPort, 'GET / HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n')
    assert.match(text, /^HTTP\/1\.1 200 /)
  }
  const tries = fixture.records.flatMap(({ upstreamAddress }) => upstreamAddress.split(', '))
  assert.equal(tries.filter((address) => address === `127.0.0.1:${ports[0]}`).length, 3)
  assert.equal(fixture.problems.length, 1)
})
