import { compareFindings, type Finding } from '../base/finding.ts'
import type { CommandIo } from './io.ts'
import { escapeLine } from './report/escape.ts'
import { formatPlace } from './table.ts'

/**
 * Prints the errors among findings on standard error, one line each; but for kinds of a cluster, which were told when they
 * could not be read. @returns whether there were any
 */
export function reportProblems(findings: readonly Finding[], io: CommandIo): boolean {
  const errors = findings.filter((finding) => finding.severity === 'error').sort(compareFindings)
  for (const { code, message, origin } of errors) {
    if (code === 'CLUSTER_KIND_UNREAD') continue
    const place = formatPlace(origin)
    const text = `error ${code}: ${message} (${origin.object}${place === '' ? '' : `, ${place}`})`
    io.stderr.write(`${escapeLine(text)}\n`)
  }
  return errors.length > 0
}
