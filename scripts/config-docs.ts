/**
 * Writes the tables of docs/nginx-configmap.md from the table of ConfigMap keys (src/dialects/annotations/config-keys/),
 * or checks them. Usage: node scripts/config-docs.ts [--write | --help]
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { CONFIG_KEY_FAMILIES } from '../src/dialects/annotations/config-keys.ts'
import type { ConfigKeyRow } from '../src/dialects/annotations/config-keys/config-key-row.ts'
import { READ_CONFIG_KEYS } from '../src/dialects/nginx/config-map.ts'

const FILE = fileURLToPath(new URL('../docs/nginx-configmap.md', import.meta.url))
const BEGIN = '<!-- tables: written by scripts/config-docs.ts -->'
const END = '<!-- end of tables -->'
const HEADINGS = '| key | default | here | what Genkan does |\n|---|---|---|---|'

export type KeySupport = 'works' | 'accepted' | 'refused' | 'closes' | 'missing'

/** Keys of protections that are not available: whoever asks for them is not served. */
const CLOSING = new Set(['enable-modsecurity', 'enable-owasp-modsecurity-crs'])

export function supportOf({ key, idle, refused }: ConfigKeyRow): KeySupport {
  if (READ_CONFIG_KEYS.has(key)) return 'works'
  if (CLOSING.has(key)) return 'closes'
  if (refused !== '') return 'refused'
  return idle === '' ? 'missing' : 'accepted'
}

/** The document with its tables as the code has them. */
export function withKeyTables(document: string): string {
  const begin = document.indexOf(BEGIN)
  const end = document.indexOf(END)
  if (begin < 0 || end < begin) throw new Error(`Cannot find the tables: ${FILE} has no ${BEGIN} and ${END}`)
  const tables = CONFIG_KEY_FAMILIES.map(({ title, rows }) => `## ${title}\n\n${HEADINGS}\n${rows.map(toRow).join('')}`)
  return `${document.slice(0, begin + BEGIN.length)}\n\n${tables.join('\n')}\n${document.slice(end)}`
}

function toRow(row: ConfigKeyRow): string {
  const support = supportOf(row)
  const initial = row.initial === '' ? '' : `\`${row.initial}\``
  const cells = [row.key, initial, support, textOf(row, support)]
  return `| ${cells.map((text) => text.replaceAll('|', '\\|')).join(' | ')} |\n`
}

function textOf({ note, idle, refused }: ConfigKeyRow, support: KeySupport): string {
  switch (support) {
    case 'works':
    case 'closes':
      return note
    case 'accepted':
      return `No effect: ${idle}.`
    case 'refused':
      return `Refused: ${refused}.`
    case 'missing':
      return `Not in this version.${note === '' ? '' : ` ${note}`}`
  }
}

function run(args: readonly string[]): number {
  if (args.includes('--help')) {
    process.stdout.write(
      'Usage: node scripts/config-docs.ts [--write]\nWithout --write: exits 1 when the tables are old.\n',
    )
    return 0
  }
  const document = readFileSync(FILE, 'utf8')
  const wanted = withKeyTables(document)
  if (wanted === document) return 0
  if (args.includes('--write')) {
    writeFileSync(FILE, wanted)
    return 0
  }
  process.stderr.write('The tables of docs/nginx-configmap.md are old; run: node scripts/config-docs.ts --write\n')
  return 1
}

if (import.meta.main) process.exitCode = run(process.argv.slice(2))
