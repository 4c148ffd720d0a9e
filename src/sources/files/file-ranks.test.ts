import { test } from 'node:test'
import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { assignRanks } from './file-ranks.ts'

test('a file between two others takes a rank between theirs, which stay', () => {
  const first = assignRanks(['a', 'c'], new Map())
  const second = assignRanks(['a', 'b', 'c'], first)
  assert.equal(second.get('a'), first.get('a'))
  assert.equal(second.get('c'), first.get('c'))
  assert.deepEqual(orderOf(second), ['a', 'b', 'c'])
})

test('ranks rise in the order given, whatever comes and goes', () => {
  const names = fc.array(fc.string({ maxLength: 3 }), { maxLength: 12 })
  fc.assert(
    fc.property(fc.array(names, { maxLength: 20 }), (rounds) => {
      let ranks: ReadonlyMap<string, number> = new Map<string, number>()
      for (const round of rounds) {
        const paths = [...new Set(round)].sort()
        ranks = assignRanks(paths, ranks)
        assert.deepEqual(orderOf(ranks), paths)
        assert.equal(new Set(ranks.values()).size, paths.length)
      }
    }),
  )
})

test('a gap that is used up renumbers all', () => {
  let ranks: ReadonlyMap<string, number> = assignRanks(['a', 'z'], new Map())
  const paths = ['a', 'z']
  for (let index = 0; index < 30; index++) {
    paths.splice(1, 0, `a${String.fromCodePoint(0x7a - index)}`)
    ranks = assignRanks(paths, ranks)
    assert.deepEqual(orderOf(ranks), paths)
  }
})

function orderOf(ranks: ReadonlyMap<string, number>): string[] {
  return [...ranks].sort(([, a], [, b]) => a - b).map(([path]) => path)
}
