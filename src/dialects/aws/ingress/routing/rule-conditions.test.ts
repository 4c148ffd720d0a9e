import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { RuleCondition } from '../../../../aws/stack/rule.ts'
import { type ExtraConditions, NO_EXTRAS } from './extra-conditions.ts'
import { countWildcards } from './glob.ts'
import type { PathPattern } from './path-pattern.ts'
import { matchesEverything, toRuleMatches, toWiderMatch } from './rule-conditions.ts'
import { evaluateRules, holds } from './testing/evaluate-rules.ts'
import { formatConditions } from './testing/route-manifests.ts'

type Usable = Exclude<PathPattern, { kind: 'refused' }>

const glob = (...values: string[]): Usable => ({ kind: 'values', values })
const ANY: Usable = { kind: 'any' }
const header = (name: string, ...values: string[]): RuleCondition => ({ field: 'http-header', name, values })

function matchesOf(host: string, path: Usable, extras: Partial<ExtraConditions> = {}): readonly string[] {
  const result = toRuleMatches(host, path, { ...NO_EXTRAS, ...extras })
  return result.ok ? result.matches.map(formatConditions) : [`refused: ${result.problem}`]
}

const CASES: readonly [string, readonly string[], readonly string[]][] = [
  ['host and path are a condition each', matchesOf('a', glob('/x')), ['host=a path=/x']],
  ['a rule without a host has a path alone', matchesOf('', glob('/x', '/x/*')), ['path=/x|/x/*']],
  ['a rule without a path has a host alone', matchesOf('a', ANY), ['host=a']],
  ['a rule of neither takes every path', matchesOf('', ANY), ['path=/*']],
  [
    'hosts and paths of conditions join the rule’s',
    matchesOf('a', glob('/x'), { hosts: ['b'], paths: ['/y'] }),
    ['host=a|b path=/x|/y'],
  ],
  ['hosts of conditions stand alone in a rule without', matchesOf('', ANY, { hosts: ['b'] }), ['host=b']],
  ['equal values are one', matchesOf('a', glob('/x'), { hosts: ['a'], paths: ['/x'] }), ['host=a path=/x']],
  ['other conditions hold besides', matchesOf('a', ANY, { others: [header('X', '1')] }), ['host=a http-header:X=1']],
  ['other conditions need no path', matchesOf('', ANY, { others: [header('X', '1')] }), ['http-header:X=1']],
  [
    'values and expressions of a field are two rules',
    matchesOf('a', glob('/x'), { hostRegexes: ['^b'] }),
    ['host=a path=/x', 'host-header~^b path=/x'],
  ],
  [
    'a path expression stands for the path',
    matchesOf('a', { kind: 'regex', regex: '^/x' }),
    ['host=a path-pattern~^/x'],
  ],
  [
    'four hosts and a prefix are two rules',
    matchesOf('a', glob('/x', '/x/*'), { hosts: ['b', 'c', 'd'] }),
    ['host=a|b|c path=/x|/x/*', 'host=d path=/x|/x/*'],
  ],
  [
    'more than three values of a field are two rules',
    matchesOf('', glob('/1'), { paths: ['/2', '/3', '/4'] }),
    ['path=/1|/2|/3', 'path=/4'],
  ],
  [
    'six conditions at once are too many',
    matchesOf('a', glob('/x'), { others: ['A', 'B', 'C', 'D'].map((name) => header(name, '1')) }),
    ['refused: it has 6 conditions that have to hold at once; at most 5 are accepted'],
  ],
  [
    'five conditions at once fit, value by value',
    matchesOf('a', glob('/x', '/x/*'), { others: ['A', 'B', 'C'].map((name) => header(name, '1')) }),
    [
      'host=a path=/x http-header:A=1 http-header:B=1 http-header:C=1',
      'host=a path=/x/* http-header:A=1 http-header:B=1 http-header:C=1',
    ],
  ],
  [
    'six wildcards in one pattern are too many',
    matchesOf('', glob('/*a*a*a*a*a*')),
    ['refused: a pattern has 6 wildcards; at most 5 are accepted'],
  ],
  [
    'six wildcards in two patterns are two rules',
    matchesOf('', glob('/*a*a*'), { paths: ['/*b*b*'] }),
    ['path=/*a*a*', 'path=/*b*b*'],
  ],
  [
    'wildcards of host and path that have to match at once are counted together',
    matchesOf('*.a', glob('/*a*a*a*a*')),
    ['refused: its patterns have more than 5 wildcards that have to match at once; write fewer'],
  ],
  [
    'a long path is refused',
    matchesOf('', glob(`/${'a'.repeat(128)}`)),
    [`refused: "/${'a'.repeat(39)}..." has 129 characters; at most 128 are accepted`],
  ],
]

