import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import { type TestContext, test } from 'node:test'
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { createSelfSigned } from '../../base/certificate.ts'
import type { ClientCertificatePolicy } from '../../routing/client-certificates.ts'
import { type Gate, PASS } from '../../routing/gate.ts'
import type { RoutingModel, VirtualHost } from '../../routing/model.ts'
import type { DataPlaneOptions } from '../data-plane.ts'
import {
  createRevocationList,
  createTestAuthority,
  issueCertificate,
  type IssuedCertificate,
} from '../testing/client-pki.ts'
import { fixtureModel } from '../testing/proxy-fixture.ts'
import { type RawUpstream, startRawUpstream } from '../testing/raw-upstream.ts'
import { type SecureFixture, startSecureFixture } from '../testing/secure-fixture.ts'

const rootA = await createTestAuthority('CN=Root A')
const rootB = await createTestAuthority('CN=Root B')
const middleA = await createTestAuthority('CN=Middle A', rootA)
const lowerA = await createTestAuthority('CN=Lower A', middleA)
const ann = await issueCertificate(rootA, 'C=JP, O=Sh\u014dp, CN=ann')
const bob = await issueCertificate(rootB, 'CN=bob')
const expired = await issueCertificate(rootA, 'CN=old', { isExpired: true })
const serverOnly = await issueCertificate(rootA, 'CN=server', { serverNames: ['server.test'] })
const viaMiddle = await issueCertificate(middleA, 'CN=mid')
const viaLower = await issueCertificate(lowerA, 'CN=low')

const POLICY: ClientCertificatePolicy = {
  mode: 'required',
  caPem: rootA.certPem,
  depth: 1,
  errorPage: '',
  passesCertificate: false,
  matchCn: '',
}

type Policies = Readonly<Record<string, Partial<ClientCertificatePolicy> | null>>

function modelOf(port: number, policies: Policies): RoutingModel {
  const model = fixtureModel({ upstreams: [port] })
  const hosts = Object.entries(policies).map(([host, policy]): VirtualHost => {
    const base = model.routes.hosts[0]!
    const routes = base.routes.map((route) => ({ ...route, id: `r|${host}` }))
    return { ...base, host, routes, ...(policy === null ? {} : { clientCertificates: { ...POLICY, ...policy } }) }
  })
  return { ...model, routes: { ...model.routes, hosts } }
}

interface Running {
  readonly fixture: SecureFixture
  readonly upstream: RawUpstream
  readonly change: (policies: Policies) => void
  readonly connect: (serverName: string, options?: ConnectionOptions) => Promise<TLSSocket>
  /** Status, and body or Location, of one request on a connection of its own. */
  readonly ask: (serverName: string, certificate: IssuedCertificate | null, more?: Ask) => Promise<string>
}

interface Ask {
  readonly host?: string
  readonly headers?: string
  readonly chain?: string
}

async function start(
  context: TestContext,
  policies: Policies,
  options: Partial<DataPlaneOptions> = {},
): Promise<Running> {
  const upstream = await startRawUpstream((peer) => {
    if (!peer.text.endsWith(peer.text.startsWith('POST') ? 'done' : '\r\n\r\n')) return
    const lines = peer.text.split('\r\n').filter((line) => /^ssl.client/i.test(line))
    const body = lines.join('\n')
    peer.socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
    peer.text = ''
  })
  const fixture = await startSecureFixture(modelOf(upstream.port, policies), options)
  const sockets = new Set<TLSSocket>()
  context.after(async () => {
    for (const socket of sockets) socket.destroy()
    await fixture.plane.drain(0)
    await upstream[Symbol.asyncDispose]()
  })
  const open = async (serverName: string, options: ConnectionOptions = {}): Promise<TLSSocket> => {
    const socket = connect({
      host: '127.0.0.1',
      port: fixture.httpsPort,
      servername: serverName,
      rejectUnauthorized: false,
      ...options,
    })
    sockets.add(socket.on('error', () => undefined))
    await once(socket, 'secureConnect')
    return socket
  }
  return {
    fixture,
    upstream,
    change: (next) => fixture.apply(modelOf(upstream.port, next)),
    connect: open,
    ask: async (serverName, certificate, { host = serverName, headers = '', chain = '' } = {}) => {
      const identity = certificate === null ? {} : { cert: certificate.certPem + chain, key: certificate.keyPem }
      return request(await open(serverName, identity), host, headers)
    },
  }
}

