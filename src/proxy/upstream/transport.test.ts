import assert from 'node:assert/strict'
import { createServer as createHttp } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { after, before, test } from 'node:test'
import { createSelfSigned } from '../../base/certificate.ts'
import type { ForwardAction } from '../../routing/model.ts'
import type { UpstreamTlsConfig } from '../../routing/upstream-tls.ts'
import { sendRaw } from '../testing/raw-client.ts'
import { fixtureModel, startFixture } from '../testing/proxy-fixture.ts'
import { PLAIN_TRANSPORT, transportOf } from './transport.ts'

const CONFIG: UpstreamTlsConfig = {
  serverName: 'web.example',
  sendsServerName: true,
  verify: null,
  clientCertificate: null,
  ciphers: '',
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.3',
}

let server: Server
let port: number
const resumed: boolean[] = []

before(async () => {
  const { certPem, keyPem } = await createSelfSigned(['web.example'])
  server = createServer({ cert: certPem, key: keyPem }, (_request, response) => {
    response.writeHead(200, { connection: 'close' }).end('secret')
  })
  server.on('secureConnection', (socket: TLSSocket) => resumed.push(socket.isSessionReused()))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})
after(() => {
  server.closeAllConnections()
  server.close()
})

function action(change: Partial<ForwardAction>): ForwardAction {
  const made = fixtureModel({ upstreams: [], action: change }).routes.hosts[0]?.routes[0]?.action
  assert.ok(made?.kind === 'forward')
  return made
}

test('routes that ask for the same share a transport, others do not', () => {
  const one = transportOf(action({ protocol: 'https', upstreamTls: CONFIG }), 'http')
  assert.equal(transportOf(action({ protocol: 'https', upstreamTls: { ...CONFIG } }), 'https'), one)
  assert.notEqual(transportOf(action({ protocol: 'h2', upstreamTls: CONFIG }), 'http'), one)
  assert.notEqual(transportOf(action({ protocol: 'https', upstreamTls: { ...CONFIG, serverName: 'b' } }), 'http'), one)
  assert.notEqual(transportOf(action({ protocol: 'https' }), 'http'), one)
})

test('the client decides where the route says so', () => {
  assert.equal(transportOf(action({ protocol: 'client' }), 'http'), PLAIN_TRANSPORT)
  assert.equal(transportOf(action({ protocol: 'client' }), 'https'), transportOf(action({ protocol: 'https' }), 'http'))
})

test('the key of a transport holds no secret', () => {
  const clientCertificate = { certPem: 'cert', keyPem: 'sesame' }
  const { key } = transportOf(action({ protocol: 'https', upstreamTls: { ...CONFIG, clientCertificate } }), 'http')
  assert.doesNotMatch(key, /sesame/)
})

test('a default backend that stands in is spoken to in plain HTTP', async (context) => {
  const web = createHttp((_request, response) => response.end('sorry'))
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve))
  context.after(() => web.close(() => undefined).closeAllConnections())
  const model = fixtureModel({
    upstreams: [],
    action: { protocol: 'h2c' },
    route: { fallbackBackendId: 'shop/sorry:80' },
  })
  await using fixture = await startFixture({ upstreams: [] })
  const endpoint = { address: '127.0.0.1', port: (web.address() as AddressInfo).port, pod: '' }
  const sorry = {
    id: 'shop/sorry:80',
    upstreamName: 'sorry',
    target: { kind: 'endpoints', endpoints: [endpoint] },
  } as const
  fixture.plane.apply({ ...model, backends: [...model.backends, sorry] })
  assert.match(await sendRaw(fixture.port, 'GET / HTTP/1.0\r\nHost: a\r\n\r\n'), /sorry$/)
})

test('a further connection to an upstream resumes the TLS session of the one before', async () => {
  resumed.length = 0
  await using fixture = await startFixture({ upstreams: [port], action: { protocol: 'https' } })
  for (let i = 0; i < 2; i++) {
    const answer = await sendRaw(fixture.port, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    assert.match(answer, /^HTTP\/1\.1 200 /)
  }
  assert.deepEqual(resumed, [false, true])
})
