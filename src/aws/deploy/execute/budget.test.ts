import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createBucket } from './budget.ts'

test('a burst is free, what follows waits its turn', () => {
  let now = 0
  const bucket = createBucket({ perSecond: 4, burst: 3 }, () => now)
  assert.deepEqual([bucket.take(), bucket.take(), bucket.take()], [0, 0, 0])
  assert.deepEqual([bucket.take(), bucket.take()], [250, 500])
  now = 10_000
  assert.equal(bucket.take(), 0)
})

test('over any time no more calls begin than the rate and one burst allow', () => {
  const rates = fc.record({
    perSecond: fc.double({ min: 0.1, max: 50, noNaN: true }),
    burst: fc.integer({ min: 1, max: 50 }),
  })
  fc.assert(
    fc.property(rates, fc.array(fc.integer({ min: 0, max: 500 }), { maxLength: 100 }), (rate, gaps) => {
      let now = 0
      const bucket = createBucket(rate, () => now)
      const begins = gaps.map((gap) => {
        now += gap
        return now + bucket.take()
      })
      const last = Math.max(0, ...begins)
      assert.ok(begins.length <= rate.burst + (last / 1000) * rate.perSecond + 1e-6)
    }),
  )
})

test('being throttled halves the rate, down to an eighth, and it comes back', () => {
  let now = 0
  const bucket = createBucket({ perSecond: 10, burst: 1 }, () => now)
  for (let i = 0; i < 10; i++) bucket.slowDown()
  assert.equal(bucket.take(), 800)
  now = 60_000
  bucket.take()
  assert.equal(bucket.take(), 100)
})

test('a rate of nothing is refused', () => {
  assert.throws(() => createBucket({ perSecond: 0, burst: 1 }, () => 0), RangeError)
  assert.throws(() => createBucket({ perSecond: 1, burst: 0 }, () => 0), RangeError)
})
