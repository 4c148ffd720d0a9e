import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { GENKAN_ENTRIES } from '../../src/dialects/annotations/genkan.ts'
import { INGRESS_ROWS } from '../../src/dialects/genkan/ingress-annotations.ts'

const DOCS = readFileSync(new URL('../../docs/genkan-annotations.md', import.meta.url), 'utf8')

/** Cells of the table, by column. */
const ROWS: readonly (readonly string[])[] = DOCS.split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) =>
    line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )

test('docs/genkan-annotations.md has the rows of the table, in order, with the same places, types and defaults', () => {
  assert.deepEqual(
    ROWS.map(([name, on, form, fallback]) => ({ name, on, form, fallback })),
    GENKAN_ENTRIES.map(({ name, on, form, fallback }) => ({ name: `\`${name}\``, on: on.join(', '), form, fallback })),
  )
})

test('docs/genkan-annotations.md says of every annotation what it does', () => {
  for (const cells of ROWS) {
    assert.equal(cells.length, 7, cells[0])
    assert.ok((cells[5] ?? '').endsWith('.'), cells[0])
  }
})

test('names of our own annotations are sorted', () => {
  const names = GENKAN_ENTRIES.map(({ name }) => name)
  assert.deepEqual(names, names.toSorted())
})

test('every annotation of an Ingress that is read is in the table', () => {
  const known = GENKAN_ENTRIES.filter(({ on }) => on.includes('Ingress')).map(({ name }) => name)
  assert.deepEqual(
    Object.keys(INGRESS_ROWS).filter((name) => !known.includes(name)),
    [],
  )
})
