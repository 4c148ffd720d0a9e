import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import tls from 'node:tls'
import { createAuthority, createSignedBy } from '../../base/certificate.ts'
import { compileRoutes } from '../../routing/compile.ts'
import { NOT_FOUND_NGINX } from '../../routing/defaults.ts'
import type { Certificate, CertificateTable } from '../../routing/model.ts'
import { CertificateStore } from './certificate-store.ts'
import { TlsServers } from './tls-servers.ts'

const authority = await createAuthority('Test authority')

async function makeCertificate(id: string, host = id): Promise<Certificate> {
  return { id, ...(await createSignedBy(authority, [host])), origin: { object: `Secret default/${id}`, path: '' } }
}

const [fallback, shop, wild] = await Promise.all([
  makeCertificate('default.test'),
  makeCertificate('shop.example.com'),
  makeCertificate('wild', '*.example.com'),
])

const TABLE: CertificateTable = {
  certificates: [fallback, shop, wild],
  bySni: [
    { name: '*.example.com', certificateId: 'wild' },
    { name: 'shop.example.com', certificateId: 'shop.example.com' },
  ],
  defaultCertificateId: 'default.test',
}

interface Running {
  readonly store: CertificateStore
  readonly server: tls.Server
  readonly reports: string[]
  readonly connect: (options?: tls.ConnectionOptions) => Promise<tls.TLSSocket>
}

async function start(context: TestContext, table: CertificateTable, ticketKeys?: Buffer): Promise<Running> {
  const reports: string[] = []
  const store = new CertificateStore((certificate, reason) => reports.push(`${certificate.id}: ${reason}`))
  store.apply(table)
  const servers = new TlsServers(
    store,
    compileRoutes({ hosts: [], fallback: { notFound: NOT_FOUND_NGINX } }, () => null),
    ticketKeys === undefined ? {} : { ticketKeys },
  )
  const server = servers.main
  const sockets = new Set<tls.TLSSocket>()
  servers.accept = (socket) => {
    sockets.add(socket.on('error', () => {}))
    socket.write('hello')
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  context.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return {
    store,
    server,
    reports,
    connect: async (options = {}) => {
      const socket = tls.connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options })
      sockets.add(socket)
      await once(socket, 'secureConnect')
      return socket
    },
  }
}

const subjectOf = (socket: tls.TLSSocket) => socket.getPeerCertificate().subject.CN

test('SNI finds the exact name, then one label of wildcard, then the default', async (context) => {
  const { connect } = await start(context, TABLE)
  const cases = [
    ['shop.example.com', 'shop.example.com'],
    ['SHOP.Example.com', 'shop.example.com'],
    ['other.example.com', '*.example.com'],
    ['a.b.example.com', 'default.test'],
    ['example.com', 'default.test'],
    ['unknown.test', 'default.test'],
    ['', 'default.test'],
  ]
  for (const [servername, subject] of cases) {
    assert.equal(subjectOf(await connect({ servername })), subject, `SNI ${servername}`)
  }
})

test('a trailing dot in the server name is ignored', () => {
  const store = new CertificateStore(() => {})
  store.apply(TABLE)
  assert.equal(store.find('shop.example.com.'), store.find('shop.example.com'))
  assert.notEqual(store.find('shop.example.com'), store.find('other.example.com'))
})

test('a client that verifies against the authority is satisfied', async (context) => {
  const { connect } = await start(context, TABLE)
  const socket = await connect({ servername: 'shop.example.com', ca: authority.certPem, rejectUnauthorized: true })
  assert.equal(socket.authorized, true)
})

test('a new table is served to new clients, with and without SNI, and leaves connections alone', async (context) => {
  const { store, connect } = await start(context, TABLE)
  const old = await connect({ servername: 'shop.example.com' })
  const [newShop, newDefault] = await Promise.all([
    makeCertificate('shop.example.com', 'renewed.example.com'),
    makeCertificate('default.test', 'renewed.test'),
  ])
  store.apply({ ...TABLE, certificates: [newDefault, newShop, wild] })
  assert.equal(subjectOf(await connect({ servername: 'shop.example.com' })), 'renewed.example.com')
  assert.equal(subjectOf(await connect({ servername: '' })), 'renewed.test')
  assert.equal(old.destroyed, false)
  assert.equal(subjectOf(old), 'shop.example.com')
})

