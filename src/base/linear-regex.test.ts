import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { compileLinearRegex, type LinearRegex, MAX_SUBJECT_LENGTH } from './linear-regex.ts'

function compile(source: string, caseInsensitive = false): LinearRegex {
  const regex = compileLinearRegex(source, caseInsensitive)
  if ('error' in regex) throw new Error(`${source}: ${regex.error}`)
  return regex
}

function reasonOf(source: string): string {
  const regex = compileLinearRegex(source, true)
  return 'error' in regex ? regex.reason : 'accepted'
}

/** Without the fallback this takes about a second, with it about a millisecond: a missing flag fails, it does not hang. */
function hasFallback(): boolean {
  const regex = compile('^(a+)+$')
  // The best of a few: a busy machine may stop for a while.
  const times = Array.from({ length: 5 }, () => {
    const startMs = performance.now()
    regex.exec(`${'a'.repeat(26)}!`)
    return performance.now() - startMs
  })
  return Math.min(...times) < 200
}

const isLinear = hasFallback()

const HOSTILE = ['^(a+)+$', '^(a|a)*b', '^(a|aa)+$', '^(.*)(.*)(.*)(.*)(.*)(.*)x', '^([a-z]+)*\\d', '^(?:a?){16}a{16}$']

for (const source of HOSTILE) {
  for (const caseInsensitive of [false, true]) {
    test(`${source} ends in bounded time${caseInsensitive ? ' in any case' : ''} on a hostile subject`, () => {
      assert.ok(isLinear, 'the engine does not fall back to linear time')
      const regex = compile(source, caseInsensitive)
      const subject = `${'a'.repeat(MAX_SUBJECT_LENGTH - 1)}!`
      const startMs = performance.now()
      // Several times, because V8 changes from its interpreter to native code after the first run.
      for (let round = 0; round < 5; round++) regex.exec(subject)
      // Backtracking would need longer than the age of the universe; the linear engine a few milliseconds.
      assert.ok(performance.now() - startMs < 2000)
    })
  }
}

test('the engine itself still refuses what it cannot run, which the admission check relies on', () => {
  const flag = 'l'
  assert.throws(() => new RegExp('(a)\\1', flag), /Cannot be executed in linear time/)
  assert.throws(() => new RegExp('a{17}', flag), /Cannot be executed in linear time/)
  assert.doesNotThrow(() => new RegExp('(a+)+$', flag))
})

test('look-around, back-references and large counts are refused as not linear', () => {
  for (const source of ['a(?=b)', 'a(?!b)', '(?<=a)b', '(?<!a)b', '(a)\\1', '(?<n>a)\\k<n>', '(?P<n>a)(?P=n)']) {
    assert.equal(reasonOf(source), 'not-linear', source)
  }
  for (const source of ['a{1,5000}', '(a){17}', '(?:a{10}){10}']) assert.equal(reasonOf(source), 'not-linear', source)
})

test('broken and foreign syntax is refused as syntax', () => {
  const broken = [
    '(',
    'a)',
    '[a',
    'a**',
    '*a',
    'a|*',
    '\\',
    'a++',
    '(?>a)',
    '(?m)a',
    '\\Qa\\E',
    '\\p{L}',
    '[z-a]',
    '(?#x)',
  ]
  for (const source of broken) assert.equal(reasonOf(source), 'syntax', source)
})

test('a refusal says what would be accepted', () => {
  const regex = compileLinearRegex('/a(?=b)', false)
  assert.deepEqual(regex, {
    error: 'the look-around (?=...) needs backtracking; accepted are plain groups',
    reason: 'not-linear',
  })
})

