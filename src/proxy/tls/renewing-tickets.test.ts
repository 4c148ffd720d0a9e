import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect, createServer, type Server } from 'node:tls'
import { after, before, test } from 'node:test'
import { createSelfSigned } from '../../base/certificate.ts'
import { createTlsOptions, TICKET_KEY_BYTES } from './tls-options.ts'
import { renewTickets } from './renewing-tickets.ts'

const servers: Server[] = []
const ticketKeys = Buffer.alloc(TICKET_KEY_BYTES, 7)

async function start(keys: Buffer): Promise<number> {
  const pair = await createSelfSigned(['a.example'])
  const options = { ...createTlsOptions({ ticketKeys: keys }), cert: pair.certPem, key: pair.keyPem }
  const server = createServer(options, (socket) => socket.on('error', () => undefined).end('hello'))
  renewTickets(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  servers.push(server)
  return (server.address() as AddressInfo).port
}

interface Visit {
  readonly isResumed: boolean
  readonly session: Buffer | undefined
}

async function visit(port: number, session: Buffer | undefined, version: 'TLSv1.2' | 'TLSv1.3'): Promise<Visit> {
  let latest: Buffer | undefined
  const socket = connect({
    port,
    host: '127.0.0.1',
    servername: 'a.example',
    rejectUnauthorized: false,
    maxVersion: version,
    ...(session === undefined ? {} : { session }),
  })
  socket.on('session', (ticket: Buffer) => {
    latest = ticket
  })
  let isResumed = false
  socket.once('secureConnect', () => {
    isResumed = socket.isSessionReused()
  })
  socket.resume()
  await once(socket, 'close')
  return { isResumed, session: latest }
}

let port = 0
before(async () => {
  port = await start(ticketKeys)
})
after(() => {
  for (const server of servers) server.close()
})

test('a client that takes the newest ticket each time resumes each time', async () => {
  let { session } = await visit(port, undefined, 'TLSv1.3')
  for (let i = 0; i < 5; i++) {
    const next: Visit = await visit(port, session, 'TLSv1.3')
    assert.equal(next.isResumed, true, `visit ${i}`)
    assert.ok(next.session !== undefined, 'no new ticket came')
    session = next.session
  }
})

test('a ticket of another server with the same keys is taken', async () => {
  const other = await start(ticketKeys)
  const { session } = await visit(other, undefined, 'TLSv1.3')
  assert.equal((await visit(port, session, 'TLSv1.3')).isResumed, true)
})

test('a ticket of other keys leads to a full handshake', async () => {
  const other = await start(Buffer.alloc(TICKET_KEY_BYTES, 8))
  const { session } = await visit(other, undefined, 'TLSv1.3')
  assert.equal((await visit(port, session, 'TLSv1.3')).isResumed, false)
})

test('TLS 1.2 resumes too', async () => {
  const { session } = await visit(port, undefined, 'TLSv1.2')
  assert.equal((await visit(port, session, 'TLSv1.2')).isResumed, true)
})
