/** `genkan lint PATH...`: every finding about manifests, with its place. */
import { type Finding, hasSeverity } from '../base/finding.ts'
import { translateManifests } from '../controller/offline.ts'
import { lint } from '../dialects/lint/lint.ts'
import type { TranslationFlags } from './flags.ts'
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
  const read = await translateManifests(paths, { classes, configMap, defaultBackendService, nowMs: Date.now() })
  const findings = mergeFindings(read.findings, lint(read.snapshot))
  const { files } = read.manifests
  const report = formatReport(findings, { format, fileCount: files.length, readLine: createLineReader(files) }, io)
  io.stdout.write(report)
  return hasSeverity(findings, 'error') ? EXIT_ERRORS : EXIT_OK
}

/**
 * Every finding once. Where the translation has remarked on a field already, a cross-check with the same code says
 * nothing new.
 */
export function mergeFindings(first: readonly Finding[], second: readonly Finding[]): readonly Finding[] {
  const places = new Set(first.map(placeOf))
  const unique = new Map<string, Finding>()
  for (const finding of first) unique.set(`${placeOf(finding)}\0${finding.message}`, finding)
  for (const finding of second) {
    if (!places.has(placeOf(finding))) unique.set(`${placeOf(finding)}\0${finding.message}`, finding)
  }
  return [...unique.values()]
}

function placeOf({ code, origin }: Finding): string {
  return [code, origin.object, origin.path, origin.file, origin.line, origin.column].join('\0')
}
