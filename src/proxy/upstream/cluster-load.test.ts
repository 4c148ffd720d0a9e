import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ClusterLoad, type ConnectionWaiter, LEAST_RETRIES } from './cluster-load.ts'

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

function waiter(name: string, log: string[]): ConnectionWaiter {
  return { connectionFreed: () => void log.push(name) }
}

test('nothing is bounded but further tries where nothing is configured', () => {
  const load = new ClusterLoad()
  load.active = 1_000_000
  load.connections = 1_000_000
  assert.equal(load.isFull, false)
  assert.equal(load.mayConnect, true)
  load.retries = 200_000
  assert.equal(load.mayRetry(), false)
  assert.equal(load.refusedRetries, 1)
})

test('a few further tries are always allowed, more of them by share', () => {
  const load = new ClusterLoad()
  load.active = 1
  load.retries = LEAST_RETRIES - 1
  assert.equal(load.mayRetry(), true)
  load.retries = LEAST_RETRIES
  assert.equal(load.mayRetry(), false)
  load.active = 100
  assert.equal(load.mayRetry(), true)
  load.retries = 20
  assert.equal(load.mayRetry(), false)
  load.configure(undefined, 50)
  assert.equal(load.mayRetry(), true)
  load.configure(undefined, 0)
  load.retries = 0
  assert.equal(load.mayRetry(), false)
})

test('who waited longest goes on first, and no more wait than may', async () => {
  const load = new ClusterLoad()
  load.configure({ maxConnections: 1, maxPendingRequests: 2 }, undefined)
  load.connections = 1
  assert.equal(load.mayConnect, false)
  const log: string[] = []
  const [one, two] = [waiter('one', log), waiter('two', log)]
  assert.deepEqual(
    [load.wait(one, false), load.wait(two, false), load.wait(waiter('three', log), false)],
    [true, true, false],
  )
  load.connectionFreed()
  await nextTurn()
  assert.deepEqual(log, ['one'])
  assert.equal(load.wait(one, true), true, 'somebody else took it: it stays the first')
  load.connectionClosed()
  assert.equal(load.connections, 0)
  await nextTurn()
  assert.deepEqual(log, ['one', 'one'])
  load.forget(two)
  load.connectionFreed()
  await nextTurn()
  assert.deepEqual(log, ['one', 'one'])
  assert.equal(load.waitingCount, 0)
})

test('everybody looks again when limits change', async () => {
  const load = new ClusterLoad()
  load.configure({ maxConnections: 1 }, undefined)
  const log: string[] = []
  load.wait(waiter('one', log), false)
  load.wait(waiter('two', log), false)
  load.configure({ maxConnections: 5 }, undefined)
  await nextTurn()
  assert.deepEqual(log, ['one', 'two'])
})
