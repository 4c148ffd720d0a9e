import assert from 'node:assert/strict'
import { test } from 'node:test'
import { steadyHeap } from './steady-heap.ts'

test('what was used while starting is given back, and what is kept stays', () => {
  const kept = Array.from({ length: 1000 }, (_, index) => ({ index }))
  let passing: object[] | null = Array.from({ length: 400_000 }, (_, index) => ({ index }))
  const before = process.memoryUsage().heapUsed
  assert.equal(passing.length, 400_000)
  passing = null
  steadyHeap()
  const after = process.memoryUsage().heapUsed
  assert.ok(before - after > 8_000_000, `${before} bytes became ${after}`)
  assert.equal(kept[999]?.index, 999)
})
