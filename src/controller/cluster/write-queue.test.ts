import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiError } from '../../sources/cluster/api-transport.ts'
import { WriteQueue } from './write-queue.ts'

const forbidden = (key: string): Promise<void> => Promise.reject(new ApiError(403, 'Forbidden', `PATCH ${key}: 403`, 0))

function createQueue(): { readonly queue: WriteQueue; readonly problems: string[] } {
  const problems: string[] = []
  const onProblem = (message: string): void => void problems.push(message)
  return { queue: new WriteQueue({ parallel: 2, mayWrite: () => true, onProblem }), problems }
}

test('a right that is missing is told once, however many writes need it, and again when it was there meanwhile', async () => {
  const { queue, problems } = createQueue()
  for (let round = 0; round < 3; round++) {
    for (const key of ['a', 'b', 'c']) queue.push(key, () => forbidden(key))
    await queue.idle()
  }
  assert.deepEqual(problems, ['Cannot write a: PATCH a: 403; further refusals are not told until a write succeeds'])
  queue.push('a', () => Promise.resolve())
  await queue.idle()
  queue.push('b', () => forbidden('b'))
  await queue.idle()
  assert.equal(problems.length, 2)
  await queue.close()
})

test('an object that the API server does not take is told each time: it is about that object', async () => {
  const { queue, problems } = createQueue()
  for (const key of ['a', 'b']) queue.push(key, () => Promise.reject(new ApiError(422, 'Invalid', `${key}: 422`, 0)))
  await queue.idle()
  assert.deepEqual(problems, ['Cannot write a: a: 422', 'Cannot write b: b: 422'])
  await queue.close()
})
