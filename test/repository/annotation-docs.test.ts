import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { withTables } from '../../scripts/annotation-docs.ts'

test('the tables of docs/nginx-annotations.md are those of the registry (node scripts/annotation-docs.ts --write)', () => {
  const document = readFileSync(new URL('../../docs/nginx-annotations.md', import.meta.url), 'utf8')
  assert.equal(document, withTables(document), 'they are old; run: node scripts/annotation-docs.ts --write')
})
