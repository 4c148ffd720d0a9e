import assert from 'node:assert/strict'
import test from 'node:test'
import { LongDisputes } from './long-disputes.ts'

const [ADDRESS, MAC] = ['192.0.2.100', '02:00:00:00:00:01']

function toldAt(...seenAtMs: readonly number[]): readonly number[] {
  const disputes = new LongDisputes()
  return seenAtMs.filter((nowMs) => disputes.see(ADDRESS, MAC, nowMs))
}

test('a claim of moments is not told, one that lasts is, once', () => {
  assert.deepEqual(toldAt(0, 1000, 2000, 9000), [])
  assert.deepEqual(toldAt(0, 4000, 8000, 11_000, 12_000, 16_000), [11_000])
})

test('claims with long pauses are others each time', () => {
  assert.deepEqual(toldAt(0, 20_000, 40_000), [])
  assert.deepEqual(toldAt(0, 5000, 10_000, 60_000, 65_000, 70_000), [10_000, 70_000])
})
