import assert from 'node:assert/strict'
import test from 'node:test'
import { TakeOvers } from './speaker-take-overs.ts'

const ADDRESS = '192.0.2.100'
const WAS_OF_B = new Map([[ADDRESS, 'b']])

test('an outage ends with the announcement, once', () => {
  const takeOvers = new TakeOvers()
  takeOvers.left({ name: 'b', how: 'silent', silenceMs: 650 })
  takeOvers.begin([ADDRESS], [ADDRESS], WAS_OF_B)
  assert.ok((takeOvers.end(ADDRESS) ?? 0) >= 650)
  assert.equal(takeOvers.end(ADDRESS), null)
})

test('an outage that somebody else ended is none when the address comes here much later', () => {
  const takeOvers = new TakeOvers()
  takeOvers.left({ name: 'b', how: 'silent', silenceMs: 650 })
  takeOvers.begin([ADDRESS], [ADDRESS], WAS_OF_B)
  takeOvers.begin([], [], WAS_OF_B)
  takeOvers.begin([ADDRESS], [ADDRESS], WAS_OF_B)
  assert.equal(takeOvers.end(ADDRESS), null)
})
