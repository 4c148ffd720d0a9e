import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createIdleFrameBudget, createResetBudget, EventBudget } from './event-budget.ts'

for (const [what, create, burst, perSecond] of [
  ['resets', createResetBudget, 256, 64],
  ['idle frames', createIdleFrameBudget, 2000, 500],
  ['single events', () => new EventBudget(1, 1), 1, 1],
] as const) {
  test(`a burst of ${what} is forgiven, a stream of them is not, and time restores the budget`, () => {
    const budget = create()
    let taken = 0
    while (budget.take(1_000_000)) taken++
    assert.equal(taken, burst)
    assert.equal(budget.take(1_000_000), false)
    let restored = 0
    while (budget.take(1_001_000)) restored++
    assert.equal(restored, perSecond)
  })
}
