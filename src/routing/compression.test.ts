import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chooseCoding, type Coding, type CodingPolicy, coversType } from './compression.ts'

const policy = (coding: Coding): CodingPolicy => ({ coding, level: 1, minBytes: 0, types: [] })
const OFFERED = [policy('br'), policy('gzip')]

const CASES: readonly (readonly [string, Coding | null])[] = [
  ['', null],
  ['gzip', 'gzip'],
  ['x-gzip', 'gzip'],
  ['GZIP', 'gzip'],
  ['gzip, br', 'br'],
  ['gzip;q=1.0, br;q=0.5', 'gzip'],
  ['gzip; q=0.5, br; q=0.8', 'br'],
  ['*', 'br'],
  ['*;q=0.1, gzip;q=0.2', 'gzip'],
  ['br;q=0, *', 'gzip'],
  ['*;q=0', null],
  ['identity', null],
  ['identity;q=0', null],
  ['identity;q=0, gzip', 'gzip'],
  ['identity;q=0.5, gzip', 'gzip'],
  ['identity, gzip;q=0.5', null],
  ['identity, gzip', 'gzip'],
  ['identity;q=0, *;q=0', null],
  ['deflate, zstd', null],
  ['gzip;q=0', null],
  ['gzip;q=2', null],
  ['gzip;q=abc, br;q=0.001', 'br'],
  [',, gzip ,', 'gzip'],
]

for (const [accept, wanted] of CASES) {
  test(`Accept-Encoding ${JSON.stringify(accept)} gets ${wanted ?? 'the answer as it is'}`, () => {
    assert.equal(chooseCoding(OFFERED, accept)?.coding ?? null, wanted)
  })
}

test('text/html is compressed whatever the list says, and a star is every type', () => {
  assert.equal(coversType(policy('br'), 'text/html'), true)
  assert.equal(coversType(policy('br'), 'text/css'), false)
  assert.equal(coversType({ ...policy('br'), types: ['text/css'] }, 'text/css'), true)
  assert.equal(coversType({ ...policy('br'), types: ['*'] }, 'image/png'), true)
  assert.equal(coversType({ ...policy('br'), types: ['*'] }, ''), false)
})
