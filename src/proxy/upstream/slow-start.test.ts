import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FIRST_SHARE, SlowStart, type StartingEndpoint } from './slow-start.ts'

function create(windowMs: number) {
  const clock = { now: 1000 }
  const start = new SlowStart<StartingEndpoint>(() => clock.now)
  start.configure(windowMs)
  return { clock, start }
}

function endpoint(baseWeight = 1): StartingEndpoint {
  return { baseWeight, weight: 1, newSinceMs: -1 }
}

test('an endpoint that joins others begins with a tenth and grows to the whole', () => {
  const { clock, start } = create(10_000)
  const [old, fresh] = [endpoint(), endpoint()]
  start.setEndpoints([old], [])
  start.setEndpoints([old, fresh], [old])
  assert.equal(fresh.weight, FIRST_SHARE)
  assert.equal(old.weight, 1)
  clock.now += 5000
  assert.equal(start.step(), true)
  assert.equal(fresh.weight, 0.5)
  clock.now += 5000
  assert.equal(start.step(), true)
  assert.equal(fresh.weight, 1)
  clock.now += 5000
  assert.equal(start.step(), false, 'nothing is starting any more')
})

test('endpoints that are all new share the load at once', () => {
  const { start } = create(10_000)
  const [one, two, three] = [endpoint(), endpoint(), endpoint()]
  start.setEndpoints([one, two], [])
  assert.deepEqual([one.weight, two.weight], [1, 1])
  start.setEndpoints([three], [one, two])
  assert.equal(three.weight, 1, 'no other is left to carry it')
})

test('a change of endpoints does not start one again that is starting', () => {
  const { clock, start } = create(10_000)
  const [old, fresh, other] = [endpoint(), endpoint(), endpoint()]
  start.setEndpoints([old], [])
  start.setEndpoints([old, fresh], [old])
  clock.now += 5000
  start.setEndpoints([old, fresh, other], [old, fresh])
  assert.deepEqual([fresh.weight, other.weight], [0.5, FIRST_SHARE])
})

test('the share is a part of what the model gives', () => {
  const { clock, start } = create(10_000)
  const [old, fresh, drained] = [endpoint(), endpoint(0.5), endpoint(0)]
  start.setEndpoints([old], [])
  start.setEndpoints([old, fresh, drained], [old])
  assert.deepEqual([fresh.weight, drained.weight], [0.05, 0])
  clock.now += 10_000
  start.step()
  assert.deepEqual([fresh.weight, drained.weight], [0.5, 0])
})

test('weights move in steps, not with every request', () => {
  const { clock, start } = create(10_000)
  const [old, fresh] = [endpoint(), endpoint()]
  start.setEndpoints([old], [])
  start.setEndpoints([old, fresh], [old])
  clock.now += 10
  assert.equal(start.step(), false)
})

test('without a window nothing starts slowly, and what was starting is done', () => {
  const { clock, start } = create(10_000)
  const [old, fresh] = [endpoint(), endpoint()]
  start.setEndpoints([old], [])
  start.setEndpoints([old, fresh], [old])
  start.configure(0)
  clock.now += 200
  start.step()
  assert.equal(fresh.weight, 1)
})
