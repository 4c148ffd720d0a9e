import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PathMatch } from './model.ts'
import { compilePathMatch, describeMatch, toByteString } from './path-match.ts'

function matches(match: PathMatch, path: string): boolean {
  return compilePathMatch(match).matches(path)
}

test('exact /foo matches /foo alone', () => {
  const match: PathMatch = { kind: 'exact', path: '/foo' }
  assert.ok(matches(match, '/foo'))
  for (const path of ['/foo/', '/foo/bar', '/foobar', '/FOO', '/']) assert.ok(!matches(match, path), path)
})

test('prefix /foo matches whole segments', () => {
  const match: PathMatch = { kind: 'prefix', path: '/foo' }
  for (const path of ['/foo', '/foo/', '/foo/bar']) assert.ok(matches(match, path), path)
  for (const path of ['/foobar', '/fo', '/FOO', '/']) assert.ok(!matches(match, path), path)
})

test('prefix / matches every path', () => {
  for (const path of ['/', '/foo', '/foo/bar']) assert.ok(matches({ kind: 'prefix', path: '/' }, path), path)
})

test('a text prefix matches inside a segment', () => {
  const match: PathMatch = { kind: 'string-prefix', path: '/foo' }
  for (const path of ['/foo', '/foobar', '/foo/bar']) assert.ok(matches(match, path), path)
  assert.ok(!matches({ kind: 'string-prefix', path: '/foo/' }, '/foo'))
})

test('a regex is anchored at the front only', () => {
  const match: PathMatch = { kind: 'regex', source: '/id/[0-9]+', caseInsensitive: false }
  assert.ok(matches(match, '/id/123a'))
  assert.ok(!matches(match, '/x/id/123'))
  assert.ok(!matches(match, '/ID/123'))
})

test('alternatives of a regex are all anchored', () => {
  assert.ok(!matches({ kind: 'regex', source: '/a|/b', caseInsensitive: false }, '/x/b'))
})

test('a case-insensitive regex matches any case and keeps its captures', () => {
  const matcher = compilePathMatch({ kind: 'regex', source: '/something(/|$)(.*)', caseInsensitive: true })
  assert.ok(matcher.matches('/SomeThing/New'))
  assert.deepEqual([...matcher.capture('/SomeThing/New')], ['/SomeThing/New', '/', 'New'])
  assert.deepEqual([...matcher.capture('/other')], [])
})

test('names in other alphabets are compared byte by byte', () => {
  const path = Buffer.from('/caf\u00e9', 'utf8').toString('latin1')
  for (const kind of ['exact', 'prefix', 'string-prefix'] as const)
    assert.ok(matches({ kind, path: '/caf\u00e9' }, path), kind)
  assert.ok(matches({ kind: 'regex', source: '/caf\u00e9', caseInsensitive: true }, path))
  assert.equal(toByteString('/plain'), '/plain')
})

test('a regex that a dialect let through by mistake is an error, not a hang', () => {
  assert.throws(() => compilePathMatch({ kind: 'regex', source: '/(a)\\1', caseInsensitive: true }), TypeError)
})

test('matches are described in words', () => {
  assert.equal(describeMatch({ kind: 'exact', path: '/a' }), 'Exact /a')
  assert.equal(describeMatch({ kind: 'prefix', path: '/a' }), 'Prefix /a')
  assert.equal(describeMatch({ kind: 'string-prefix', path: '/a/' }), 'text prefix /a/')
  assert.equal(describeMatch({ kind: 'regex', source: '/a.', caseInsensitive: true }), 'regex /a. (any case)')
})
