import assert from 'node:assert/strict'
import test from 'node:test'
import { answersInTime } from './answers-in-time.ts'

test('an answer and an error are answers, silence is none', async () => {
  assert.equal(await answersInTime(Promise.resolve(null)), true)
  assert.equal(await answersInTime(Promise.reject(new Error('ended'))), true)
  assert.equal(await answersInTime(new Promise(() => {}), 1), false)
})
