/**
 * The migration report as one page: no scripts, nothing from elsewhere, every word escaped. Colours repeat what the
 * labels say; it prints in full and follows the reader's light or dark setting.
 */
import type { Origin } from '../../base/finding.ts'
import {
  groupByVerdict,
  type Item,
  ITEM_KINDS,
  type ItemKind,
  type MigrationReport,
  type ObjectReport,
  type Verdict,
  VERDICT_WORDS,
  type VerdictGroup,
  VERDICTS,
} from '../../migrate/migration-report.ts'
import { formatPlace } from '../table.ts'
import { escapeLine } from './escape.ts'
import { MIGRATION_STYLE } from './migration-style.ts'

const KIND_WORDS: Readonly<Record<ItemKind, string>> = {
  refused: 'refused',
  differs: 'differs',
  absent: 'not among the manifests',
  idle: 'no effect, nothing lost',
  same: 'the same',
}

/** @param title of the page, and of what it is about */
export function formatMigrationHtml(report: MigrationReport, title: string): string {
  const groups = groupByVerdict(report)
  const sections = groups.map(({ verdict, title: heading, objects }) =>
    section(verdict, heading, objects.map(formatObject).join('')),
  )
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<style>
${MIGRATION_STYLE}</style>
</head>
<body>
<header>
<h1>${escapeHtml(title)}</h1>
<p class="answer ${report.summary.canMove ? 'unchanged' : 'edit'}">${answerOf(report)}</p>
</header>
<nav aria-label="Contents">
<h2>Contents</h2>
<ul>
${contents(report, groups)}</ul>
</nav>
<main>
${section('summary', 'Summary', formatSummary(report))}${section('general', 'For every object', list(report.general.map(code)))}${sections.join('')}${formatRest(report)}</main>
</body>
</html>
`
}

function answerOf({ summary }: MigrationReport): string {
  const { edit, blocked } = summary.verdicts
  if (summary.canMove) return 'Nothing needs an edit.'
  const parts = [edit > 0 ? `${edit} to edit` : '', blocked > 0 ? `${blocked} that must not be moved yet` : '']
  return `Of ${summary.objects} objects: ${parts.filter((part) => part !== '').join(', ')}.`
}

function contents(report: MigrationReport, groups: readonly VerdictGroup[]): string {
  const entries: [string, string][] = [
    ['summary', 'Summary'],
    ['general', 'For every object'],
    ...groups.map(({ verdict, title }): [string, string] => [verdict, title]),
  ]
  if (report.untouched.length > 0) entries.push(['untouched', `not touched (${report.untouched.length})`])
  if (report.unread.length > 0) entries.push(['unread', `could not be read (${report.unread.length})`])
  return entries.map(([id, text]) => `<li><a href="#${id}">${escapeHtml(text)}</a></li>\n`).join('')
}

function formatSummary({ summary, namespaces }: MigrationReport): string {
  const head = ['Namespace', 'Objects', ...VERDICTS.map((verdict) => VERDICT_WORDS[verdict])]
  const row = (name: string, objects: number, verdicts: Readonly<Record<Verdict, number>>): string =>
    `<tr><th scope="row">${name}</th><td>${objects}</td>${VERDICTS.map((verdict) => `<td>${verdicts[verdict]}</td>`).join('')}</tr>\n`
  const rows = namespaces.map(({ namespace, objects, verdicts }) =>
    row(namespace === '' ? '<i>cluster</i>' : escapeHtml(namespace), objects, verdicts),
  )
  const all = row('<b>All</b>', summary.objects, summary.verdicts)
  return `<table>\n<thead><tr>${head.map((text) => `<th scope="col">${text}</th>`).join('')}</tr></thead>\n<tbody>\n${rows.join('')}${all}</tbody>\n</table>\n`
}

function formatObject({ object, origin, verdict, items, remarks }: ObjectReport): string {
  const details = ITEM_KINDS.map((kind) =>
    formatKind(
      kind,
      items.filter((item) => item.kind === kind),
    ),
  )
  const also = remarks.map(({ message }) => `<li>${escapeHtml(message)}</li>\n`).join('')
  return `<article>
<h3><span class="badge ${verdict}">${VERDICT_WORDS[verdict]}</span> ${escapeHtml(object)}</h3>
${place(origin)}${details.join('')}${also === '' ? '' : `<h4>as before</h4>\n<ul>\n${also}</ul>\n`}</article>
`
}

function formatKind(kind: ItemKind, items: readonly Item[]): string {
  if (items.length === 0) return ''
  const body =
    kind === 'same'
      ? `<p class="same">${items.map((item) => sameWords(item)).join(', ')}</p>\n`
      : `<dl>\n${items.map(formatItem).join('')}</dl>\n`
  return `<h4 class="${kind}">${KIND_WORDS[kind]}</h4>\n${body}`
}

function sameWords({ subject, value }: Item): string {
  return value === ''
    ? `<code>${escapeHtml(subject)}</code>`
    : `<code>${escapeHtml(subject)}: ${escapeHtml(value)}</code>`
}

function formatItem({ subject, value, why, replacements, isBlocked, origin }: Item): string {
  const shown =
    value === '' ? '' : value.includes('\n') ? `<pre>${escapeLines(value)}</pre>` : `<code>${escapeHtml(value)}</code>`
  const typed = replacements.filter(({ name }) => name !== '')
  const yaml = typed.map(({ name, value: text }) => `${name}: ${JSON.stringify(text)}`).join('\n')
  const notes = replacements.filter(({ note }) => note !== '').map(({ note }) => code(note))
  const parts = [
    why === '' ? '' : `<p>${code(why)}${isBlocked ? ' <b>Not available in this version.</b>' : ''}</p>\n`,
    yaml === '' ? '' : `<p>Write instead:</p>\n<pre>${escapeLines(yaml)}</pre>\n`,
    notes.length === 0 ? '' : list(notes),
  ]
  return `<dt><code>${escapeHtml(subject)}</code> ${shown}</dt>\n<dd>${place(origin)}${parts.join('')}</dd>\n`
}

function formatRest({ untouched, unread }: MigrationReport): string {
  const others = untouched.map(({ object, why, origin }) => `<b>${escapeHtml(object)}</b> ${place(origin)}${code(why)}`)
  const broken = unread.map(({ message, origin }) => `${place(origin)}${escapeHtml(message)}`)
  return `${others.length === 0 ? '' : section('untouched', 'not touched', list(others))}${broken.length === 0 ? '' : section('unread', 'could not be read', list(broken))}`
}

function section(id: string, title: string, body: string): string {
  return `<section id="${id}">\n<h2>${escapeHtml(title)}</h2>\n${body}</section>\n`
}

/** @param entries ready HTML */
function list(entries: readonly string[]): string {
  return `<ul>\n${entries.map((entry) => `<li>${entry}</li>\n`).join('')}</ul>\n`
}

function place(origin: Origin): string {
  const text = formatPlace(origin)
  return text === '' ? '' : `<p class="place">${escapeHtml(text)}</p>\n`
}

/** Text whose backquotes mark code. */
function code(text: string): string {
  return text
    .split('`')
    .map((part, index, parts) =>
      index % 2 === 1 && index < parts.length - 1 ? `<code>${escapeHtml(part)}</code>` : escapeHtml(part),
    )
    .join('')
}

/** For text and attribute values alike; what moves cursors or reverses text is shown as an escape. */
function escapeHtml(text: string): string {
  return escapeLine(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}

function escapeLines(text: string): string {
  return text.split('\n').map(escapeHtml).join('\n')
}
