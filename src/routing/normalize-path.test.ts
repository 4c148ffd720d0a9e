import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { normalizePath } from './normalize-path.ts'

const CASES: readonly (readonly [string, string | null])[] = [
  ['/', '/'],
  ['/foo', '/foo'],
  ['/foo/', '/foo/'],
  ['//', '/'],
  ['/a//b', '/a/b'],
  ['/a///', '/a/'],
  ['/a/./b', '/a/b'],
  ['/a/.', '/a/'],
  ['/a/..', '/'],
  ['/a/../b', '/b'],
  ['/a/b/../../c/', '/c/'],
  ['/.well-known/x', '/.well-known/x'],
  ['/...', '/...'],
  ['/a/..b', '/a/..b'],
  ['/%61%2Fb', '/a/b'],
  ['/a%2f%2e%2e%2fb', '/b'],
  ['/%252e', '/%2e'],
  ['/%C3%A9', '/\u00c3\u00a9'],
  ['/..', null],
  ['/a/../..', null],
  ['/%2e%2e/etc', null],
  ['/%00', null],
  ['/\0', null],
  ['/a//\0', null],
  ['/%', null],
  ['/%4', null],
  ['/%zz', null],
  ['', null],
  ['foo', null],
  ['*', null],
]

for (const [path, expected] of CASES) {
  test(`${JSON.stringify(path)} is ${expected === null ? 'refused' : `matched as ${JSON.stringify(expected)}`}`, () => {
    assert.equal(normalizePath(path), expected)
  })
}

const pathText = fc
  .array(fc.constantFrom('/', '/', '.', '..', 'a', 'b', '%2e', '%2F', '%41', '%25', '%', '\0', 'é'), { maxLength: 12 })
  .map((parts) => `/${parts.join('')}`)

test('a normal path has no empty or dot segment inside and stays as it is', () => {
  fc.assert(
    fc.property(pathText, (path) => {
      const normal = normalizePath(path)
      if (normal === null) return
      assert.ok(normal.startsWith('/'))
      const segments = normal.slice(1).split('/')
      assert.ok(!segments.slice(0, -1).includes(''))
      assert.ok(!segments.includes('.') && !segments.includes('..'))
      if (!normal.includes('%')) assert.equal(normalizePath(normal), normal)
    }),
    { numRuns: 3000 },
  )
})
