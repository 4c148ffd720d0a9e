import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { TrustedProxies } from '../routing/trusted-proxies.ts'
import { TrustedClients } from './client-address.ts'
import type { ClientInfo } from './downstream.ts'

const peer: ClientInfo = {
  scheme: 'http',
  remoteAddress: '192.0.2.1',
  remotePort: 5000,
  serverPort: 8080,
  tlsProtocol: '',
  tlsCipher: '',
  forwardingLines: '',
}

function clientsOf(more: Partial<TrustedProxies> = {}): TrustedClients {
  return new TrustedClients({
    addresses: ['192.0.2.0/24'],
    addressHeader: 'x-forwarded-for',
    trustsOthers: false,
    keepsChain: false,
    ...more,
  })
}

test('a peer that is not trusted is the client, whatever it says', () => {
  const stranger = { ...peer, remoteAddress: '203.0.113.9' }
  assert.equal(clientsOf().clientOf(stranger, 'a', 'X-Forwarded-For: 198.51.100.7\r\n'), null)
})

test('chains over several lines are read from their end to the first stranger', () => {
  const lines = 'X-Forwarded-For: 198.51.100.1, 198.51.100.2\r\nA: b\r\nx-forwarded-for: 192.0.2.7:443\r\n'
  assert.equal(clientsOf().clientOf(peer, 'a', lines)?.address, '198.51.100.2')
})

test('a chain of trusted proxies alone begins with the client', () => {
  assert.equal(
    clientsOf().clientOf(peer, 'a', 'X-Forwarded-For: 192.0.2.3, ::ffff:192.0.2.4\r\n')?.address,
    '192.0.2.3',
  )
})

test('another field may carry the address, and only the address is taken without more trust', () => {
  const lines = 'CF-Connecting-IP: 198.51.100.7\r\nX-Forwarded-For: 203.0.113.1\r\nX-Forwarded-Proto: https\r\n'
  const client = clientsOf({ addressHeader: 'cf-connecting-ip', keepsChain: true }).clientOf(peer, 'a.test:8080', lines)
  assert.deepEqual(client, {
    address: '198.51.100.7',
    authority: 'a.test:8080',
    forwarded: null,
    forwardingLines:
      'X-Real-IP: 198.51.100.7\r\nX-Forwarded-For: 198.51.100.7\r\nX-Forwarded-Port: 8080\r\n' +
      'X-Forwarded-Proto: http\r\nX-Forwarded-Scheme: http\r\nX-Scheme: http\r\n',
  })
})

test('a whole chain goes on with the peer behind it', () => {
  const clients = clientsOf({ trustsOthers: true, keepsChain: true })
  const chained = clients.clientOf(peer, 'a', 'X-Forwarded-For: 198.51.100.7, 192.0.2.3\r\n')
  assert.match(chained?.forwardingLines ?? '', /X-Forwarded-For: 198\.51\.100\.7, 192\.0\.2\.3, 192\.0\.2\.1\r\n/)
  assert.match(clients.clientOf(peer, 'a', '')?.forwardingLines ?? '', /X-Forwarded-For: 192\.0\.2\.1\r\n/)
})

test('words about the request that cannot be read are as if not said', () => {
  const lines = 'X-Forwarded-Proto: gopher\r\nX-Forwarded-Host: a b\r\nX-Forwarded-Port: 70000\r\n'
  const client = clientsOf({ trustsOthers: true }).clientOf(peer, 'a.test', lines)
  assert.equal(client?.forwarded, null)
  assert.equal(client.authority, 'a.test')
  assert.match(client.forwardingLines, /X-Forwarded-Port: 8080\r\nX-Forwarded-Proto: http\r\n/)
})

test('a client can put nothing behind what its proxy adds', () => {
  const untrusted = fc.ipV4().filter((address) => !address.startsWith('192.0.2.'))
  fc.assert(
    fc.property(fc.stringMatching(/^[\x21-\x7e ]{0,60}$/), untrusted, (claimed, address) => {
      const client = clientsOf().clientOf(peer, 'a', `X-Forwarded-For: ${claimed}, ${address}\r\n`)
      assert.equal(client?.address, address)
    }),
  )
})
