import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { closestName, editDistance, normalizeName } from './edit-distance.ts'

test('a swap of two neighbours costs one step', () => {
  assert.equal(editDistance('rewrite', 'rewirte', 5), 1)
})

test('the distance is that of the textbook examples', () => {
  assert.equal(editDistance('kitten', 'sitting', 9), 3)
  assert.equal(editDistance('', 'abc', 9), 3)
  // Optimal string alignment may not edit a swapped pair again, so this is 3 and not 2.
  assert.equal(editDistance('ca', 'abc', 9), 3)
})

test('a distance above the limit is reported as limit + 1', () => {
  assert.equal(editDistance('abcdef', 'uvwxyz', 2), 3)
  assert.equal(editDistance('a', 'abcdef', 2), 3)
})

test('names that differ in case and punctuation only are equal', () => {
  assert.equal(closestName('successCodes', ['success-codes', 'successcode']), 'success-codes')
  assert.equal(closestName('healthcheck-path/', ['healthcheck-path', 'healthcheck-port']), 'healthcheck-path')
})

test('a short name accepts one mistake and no more', () => {
  assert.equal(closestName('tag', ['tags']), 'tags')
  assert.equal(closestName('tgg', ['tags']), null)
})

test('a long name accepts several mistakes', () => {
  assert.equal(closestName('whitelist-sorce-rnage', ['whitelist-source-range']), 'whitelist-source-range')
  assert.equal(closestName('completely-different', ['whitelist-source-range']), null)
})

test('nothing is close to an empty name or to one of punctuation only', () => {
  assert.equal(closestName('', ['a', 'ab']), null)
  assert.equal(closestName('--', ['a', 'ab']), null)
})

const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '-', 'D'), maxLength: 12 })

test('the distance is symmetric, zero only for equal words and bounded by the longer one', () => {
  fc.assert(
    fc.property(word, word, (a, b) => {
      const distance = editDistance(a, b, 50)
      assert.equal(distance, editDistance(b, a, 50))
      assert.equal(distance === 0, a === b)
      assert.ok(distance <= Math.max(a.length, b.length))
      assert.ok(distance >= Math.abs(a.length - b.length))
    }),
  )
})

test('a limit never changes a distance that it allows', () => {
  fc.assert(
    fc.property(word, word, fc.nat(12), (a, b, limit) => {
      assert.equal(editDistance(a, b, limit), Math.min(editDistance(a, b, 50), limit + 1))
    }),
  )
})

test('the closest name does not depend on the order of the candidates, and a candidate is its own closest', () => {
  fc.assert(
    fc.property(word, fc.uniqueArray(word, { maxLength: 8 }), (name, candidates) => {
      const found = closestName(name, candidates)
      assert.equal(closestName(name, candidates.toReversed()), found)
      if (found !== null) assert.ok(candidates.includes(found))
      if (candidates.includes(name) && normalizeName(name) !== '') assert.equal(found, name)
    }),
  )
})

test('any text at all can be compared', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.array(fc.string({ unit: 'binary' })), (name, candidates) => {
      closestName(name, candidates)
    }),
  )
})
