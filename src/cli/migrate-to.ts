/** `genkan migrate PATH... --to gateway-api`: the same routes as Gateway API objects. */
import { Document } from 'yaml'
import { compareFindings, hasSeverity } from '../base/finding.ts'
import { findControllers } from '../dialects/nginx/controller-args.ts'
import { judgeFinding } from '../migrate/judge-finding.ts'
import { type GatewayApiResult, toGatewayApi } from '../migrate/gateway-api/to-gateway-api.ts'
import type { MigrateFlags, TranslationFlags } from './flags.ts'
import { type CommandIo, EXIT_ERRORS, EXIT_OK, UsageError } from './io.ts'
import { escapeJson, escapeLine } from './report/escape.ts'
import { formatPlace } from './table.ts'
import { translateFrom } from './translate-from.ts'
import type { SourceFlags } from './source-flags.ts'
import { writeOutput } from './write-output.ts'

/**
 * YAML goes to the output and findings to standard error; as JSON both go to the output.
 *
 * @returns 0 when nothing is left out and the manifests have no errors, 1 otherwise
 */
export async function runMigrateTo(
  paths: readonly string[],
  flags: MigrateFlags & TranslationFlags & SourceFlags,
  io: CommandIo,
): Promise<number> {
  if (flags.format === 'html')
    throw new UsageError('Cannot write Gateway API objects as html; give --format text or json')
  const read = await translateFrom('migrate', paths, flags, io)
  const namespace = findControllers(read.snapshot)[0]?.workload.meta.namespace ?? 'default'
  const { objects, findings } = toGatewayApi(read.translation, read.snapshot, namespace)
  const own = [...read.unread, ...findings].sort(compareFindings)
  if (flags.format === 'json') {
    await writeOutput(`${escapeJson(JSON.stringify({ objects, findings: own }, null, 2))}\n`, flags.output, io)
  } else {
    await writeOutput(formatYaml(objects), flags.output, io)
    // What is served in another way than it is written is written in that way here, too.
    const lost = read.findings.filter((one) => one.severity === 'error' || judgeFinding(one) === 'refused')
    for (const finding of [...lost.sort(compareFindings), ...own]) {
      const { code, severity, message, origin } = finding
      // Said already.
      if (read.unread.includes(finding)) continue
      const place = formatPlace(origin)
      io.stderr.write(
        `${escapeLine(`${severity} ${code}: ${message} (${origin.object}${place === '' ? '' : `, ${place}`})`)}\n`,
      )
    }
  }
  return hasSeverity([...read.findings, ...own], 'error') ? EXIT_ERRORS : EXIT_OK
}

function formatYaml(objects: GatewayApiResult['objects']): string {
  return objects
    .map((object) => new Document(object, { aliasDuplicateObjects: false }).toString({ lineWidth: 0 }))
    .join('---\n')
}
