import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { type TimerOwner, TimerWheel, WheelTimer } from './timer-wheel.ts'

class Recorder implements TimerOwner {
  readonly fired: number[] = []
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  timerExpired(): void {
    this.fired.push(this.#now())
  }
}

test('fires never early and at most two ticks late, however often it is moved', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(300), fc.integer({ min: 10, max: 20_000 })), { minLength: 1 }), (moves) => {
      let now = 1000
      const wheel = new TimerWheel(10, () => now)
      const recorder = new Recorder(() => now)
      const timer = new WheelTimer(recorder)
      const pass = (ms: number): void => {
        for (const until = now + ms; now < until;) {
          now++
          wheel.advance()
        }
      }
      let due = Number.POSITIVE_INFINITY
      for (const [pause, delay] of moves) {
        wheel.set(timer, delay)
        due = now + delay
        if (pause >= delay) break
        pass(pause)
      }
      assert.deepEqual(recorder.fired, [])
      pass(due - now + 30)
      wheel.close()
      assert.equal(recorder.fired.length, 1)
      assert.ok(recorder.fired[0]! >= due && recorder.fired[0]! <= due + 20, `due ${due}, fired ${recorder.fired[0]}`)
    }),
    { numRuns: 50 },
  )
})

test('a cleared timer does not fire and can be set again', () => {
  let now = 0
  const wheel = new TimerWheel(10, () => now)
  const recorder = new Recorder(() => now)
  const timer = new WheelTimer(recorder)
  wheel.set(timer, 50)
  timer.clear()
  now = 200
  wheel.advance()
  assert.deepEqual(recorder.fired, [])
  wheel.set(timer, 50)
  now = 300
  wheel.advance()
  assert.deepEqual(recorder.fired, [300])
  wheel.close()
})

test('delays beyond one turn of the wheel are kept', () => {
  let now = 0
  const wheel = new TimerWheel(10, () => now)
  const recorder = new Recorder(() => now)
  const timer = new WheelTimer(recorder)
  wheel.set(timer, 60_000)
  now = 59_990
  wheel.advance()
  assert.deepEqual(recorder.fired, [])
  now = 60_040
  wheel.advance()
  assert.equal(recorder.fired.length, 1)
  wheel.close()
})
