import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { GateVerdict } from '../../routing/gate.ts'
import type { RateLimit, RateLimitConfig } from '../../routing/gate-config.ts'
import { gateRequest } from '../../routing/testing/gate-request.ts'
import { createRateGate } from './limit-rate.ts'
import { RateZone } from './rate-zone.ts'

interface Limiter {
  nowMs: number
  ask(client: string): GateVerdict
}

function createLimiter(limits: readonly RateLimit[], more: Partial<RateLimitConfig> = {}): Limiter {
  const config: RateLimitConfig = { kind: 'limit-rate', zone: 'shop/web', limits, exempt: [], status: 503, ...more }
  const limiter = {
    nowMs: 0,
    ask: (client: string) => gate.check(gateRequest({ clientAddress: client })) as GateVerdict,
  }
  const gate = createRateGate(
    config,
    limits.map(() => new RateZone()),
    () => limiter.nowMs,
  )
  return limiter
}

const passes = (verdict: GateVerdict): boolean => verdict.kind === 'pass'

test('one a second with burst 5 lets 6 requests pass at once and refuses the seventh', () => {
  const limiter = createLimiter([{ requests: 1, perSeconds: 1, burst: 5 }])
  const verdicts = Array.from({ length: 8 }, () => passes(limiter.ask('192.0.2.1')))
  assert.deepEqual(verdicts, [true, true, true, true, true, true, false, false])
  limiter.nowMs = 999
  assert.equal(passes(limiter.ask('192.0.2.1')), false)
  limiter.nowMs = 1000
  assert.equal(passes(limiter.ask('192.0.2.1')), true)
  assert.equal(passes(limiter.ask('192.0.2.1')), false)
})

test('each client has a bucket of its own, IPv6 clients by their whole address', () => {
  const limiter = createLimiter([{ requests: 1, perSeconds: 1, burst: 0 }])
  for (const client of ['192.0.2.1', '192.0.2.2', '2001:db8::1', '2001:db8::2']) {
    assert.equal(passes(limiter.ask(client)), true, client)
    assert.equal(passes(limiter.ask(client)), false, client)
  }
})

test('a request that the limit for minutes refuses is not counted by the one for seconds', () => {
  const limiter = createLimiter([
    { requests: 2, perSeconds: 1, burst: 1 },
    { requests: 60, perSeconds: 60, burst: 0 },
  ])
  assert.equal(passes(limiter.ask('192.0.2.1')), true)
  for (let i = 0; i < 10; i++) assert.equal(passes(limiter.ask('192.0.2.1')), false)
  limiter.nowMs = 1000
  assert.equal(passes(limiter.ask('192.0.2.1')), true)
})

test('exempt clients are not counted', () => {
  const limiter = createLimiter([{ requests: 1, perSeconds: 60, burst: 0 }], { exempt: ['192.0.2.0/24'] })
  for (let i = 0; i < 5; i++) assert.equal(passes(limiter.ask('192.0.2.9')), true)
  assert.equal(passes(limiter.ask('198.51.100.1')), true)
  assert.equal(passes(limiter.ask('198.51.100.1')), false)
})

test('only 429 says when to come again', () => {
  const limits: RateLimit[] = [{ requests: 6, perSeconds: 60, burst: 0 }]
  const plain = createLimiter(limits)
  plain.ask('192.0.2.1')
  assert.deepEqual(plain.ask('192.0.2.1'), {
    kind: 'refuse',
    status: 503,
    contentType: 'text/plain',
    body: '503 Service Temporarily Unavailable\n',
    responseLines: '',
  })
  const polite = createLimiter(limits, { status: 429 })
  polite.ask('192.0.2.1')
  polite.nowMs = 4000
  const refusal = polite.ask('192.0.2.1')
  assert.equal(refusal.kind, 'refuse')
  assert.equal(refusal.responseLines, 'Retry-After: 6\r\n')
  polite.nowMs = 10_000
  assert.equal(passes(polite.ask('192.0.2.1')), true)
})

/** nginx's words, as naively as they can be written: one variable for each client, whole milli-requests. */
function createOracle({ requests, perSeconds, burst }: RateLimit): (client: string, nowMs: number) => boolean {
  const state = new Map<string, readonly [excess: bigint, lastMs: number]>()
  const rate = (BigInt(requests) * 1000n) / BigInt(perSeconds)
  return (client, nowMs) => {
    const known = state.get(client)
    let excess = 0n
    if (known !== undefined) excess = known[0] - (rate * BigInt(nowMs - known[1])) / 1000n + 1000n
    if (excess < 0n) excess = 0n
    if (excess > BigInt(burst) * 1000n) return false
    state.set(client, [excess, nowMs])
    return true
  }
}

test('whatever the rate and the arrivals, verdicts are those of a leaky bucket', () => {
  const limit = fc.record({
    requests: fc.integer({ min: 1, max: 500 }),
    perSeconds: fc.constantFrom(1 as const, 60 as const),
    burst: fc.integer({ min: 0, max: 20 }),
  })
  const arrival = fc.record({
    afterMs: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 200_000 })),
    client: fc.constantFrom('192.0.2.1', '192.0.2.2', '2001:db8::1'),
  })
  fc.assert(
    fc.property(limit, fc.array(arrival, { maxLength: 200 }), (rate, arrivals) => {
      const limiter = createLimiter([rate])
      const oracle = createOracle(rate)
      for (const { afterMs, client } of arrivals) {
        limiter.nowMs += afterMs
        assert.equal(passes(limiter.ask(client)), oracle(client, limiter.nowMs))
      }
    }),
  )
})

test('a full zone forgets the client seen longest ago, and drained buckets before that', () => {
  const zone = new RateZone(3)
  for (const [nowMs, client] of [
    [0, 'a'],
    [1, 'b'],
    [2, 'c'],
    [3, 'a'],
    [4, 'd'],
  ] as const) {
    zone.count(client, zone.excessOf(client, 100, nowMs) + 5000, 100, nowMs)
  }
  assert.equal(zone.size, 3)
  assert.equal(zone.excessOf('b', 100, 4), 0)
  assert.ok(zone.excessOf('a', 100, 4) > 0)
  zone.count('e', 0, 100, 10_000_000)
  assert.equal(zone.size, 2)
})