async function request(socket: TLSSocket, host: string, headers = ''): Promise<string> {
  socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n${headers}\r\n`)
  return statusAndBody(await readAll(socket))
}

async function readAll(socket: TLSSocket): Promise<string> {
  let text = ''
  for await (const chunk of socket) text += String(chunk)
  return text
}

function statusAndBody(text: string): string {
  const location = /\r\nLocation: ([^\r]*)/i.exec(text)?.[1] ?? ''
  return `${text.slice(9, 12)} ${location || text.slice(text.indexOf('\r\n\r\n') + 4).trim()}`
}

const GOOD = '200 ssl-client-verify: SUCCESS'
const NONE = '400 400 No required SSL certificate was sent'
const BAD = '400 400 The SSL certificate error'

test('a required certificate is verified against the authority of its own host alone', async (context) => {
  const { ask } = await start(context, { 'a.test': {}, 'b.test': { caPem: rootB.certPem }, 'open.test': null })
  assert.equal(
    await ask('a.test', ann),
    `${GOOD}\nssl-client-subject-dn: CN=ann,O=Sh\\C5\\8Dp,C=JP\nssl-client-issuer-dn: CN=Root A`,
  )
  assert.equal(await ask('b.test', bob), `${GOOD}\nssl-client-subject-dn: CN=bob\nssl-client-issuer-dn: CN=Root B`)
  assert.equal(await ask('a.test', bob), BAD)
  assert.equal(await ask('b.test', ann), BAD)
  assert.equal(await ask('a.test', null), NONE)
  assert.equal(await ask('a.test', expired), BAD)
  assert.equal(await ask('a.test', serverOnly), BAD, 'not meant for clients')
})

test('only names that want a certificate are asked for one', async (context) => {
  const { connect: open } = await start(context, { 'a.test': {}, 'open.test': null, '*.wild.test': {} })
  const asked = async (name: string): Promise<boolean> => {
    // A client shows what it has only when asked: the server then knows the certificate.
    const socket = await open(name, { cert: ann.certPem, key: ann.keyPem, maxVersion: 'TLSv1.2' })
    const isAsked = (socket as unknown as { getSharedSigalgs(): string[] }).getSharedSigalgs().length > 0
    socket.destroy()
    return isAsked
  }
  const results: Record<string, boolean> = {}
  for (const name of ['a.test', 'A.TEST', 'x.wild.test', 'open.test', 'unknown.test', ''])
    results[name] = await asked(name)
  assert.deepEqual(results, {
    'a.test': true,
    'A.TEST': true,
    'x.wild.test': true,
    'open.test': false,
    'unknown.test': false,
    '': false,
  })
})

test('a rule for all hosts asks whoever names no other host, and whoever names none', async (context) => {
  const { ask } = await start(context, { '': {}, 'b.test': { caPem: rootB.certPem } })
  assert.match(await ask('unknown.test', ann), /^200/)
  assert.equal(await ask('unknown.test', null), NONE)
  assert.match(await ask('', ann, { host: 'anything' }), /^200/)
  assert.equal(await ask('', null, { host: 'anything' }), NONE)
  assert.equal(await ask('', bob, { host: 'anything' }), BAD)
  assert.equal(await ask('', ann, { host: 'b.test' }), '421 421 Misdirected Request')
  assert.equal(await ask('unknown.test', ann, { host: 'other.test' }), '421 421 Misdirected Request')
})

test('a request for another host than the server name is misdirected, either way', async (context) => {
  const { ask, connect: open } = await start(context, { 'a.test': {}, 'b.test': {}, 'open.test': null })
  const misdirected = '421 421 Misdirected Request'
  assert.equal(await ask('open.test', ann, { host: 'a.test' }), misdirected)
  assert.equal(await ask('', ann, { host: 'a.test' }), misdirected)
  assert.equal(await ask('b.test', ann, { host: 'a.test' }), misdirected, 'even with the same authority')
  assert.match(await ask('a.test', ann, { host: 'open.test' }), /^200/)
  assert.match(await ask('a.test', ann, { host: 'A.test:443' }), /^200/)
  const kept = await open('a.test', { cert: ann.certPem, key: ann.keyPem })
  kept.write('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n')
  assert.match(String((await once(kept, 'data'))[0]), /^HTTP\/1\.1 200/)
  assert.equal(await request(kept, 'b.test'), misdirected)
})

test('HTTP/2 verifies, tells upstreams, and misdirects requests of other authorities', async (context) => {
  const { fixture } = await start(context, { 'a.test': { matchCn: 'CN=a' }, 'open.test': null })
  const ask = async (serverName: string, authority: string, certificate: IssuedCertificate | null): Promise<string> => {
    const client = connectHttp2(`https://127.0.0.1:${fixture.httpsPort}`, {
      servername: serverName,
      rejectUnauthorized: false,
      ...(certificate === null ? {} : { cert: certificate.certPem, key: certificate.keyPem }),
    })
    const stream = client.request({ ':path': '/', ':authority': authority, 'ssl-client-verify': 'FORGED' })
    const [headers] = (await once(stream, 'response')) as [Record<string, unknown>]
    let body = ''
    for await (const chunk of stream) body += String(chunk)
    client.destroy()
    return `${String(headers[':status'])} ${body.trim()}`
  }
  assert.match(await ask('a.test', 'a.test', ann), /^200 ssl-client-verify: SUCCESS\nssl-client-subject-dn: CN=ann/)
  assert.equal(await ask('a.test', 'a.test', null), NONE)
  assert.equal(await ask('a.test', 'a.test', bob), BAD)
  assert.equal(await ask('open.test', 'a.test', ann), '421 421 Misdirected Request')
  assert.equal(await ask('open.test', 'open.test', null), '200 ssl-client-verify: FORGED', 'nobody is asked here')
})

