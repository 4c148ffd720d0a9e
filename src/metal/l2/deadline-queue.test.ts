import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createDeadlineQueue } from './deadline-queue.ts'

test('what is due comes out by time, and nothing before its time', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(100)), fc.nat(100), (times, now) => {
      const queue = createDeadlineQueue<number>()
      for (const time of times) queue.add(time, time)
      const taken: number[] = []
      for (let next = queue.takeDue(now); next !== undefined; next = queue.takeDue(now)) taken.push(next)
      const sorted = times.toSorted((a, b) => a - b)
      assert.deepEqual(
        taken,
        sorted.filter((time) => time <= now),
      )
      assert.equal(queue.nextMs(), sorted.find((time) => time > now) ?? Infinity)
    }),
  )
})
