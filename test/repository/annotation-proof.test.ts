/** What the registry says of an annotation is so: it is decoded, and golden and wire cases show what it does. */
import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { findNginxRow, NGINX, NGINX_FAMILIES } from '../../src/dialects/annotations/nginx.ts'
import { DECODED_ANNOTATIONS } from '../../src/dialects/nginx/annotations.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const ROWS = NGINX_FAMILIES.flatMap((family) => family.rows)
const WORKING = ROWS.filter((row) => row.support === 'works')

/** Read beside the table of rows. */
const READ_ELSEWHERE: Readonly<Record<string, string>> = {
  'backend-protocol': 'readProtocol in annotations.ts, because one of its values is not served',
}

/** Shown over sockets by other means than a wire case. */
const NO_WIRE_CASE: Readonly<Record<string, { readonly why: string; readonly shownBy: string }>> = {
  'proxy-connect-timeout': { why: 'loopback answers or refuses at once', shownBy: 'src/proxy/upstream/retry.test.ts' },
  'proxy-send-timeout': { why: 'simulated pods always read', shownBy: 'src/proxy/upstream/send-timeout.test.ts' },
  'proxy-cookie-domain': { why: 'simulated pods set no cookies', shownBy: 'src/routing/answer-rewrites.test.ts' },
  'proxy-cookie-path': { why: 'simulated pods set no cookies', shownBy: 'src/routing/answer-rewrites.test.ts' },
  'proxy-redirect-from': { why: 'simulated pods do not redirect', shownBy: 'src/routing/answer-rewrites.test.ts' },
  'proxy-redirect-to': { why: 'simulated pods do not redirect', shownBy: 'src/routing/answer-rewrites.test.ts' },
  'proxy-next-upstream': { why: 'simulated pods do not fail one by one', shownBy: 'src/proxy/upstream/retry.test.ts' },
  'proxy-next-upstream-timeout': {
    why: 'simulated pods do not fail one by one',
    shownBy: 'src/proxy/upstream/retry.test.ts',
  },
  'proxy-next-upstream-tries': {
    why: 'simulated pods do not fail one by one',
    shownBy: 'src/proxy/upstream/retry.test.ts',
  },
  'auth-request-redirect': {
    why: 'the simulated service shows its request to nobody',
    shownBy: 'src/proxy/filters/external-auth.test.ts',
  },
  'auth-cache-key': {
    why: 'the simulated service counts no requests',
    shownBy: 'src/proxy/filters/external-auth.test.ts',
  },
  'auth-always-set-cookie': {
    why: 'the simulated service sets no cookies',
    shownBy: 'src/proxy/filters/external-auth.test.ts',
  },
  'session-cookie-change-on-failure': {
    why: 'simulated pods do not fail one by one',
    shownBy: 'src/proxy/upstream/affinity.test.ts',
  },
  'proxy-ssl-secret': { why: 'simulated pods speak plain HTTP', shownBy: 'src/proxy/upstream/upstream-tls.test.ts' },
  'proxy-ssl-verify': { why: 'simulated pods speak plain HTTP', shownBy: 'src/proxy/upstream/upstream-tls.test.ts' },
  'proxy-ssl-verify-depth': {
    why: 'simulated pods speak plain HTTP',
    shownBy: 'src/proxy/upstream/upstream-tls.test.ts',
  },
  'proxy-ssl-ciphers': { why: 'simulated pods speak plain HTTP', shownBy: 'src/proxy/upstream/upstream-tls.test.ts' },
  'proxy-ssl-protocols': { why: 'simulated pods speak plain HTTP', shownBy: 'src/proxy/upstream/upstream-tls.test.ts' },
  'proxy-ssl-name': { why: 'simulated pods speak plain HTTP', shownBy: 'src/proxy/upstream/upstream-tls.test.ts' },
  'proxy-ssl-server-name': {
    why: 'simulated pods speak plain HTTP',
    shownBy: 'src/proxy/upstream/upstream-tls.test.ts',
  },
  'enable-access-log': { why: 'a client sees no log', shownBy: 'src/proxy/access-log/unlogged-routes.test.ts' },
}

