import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { FINDING_CODES } from '../../src/base/finding-codes.ts'

const DOCS = readFileSync(new URL('../../docs/findings.md', import.meta.url), 'utf8')

interface DocumentedCode {
  readonly code: string
  readonly severity: string
  readonly meaning: string
  readonly example: string
  readonly fix: string
}

/** Rows of the tables: cells are parted by bars that no backslash quotes. */
function readRows(): readonly DocumentedCode[] {
  return DOCS.split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => {
      const cells = line.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('\\|', '|'))
      assert.equal(cells.length, 7, line)
      const [, code = '', severity = '', meaning = '', example = '', fix = ''] = cells
      return { code: code.replaceAll('`', ''), severity, meaning, example, fix }
    })
}

test('docs/findings.md lists every code once, in the order of the registry, and no stale one', () => {
  assert.deepEqual(
    readRows().map((row) => row.code),
    Object.keys(FINDING_CODES),
  )
})

test('docs/findings.md gives severities and meanings as the registry does', () => {
  const documented = readRows().map(({ code, severity, meaning }) => [code, { severity, meaning }] as const)
  assert.deepEqual(Object.fromEntries(documented), FINDING_CODES)
})

test('docs/findings.md has an example and a fix for every code', () => {
  const incomplete = readRows().filter((row) => row.example.length < 4 || !row.fix.endsWith('.'))
  assert.deepEqual(incomplete, [])
})
