/** Findings for people at a terminal: the source line with a caret, in colour unless that is unwanted. */
import type { Finding, Severity } from '../../base/finding.ts'
import { escapeLine } from './escape.ts'
import { toExcerpt } from './source-excerpt.ts'
import { formatSummary, severityWord } from './summary.ts'

export interface TerminalOptions {
  readonly fileCount: number | null
  readonly usesColor: boolean
  /** Width of the terminal in columns. */
  readonly columns: number
  /** The text of a line (one-based) of a file, without its line break; `null` when it cannot be shown. */
  readLine(file: string, line: number): string | null
}

const BOLD = '1'
const DIM = '2'
const COLORS = { error: '1;31', warning: '1;33', info: '1;36' } as const satisfies Record<Severity, string>

/** Every finding as a block of lines, blocks parted by an empty line, the summary last. Ends with a line break. */
export function formatTerminalText(findings: readonly Finding[], options: TerminalOptions): string {
  const blocks = findings.map((finding) => formatBlock(finding, options))
  return `${[...blocks, paint(formatSummary(findings, options.fileCount), BOLD, options)].join('\n\n')}\n`
}

function formatBlock(finding: Finding, options: TerminalOptions): string {
  const { origin } = finding
  const label = paint(`${severityWord(finding.severity)}[${finding.code}]`, COLORS[finding.severity], options)
  const head = `${label}${paint(`: ${escapeLine(finding.message)}`, BOLD, options)}`
  const at = escapeLine([origin.object, origin.path].filter((part) => part !== '').join(' '))
  const place = escapeLine([origin.file, origin.line, origin.column].filter((part) => part !== undefined).join(':'))
  const gutter = ' '.repeat(String(origin.line ?? '').length)
  const arrow = paint(`${gutter}-->`, DIM, options)
  const lines = [head, `${arrow} ${[place, at].filter((part) => part !== '').join('  ')}`]
  const source =
    origin.file === undefined || origin.line === undefined ? null : options.readLine(origin.file, origin.line)
  if (source === null || source.trim() === '') return lines.join('\n')
  const excerpt = toExcerpt(source, origin.column ?? 1, options.columns - gutter.length - 4)
  const bar = paint(`${gutter} |`, DIM, options)
  lines.push(bar)
  lines.push(`${paint(`${origin.line} |`, DIM, options)} ${excerpt.text}`)
  lines.push(`${bar} ${paint(excerpt.carets, COLORS[finding.severity], options)}`)
  return lines.join('\n')
}

function paint(text: string, style: string, options: TerminalOptions): string {
  return options.usesColor ? `\u001b[${style}m${text}\u001b[0m` : text
}