test('PCRE and RE2 spellings keep their meaning', () => {
  assert.equal(compile('(?i)/Foo').exec('/fOO')?.[0], '/fOO')
  assert.equal(compile('(?i:a)b').exec('AB'), null)
  assert.equal(compile('(?P<id>\\d+)\\z').exec('x12')?.groups?.['id'], '12')
  assert.equal(compile('\\Ab').exec('ab'), null)
  assert.equal(compile('[]a]+').exec('x]a]')?.[0], ']a]')
  assert.equal(compile('[[:digit:]_]+').exec('a1_2')?.[0], '1_2')
  assert.equal(compile('a.c').exec('a\nc'), null)
  assert.equal(compile('(?s)a.c').exec('a\nc')?.[0], 'a\nc')
  assert.equal(compile('\\x2Ffoo').exec('/foo')?.[0], '/foo')
})

test('counts up to 256 of simple atoms are taken in pieces', () => {
  const regex = compile('^[0-9a-f]{32}$', true)
  assert.equal(regex.exec('0123456789ABCDEF0123456789abcdef')?.[0].length, 32)
  assert.equal(regex.exec('0123456789ABCDEF0123456789abcde'), null)
  const range = compile('^a{2,40}b')
  assert.equal(range.exec(`${'a'.repeat(40)}b`)?.[0].length, 41)
  assert.equal(range.exec(`${'a'.repeat(41)}b`), null)
  assert.equal(range.exec('ab'), null)
  assert.equal(compile('^a{20,}$').exec('a'.repeat(500))?.[0].length, 500)
})

test('patterns and subjects have a largest size', () => {
  assert.equal(reasonOf('a'.repeat(4097)), 'not-linear')
  assert.equal(reasonOf('(a)'.repeat(33)), 'not-linear')
  assert.equal(compile('a').exec('a'.repeat(MAX_SUBJECT_LENGTH + 1)), null)
  assert.notEqual(compile('a').exec('a'.repeat(MAX_SUBJECT_LENGTH)), null)
})

/** Expressions of the common syntax, built so that they are always valid. */
const atom = fc.oneof(
  fc.constantFrom('a', 'B', 'z', '/', '-', '_', '0', '.', '\\.', '\\d', '\\w', '\\W', '\\s', '\\S', '\\b', '%'),
  fc.constantFrom(
    '[a-c]',
    '[^a-c]',
    '[A-z]',
    '[X-c_]',
    '[\\w.-]',
    '[^/]',
    '[0-9a-fB]',
    '[-a]',
    '[a-]',
    '[^\\dK]',
    '[\\x41]',
  ),
)
const repeat = fc.constantFrom('', '', '', '*', '+', '?', '*?', '{2}', '{1,3}', '{2,}')
const term = fc.tuple(atom, repeat).map(([text, count]) => (text === '\\b' ? text : text + count))
const sequence = fc.array(term, { minLength: 1, maxLength: 5 }).map((terms) => terms.join(''))
const pattern = fc
  .tuple(sequence, fc.array(sequence, { maxLength: 2 }), repeat, sequence)
  .map(([first, more, count, last]) => `(${[first, ...more].join('|')})${count}${last}`)
const subject = fc.string({ unit: fc.constantFrom(...'aAbBcCkKzZxX09_-/.% \t'.split('')), maxLength: 24 })

test('a folded expression matches what the i flag matches, captures included', () => {
  fc.assert(
    fc.property(pattern, subject, fc.boolean(), (source, text, caseInsensitive) => {
      const expected = new RegExp(source, caseInsensitive ? 'i' : '').exec(text)
      const actual = compile(source, caseInsensitive).exec(text)
      assert.deepEqual(
        actual === null ? null : [...actual, actual.index],
        expected === null ? null : [...expected, expected.index],
      )
    }),
    { numRuns: 2000 },
  )
})

test('no text makes the compiler throw, and what it accepts can be run', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(...'()[]{}|*+?^$\\.-:<>=!,aZ19iPx/'.split('')), maxLength: 20 }),
      (source) => {
        const regex = compileLinearRegex(source, true)
        if (!('error' in regex)) regex.exec('aZ19iPx/aZ(')
      },
    ),
    { numRuns: 5000 },
  )
})
