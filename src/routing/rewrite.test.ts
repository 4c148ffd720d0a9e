import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { compilePathMatch } from './path-match.ts'
import { compileRewrite, escapePath } from './rewrite.ts'

function rewrite(source: string, target: string, path: string): string {
  return compileRewrite(target, compilePathMatch({ kind: 'regex', source, caseInsensitive: true }))(path)
}

test('captures fill the target, which replaces the whole path', () => {
  assert.equal(rewrite('/something(/|$)(.*)', '/$2', '/something/new'), '/new')
  assert.equal(rewrite('/something(/|$)(.*)', '/$2', '/something'), '/')
  assert.equal(rewrite('/(a)/(b)', '/$2/x/$1', '/A/B/c'), '/B/x/A')
})

test('a target without captures collapses every path below the rule', () => {
  assert.equal(rewrite('/foo', '/bar', '/foo/deep/down'), '/bar')
})

test('a target always begins with a slash upstream', () => {
  assert.equal(rewrite('/foo/(.*)', '$1', '/foo/bar'), '/bar')
  assert.equal(rewrite('/foo', 'bar', '/foo'), '/bar')
  assert.equal(rewrite('/foo', '?x=1', '/foo'), '/?x=1')
})

test('a capture that took no part is empty', () => {
  assert.equal(rewrite('/foo(/x)?', '/bar$1$7', '/foo'), '/bar')
})

test('captured text is encoded again, the text of the target is not', () => {
  assert.equal(rewrite('/f/(.*)', '/$1', '/f/a b?c#d%e'), '/a%20b%3Fc%23d%25e')
  assert.equal(rewrite('/f/(.*)', '/%20?q=$1', '/f/x'), '/%20?q=x')
})

test('only $1 to $9 are captures', () => {
  assert.equal(rewrite('/(a)', '/$0/$x/$10', '/a'), '/$0/$x/a0')
})

test('an encoded path holds nothing that could end a request line or begin a query', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 20 }), (text) => {
      const bytes = Buffer.from(text, 'utf8').toString('latin1')
      const escaped = escapePath(bytes)
      assert.match(escaped, /^[\x21\x22\x24-\x3e\x40-\x7e]*$/)
      assert.equal(decodeURIComponent(escaped), Buffer.from(bytes, 'latin1').toString('utf8'))
    }),
  )
})
