import { test } from 'node:test'
import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { findJsonFault } from './json-fault.ts'

for (const [text, offset, words] of [
  ['{"a":,}', 5, /value is due/],
  ['{"a":1,}', 7, /no comma after the last/],
  ['[1,]', 3, /no comma after the last/],
  ['{a:1}', 1, /double quotes/],
  ['{"a" 1}', 5, /":" is due/],
  ['[1 2]', 3, /"," or the closing/],
  ['[1}', 2, /"," or the closing/],
  ['{"a":"x\ny"}', 7, /line break/],
  ['{"a":"\\q"}', 6, /escape/],
  ["{'a':1}", 1, /double quotes/],
  ['{"a":1 // x\n}', 7, /"," or the closing/],
  ['{"a":01}', 5, /value is due/],
  ['{"a":[1', 6, /ends too early/],
  ['{"a', 1, /not closed/],
  ['{} x', 3, /nothing may follow/],
] as const) {
  test(`the fault in ${JSON.stringify(text)} is found at ${offset}`, () => {
    const fault = findJsonFault(text)
    assert.equal(fault.offset, offset)
    assert.match(fault.words, words)
  })
}

test('everything before the fault could begin a JSON text: cut JSON is only unfinished', () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue(), { minLength: 1 }), fc.nat(), (value, cut) => {
      const text = JSON.stringify(value)
      const part = text.slice(0, 1 + (cut % (text.length - 1)))
      // A cut inside a text, a number or a word faults at its begin; one between tokens at the end.
      const { offset } = findJsonFault(part)
      assert.ok(offset < part.length)
      assert.match(part.slice(offset), /^(?:.|"[^]*|-?[\d.eE+-]*|[a-z]*)$/)
    }),
  )
})

test('a fault is found in any text without throwing', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'{}[]",:0-1.e\\unt \n'.split('')) }), (text) => {
      const { offset } = findJsonFault(text)
      assert.ok(offset >= 0 && offset <= text.length)
    }),
  )
})
