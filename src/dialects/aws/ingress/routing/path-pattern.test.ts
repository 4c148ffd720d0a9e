import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { IngressPath } from '../../../../kube/objects.ts'
import { comparePaths, toPathPattern } from './path-pattern.ts'

const BACKEND = { kind: 'invalid' } as const
const values = (...list: string[]): unknown => ({ kind: 'values', values: list })

const CASES: readonly [IngressPath['pathType'], string, unknown][] = [
  ['Exact', '/foo', values('/foo')],
  ['Exact', '/foo/', values('/foo/')],
  ['Exact', '/', values('/')],
  ['Prefix', '/', values('/*')],
  ['Prefix', '/foo', values('/foo', '/foo/*')],
  ['Prefix', '/foo/', values('/foo', '/foo/*')],
  ['Prefix', '/foo/bar', values('/foo/bar', '/foo/bar/*')],
  ['ImplementationSpecific', '/', values('/')],
  ['ImplementationSpecific', '/*', values('/*')],
  ['ImplementationSpecific', '/a?c/*.png', values('/a?c/*.png')],
]

for (const [pathType, path, wanted] of CASES) {
  test(`${pathType} ${path} is a pattern`, () => {
    assert.deepEqual(toPathPattern({ path, pathType }, false), wanted)
  })
}

for (const pathType of ['Exact', 'Prefix'] as const) {
  for (const path of ['/a*', '/a?b']) {
    test(`${pathType} ${path} is refused, because it has a wildcard`, () => {
      assert.equal(toPathPattern({ path, pathType }, false).kind, 'refused')
    })
  }
}

test('an ImplementationSpecific path without a text is any path', () => {
  const path = { path: '/', isPathEmpty: true, pathType: 'ImplementationSpecific' } as const
  assert.deepEqual(toPathPattern(path, false), { kind: 'any' })
  assert.deepEqual(toPathPattern(path, true), { kind: 'any' })
})

test('use-regex-path-match takes ImplementationSpecific paths for regular expressions behind a slash', () => {
  const regex = { path: '/^/api/v[0-9]+/.*$', pathType: 'ImplementationSpecific' } as const
  assert.deepEqual(toPathPattern(regex, true), { kind: 'regex', regex: '^/api/v[0-9]+/.*$' })
  assert.deepEqual(toPathPattern({ path: '/api', pathType: 'Prefix' }, true), values('/api', '/api/*'))
  assert.deepEqual(toPathPattern({ path: '/api', pathType: 'Exact' }, true), values('/api'))
})

test('paths of a rule are tried Exact, then Prefix by length, then globs, each as listed', () => {
  const paths: readonly [IngressPath['pathType'], string][] = [
    ['ImplementationSpecific', '/z/very/long/*'],
    ['Prefix', '/a'],
    ['Exact', '/b'],
    ['Prefix', '/ab'],
    ['Prefix', '/c'],
    ['ImplementationSpecific', '/a*'],
    ['Exact', '/bb'],
    ['Prefix', '/abc'],
  ]
  const sorted = paths.map(([pathType, path]) => ({ path, pathType, backend: BACKEND })).sort(comparePaths)
  assert.deepEqual(
    sorted.map(({ path }) => path),
    ['/b', '/bb', '/abc', '/ab', '/a', '/c', '/z/very/long/*', '/a*'],
  )
})
