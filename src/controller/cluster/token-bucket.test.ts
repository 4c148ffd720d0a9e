import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TokenBucket } from './token-bucket.ts'

test('a burst is free, what follows waits for its time', () => {
  const bucket = new TokenBucket(2, 10, 1000)
  assert.deepEqual([bucket.take(1000), bucket.take(1000), bucket.take(1000)], [0, 0, 100])
  assert.equal(bucket.take(1050), 50)
  assert.equal(bucket.take(1100), 0)
})

test('a long quiet time fills it to its burst and no further', () => {
  const bucket = new TokenBucket(2, 10, 0)
  assert.deepEqual([bucket.take(60_000), bucket.take(60_000), bucket.take(60_000) > 0], [0, 0, true])
})