/** Names of annotations that the files mention. */
function mentioned(...patterns: readonly string[]): ReadonlySet<string> {
  const names = new Set<string>()
  for (const file of patterns.flatMap((pattern) => globSync(pattern, { cwd: ROOT }))) {
    for (const match of readFileSync(`${ROOT}${file}`, 'utf8').matchAll(
      /nginx\.ingress\.kubernetes\.io\/([a-z0-9-]+)/g,
    )) {
      const name = match[1] ?? ''
      names.add(findNginxRow(name)?.name ?? name)
    }
  }
  return names
}

function namesOf(rows: readonly { readonly name: string }[]): readonly string[] {
  return rows.map((row) => row.name)
}

test('every annotation that works is decoded', () => {
  const missing = WORKING.filter(
    (row) => !DECODED_ANNOTATIONS.has(row.name) && !Object.hasOwn(READ_ELSEWHERE, row.name),
  )
  assert.deepEqual(namesOf(missing), [])
})

test('every decoder is in the registry, as works or accepted', () => {
  const unknown = [...DECODED_ANNOTATIONS.keys()].filter((name) => {
    const support = findNginxRow(name)?.support
    return support !== 'works' && support !== 'accepted'
  })
  assert.deepEqual(unknown, [])
})

test('the registry says which bad values close the routes', () => {
  const different = ROWS.filter(({ name, closes }) => {
    const decoder = DECODED_ANNOTATIONS.get(name)
    return decoder !== undefined && decoder.protects !== closes
  })
  assert.deepEqual(namesOf(different), [])
})

test('aliases are decoded where their row is', () => {
  const missing = WORKING.flatMap((row) => row.aliases).filter((alias) => !DECODED_ANNOTATIONS.has(alias))
  assert.deepEqual(missing, [])
})

test('every annotation that works has a golden case', () => {
  const seen = mentioned('test/golden/ingress/*.in.yaml')
  assert.deepEqual(namesOf(WORKING.filter((row) => !seen.has(row.name))), [])
})

test('every annotation that works has a wire case', () => {
  const seen = mentioned('test/wire/cases/*.yaml', 'test/wire/*.test.ts')
  const missing = WORKING.filter((row) => !seen.has(row.name) && !Object.hasOwn(NO_WIRE_CASE, row.name))
  assert.deepEqual(namesOf(missing), [])
})

test('exceptions are still needed, and shown where they say', () => {
  for (const { shownBy } of Object.values(NO_WIRE_CASE)) assert.ok(existsSync(`${ROOT}${shownBy}`), shownBy)
  const seen = mentioned('test/wire/cases/*.yaml', 'test/wire/*.test.ts')
  assert.deepEqual(
    Object.keys(NO_WIRE_CASE).filter((name) => seen.has(name)),
    [],
  )
  assert.deepEqual(
    Object.keys(READ_ELSEWHERE).filter((name) => DECODED_ANNOTATIONS.has(name)),
    [],
  )
})

test('rows that are accepted say why they have no effect, and those that are refused what to do', () => {
  for (const row of ROWS) {
    assert.equal(row.support === 'accepted', row.idle !== '', row.name)
    if (row.support === 'refused') assert.ok(row.note.length > 20, row.name)
    for (const text of [row.note, row.differs]) assert.match(text, /^$|^(?:[A-Z`0-9]|ingress-nginx ).*\.$/, row.name)
  }
})

test('examples of annotations in the repository are in the registry', () => {
  const known = new Set([...ROWS.map((row) => row.name), ...Object.keys(NGINX.removed)])
  const unknown = [...mentioned('examples/**/*.yaml', 'test/wire/cases/*.yaml')].filter((name) => !known.has(name))
  // The quick start's mistake, and a name cut short by a line of prose.
  assert.deepEqual(unknown.sort(), ['proxy-body-sise'])
})
