import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { ANNOTATION_DOCUMENTS, withTables } from '../../scripts/annotation-docs.ts'

for (const [name, format] of Object.entries(ANNOTATION_DOCUMENTS)) {
  test(`the tables of ${name} are those of the registry (node scripts/annotation-docs.ts --write)`, () => {
    const document = readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8')
    const old = 'they are old; run: node scripts/annotation-docs.ts --write'
    assert.equal(document, withTables(document, format), old)
  })
}
