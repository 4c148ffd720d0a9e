import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { supportOf, withKeyTables } from '../../scripts/config-docs.ts'
import { CONFIG_KEY_FAMILIES, configKeyNames } from '../../src/dialects/annotations/config-keys.ts'
import { READ_CONFIG_KEYS } from '../../src/dialects/nginx/config-map.ts'
import { compileLogFormat } from '../../src/proxy/access-log/log-format.ts'

const DOCS = readFileSync(new URL('../../docs/nginx-configmap.md', import.meta.url), 'utf8')
const ROWS = CONFIG_KEY_FAMILIES.flatMap(({ rows }) => rows)

test('the tables of docs/nginx-configmap.md are those of the code (node scripts/config-docs.ts --write)', () => {
  assert.equal(DOCS, withKeyTables(DOCS), 'they are old; run: node scripts/config-docs.ts --write')
})

test('every key that is read is in the table, once', () => {
  const names = configKeyNames()
  assert.deepEqual(
    [...READ_CONFIG_KEYS].filter((key) => !names.includes(key)),
    [],
  )
  assert.equal(ROWS.length, names.length)
})

test('no key is both read and said to have no effect', () => {
  const torn = ROWS.filter(({ key, idle, refused }) => READ_CONFIG_KEYS.has(key) && (idle !== '' || refused !== ''))
  assert.deepEqual(
    torn.map(({ key }) => key),
    [],
  )
})

test('what is missing is known to be', () => {
  const missing = ROWS.filter((row) => supportOf(row) === 'missing').map(({ key }) => key)
  assert.deepEqual(missing, ['use-geoip', 'use-geoip2', 'geoip2-autoreload-in-minutes', 'enable-auth-access-log'])
})

test('the variables that the page names exist, and those that it says are missing do not', () => {
  const [, page = ''] = DOCS.split('## Variables of')
  const [present = '', absent = ''] = page.split('What the body,')
  const formats = [present, absent].map((text) =>
    [...text.matchAll(/`\$([a-z0-9_]+?)(?:NAME|\*)?`/g)].map((match) => match[1] ?? ''),
  )
  const [named = [], unnamed = []] = formats
  assert.ok(named.length > 60 && unnamed.length >= 5)
  const unknown = (names: readonly string[]): readonly string[] =>
    compileLogFormat(names.map((name) => `\${${name.endsWith('_') ? `${name}x` : name}}`).join(' '), 'default').unknown
  assert.deepEqual(unknown(named), [])
  assert.equal(unknown(unnamed).length, unnamed.length)
})
