/** `genkan lint PATH...`: every finding about manifests, with its place. */
import { hasSeverity } from '../base/finding.ts'
import { translateManifests } from '../controller/offline.ts'
import { lint } from '../dialects/lint/lint.ts'
import { mergeFindings } from '../dialects/lint/merge-findings.ts'
import type { TranslationFlags } from './flags.ts'
import { toStreamOptions } from './nginx-flags/stream-flags.ts'
import { type CommandIo, EXIT_ERRORS, EXIT_OK, UsageError } from './io.ts'
import { formatReport, type ReportFormat } from './report/findings-report.ts'
import { createLineReader } from './report/source-lines.ts'

export interface LintOptions extends TranslationFlags {
  /** Files, folders, or `-`. */
  readonly paths: readonly string[]
  readonly format: ReportFormat
}

/**
 * Prints the findings of reading, translating and cross-checking the manifests.
 *
 * @returns 0 when none is above warning, 1 otherwise
 * @throws {UsageError} when no path is given
 */
export async function runLint(options: LintOptions, io: CommandIo): Promise<number> {
  const { paths, format, class: classes, configMap, defaultBackendService } = options
  if (paths.length === 0) throw new UsageError('Cannot lint: no path is given; name a file, a folder or -')
  const read = await translateManifests(paths, {
    classes,
    configMap,
    defaultBackendService,
    ...toStreamOptions(options),
    nowMs: Date.now(),
  })
  const findings = mergeFindings(read.findings, lint(read.snapshot))
  const { files } = read.manifests
  const report = formatReport(findings, { format, fileCount: files.length, readLine: createLineReader(files) }, io)
  io.stdout.write(report)
  return hasSeverity(findings, 'error') ? EXIT_ERRORS : EXIT_OK
}
