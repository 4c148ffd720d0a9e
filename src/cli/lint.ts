/** `genkan lint PATH...`: every finding about manifests, with its place. */
import { type Finding, hasSeverity, type Severity } from '../base/finding.ts'
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
 * Every finding once. Where reading or translating and a cross-check remark on one field with one code, the cross-check
 * knows more of the surroundings and its words are kept, under the worse of the two severities.
 */
export function mergeFindings(first: readonly Finding[], checks: readonly Finding[]): readonly Finding[] {
  const severities = new Map<string, Severity>()
  for (const { severity, ...rest } of first) {
    const place = placeOf(rest)
    if (severity === 'error' || !severities.has(place)) severities.set(place, severity)
  }
  const checked = new Set(checks.map(placeOf))
  const unique = new Map<string, Finding>()
  for (const finding of first) {
    if (!checked.has(placeOf(finding))) unique.set(`${placeOf(finding)}\0${finding.message}`, finding)
  }
  for (const finding of checks) {
    const severity = severities.get(placeOf(finding)) === 'error' ? 'error' : finding.severity
    unique.set(`${placeOf(finding)}\0${finding.message}`, { ...finding, severity })
  }
  return [...unique.values()]
}

function placeOf({ code, origin }: Pick<Finding, 'code' | 'origin'>): string {
  return [code, origin.object, origin.path, origin.file, origin.line, origin.column].join('\0')
}
