/** `genkan migrate PATH...`: what moving in from ingress-nginx means for each object, or the same routes in another API. */
import { reportMigration } from '../migrate/report-migration.ts'
import type { MigrationReport } from '../migrate/migration-report.ts'
import type { MigrateFlags, TranslationFlags } from './flags.ts'
import { toStreamOptions } from './nginx-flags/stream-flags.ts'
import { type CommandIo, EXIT_ERRORS, EXIT_OK, UsageError } from './io.ts'
import { escapeJson } from './report/escape.ts'
import { formatMigrationHtml } from './report/migration-html.ts'
import { formatMigrationText } from './report/migration-text.ts'
import { checkSource, type SourceFlags } from './source-flags.ts'
import { translateFrom } from './translate-from.ts'
import { writeOutput } from './write-output.ts'

const TITLE = 'Moving in from ingress-nginx'
/** A file is read in windows of any width. */
const FILE_COLUMNS = 100

/**
 * @returns 0 when no object needs an edit (with `--to`: when nothing is left out), 1 otherwise
 * @throws {UsageError} when it is not said what to do, or the output cannot be written
 */
export async function runMigrate(
  paths: readonly string[],
  flags: MigrateFlags & TranslationFlags & SourceFlags,
  io: CommandIo,
): Promise<number> {
  checkSource('migrate', paths, flags)
  if (flags.to !== undefined && flags.from === undefined && flags.report !== true) {
    const { runMigrateTo } = await import('./migrate-to.ts')
    return await runMigrateTo(paths, flags, io)
  }
  checkFlags(flags)
  const options = {
    classes: flags.class,
    configMap: flags.configMap,
    defaultBackendService: flags.defaultBackendService,
    ...toStreamOptions(flags),
    nowMs: Date.now(),
  }
  const { snapshot, findings } = await translateFrom('migrate', paths, flags, io)
  const report = reportMigration({ snapshot, findings, options: { ...options, endpoints: NO_ENDPOINTS } })
  await writeOutput(format(report, flags, io), flags.output, io)
  return report.summary.canMove && report.unread.every(({ severity }) => severity !== 'error') ? EXIT_OK : EXIT_ERRORS
}

const NO_ENDPOINTS = { override: () => null, simulate: () => null }

function checkFlags({ from, to, report }: MigrateFlags): void {
  const advice = 'give --from ingress-nginx --report, or --to gateway-api'
  if (from !== undefined && to !== undefined)
    throw new UsageError(`Cannot migrate: --from and --to are two things; ${advice}`)
  if (from === undefined) throw new UsageError(`Cannot migrate: it is not said from what or to what; ${advice}`)
  if (report !== true) throw new UsageError(`Cannot migrate from ${from}: it is not said what to make; ${advice}`)
}

function format(report: MigrationReport, { format, output }: MigrateFlags, io: CommandIo): string {
  switch (format) {
    case 'json':
      return `${escapeJson(JSON.stringify(report, null, 2))}\n`
    case 'html':
      return formatMigrationHtml(report, TITLE)
    case 'text':
      return formatMigrationText(report, output === undefined && io.stdout.isTTY ? io.stdout.columns : FILE_COLUMNS)
  }
}
