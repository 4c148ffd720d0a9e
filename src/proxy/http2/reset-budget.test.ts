import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ResetBudget } from './reset-budget.ts'

test('a burst is forgiven, a stream of resets is not, and time restores the budget', () => {
  const budget = new ResetBudget()
  let taken = 0
  while (budget.take(1_000_000)) taken++
  assert.equal(taken, 256)
  assert.equal(budget.take(1_000_010), false)
  let restored = 0
  while (budget.take(1_001_000)) restored++
  assert.equal(restored, 64)
})
