/** Findings for pipes and editors: one line each. */
import type { Finding } from '../../base/finding.ts'
import { escapeLine } from './escape.ts'
import { formatSummary, severityWord } from './summary.ts'

/** `file:line:col: severity CODE message (object path)` for each finding, then the summary. Ends with a line break. */
export function formatPlainText(findings: readonly Finding[], fileCount: number | null): string {
  const lines = findings.map((finding) => formatLine(finding))
  return `${[...lines, formatSummary(findings, fileCount)].join('\n')}\n`
}

/** One finding, without a line break. */
function formatLine(finding: Finding): string {
  const { origin } = finding
  const place = [origin.file, origin.line, origin.column].filter((part) => part !== undefined).join(':')
  const at = [origin.object, origin.path].filter((part) => part !== '').join(' ')
  const text = `${place === '' ? '' : `${place}: `}${severityWord(finding.severity)} ${finding.code} ${finding.message}`
  return escapeLine(at === '' ? text : `${text} (${at})`)
}