test('a context is kept while its certificate stays and rebuilt when its content changes', async () => {
  const store = new CertificateStore(() => {})
  store.apply(TABLE)
  const before = store.find('shop.example.com')
  store.apply({ ...TABLE, certificates: TABLE.certificates.map((certificate) => ({ ...certificate })) })
  assert.equal(store.find('shop.example.com'), before)
  store.apply({ ...TABLE, certificates: [fallback, await makeCertificate('shop.example.com'), wild] })
  assert.notEqual(store.find('shop.example.com'), before)
})

test('a certificate that OpenSSL refuses is reported once and the default is served', async (context) => {
  const broken = { ...shop, keyPem: fallback.keyPem }
  const { connect, reports } = await start(context, { ...TABLE, certificates: [fallback, broken, wild] })
  assert.equal(subjectOf(await connect({ servername: 'shop.example.com' })), 'default.test')
  assert.equal(subjectOf(await connect({ servername: 'shop.example.com' })), 'default.test')
  assert.equal(reports.length, 1)
  assert.match(reports[0] ?? '', /^shop\.example\.com: .*key values mismatch/)
})

test('a default that OpenSSL refuses leaves the previous default in place', async (context) => {
  const { store, connect, reports } = await start(context, TABLE)
  store.apply({ ...TABLE, certificates: [{ ...fallback, certPem: 'not a certificate' }, shop, wild] })
  assert.equal(reports.length, 1)
  for (const servername of ['', 'unknown.test']) {
    assert.equal(subjectOf(await connect({ servername })), 'default.test')
  }
})

test('an empty table refuses handshakes without harm', async (context) => {
  const { connect, store } = await start(context, { certificates: [], bySni: [], defaultCertificateId: '' })
  await assert.rejects(connect({ servername: 'shop.example.com' }), { code: 'ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE' })
  store.apply(TABLE)
  assert.equal(subjectOf(await connect({ servername: 'shop.example.com' })), 'shop.example.com')
})

test('h2 is preferred by ALPN, whichever certificate SNI chose', async (context) => {
  const { connect } = await start(context, TABLE)
  for (const servername of ['shop.example.com', 'unknown.test', '']) {
    const both = await connect({ servername, ALPNProtocols: ['http/1.1', 'h2'] })
    assert.equal(both.alpnProtocol, 'h2')
    assert.equal((await connect({ servername, ALPNProtocols: ['http/1.1'] })).alpnProtocol, 'http/1.1')
    assert.equal((await connect({ servername })).alpnProtocol, false)
  }
})

test('TLS 1.2 and 1.3 are spoken, older versions are not', async (context) => {
  const { connect } = await start(context, TABLE)
  assert.equal((await connect({ maxVersion: 'TLSv1.2' })).getProtocol(), 'TLSv1.2')
  assert.equal((await connect()).getProtocol(), 'TLSv1.3')
  await assert.rejects(connect({ minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }))
})

test('the server chooses the cipher, and only those with forward secrecy', async (context) => {
  const { connect } = await start(context, TABLE)
  const options: tls.ConnectionOptions = { maxVersion: 'TLSv1.2', servername: 'shop.example.com' }
  const ciphers = 'ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-GCM-SHA256'
  assert.equal((await connect({ ...options, ciphers })).getCipher().name, 'ECDHE-ECDSA-AES128-GCM-SHA256')
  await assert.rejects(connect({ ...options, ciphers: 'ECDHE-ECDSA-AES128-SHA' }))
})

test('a TLS 1.2 client cannot renegotiate', async (context) => {
  const { connect } = await start(context, TABLE)
  const socket = await connect({ maxVersion: 'TLSv1.2' })
  const error = await new Promise((resolve) => {
    socket.on('error', resolve)
    socket.renegotiate({}, resolve)
  })
  assert.match(String(error), /no renegotiation/i)
})

test('a session resumes on another listener that has the same ticket keys, also after a new default', async (context) => {
  const ticketKeys = Buffer.alloc(48, 7)
  const one = await start(context, TABLE, ticketKeys)
  const two = await start(context, TABLE, ticketKeys)
  two.store.apply({ ...TABLE, certificates: [await makeCertificate('default.test'), shop, wild] })
  const first = await one.connect({ servername: 'shop.example.com' })
  const [session] = (await once(first, 'session')) as [Buffer]
  assert.equal((await two.connect({ servername: 'shop.example.com', session })).isSessionReused(), true)
  const other = await start(context, TABLE)
  assert.equal((await other.connect({ servername: 'shop.example.com', session })).isSessionReused(), false)
})
