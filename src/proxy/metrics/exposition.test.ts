import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseExposition } from '../../../test/support/exposition-parser.ts'
import { formatFamily, formatValue } from './exposition.ts'

test('label values and help texts are escaped so that a strict reader gets them back', () => {
  const text = formatFamily({ name: 'a', help: 'back\\slash\nline', type: 'gauge' }, [[{ b: 'q"\\\n' }, 1]])
  assert.equal(text, '# HELP a back\\\\slash\\nline\n# TYPE a gauge\na{b="q\\"\\\\\\n"} 1\n')
  assert.equal(parseExposition(text).get('a')?.samples[0]?.labels['b'], 'q"\\\n')
})

test('a family without samples is left out', () => {
  assert.equal(formatFamily({ name: 'a', help: '', type: 'gauge' }, []), '')
})

test('numbers that are no decimals have the names of the format', () => {
  assert.deepEqual([Infinity, -Infinity, Number.NaN, 1.5, 1e21].map(formatValue), [
    '+Inf',
    '-Inf',
    'NaN',
    '1.5',
    '1e+21',
  ])
})

test('the strict reader refuses what Prometheus refuses', () => {
  const bad = [
    'a 1\n',
    '# HELP a x\n# TYPE a counter\n',
    '# HELP a x\n# TYPE a counter\na 1',
    '# HELP a x\n# TYPE a counter\na{b="1} 1\n',
    '# HELP a x\n# TYPE a counter\na{b="\\q"} 1\n',
    '# HELP a x\n# TYPE a counter\na 1\na 2\n',
    '# HELP a x\n# TYPE a counter\nb 1\n',
    '# HELP a x\n# TYPE a counter\na one\n',
    '# HELP a x\n# TYPE a histogram\na_bucket{le="+Inf"} 1\na_sum 1\na_count 2\n',
    '# HELP a x\n# TYPE a histogram\na_bucket{le="1"} 2\na_bucket{le="+Inf"} 1\na_sum 1\na_count 1\n',
  ]
  for (const text of bad) assert.throws(() => parseExposition(text), text)
  assert.equal(
    parseExposition('# HELP a x\n# TYPE a counter\na{b="\\"\\\\\\n"} 1\n').get('a')?.samples[0]?.labels['b'],
    '"\\\n',
  )
})