test('optional certificates, error pages, subjects and what goes upstream', async (context) => {
  const { ask } = await start(context, {
    'optional.test': { mode: 'optional' },
    'any.test': { mode: 'optional-no-ca', passesCertificate: true },
    'page.test': { errorPage: 'https://help.test/x' },
    'cn.test': { matchCn: 'CN=(ann|eve)' },
    'off.test': { mode: 'off' },
  })
  const forged = { headers: 'ssl-client-verify: SUCCESS\r\nssl_client_cert: x\r\nSSL-Client-Subject-DN: CN=root\r\n' }
  assert.equal(await ask('optional.test', null, forged), '200 ssl-client-verify: NONE')
  assert.match(await ask('optional.test', ann), /^200 ssl-client-verify: SUCCESS/)
  assert.equal(await ask('optional.test', bob), BAD)
  assert.equal(await ask('any.test', null, forged), '200 ssl-client-verify: NONE')
  const any = await ask('any.test', bob)
  assert.match(any, /ssl-client-verify: FAILED:unable to verify the first certificate\n/)
  const escaped = /ssl-client-cert: (\S+)/.exec(any)?.[1] ?? ''
  assert.equal(decodeURIComponent(escaped), bob.certPem)
  assert.equal(await ask('any.test', expired), BAD, 'nginx forgives the authority, not the date')
  assert.equal(await ask('page.test', null), '302 https://help.test/x')
  assert.equal(await ask('page.test', bob), '302 https://help.test/x')
  assert.match(await ask('cn.test', ann), /^200/)
  assert.equal(await ask('cn.test', await issueCertificate(rootA, 'CN=mallory')), '403 client certificate unauthorized')
  assert.equal(await ask('off.test', ann, forged), '200 ssl-client-verify: NONE')
})

test('chains are as long as the depth allows, counted as OpenSSL does', async (context) => {
  const { ask } = await start(context, {
    'd0.test': { depth: 0 },
    'd1.test': { depth: 1 },
    'd2.test': { depth: 2 },
    'known.test': { depth: 0, caPem: rootA.certPem + middleA.certPem },
  })
  const chain = lowerA.certPem + middleA.certPem
  assert.match(await ask('d0.test', ann), /^200/)
  assert.equal(await ask('d0.test', viaMiddle, { chain: middleA.certPem }), BAD)
  assert.match(await ask('d1.test', viaMiddle, { chain: middleA.certPem }), /^200/)
  assert.equal(await ask('d1.test', viaLower, { chain }), BAD)
  assert.match(await ask('d2.test', viaLower, { chain }), /^200/)
  assert.equal(await ask('d2.test', viaLower), BAD, 'the chain is not sent')
  assert.equal(await ask('known.test', viaMiddle), BAD, 'an authority that we know ourselves counts too')
})

test('a certificate that is its own issuer is good where it is listed itself', async (context) => {
  const selfMade = await createTestAuthority('CN=self', undefined, true)
  const other = await createTestAuthority('CN=self', undefined, true)
  const unfit = await createSelfSigned(['server.test'])
  const { ask } = await start(context, { 'a.test': { caPem: selfMade.certPem + unfit.certPem, depth: 0 } })
  assert.match(await ask('a.test', { ...selfMade, serialNumber: '' }), /^200/)
  assert.equal(await ask('a.test', { ...other, serialNumber: '' }), BAD)
  assert.equal(await ask('a.test', { ...unfit, serialNumber: '' }), BAD, 'it is for servers')
})

