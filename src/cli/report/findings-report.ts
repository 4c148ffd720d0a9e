/** Chooses how findings are written: by format, and for text by whether a person at a terminal reads it. */
import { compareFindings, type Finding } from '../../base/finding.ts'
import type { CommandIo } from '../io.ts'
import { formatJson } from './json.ts'
import { formatPlainText } from './plain-text.ts'
import { formatSarif } from './sarif.ts'
import { formatTerminalText } from './terminal-text.ts'

export type ReportFormat = 'text' | 'json' | 'sarif'

export interface ReportOptions {
  readonly format: ReportFormat
  /** How many files were read, for the summary; `null` for a cluster. */
  readonly fileCount: number | null
  /** The text of a line (one-based) of a file; `null` when it cannot be shown. */
  readLine(file: string, line: number): string | null
}

/** The whole report, in the fixed order of findings, ending with a line break. */
export function formatReport(
  findings: readonly Finding[],
  options: ReportOptions,
  io: Pick<CommandIo, 'stdout' | 'env'>,
): string {
  const sorted = [...findings].sort(compareFindings)
  switch (options.format) {
    case 'json':
      return formatJson(sorted)
    case 'sarif':
      return formatSarif(sorted)
    case 'text':
      if (!io.stdout.isTTY) return formatPlainText(sorted, options.fileCount)
      return formatTerminalText(sorted, {
        ...options,
        usesColor: usesColor(io.env),
        columns: toColumns(io.stdout.columns),
      })
  }
}

/** Source: no-color.org (any non-empty value) and the terminal type `dumb`. */
function usesColor(env: CommandIo['env']): boolean {
  return (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb'
}

/** Some pseudo-terminals say 0. */
function toColumns(columns: number): number {
  return columns >= 40 ? columns : 100
}
