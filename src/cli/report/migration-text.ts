/** The migration report for terminals and pipes: no colours, one column of labels, wrapped at the width given. */
import {
  groupByVerdict,
  type Item,
  ITEM_KINDS,
  type MigrationReport,
  type ObjectReport,
  type Verdict,
  VERDICT_WORDS,
  VERDICTS,
} from '../../migrate/migration-report.ts'
import { formatPlace, formatTable } from '../table.ts'
import { escapeLine } from './escape.ts'

const LABEL_WIDTH = 10

/** @param width columns of the terminal; at least 60 are used */
export function formatMigrationText(report: MigrationReport, width: number): string {
  const columns = Math.max(60, Math.min(width, 120))
  const blocks = [formatSummary(report), formatGeneral(report, columns)]
  for (const { verdict, title, objects } of groupByVerdict(report)) {
    const shown = objects.map((object) => formatObject(object, columns))
    blocks.push(`${title}\n${'='.repeat(title.length)}\n\n${shown.join(verdict === 'unchanged' ? '' : '\n')}`)
  }
  if (report.untouched.length > 0) {
    const lines = report.untouched.map(({ object, why, origin }) =>
      wrap(`${escapeLine(object)} ${placeOf(origin)}`.trimEnd(), `: ${escapeLine(why)}`, columns),
    )
    blocks.push(`not touched\n===========\n\n${lines.join('')}`)
  }
  if (report.unread.length > 0) {
    const lines = report.unread.map(({ message, origin }) => `  ${placeOf(origin)} ${escapeLine(message)}\n`)
    blocks.push(`could not be read\n=================\n\n${lines.join('')}`)
  }
  return blocks.join('\n')
}

function formatSummary({ summary, namespaces }: MigrationReport): string {
  const parts = VERDICTS.filter((verdict) => summary.verdicts[verdict] > 0).map(
    (verdict) => `  ${String(summary.verdicts[verdict]).padStart(4)} ${VERDICT_WORDS[verdict]}\n`,
  )
  const rows = namespaces.map(({ namespace, objects, verdicts }) => [
    namespace === '' ? '(cluster)' : escapeLine(namespace),
    ...[objects, ...VERDICTS.map((verdict: Verdict) => verdicts[verdict])].map(String),
  ])
  const table = formatTable(['NAMESPACE', 'OBJECTS', 'UNCHANGED', 'DIFFERENCES', 'EDIT', 'NOT YET'], rows)
  const title = `Moving in from ingress-nginx: ${summary.objects} object${summary.objects === 1 ? '' : 's'}`
  return `${title}\n${parts.join('')}\n${table}`
}

function formatGeneral({ general }: MigrationReport, columns: number): string {
  return `For every object:\n${general.map((text) => wrap('  - ', plain(text), columns)).join('')}`
}

function formatObject({ object, origin, items, remarks, verdict }: ObjectReport, columns: number): string {
  const place = placeOf(origin)
  const head = `${escapeLine(object)}${place === '' ? '' : `  ${place}`}\n`
  // What moves unchanged needs no details.
  if (verdict === 'unchanged' && items.every((item) => item.kind === 'same') && remarks.length === 0) return head
  const details = ITEM_KINDS.filter((kind) => kind !== 'same').flatMap((kind) =>
    items.filter((item) => item.kind === kind).map((item) => formatItem(item, columns)),
  )
  const same = items.filter((item) => item.kind === 'same').map((item) => sameWords(item))
  if (same.length > 0) details.push(wrap(label('same'), same.join(', '), columns))
  for (const { message } of remarks) details.push(wrap(label('as before'), escapeLine(message), columns))
  return `${head}${details.join('')}`
}

function formatItem({ kind, subject, value, why, replacements }: Item, columns: number): string {
  const isLong = value.length > 60 || value.includes('\n')
  const shown = value === '' ? '' : isLong ? ': ...' : `: ${JSON.stringify(value)}`
  const lines = [wrap(label(kind), `${escapeLine(subject)}${escapeLine(shown)}`, columns)]
  if (why !== '') lines.push(wrap(label(''), plain(why), columns))
  for (const replacement of replacements) {
    const text =
      replacement.name === ''
        ? `note: ${plain(replacement.note)}`
        : `write ${replacement.name}: ${JSON.stringify(replacement.value)}`
    lines.push(wrap(label('  ->'), escapeLine(text), columns))
  }
  return lines.join('')
}

/** Routes and roles say what they are; the names of annotations and flags are enough. */
function sameWords({ subject, value }: Item): string {
  const isName = /[/-]/.test(subject) || value === ''
  return escapeLine(isName ? subject.replace(/^nginx\.ingress\.kubernetes\.io\//, '') : value)
}

function label(text: string): string {
  return `  ${text.padEnd(LABEL_WIDTH)}`
}

/** Without the marks of code. */
function plain(text: string): string {
  return escapeLine(text.replaceAll('`', ''))
}

function placeOf(origin: { readonly file?: string; readonly line?: number }): string {
  return escapeLine(formatPlace(origin))
}

/** Text behind a label, broken at spaces, further lines as far to the right as the first. */
function wrap(begin: string, text: string, columns: number): string {
  const indent = ' '.repeat(Math.min(begin.length, 20))
  const lines: string[] = []
  let line = begin
  let isEmpty = true
  for (const word of text.split(' ')) {
    if (!isEmpty && line.length + 1 + word.length > columns) {
      lines.push(line)
      line = indent + word
    } else line += isEmpty ? word : ` ${word}`
    isEmpty = false
  }
  return `${[...lines, line].map((one) => one.trimEnd()).join('\n')}\n`
}
