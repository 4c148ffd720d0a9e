/** `genkan routes PATH...`: the route table in match order. */
import { listRoutes } from '../routing/route-list.ts'
import type { TranslationFlags } from './flags.ts'
import { type CommandIo, EXIT_ERRORS, EXIT_OK } from './io.ts'
import { reportProblems } from './problems.ts'
import type { SourceFlags } from './source-flags.ts'
import { formatPlace, formatTable } from './table.ts'
import { translateFrom } from './translate-from.ts'

/** Exit code 1 when errors were found; the table of what is served is printed all the same. */
export async function runRoutes(
  paths: readonly string[],
  flags: TranslationFlags & SourceFlags & { readonly format: 'text' | 'json' },
  io: CommandIo,
): Promise<number> {
  const result = await translateFrom('routes', paths, flags, io)
  const rows = listRoutes(result.translation.model)
  if (flags.format === 'json') {
    io.stdout.write(`${JSON.stringify(rows, null, 2)}\n`)
  } else {
    io.stdout.write(
      formatTable(
        ['HOST', 'PATH', 'TYPE', 'SERVICE', 'ACTION', 'ORIGIN'],
        rows.map((row) => [
          row.host,
          row.path,
          row.pathType,
          row.service === '' ? '-' : row.service,
          row.action === '' ? '-' : row.action,
          `${row.origin.object} ${formatPlace(row.origin)}`.trimEnd(),
        ]),
      ),
    )
  }
  return reportProblems(result.findings, io) ? EXIT_ERRORS : EXIT_OK
}
