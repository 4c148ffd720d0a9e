import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compileRedirects } from './path-redirect.ts'
import { compileRequestFilter, describeRequestFilter, type RequestFilter } from './request-filter.ts'

const EMPTY: RequestFilter = { denyPaths: [], denyUserAgents: [], denyStatus: 403, allowMethods: [], redirects: [] }

test('padding does not help a path past an expression', () => {
  const filter = compileRequestFilter({
    ...EMPTY,
    denyPaths: [{ kind: 'regex', source: '\\.bak$', caseInsensitive: false }],
  })
  assert.equal(filter.denialOf('/x.bak', ''), '/x.bak is denied')
  assert.equal(filter.denialOf('/x', ''), null)
  assert.notEqual(filter.denialOf(`/${'a'.repeat(9000)}`, ''), null)
})

test('a line break does not help a path past a dot', () => {
  const filter = compileRequestFilter({
    ...EMPTY,
    denyPaths: [{ kind: 'regex', source: '^/private/.*\\.txt', caseInsensitive: false }],
  })
  assert.notEqual(filter.denialOf('/private/a\nb.txt', ''), null)
  assert.equal(filter.denialOf('/public/a\nb.txt', ''), null)
})

test('prefixes are texts, of any language', () => {
  const filter = compileRequestFilter({ ...EMPTY, denyPaths: [{ kind: 'prefix', path: '/früh' }] })
  assert.notEqual(filter.denialOf(Buffer.from('/frühling').toString('latin1'), ''), null)
  assert.equal(filter.denialOf('/fr', ''), null)
})

test('a request without User-Agent is not one with a denied one', () => {
  const filter = compileRequestFilter({
    ...EMPTY,
    denyUserAgents: [{ kind: 'regex', source: '.*', caseInsensitive: false }],
  })
  assert.equal(filter.denialOf('/', ''), null)
  assert.notEqual(filter.denialOf('/', 'x'), null)
})

test('HEAD comes with GET only', () => {
  const allowing = (methods: readonly string[]): string | undefined =>
    compileRequestFilter({ ...EMPTY, allowMethods: methods }).refusalOf('TRACE')?.extraLines
  assert.equal(allowing(['GET']), 'Allow: GET, HEAD\r\n')
  assert.equal(allowing(['POST']), 'Allow: POST\r\n')
  assert.equal(allowing([]), undefined)
})

test('the first redirect that matches is taken', () => {
  const redirect = compileRedirects([
    { status: 301, from: '/a/*/c', to: '/x/$1' },
    { status: 302, from: '/a/*', to: '/y' },
  ])
  assert.deepEqual(redirect('/a/b/c'), { status: 301, location: '/x/b' })
  assert.deepEqual(redirect('/a/b'), { status: 302, location: '/y' })
  assert.equal(redirect('/b'), null)
})

test('characters of expressions are themselves in a path with stars', () => {
  const redirect = compileRedirects([{ status: 301, from: '/a.b/(x)', to: '/c' }])
  assert.equal(redirect('/a.b/(x)')?.location, '/c')
  assert.equal(redirect('/aXb/(x)'), null)
})

test('whatever a client writes, a redirect to a path stays on its host and on one line', () => {
  const redirect = compileRedirects([{ status: 301, from: '/*', to: '/$1' }])
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const path = `/${Buffer.from(text).toString('latin1')}`
      const location = redirect(path)?.location ?? '/'
      assert.match(location, /^\/(?![/\\])[\x21-\x7e]*$/)
      assert.equal(new URL(location, 'https://shop.example').host, 'shop.example')
    }),
  )
})

test('few words describe a filter', () => {
  assert.equal(describeRequestFilter(EMPTY), '')
  const filter = { ...EMPTY, denyPaths: [{ kind: 'prefix' as const, path: '/x' }], allowMethods: ['GET'] }
  assert.equal(describeRequestFilter(filter), '1 denials with 403; GET only')
})

const INTERNAL: RequestFilter = { ...EMPTY, denyPaths: [{ kind: 'prefix', path: '/internal' }] }

for (const path of [
  '/internal;x=1',
  '/a/..;/internal/b',
  '/a;b/..;c/internal',
  '/\\internal',
  '/a\\..\\internal',
  '/%69nternal',
  '/a/%2e%2e/internal',
  '/..;/internal',
]) {
  test(`another reading of the path is denied as well: ${path}`, () => {
    assert.notEqual(compileRequestFilter(INTERNAL).denialOf(path, ''), null)
  })
}

for (const path of ['/a;/internal', '/100%', '/a%zz', '/a;b', '/a\\b', '/not;/internal2/../x']) {
  test(`a path is not denied for its characters: ${path}`, () => {
    assert.equal(compileRequestFilter(INTERNAL).denialOf(path, ''), null)
  })
}
