import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls'
import type { RoutingModel } from '../../routing/model.ts'
import { DEFAULT_TLS_POLICY, type TlsPolicy } from '../../routing/tls-policy.ts'
import { fixtureModel } from '../testing/proxy-fixture.ts'
import { startSecureFixture } from '../testing/secure-fixture.ts'

function modelOf(policy: Partial<TlsPolicy> | null, host = 'secure.test'): RoutingModel {
  const settings = policy === null ? {} : { tls: { ...DEFAULT_TLS_POLICY, ...policy } }
  const model = fixtureModel({
    upstreams: [],
    settings,
    route: { action: { kind: 'respond', answer: { status: 200, contentType: '', body: '' } } },
  })
  return { ...model, routes: { ...model.routes, hosts: model.routes.hosts.map((item) => ({ ...item, host })) } }
}

async function start(context: TestContext, policy: Partial<TlsPolicy> | null, host?: string) {
  const fixture = await startSecureFixture(modelOf(policy, host))
  const sockets = new Set<TLSSocket>()
  context.after(async () => {
    for (const socket of sockets) socket.destroy()
    await fixture.plane.drain(0)
  })
  const open = async (options: ConnectionOptions = {}): Promise<TLSSocket> => {
    const socket = connect({
      host: '127.0.0.1',
      port: fixture.httpsPort,
      servername: 'secure.test',
      rejectUnauthorized: false,
      ...options,
    })
    sockets.add(socket)
    await once(socket, 'secureConnect')
    return socket
  }
  return {
    open,
    change: (next: Partial<TlsPolicy> | null) => fixture.apply(modelOf(next, host)),
    /** Status of a request on a connection. */
    ask: async (socket: TLSSocket): Promise<string> => {
      socket.write('GET / HTTP/1.1\r\nHost: secure.test\r\n\r\n')
      return String((await once(socket, 'data'))[0]).slice(9, 12)
    },
    session: async (options: ConnectionOptions = {}): Promise<Buffer> => {
      const socket = await open(options)
      if (socket.getProtocol() === 'TLSv1.2') return socket.getSession() ?? Buffer.alloc(0)
      const [session] = (await once(socket, 'session')) as [Buffer]
      return session
    },
  }
}

const REFUSED = { code: /^ERR_SSL_/ }
const OLD: ConnectionOptions = { maxVersion: 'TLSv1.2' }

test('versions follow the settings at once, and connections from before go on', async (context) => {
  const { open, change, ask } = await start(context, null)
  const before = await open(OLD)
  change({ minVersion: 'TLSv1.3' })
  await assert.rejects(open(OLD), REFUSED)
  assert.equal((await open()).getProtocol(), 'TLSv1.3')
  assert.equal(await ask(before), '200')
  change({ maxVersion: 'TLSv1.2' })
  assert.equal((await open()).getProtocol(), 'TLSv1.2')
  change(null)
  assert.equal((await open()).getProtocol(), 'TLSv1.3')
  assert.equal((await open(OLD)).getProtocol(), 'TLSv1.2')
})

test('a list of ciphers is for TLS 1.2 and leaves 1.3 alone', async (context) => {
  const { open } = await start(context, { ciphers: 'ECDHE-ECDSA-AES256-GCM-SHA384' })
  assert.equal((await open(OLD)).getCipher().name, 'ECDHE-ECDSA-AES256-GCM-SHA384')
  await assert.rejects(open({ ...OLD, ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' }), REFUSED)
  assert.equal((await open()).getProtocol(), 'TLSv1.3')
})

test('the choice of ciphers is the server’s, unless it is left to the client', async (context) => {
  const { open, change } = await start(context, null)
  const ciphers = 'ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-GCM-SHA256'
  assert.equal((await open({ ...OLD, ciphers })).getCipher().name, 'ECDHE-ECDSA-AES128-GCM-SHA256')
  change({ prefersServerCiphers: false })
  assert.equal((await open({ ...OLD, ciphers })).getCipher().name, 'ECDHE-ECDSA-CHACHA20-POLY1305')
})

test('key exchange uses the groups of the settings', async (context) => {
  const { open } = await start(context, { curves: 'secp384r1' })
  const { name } = (await open(OLD)).getEphemeralKeyInfo() as { name?: string }
  assert.equal(name, 'secp384r1')
  await assert.rejects(open({ ecdhCurve: 'X25519' }), REFUSED)
})

for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
  test(`sessions of ${maxVersion} resume by tickets, unless these are off`, async (context) => {
    const { open, change, session } = await start(context, null)
    const kept = await session({ maxVersion })
    assert.equal((await open({ session: kept, maxVersion })).isSessionReused(), true)
    change({ usesSessionTickets: false })
    assert.equal((await open({ session: kept, maxVersion })).isSessionReused(), false)
    const useless = await session({ maxVersion })
    assert.equal((await open({ session: useless, maxVersion })).isSessionReused(), false)
    change(null)
    assert.equal((await open({ session: kept, maxVersion })).isSessionReused(), true)
  })
}

test('replicas with the same ticket key resume each other’s sessions, others do not', async (context) => {
  const sessionTicketKey = Buffer.alloc(80, 7).toString('base64')
  const one = await start(context, { sessionTicketKey })
  const two = await start(context, { sessionTicketKey })
  const three = await start(context, null)
  const session = await one.session()
  assert.equal((await two.open({ session })).isSessionReused(), true)
  assert.equal((await three.open({ session })).isSessionReused(), false)
  two.change({ sessionTicketKey: Buffer.alloc(48, 8).toString('base64') })
  assert.equal((await two.open({ session })).isSessionReused(), false)
})

test('handshakes for unknown names are refused with an alert, if asked for', async (context) => {
  const { open, change, ask } = await start(context, { rejectsUnknownNames: true })
  for (const servername of ['unknown.test', '']) {
    await assert.rejects(open({ servername }), { code: 'ERR_SSL_TLSV1_UNRECOGNIZED_NAME' })
  }
  assert.equal(await ask(await open()), '200')
  assert.equal(await ask(await open({ servername: 'SECURE.test' })), '200')
  change(null)
  assert.equal((await open({ servername: 'unknown.test' })).authorized, false)
})

test('a rule for all hosts makes no name known', async (context) => {
  const { open } = await start(context, { rejectsUnknownNames: true }, '')
  await assert.rejects(open({ servername: 'any.test' }), { code: 'ERR_SSL_TLSV1_UNRECOGNIZED_NAME' })
})

test('settings that OpenSSL cannot use change nothing', async (context) => {
  const { open, change } = await start(context, { maxVersion: 'TLSv1.2' })
  assert.throws(() => change({ ciphers: 'NONSENSE' }), /cipher/)
  assert.equal((await open()).getProtocol(), 'TLSv1.2')
})
