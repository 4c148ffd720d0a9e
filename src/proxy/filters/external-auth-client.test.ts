import assert from 'node:assert/strict'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:https'
import { test } from 'node:test'
import type { TLSSocket } from 'node:tls'
import { createSelfSigned } from '../../base/certificate.ts'
import { answering, startRawUpstream } from '../testing/raw-upstream.ts'
import { AuthClient } from './external-auth-client.ts'
import type { AuthRequest } from './external-auth-request.ts'

function requestTo(scheme: 'http' | 'https', host: string, port: number): AuthRequest {
  return {
    scheme,
    host,
    port,
    method: 'GET',
    target: '/check?a=b',
    headerLines: `Host: ${host}\r\nCookie: \xe9=1\r\n`,
    isNested: false,
  }
}

test('connections are kept, bodies dropped, framing left out of the answer', async () => {
  const body = 'x'.repeat(200)
  await using service = await startRawUpstream(
    answering(`HTTP/1.1 200 OK\r\nX-User: ann\r\nX-User: bob\r\nContent-Length: ${body.length}\r\n\r\n${body}`),
  )
  const client = new AuthClient()
  const request = requestTo('http', '127.0.0.1', service.port)
  for (let i = 0; i < 3; i++) {
    assert.deepEqual(await client.ask(request), { status: 200, lines: 'X-User: ann\r\nX-User: bob\r\n' })
    // The connection is free once the body was read: in the next turn of the event loop.
    await new Promise((resolve) => setImmediate(resolve))
  }
  assert.equal(service.connections(), 1)
  assert.match(
    service.received(),
    /^GET \/check\?a=b HTTP\/1\.1\r\nHost: 127\.0\.0\.1\r\nCookie: \xe9=1\r\nConnection: keep-alive\r\n\r\n/,
  )
  client.close()
})

test('a TLS service hears its name, and its own certificate is taken', async () => {
  const { certPem, keyPem } = await createSelfSigned(['auth.example'])
  let serverName: string | false | undefined
  const server = createServer({ cert: certPem, key: keyPem }, (request, response) => {
    serverName = (request.socket as TLSSocket & { servername?: string | false }).servername
    response.writeHead(403).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const client = new AuthClient()
  const answer = await client.ask(requestTo('https', 'localhost', (server.address() as AddressInfo).port))
  assert.equal(answer?.status, 403)
  assert.equal(serverName, 'localhost')
  client.close()
  await new Promise<void>((resolve) => {
    server.close(() => resolve())
  })
})

test('what cannot be sent is no answer', async () => {
  const client = new AuthClient()
  assert.equal(await client.ask({ ...requestTo('http', '127.0.0.1', 1), target: '/a b' }), null)
  client.close()
})
