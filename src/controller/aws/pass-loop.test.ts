import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PassLoop, type PassLoopOptions } from './pass-loop.ts'

/** A loop whose passes the test ends one by one. */
function startLoop(options: Partial<PassLoopOptions> = {}) {
  const begun: {
    end(isSettled: boolean): void
    fail(error: Error): void
    signal: AbortSignal
    interrupt: AbortSignal
  }[] = []
  const waiting: (() => void)[] = []
  const errors: unknown[] = []
  const loop = new PassLoop({
    pass: (signal, interrupt) => {
      const { promise, resolve, reject } = Promise.withResolvers<boolean>()
      begun.push({ end: resolve, fail: reject, signal, interrupt })
      waiting.shift()?.()
      return promise
    },
    onError: (error) => errors.push(error),
    settleMs: 1,
    firstRetryMs: 1,
    longestRetryMs: 5,
    resyncMs: 3_600_000,
    patienceMs: 3_600_000,
    ...options,
  })
  const nth = async (count: number) => {
    while (begun.length < count) await new Promise<void>((resolve) => waiting.push(resolve))
    return begun[count - 1]!
  }
  loop.start()
  return { loop, begun, errors, nth }
}

// Timers of the loop do not hold the process; the test does.
const hold = setInterval(() => undefined, 1000)
test.after(() => clearInterval(hold))

test('it begins with a pass, and changes during a pass are one more after it', async () => {
  const { loop, begun, nth } = startLoop()
  const first = await nth(1)
  for (let i = 0; i < 5; i++) loop.request()
  assert.equal(begun.length, 1, 'never two at a time')
  first.end(true)
  ;(await nth(2)).end(true)
  await loop.stop()
  assert.equal(begun.length, 2)
})

test('what is not settled is tried again by itself', async () => {
  const { loop, nth } = startLoop()
  ;(await nth(1)).end(false)
  ;(await nth(2)).end(false)
  ;(await nth(3)).end(true)
  await loop.stop()
})

test('a pass that throws is told and tried again', async () => {
  const { loop, errors, nth } = startLoop()
  ;(await nth(1)).fail(new Error('no answer'))
  ;(await nth(2)).end(true)
  assert.match(String(errors[0]), /no answer/)
  await loop.stop()
})

test('the resync comes without a change', async () => {
  const { loop, nth } = startLoop({ resyncMs: 2 })
  ;(await nth(1)).end(true)
  ;(await nth(2)).end(true)
  await loop.stop()
})

test('a change interrupts a pass that has run long enough, and the next one begins', async () => {
  const { loop, nth } = startLoop({ patienceMs: 5 })
  const first = await nth(1)
  loop.request()
  await new Promise<void>((resolve) => first.interrupt.addEventListener('abort', () => resolve()))
  assert.ok(!first.signal.aborted)
  first.end(false)
  const second = await nth(2)
  await new Promise((resolve) => setTimeout(resolve, 20))
  assert.ok(!second.interrupt.aborted, 'without a change it may take its time')
  loop.request()
  assert.ok(second.interrupt.aborted)
  second.end(true)
  ;(await nth(3)).end(true)
  await loop.stop()
})

test('stopping waits for the pass that runs, and nothing follows', async () => {
  const { loop, begun, nth } = startLoop()
  const first = await nth(1)
  loop.request()
  const stopped = loop.stop()
  assert.ok(first.signal.aborted)
  first.end(false)
  await stopped
  loop.request()
  await new Promise((resolve) => setTimeout(resolve, 20))
  assert.equal(begun.length, 1)
})