for (const [name, found, wanted] of CASES) {
  test(name, () => {
    assert.deepEqual(found, wanted)
  })
}

test('conditions that would need very many rules are refused', () => {
  const many = Array.from({ length: 20 }, (_, index) => String(index))
  const others = ['A', 'B', 'C'].map((name) => header(name, ...many))
  assert.match(matchesOf('a', ANY, { others })[0] ?? '', /^refused: its conditions need \d+ rules/)
})

test('a wider match cuts long texts and many wildcards, and keeps expressions', () => {
  const wider = (host: string, path: Usable): string => {
    const conditions = toWiderMatch(host, path)
    return conditions === null ? 'none' : formatConditions(conditions)
  }
  assert.equal(wider('a', glob(`/${'x'.repeat(200)}`)), `host=a path=/${'x'.repeat(126)}*`)
  assert.equal(wider('a', glob('/a*b*c*d*e*f*')), 'host=a path=/a*b*c*')
  assert.equal(wider('', ANY), 'path=/*')
  assert.equal(wider('', { kind: 'regex', regex: '^/a' }), 'path-pattern~^/a')
  assert.equal(wider('a', { kind: 'regex', regex: 'a'.repeat(129) }), 'none')
})

test('what matches every request is told', () => {
  assert.ok(matchesEverything([{ field: 'path-pattern', values: ['/*'] }]))
  assert.ok(matchesEverything([]))
  assert.ok(!matchesEverything([{ field: 'host-header', values: ['a'] }]))
  assert.ok(!matchesEverything([{ field: 'path-pattern', values: ['/a/*'] }]))
  assert.ok(!matchesEverything([{ field: 'http-request-method', values: ['GET'] }]))
})

const name = fc.constantFrom('a.example.com', 'b.example.com', 'c.example.com', '*.example.com', '*.c.?')
const pattern = fc.constantFrom('/', '/a', '/b', '/a/*', '/*', '/?', '/*a*', '/*/*/?')
const texts = fc.uniqueArray(fc.constantFrom('1', '2', '3', 'v*', '?'), { minLength: 1, maxLength: 4 })
const extras = fc.record({
  hosts: fc.uniqueArray(name, { maxLength: 4 }),
  hostRegexes: fc.uniqueArray(fc.constantFrom('^a', 'com$'), { maxLength: 2 }),
  paths: fc.uniqueArray(pattern, { maxLength: 6 }),
  pathRegexes: fc.uniqueArray(fc.constantFrom('^/b', 'a$'), { maxLength: 2 }),
  others: fc.array(
    texts.map((values) => header('x-v', ...values)),
    { maxLength: 2 },
  ),
})
const request = fc.record({
  host: fc.constantFrom('a.example.com', 'b.example.com', 'x.c.d', 'other.test'),
  path: fc.constantFrom('/', '/a', '/b', '/a/b', '/a/b/c', '/ba'),
  headers: fc.record({ 'x-v': fc.constantFrom('1', '3', 'v9', 'none') }),
})

test('rules that were split match what the conditions as a whole match, each within the limits of AWS', () => {
  fc.assert(
    fc.property(
      fc.option(name, { nil: '' }),
      pattern,
      extras,
      fc.array(request, { minLength: 1, maxLength: 8 }),
      (host, value, added, requests) => {
        const result = toRuleMatches(host, glob(value), added)
        fc.pre(result.ok)
        for (const conditions of result.matches) {
          const counts = conditions.map((one) => ('regexValues' in one ? one.regexValues : one.values).length)
          assert.ok(counts.every((count) => count >= 1 && count <= 3))
          assert.ok(counts.reduce((sum, count) => sum + count, 0) <= 5)
          const globs = conditions.flatMap((one) => ('regexValues' in one ? [] : one.values.map(String)))
          assert.ok(globs.reduce((sum, text) => sum + countWildcards(text), 0) <= 5)
        }
        const hosts = [...(host === '' ? [] : [host]), ...added.hosts]
        const asked = (one: (typeof requests)[number]): boolean =>
          (hosts.length + added.hostRegexes.length === 0 ||
            holds({ field: 'host-header', values: hosts }, one) ||
            holds({ field: 'host-header', regexValues: added.hostRegexes }, one)) &&
          (holds({ field: 'path-pattern', values: [value, ...added.paths] }, one) ||
            holds({ field: 'path-pattern', regexValues: added.pathRegexes }, one)) &&
          added.others.every((condition) => holds(condition, one))
        const rules = result.matches.map((conditions) => ({ conditions, actions: [] }))
        for (const one of requests) assert.equal(evaluateRules(rules, one) >= 0, asked(one))
      },
    ),
    { numRuns: 500 },
  )
})
