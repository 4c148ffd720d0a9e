import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRetryPause } from './retry-pause.ts'

test('pauses double up to the limit, and begin anew after a success', () => {
  const pause = createRetryPause(100, 350, () => 1)
  assert.deepEqual([pause.next(), pause.next(), pause.next(), pause.next()], [100, 200, 350, 350])
  pause.reset()
  assert.equal(pause.next(), 100)
})

test('jitter takes at most half away, and never from what the server asked for', () => {
  assert.equal(createRetryPause(100, 1000, () => 0).next(), 50)
  for (const random of [0, 0.3, 0.999]) {
    const pause = createRetryPause(100, 1000, () => random)
    const asked = pause.next(1000)
    assert.ok(asked >= 1000 && asked <= 1500, String(asked))
  }
})
