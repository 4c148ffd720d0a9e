import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { coversGlob, matchesGlob } from './glob.ts'
import { holds } from './testing/evaluate-rules.ts'

const MATCHES: readonly [string, string, boolean][] = [
  ['/foo', '/foo', true],
  ['/foo', '/foo/', false],
  ['/foo/*', '/foo/', true],
  ['/foo/*', '/foo', false],
  ['*', '', true],
  ['?', '', false],
  ['/a?c', '/abc', true],
  ['/*/x/*', '/a/b/x/c', true],
  ['*.png', '/a.png.b', false],
]

for (const [pattern, text, wanted] of MATCHES) {
  test(`${pattern} ${wanted ? 'matches' : 'does not match'} "${text}"`, () => {
    assert.equal(matchesGlob(pattern, text), wanted)
  })
}

const COVERS: readonly [string, string, boolean][] = [
  ['/*', '/foo', true],
  ['/*', '/foo/*', true],
  ['/foo/*', '/*', false],
  ['/foo', '/fo?', false],
  ['/fo?', '/foo', true],
  ['/fo?', '/fo?', true],
  ['/fo?', '/fo*', false],
  ['/fo*', '/fo?', true],
  ['*.example.com', '*.a.example.com', true],
  ['*.a.example.com', '*.example.com', false],
  ['*', 'a.example.com', true],
]

for (const [outer, inner, wanted] of COVERS) {
  test(`${outer} ${wanted ? 'covers' : 'does not cover'} ${inner}`, () => {
    assert.equal(coversGlob(outer, inner), wanted)
  })
}

const letters = (set: string): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(...set.split('')), { maxLength: 8 }).map((chars) => chars.join(''))

test('a pattern matches what the regular expression of the same meaning matches', () => {
  fc.assert(
    fc.property(letters('ab*?/'), letters('ab/'), (pattern, path) => {
      assert.equal(
        matchesGlob(pattern, path),
        holds({ field: 'path-pattern', values: [pattern] }, { host: 'a.example.com', path }),
      )
    }),
    { numRuns: 1000 },
  )
})

test('what a covered pattern matches, the covering one matches', () => {
  fc.assert(
    fc.property(letters('ab*?'), letters('ab*?'), letters('ab'), (outer, inner, text) => {
      fc.pre(coversGlob(outer, inner) && matchesGlob(inner, text))
      assert.ok(matchesGlob(outer, text))
    }),
    { numRuns: 500 },
  )
})
