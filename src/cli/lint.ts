/** `genkan lint PATH...`: every finding about manifests, with its place. */
import { hasSeverity } from '../base/finding.ts'
import { lint } from '../dialects/lint/lint.ts'
import { mergeFindings } from '../dialects/lint/merge-findings.ts'
import type { TranslationFlags } from './flags.ts'
import { type CommandIo, EXIT_ERRORS, EXIT_OK } from './io.ts'
import { formatReport, type ReportFormat } from './report/findings-report.ts'
import { createLineReader } from './report/source-lines.ts'
import { isCluster, type SourceFlags } from './source-flags.ts'
import { translateFrom } from './translate-from.ts'

export interface LintOptions extends TranslationFlags, SourceFlags {
  /** Files, folders, or `-`. */
  readonly paths: readonly string[]
  readonly format: ReportFormat
}

/**
 * Prints the findings of reading, translating and cross-checking the manifests.
 *
 * @returns 0 when none is above warning, 1 otherwise
 * @throws {UsageError} when neither a path nor a cluster is given, or both
 */
export async function runLint(options: LintOptions, io: CommandIo): Promise<number> {
  const { paths, format } = options
  const read = await translateFrom('lint', paths, options, io)
  const findings = mergeFindings(read.findings, read.correct(lint(read.snapshot)))
  const { files } = read
  // Standard error has said it already.
  const told = new Set(format === 'text' ? read.unread : [])
  const report = formatReport(
    findings.filter((finding) => !told.has(finding)),
    { format, fileCount: isCluster(options) ? null : files.length, readLine: createLineReader(files) },
    io,
  )
  io.stdout.write(report)
  return hasSeverity(findings, 'error') ? EXIT_ERRORS : EXIT_OK
}
