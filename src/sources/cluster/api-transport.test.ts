import assert from 'node:assert/strict'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { test } from 'node:test'
import { createAuthority, createSignedBy } from '../../base/certificate.ts'
import { ApiError, ApiTransport } from './api-transport.ts'
import { type ClusterAccess, fixedCredentials } from './cluster-access.ts'

const NOBODY = { isInsecure: false, credentials: fixedCredentials({ authorization: '' }), namespace: 'a', from: 'test' }

interface Opened extends AsyncDisposable {
  readonly transport: ApiTransport
}

async function open(server: Server, scheme: string, access: Partial<ClusterAccess> = {}): Promise<Opened> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const transport = new ApiTransport({ ...NOBODY, server: `${scheme}://127.0.0.1:${port}`, ...access }, 'test')
  return {
    transport,
    async [Symbol.asyncDispose]() {
      transport.close()
      if ('closeAllConnections' in server) (server as { closeAllConnections(): void }).closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const plain = (listener: RequestListener, access: Partial<ClusterAccess> = {}): Promise<Opened> =>
  open(createServer(listener), 'http', access)

test('after 401 the request is sent again with other credentials, if there are any', async () => {
  const seen: string[] = []
  const listener: RequestListener = ({ headers }, response) => {
    seen.push(headers.authorization ?? '')
    response.writeHead(headers.authorization === 'Bearer new' ? 200 : 401).end('{"a":1}')
  }
  let token = 'old'
  const credentials = {
    next: async () => ({ authorization: `Bearer ${token}` }),
    refused: () => {
      token = 'new'
    },
  }
  await using rotated = await plain(listener, { credentials })
  assert.deepEqual(await rotated.transport.json({ path: '/' }), { a: 1 })
  assert.deepEqual(seen, ['Bearer old', 'Bearer new'])
  await using fixed = await plain(listener, { credentials: fixedCredentials({ authorization: 'Bearer old' }) })
  await assert.rejects(fixed.transport.json({ path: '/' }), { name: 'ApiError', status: 401 })
  assert.equal(seen.length, 3)
})

test('an answer of 400 and above says its reason and how long to wait', async () => {
  await using api = await plain((_, response) => {
    response.writeHead(429, { 'retry-after': '7' }).end('{"reason":"TooManyRequests","message":"slow down"}')
  })
  const error: unknown = await api.transport
    .json({ path: '/api/v1/services?limit=1' })
    .catch((reason: unknown) => reason)
  assert.ok(error instanceof ApiError)
  assert.deepEqual([error.status, error.reason, error.retryAfter], [429, 'TooManyRequests', 7])
  assert.equal(error.message, 'GET /api/v1/services: 429 slow down')
})

test('a page of some proxy in between is told as it is, and a date to wait for is none', async () => {
  await using api = await plain((_, response) => {
    response.writeHead(502, { 'retry-after': 'Fri, 31 Dec 1999 23:59:59 GMT' }).end('<h1>Bad Gateway</h1>')
  })
  await assert.rejects(api.transport.json({ path: '/x' }), {
    message: 'GET /x: 502 <h1>Bad Gateway</h1>',
    retryAfter: 0,
  })
})

test('a server that says nothing is given up', async () => {
  await using api = await plain(() => undefined)
  await assert.rejects(api.transport.json({ path: '/', idleTimeoutMs: 50 }), /^Error: No word from .* for 50 ms$/)
})

test('a stream that breaks off is an error and not its end', async () => {
  await using api = await plain((_, response) => {
    response.write('one\n', () => setImmediate(() => response.destroy()))
  })
  const lines: string[] = []
  let opened = 0
  await assert.rejects(async () => {
    for await (const line of api.transport.lines({ path: '/' }, () => opened++)) lines.push(line)
  })
  assert.deepEqual([lines, opened], [['one'], 1])
})

test('the certificate is checked by the name that the cluster has, and ours is shown', async () => {
  const authority = await createAuthority('test')
  const server = await createSignedBy(authority, ['inside.example'])
  const client = await createSignedBy(authority, ['client.example'])
  const make = (): Server =>
    createTlsServer(
      { cert: server.certPem, key: server.keyPem, ca: authority.certPem, requestCert: true, rejectUnauthorized: false },
      ({ socket }, response) => {
        response.end(JSON.stringify({ hasCertificate: (socket as TLSSocket).getPeerCertificate().raw !== undefined }))
      },
    )
  const certified = fixedCredentials({ authorization: '', certificatePem: client.certPem, keyPem: client.keyPem })
  const trusted = { authorityPem: authority.certPem, serverName: 'inside.example' }
  await using named = await open(make(), 'https', { ...trusted, credentials: certified })
  assert.deepEqual(await named.transport.json({ path: '/' }), { hasCertificate: true })
  await using wrong = await open(make(), 'https', { ...trusted, serverName: 'outside.example' })
  await assert.rejects(wrong.transport.json({ path: '/' }), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
  await using unknown = await open(make(), 'https', { serverName: 'inside.example' })
  await assert.rejects(unknown.transport.json({ path: '/' }))
  await using careless = await open(make(), 'https', { isInsecure: true })
  assert.deepEqual(await careless.transport.json({ path: '/' }), { hasCertificate: false })
})
