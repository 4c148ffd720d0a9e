import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { PathMatch } from './model.ts'
import { createPathIndex } from './path-index.ts'
import { compilePathMatch } from './path-match.ts'

interface Entry {
  readonly route: { readonly match: PathMatch }
}

function entriesOf(matches: readonly PathMatch[]): readonly Entry[] {
  return matches.map((match) => ({ route: { match } }))
}

/** What the order of the routes says: the first that matches. */
function scan(entries: readonly Entry[], path: string): Entry | null {
  return entries.find((entry) => compilePathMatch(entry.route.match).matches(path)) ?? null
}

const segment = fc.constantFrom('a', 'b', 'aa', 'é')
const path = fc
  .tuple(fc.array(segment, { maxLength: 3 }), fc.boolean())
  .map(([segments, slash]) => (segments.length === 0 ? '/' : `/${segments.join('/')}${slash ? '/' : ''}`))
const match: fc.Arbitrary<PathMatch> = fc
  .tuple(fc.constantFrom('exact', 'prefix', 'text'), path)
  .map(([kind, text]) => {
    if (kind === 'exact') return { kind: 'exact', path: text }
    if (text !== '/' && text.endsWith('/')) return { kind: 'string-prefix', path: text }
    return { kind: 'prefix', path: text }
  })
const request = path.map((text) => Buffer.from(text, 'utf8').toString('latin1'))

function bySpecificity(a: PathMatch, b: PathMatch): number {
  if (a.kind === 'regex' || b.kind === 'regex') return 0
  const bytes = (text: string): number => Buffer.byteLength(text)
  return bytes(b.path) - bytes(a.path) || Number(b.kind === 'exact') - Number(a.kind === 'exact')
}

test('an index finds what a scan in route order finds', () => {
  let indexed = 0
  fc.assert(
    fc.property(
      fc.array(match, { maxLength: 6 }),
      fc.boolean(),
      fc.array(request, { minLength: 1, maxLength: 8 }),
      (matches, sorted, paths) => {
        const entries = entriesOf(sorted ? [...matches].sort(bySpecificity) : matches)
        const index = createPathIndex(entries)
        if (index === null) return
        indexed++
        for (const text of paths) assert.equal(index.find(text), scan(entries, text), text)
      },
    ),
    { numRuns: 3000 },
  )
  assert.ok(indexed > 500, 'the property held because hardly anything was indexed')
})

test('routes in order of specificity are always indexed', () => {
  fc.assert(
    fc.property(fc.array(match, { maxLength: 8 }), (matches) => {
      assert.notEqual(createPathIndex(entriesOf([...matches].sort(bySpecificity))), null)
    }),
  )
})

test('a prefix written before the exact path that it hides prevents the index', () => {
  const matches: PathMatch[] = [
    { kind: 'prefix', path: '/foo' },
    { kind: 'exact', path: '/foo' },
  ]
  assert.equal(createPathIndex(entriesOf(matches)), null)
})

test('regexes and text prefixes inside a segment prevent the index', () => {
  assert.equal(createPathIndex(entriesOf([{ kind: 'regex', source: '/a', caseInsensitive: false }])), null)
  assert.equal(createPathIndex(entriesOf([{ kind: 'string-prefix', path: '/a' }])), null)
})
