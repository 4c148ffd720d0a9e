/**
 * Writes the tables of docs/nginx-annotations.md from the registry (src/dialects/annotations/nginx/), or checks them.
 * Usage: node scripts/annotation-docs.ts [--write | --help]
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describeValue } from '../src/dialects/annotations/describe-value.ts'
import { NGINX_FAMILIES, NGINX } from '../src/dialects/annotations/nginx.ts'
import type { RegistryRow } from '../src/dialects/annotations/nginx/annotation-row.ts'

const FILE = fileURLToPath(new URL('../docs/nginx-annotations.md', import.meta.url))
const BEGIN = '<!-- tables: written by scripts/annotation-docs.ts -->'
const END = '<!-- end of tables -->'
const HEADINGS =
  '| annotation | accepted | default | scope | risk | tier | here | notes |\n|---|---|---|---|---|---|---|---|'

/** The document with its tables as the registry has them. */
export function withTables(document: string): string {
  const begin = document.indexOf(BEGIN)
  const end = document.indexOf(END)
  if (begin < 0 || end < begin) throw new Error(`Cannot find the tables: ${FILE} has no ${BEGIN} and ${END}`)
  return `${document.slice(0, begin + BEGIN.length)}\n\n${formatTables()}\n${document.slice(end)}`
}

function formatTables(): string {
  const families = NGINX_FAMILIES.map(
    ({ title, rows }) => `## ${title}\n\n${HEADINGS}\n${rows.map(formatRow).join('')}`,
  )
  const removed = Object.entries(NGINX.removed).map(([name, advice]) => `| ${name} | ${cell(advice)} |\n`)
  return [...families, `## Removed names\n\n| annotation | instead |\n|---|---|\n${removed.join('')}`].join('\n')
}

function formatRow(row: RegistryRow): string {
  const { name, value, initial, scope, risk, tier, support, closes, idle, note, differs } = row
  const aliases = row.aliases.length === 0 ? '' : `Also \`${row.aliases.join('`, `')}\`.`
  const notes = [
    note,
    idle === '' ? '' : `No effect: ${idle}.`,
    differs === '' ? '' : `**Differs:** ${differs}`,
    closes ? `A wrong value: ${scope === 'host' ? 403 : 503}.` : '',
    aliases,
  ]
  const text = notes.filter((part) => part !== '').join(' ')
  const cells = [name, describeValue(value), initial, scope, risk, tier, support, text]
  return `| ${cells.map(cell).join(' | ')} |\n`
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}

function run(args: readonly string[]): number {
  if (args.includes('--help')) {
    process.stdout.write(
      'Usage: node scripts/annotation-docs.ts [--write]\nWithout --write: exits 1 when the tables are old.\n',
    )
    return 0
  }
  const document = readFileSync(FILE, 'utf8')
  const wanted = withTables(document)
  if (wanted === document) return 0
  if (args.includes('--write')) {
    writeFileSync(FILE, wanted)
    return 0
  }
  process.stderr.write(
    'The tables of docs/nginx-annotations.md are old; run: node scripts/annotation-docs.ts --write\n',
  )
  return 1
}

if (import.meta.main) process.exitCode = run(process.argv.slice(2))