test('a revoked certificate is refused, and so is everyone whose authority has no list', async (context) => {
  const gone = await issueCertificate(rootA, 'CN=gone')
  const crlPem = await createRevocationList(rootA, [gone])
  const { ask } = await start(context, {
    'a.test': { crlPem },
    'b.test': { caPem: rootB.certPem, crlPem },
    'c.test': {},
  })
  assert.match(await ask('a.test', ann), /^200/)
  assert.equal(await ask('a.test', gone), BAD)
  assert.equal(await ask('b.test', bob), BAD)
  assert.match(await ask('c.test', gone), /^200/)
})

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  test(`no session of ${version} carries an authorisation from one host to another, or from before a change`, async (context) => {
    const policies = { 'a.test': {}, 'b.test': { caPem: rootB.certPem }, 'open.test': null }
    const running = await start(context, policies)
    const sessionOf = async (name: string, identity: ConnectionOptions): Promise<Buffer | undefined> => {
      const socket = await running.connect(name, { maxVersion: version, minVersion: version, ...identity })
      const sessions: Buffer[] = []
      socket.on('session', (session: Buffer) => sessions.push(session))
      const early = version === 'TLSv1.2' ? socket.getSession() : undefined
      await request(socket, name)
      return early ?? sessions.at(-1)
    }
    const resumed = async (name: string, session: Buffer | undefined): Promise<string> => {
      const socket = await running.connect(name, { session: session!, maxVersion: version, minVersion: version })
      const isReused = socket.isSessionReused()
      return `${isReused ? 'resumed' : 'fresh'} ${await request(socket, name)}`
    }
    const identity = { cert: ann.certPem, key: ann.keyPem }
    const ofOpen = await sessionOf('open.test', {})
    assert.match(await resumed('open.test', ofOpen), /^resumed 200/, 'sessions do resume where nobody is asked')
    assert.equal(await resumed('a.test', ofOpen), `fresh ${NONE}`)
    const ofA = await sessionOf('a.test', identity)
    assert.equal(await resumed('a.test', ofA), `fresh ${NONE}`)
    assert.equal(await resumed('b.test', ofA), `fresh ${NONE}`)
    assert.match(await resumed('open.test', ofA), /^fresh 200/)
  })
}

test('a changed authority counts at once: idle connections of the host end, others stay', async (context) => {
  const running = await start(context, { 'a.test': {}, 'open.test': null, 'other.test': null })
  const identity = { cert: ann.certPem, key: ann.keyPem }
  const names = ['a.test', 'open.test', 'other.test'] as const
  const kept = await Promise.all(names.map((name) => running.connect(name, identity)))
  for (const [index, socket] of kept.entries()) {
    socket.write(`GET / HTTP/1.1\r\nHost: ${names[index]}\r\n\r\n`)
    assert.match(String((await once(socket, 'data'))[0]), /^HTTP\/1\.1 200/)
  }
  const ended = Promise.all(
    kept.slice(0, 2).map((socket) => once(socket.resume(), 'end', { signal: AbortSignal.timeout(5000) })),
  )
  running.change({ 'a.test': { caPem: rootB.certPem }, 'open.test': {}, 'other.test': null })
  await ended
  assert.match(await request(kept[2]!, 'other.test'), /^200/)
  assert.equal(await running.ask('a.test', ann), BAD)
  assert.match(await running.ask('a.test', bob), /^200/)
  assert.equal(await running.ask('open.test', null), NONE)
  running.change({ 'a.test': null, 'open.test': null, 'other.test': null })
  assert.match(await running.ask('a.test', null), /^200/)
})

test(
  'a request that runs while the authority changes is finished, and its connection ends',
  { timeout: 10_000 },
  async (context) => {
    const running = await start(context, { 'a.test': {} })
    const socket = await running.connect('a.test', { cert: ann.certPem, key: ann.keyPem })
    socket.write('POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 4\r\n\r\n')
    await running.upstream.until(({ received }) => received().includes('POST /'))
    running.change({ 'a.test': { caPem: rootB.certPem } })
    socket.write('done')
    assert.match(await readAll(socket), /^HTTP\/1\.1 200 OK\r\n(?:[^\r]+\r\n)*Connection: close\r\n/i)
  },
)

test('authentication services are told what upstreams are told', async (context) => {
  const seen: string[] = []
  const gate: Gate = {
    description: 'looks',
    check: ({ rawLines }) => {
      seen.push(rawLines)
      return PASS
    },
    release: null,
  }
  const running = await start(context, { 'a.test': {} }, { createGates: () => [gate] })
  await running.ask('a.test', ann, { headers: 'ssl-client-verify: FORGED\r\n' })
  assert.equal(seen.length, 1)
  assert.ok(!seen[0]?.includes('FORGED'))
  assert.match(seen[0] ?? '', /^ssl-client-verify: SUCCESS\r\nssl-client-subject-dn: CN=ann,/m)
})
