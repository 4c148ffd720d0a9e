import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Patience } from './patience.ts'

test('patience ends after five minutes of waiting without a break', () => {
  let nowMs = 1000
  const patience = new Patience(() => nowMs)
  assert.deepEqual([...patience.lost(['a'])], [])
  nowMs += 299_000
  assert.deepEqual([...patience.lost(['a', 'b'])], [])
  nowMs += 1_000
  assert.deepEqual([...patience.lost(['a', 'b'])], ['a'])
  assert.deepEqual([...patience.lost(['b'])], [])
  assert.deepEqual([...patience.lost(['a', 'b'])], [])
})
