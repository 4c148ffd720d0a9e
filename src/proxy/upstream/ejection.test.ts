import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type EjectableEndpoint, Ejection, FIRST_MS, LONGEST_MS, MOST_FAILURES } from './ejection.ts'

function create(count: number) {
  const clock = { now: 0 }
  const endpoints = Array.from({ length: count }, (): EjectableEndpoint => ({
    connectFailures: 0,
    isEjected: false,
    ejectedUntilMs: 0,
  }))
  const ejection = new Ejection<EjectableEndpoint>(() => clock.now)
  ejection.setEndpoints(endpoints)
  const fail = (endpoint: EjectableEndpoint, times = MOST_FAILURES): void => {
    for (let i = 0; i < times; i++) ejection.failed(endpoint)
  }
  return { clock, endpoints, ejection, fail }
}

test('an endpoint is out after failures in a row, not after as many with a success between', () => {
  const { endpoints, ejection, fail } = create(2)
  const [one] = endpoints as [EjectableEndpoint]
  fail(one, MOST_FAILURES - 1)
  ejection.reached(one)
  fail(one, MOST_FAILURES - 1)
  assert.equal(one.isEjected, false)
  fail(one, 1)
  assert.equal(one.isEjected, true)
})

test('after its time one request may try it, and others wait for what that finds', () => {
  const { clock, endpoints, ejection, fail } = create(2)
  const [one] = endpoints as [EjectableEndpoint]
  fail(one)
  clock.now = FIRST_MS - 1
  ejection.release()
  assert.equal(one.isEjected, true)
  clock.now = FIRST_MS
  ejection.release()
  assert.equal(one.isEjected, false)
  ejection.chosen(one)
  ejection.release()
  assert.equal(one.isEjected, true)
  ejection.reached(one)
  assert.equal(one.isEjected, false)
})

test('each failed try doubles the time, up to a bound', () => {
  const { clock, endpoints, ejection, fail } = create(2)
  const [one] = endpoints as [EjectableEndpoint]
  fail(one)
  for (const expected of [FIRST_MS, 2 * FIRST_MS, 4 * FIRST_MS, 8 * FIRST_MS, LONGEST_MS, LONGEST_MS]) {
    assert.equal(one.ejectedUntilMs - clock.now, expected)
    clock.now = one.ejectedUntilMs
    ejection.release()
    ejection.chosen(one)
    fail(one, 1)
  }
})

test('a try that nobody heard of again does not keep an endpoint out for ever', () => {
  const { clock, endpoints, ejection, fail } = create(2)
  const [one] = endpoints as [EjectableEndpoint]
  fail(one)
  clock.now = FIRST_MS
  ejection.release()
  ejection.chosen(one)
  clock.now = one.ejectedUntilMs
  ejection.release()
  assert.equal(one.isEjected, false)
})

test('at most half of the endpoints are out, and never the only one', () => {
  const three = create(3)
  for (const endpoint of three.endpoints) three.fail(endpoint, 9)
  assert.equal(three.endpoints.filter(({ isEjected }) => isEjected).length, 1)
  const one = create(1)
  one.fail(one.endpoints[0]!, 9)
  assert.equal(one.endpoints[0]?.isEjected, false)
})

test('endpoints that are gone make room for others to be out', () => {
  const { endpoints, ejection, fail } = create(2)
  const [one, two] = endpoints as [EjectableEndpoint, EjectableEndpoint]
  fail(one)
  const fresh: EjectableEndpoint = { connectFailures: 0, isEjected: false, ejectedUntilMs: 0 }
  ejection.setEndpoints([two, fresh])
  fail(two)
  assert.equal(two.isEjected, true)
})
