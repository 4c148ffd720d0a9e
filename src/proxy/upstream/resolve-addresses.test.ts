import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type DnsAnswer, startDnsResponder } from '../testing/dns-responder.ts'
import { createResolver, isOwnAddress } from './resolve-addresses.ts'

const NO_NAME: DnsAnswer = { code: 3 }

/** DNS alone: the system knows nothing. */
const lookupAll = (): Promise<never> => Promise.reject(new Error('ENOTFOUND'))

test('all addresses of both families are found, with the shortest TTL', async () => {
  await using dns = await startDnsResponder((question) =>
    question === 'A both.example'
      ? { addresses: ['192.0.2.1', '192.0.2.2'], ttlSeconds: 90 }
      : { addresses: ['2001:db8::1'], ttlSeconds: 30 },
  )
  const resolve = createResolver({ servers: [dns.server], lookupAll })
  const { addresses, ttlSeconds } = await resolve('both.example')
  assert.deepEqual([...addresses].sort(), ['192.0.2.1', '192.0.2.2', '2001:db8::1'])
  assert.equal(ttlSeconds, 30)
  assert.deepEqual(dns.questions.toSorted(), ['A both.example', 'AAAA both.example'])
})

test('one family is enough', async () => {
  await using dns = await startDnsResponder((question) =>
    question.startsWith('A ') ? { addresses: ['192.0.2.1'] } : {},
  )
  const resolve = createResolver({ servers: [dns.server], lookupAll })
  assert.deepEqual((await resolve('four.example')).addresses, ['192.0.2.1'])
})

test('a name server that is silent about one family holds nobody up', async () => {
  await using dns = await startDnsResponder((question) =>
    question.startsWith('A ') ? { addresses: ['192.0.2.1'] } : { isSilent: true },
  )
  const resolve = createResolver({ servers: [dns.server], timeoutMs: 10_000, lookupAll })
  const startMs = performance.now()
  assert.deepEqual((await resolve('half.example')).addresses, ['192.0.2.1'])
  assert.ok(performance.now() - startMs < 9000)
})

test('a name that nobody knows, and a server that fails, are failures', async () => {
  await using dns = await startDnsResponder((question) => (question.endsWith('bad.example') ? { code: 2 } : NO_NAME))
  const resolve = createResolver({ servers: [dns.server], timeoutMs: 100, lookupAll })
  await assert.rejects(resolve('gone.example'))
  await assert.rejects(resolve('bad.example'))
})

test('the system is asked for what DNS does not know, and for short names at once', async () => {
  await using dns = await startDnsResponder(() => NO_NAME)
  const resolve = createResolver({
    servers: [dns.server],
    lookupAll: (hostname) => Promise.resolve([{ address: hostname === 'short' ? '192.0.2.7' : '192.0.2.8' }]),
  })
  assert.deepEqual((await resolve('hosts.example')).addresses, ['192.0.2.8'])
  const before = dns.questions.length
  assert.deepEqual((await resolve('short')).addresses, ['192.0.2.7'])
  assert.equal(dns.questions.length, before)
})

test('addresses of this machine are left out of answers, and a name with no other is a failure', async () => {
  await using dns = await startDnsResponder((question) =>
    question.startsWith('A ')
      ? { addresses: question.endsWith('mixed.example') ? ['127.0.0.53', '192.0.2.1'] : ['127.0.0.1'] }
      : { addresses: ['::1'] },
  )
  const resolve = createResolver({ servers: [dns.server], lookupAll })
  assert.deepEqual((await resolve('mixed.example')).addresses, ['192.0.2.1'])
  await assert.rejects(resolve('rebound.example'), /no address of another machine/)
})

test('own addresses are known in all their forms', () => {
  for (const own of [
    '127.0.0.1',
    '127.9.9.9',
    '0.0.0.0',
    '::1',
    '::',
    '::ffff:127.0.0.1',
    '::127.0.0.1',
    '::ffff:0.0.0.0',
  ]) {
    assert.equal(isOwnAddress(own), true, own)
  }
  for (const other of ['192.0.2.1', '2001:db8::1', '::ffff:192.0.2.1', '128.0.0.1']) {
    assert.equal(isOwnAddress(other), false, other)
  }
})
