import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatTraceParent, parseTraceParent, parseTraceState } from './trace-context.ts'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const SPAN = '00f067aa0ba902b7'

test('a trace parent is read', () => {
  const expected = { traceId: TRACE, spanId: SPAN, isSampled: true }
  assert.deepEqual(parseTraceParent([`00-${TRACE}-${SPAN}-01`]), expected)
  assert.deepEqual(parseTraceParent([`00-${TRACE}-${SPAN}-00`]), { ...expected, isSampled: false })
  // Flags that are not known are not the sampled one.
  assert.deepEqual(parseTraceParent([`00-${TRACE}-${SPAN}-fe`]), { ...expected, isSampled: false })
})

test('a later version is read as far as version 00 goes', () => {
  const expected = { traceId: TRACE, spanId: SPAN, isSampled: true }
  assert.deepEqual(parseTraceParent([`cc-${TRACE}-${SPAN}-01`]), expected)
  assert.deepEqual(parseTraceParent([`cc-${TRACE}-${SPAN}-01-what-the-future-brings`]), expected)
  assert.equal(parseTraceParent([`cc-${TRACE}-${SPAN}-01.what`]), null)
})

test('what is no trace parent begins a new trace', () => {
  for (const bad of [
    '',
    `00-${TRACE}-${SPAN}`,
    `00-${TRACE}-${SPAN}-1`,
    `00-${TRACE}-${SPAN}-01-more`,
    `00-${TRACE}-${SPAN}-01 `,
    `ff-${TRACE}-${SPAN}-01`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `0x-${TRACE}-${SPAN}-01`,
    `00-${TRACE.slice(1)}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-zz`,
  ]) {
    assert.equal(parseTraceParent([bad]), null, bad)
  }
  assert.equal(parseTraceParent([]), null)
  const good = `00-${TRACE}-${SPAN}-01`
  assert.equal(parseTraceParent([good, good]), null)
})

test('what is formatted is read again, and arbitrary text never throws', () => {
  const hex = (digits: number): fc.Arbitrary<string> =>
    fc.string({ unit: fc.constantFrom(...'123456789abcdef'.split('')), minLength: digits, maxLength: digits })
  fc.assert(
    fc.property(hex(32), hex(16), fc.boolean(), fc.string(), (traceId, spanId, isSampled, junk) => {
      const text = formatTraceParent(traceId, spanId, isSampled)
      assert.deepEqual(parseTraceParent([text]), { traceId, spanId, isSampled })
      assert.equal(parseTraceParent([`${text}${junk}`]) === null, junk !== '')
      assert.equal(typeof parseTraceState([junk]), 'string')
    }),
  )
})

test('trace state is one list over all its fields, and passed on as it came', () => {
  assert.equal(
    parseTraceState(['rojo=00f067aa0ba902b7', 'congo=t61rcWkgMzE']),
    'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE',
  )
  assert.equal(parseTraceState(['a=1 ,\t b@tenant=2', '']), 'a=1,b@tenant=2')
  assert.equal(parseTraceState(['0tenant@x=1,a-_*/=x y']), '0tenant@x=1,a-_*/=x y')
  assert.equal(parseTraceState([]), '')
})

test('trace state with a member that is malformed, double or too many is dropped as a whole', () => {
  for (const bad of [
    'a',
    'a=',
    '=1',
    'A=1',
    '1a=1',
    'a=1,a=2',
    'a=b=c',
    'a=\u00e9',
    'a@b@c=1',
    `a=${'x'.repeat(257)}`,
    Array.from({ length: 33 }, (_, index) => `k${index}=1`).join(','),
    Array.from({ length: 4 }, (_, index) => `k${index}=${'x'.repeat(200)}`).join(','),
  ]) {
    assert.equal(parseTraceState([`good=1,${bad}`]), '', bad)
  }
})
