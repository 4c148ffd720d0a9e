import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEFAULT_RATES } from '../aws/deploy/execute/budget.ts'
import { parseRates } from './aws-rates.ts'

test('rates of some classes are changed, the others stay', () => {
  assert.deepEqual(parseRates('write=1.5:4, targets=10:50'), {
    ...DEFAULT_RATES,
    write: { perSecond: 1.5, burst: 4 },
    targets: { perSecond: 10, burst: 50 },
  })
})

const BAD = [
  '',
  'write',
  'write=3',
  'write=0:3',
  'write=3:0',
  'write=1e3:3',
  'writes=3:3',
  'toString=3:3',
  'read=2000:3',
  'read=1:2,',
  'read=1:2,read=2:3',
]
for (const text of BAD) {
  test(`${JSON.stringify(text)} is refused with a word about what is accepted`, () => {
    assert.throws(() => parseRates(text), /write CLASS=RATE:BURST.*targets, read, write/)
  })
}
