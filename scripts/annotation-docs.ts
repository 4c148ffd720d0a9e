/**
 * Writes the tables of the documents about annotations from the registry (src/dialects/annotations/), or checks them.
 * Usage: node scripts/annotation-docs.ts [--write | --help]
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { AWS_ALB } from '../src/dialects/annotations/aws-alb.ts'
import { AWS_SERVICE } from '../src/dialects/annotations/aws-service.ts'
import { describeValue } from '../src/dialects/annotations/describe-value.ts'
import { NGINX_FAMILIES, NGINX } from '../src/dialects/annotations/nginx.ts'
import type { RegistryRow } from '../src/dialects/annotations/nginx/annotation-row.ts'
import type { Vocabulary } from '../src/dialects/annotations/vocabulary.ts'

const BEGIN = '<!-- tables: written by scripts/annotation-docs.ts -->'
const END = '<!-- end of tables -->'
const NGINX_HEADINGS =
  '| annotation | accepted | default | scope | risk | tier | here | notes |\n|---|---|---|---|---|---|---|---|'
const AWS_HEADINGS = '| annotation | on | accepted | tier |\n|---|---|---|---|'

/** Documents with tables, and what makes these. */
export const ANNOTATION_DOCUMENTS: Readonly<Record<string, () => string>> = {
  'docs/nginx-annotations.md': formatNginx,
  'docs/aws-annotations.md': formatAws,
}

/** A document with its tables as the registry has them. */
export function withTables(document: string, format: () => string): string {
  const begin = document.indexOf(BEGIN)
  const end = document.indexOf(END)
  if (begin < 0 || end < begin) throw new Error(`Cannot find the tables: there are no ${BEGIN} and ${END}`)
  return `${document.slice(0, begin + BEGIN.length)}\n\n${format()}\n${document.slice(end)}`
}

function formatNginx(): string {
  const families = NGINX_FAMILIES.map(
    ({ title, rows }) => `## ${title}\n\n${NGINX_HEADINGS}\n${rows.map(formatRow).join('')}`,
  )
  return [...families, formatRemoved(NGINX)].join('\n')
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
  return formatCells([name, describeValue(value), initial, scope, risk, tier, support, text])
}

function formatAws(): string {
  const aliases = Object.entries(AWS_ALB.aliases).map(([name, today]) =>
    formatCells([name, today.slice(AWS_ALB.prefix.length)]),
  )
  return [
    `## Ingresses: \`${AWS_ALB.prefix}\`\n\n${AWS_HEADINGS}\n${formatVocabulary(AWS_ALB)}`,
    `## Services: \`${AWS_SERVICE.prefix}\`\n\n${AWS_HEADINGS}\n${formatVocabulary(AWS_SERVICE)}`,
    `## Older spellings that are read\n\n| annotation | today |\n|---|---|\n${aliases.join('')}`,
    formatLegacy(AWS_ALB),
  ].join('\n')
}

function formatVocabulary({ rows }: Vocabulary): string {
  return rows
    .map(({ name, on, value, tier }) => formatCells([name, on.join(', '), describeValue(value), tier]))
    .join('')
}

function formatLegacy({ legacy = {} }: Vocabulary): string {
  const rows = Object.entries(legacy).map(([name, { value, instead }]) =>
    formatCells([name, describeValue(value), instead]),
  )
  return `## Older names that are read as something else\n\n| annotation | accepted | instead |\n|---|---|---|\n${rows.join('')}`
}

function formatRemoved({ removed }: Pick<Vocabulary, 'removed'>): string {
  const rows = Object.entries(removed).map(([name, advice]) => formatCells([name, advice]))
  return `## Removed names\n\n| annotation | instead |\n|---|---|\n${rows.join('')}`
}

function formatCells(cells: readonly string[]): string {
  return `| ${cells.map((text) => text.replaceAll('|', '\\|')).join(' | ')} |\n`
}

function run(args: readonly string[]): number {
  if (args.includes('--help')) {
    process.stdout.write(
      'Usage: node scripts/annotation-docs.ts [--write]\nWithout --write: exits 1 when tables are old.\n',
    )
    return 0
  }
  let status = 0
  for (const [name, format] of Object.entries(ANNOTATION_DOCUMENTS)) {
    const file = fileURLToPath(new URL(`../${name}`, import.meta.url))
    const document = readFileSync(file, 'utf8')
    const wanted = withTables(document, format)
    if (wanted === document) continue
    if (args.includes('--write')) writeFileSync(file, wanted)
    else {
      process.stderr.write(`The tables of ${name} are old; run: node scripts/annotation-docs.ts --write\n`)
      status = 1
    }
  }
  return status
}

if (import.meta.main) process.exitCode = run(process.argv.slice(2))
