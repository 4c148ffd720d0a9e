import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { DnsTarget, type ResolvedAddresses } from './dns-target.ts'

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** A target whose questions are answered by hand, in a world where timers wait to be told. */
function create(context: TestContext, hostname = 'api.example.com') {
  context.mock.timers.enable({ apis: ['setTimeout'] })
  const asked: string[] = []
  const endpoints: string[] = []
  let settledCount = 0
  let answer: ResolvedAddresses | null = null
  const target = new DnsTarget(
    hostname,
    443,
    (name) => {
      asked.push(name)
      return answer === null ? Promise.reject(new Error('SERVFAIL')) : Promise.resolve(answer)
    },
    {
      setEndpoints: (list) => {
        endpoints.splice(0, Infinity, ...list.map(({ address, port }) => `${address} ${port}`))
      },
      targetSettled: () => {
        settledCount++
      },
    },
  )
  return {
    target,
    asked,
    endpoints,
    settledCount: () => settledCount,
    answers: (addresses: readonly string[], ttlSeconds = 60) => {
      answer = { addresses, ttlSeconds }
    },
    fails: () => {
      answer = null
    },
    pass: async (seconds: number) => {
      context.mock.timers.tick(seconds * 1000)
      await settled()
    },
  }
}

test('all addresses are used, and asked for again when their TTL ends', async (context) => {
  const dns = create(context)
  dns.answers(['192.0.2.2', '192.0.2.1'], 60)
  dns.target.start()
  assert.equal(dns.target.isPending, true)
  await settled()
  assert.equal(dns.target.isPending, false)
  assert.deepEqual(dns.endpoints, ['192.0.2.1 443', '192.0.2.2 443'])
  dns.answers(['192.0.2.3'])
  await dns.pass(59)
  assert.equal(dns.asked.length, 1)
  await dns.pass(1)
  assert.deepEqual(dns.endpoints, ['192.0.2.3 443'])
})

test('a TTL has a floor of one second and a ceiling of five minutes', async (context) => {
  const dns = create(context)
  dns.answers(['192.0.2.1'], 0)
  dns.target.start()
  await settled()
  await dns.pass(0.9)
  assert.equal(dns.asked.length, 1)
  dns.answers(['192.0.2.1'], 86_400)
  await dns.pass(0.1)
  assert.equal(dns.asked.length, 2)
  await dns.pass(299)
  assert.equal(dns.asked.length, 2)
  await dns.pass(1)
  assert.equal(dns.asked.length, 3)
})

test('a failure is believed for five seconds, and whoever waited is told', async (context) => {
  const dns = create(context)
  dns.fails()
  dns.target.start()
  await settled()
  assert.equal(dns.settledCount(), 1)
  assert.deepEqual(dns.endpoints, [])
  await dns.pass(4)
  assert.equal(dns.asked.length, 1)
  dns.answers(['192.0.2.1'])
  await dns.pass(1)
  assert.deepEqual(dns.endpoints, ['192.0.2.1 443'])
})

test('the last good addresses stay while asking fails', async (context) => {
  const dns = create(context)
  dns.answers(['192.0.2.1'], 10)
  dns.target.start()
  await settled()
  dns.fails()
  await dns.pass(10)
  await dns.pass(5)
  await dns.pass(5)
  assert.equal(dns.asked.length, 4)
  assert.deepEqual(dns.endpoints, ['192.0.2.1 443'])
})

test('a trailing dot is not part of the name, and an address needs no question', async (context) => {
  const dns = create(context, 'api.example.com.')
  dns.answers(['192.0.2.1'])
  dns.target.start()
  assert.deepEqual(dns.asked, ['api.example.com'])
  context.mock.timers.reset()
  const literal = create(context, '[2001:db8::1]')
  literal.target.start()
  assert.deepEqual(literal.asked, [])
  assert.deepEqual(literal.endpoints, ['2001:db8::1 443'])
  await settled()
})

test('a target that is closed asks no more, and an answer under way is dropped', async (context) => {
  const dns = create(context)
  dns.answers(['192.0.2.1'], 1)
  dns.target.start()
  dns.target.close()
  await settled()
  assert.deepEqual(dns.endpoints, [])
  await dns.pass(600)
  assert.equal(dns.asked.length, 1)
})
