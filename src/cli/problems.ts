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
  for (const error of errors) reportProblem(error, io)
  return errors.length > 0
}

/** How many errors of other objects are worth reading beside one's own. */
const MOST_OTHERS = 5

/** The same for one question: errors of the objects that it is about come first, and of others only a few. */
export function reportProblemsOf(objects: ReadonlySet<string>, findings: readonly Finding[], io: CommandIo): void {
  const errors = findings.filter((finding) => finding.severity === 'error').sort(compareFindings)
  const others = errors.filter(({ origin }) => !objects.has(origin.object))
  for (const error of errors) if (objects.has(error.origin.object)) reportProblem(error, io)
  for (const error of others.slice(0, MOST_OTHERS)) reportProblem(error, io)
  const left = others.length - MOST_OTHERS
  if (left > 0)
    io.stderr.write(`and ${left} more error${left === 1 ? '' : 's'} of other objects; genkan lint lists them\n`)
}

function reportProblem({ code, message, origin }: Finding, io: CommandIo): void {
  if (code === 'CLUSTER_KIND_UNREAD') return
  const place = formatPlace(origin)
  const text = `error ${code}: ${message} (${origin.object}${place === '' ? '' : `, ${place}`})`
  io.stderr.write(`${escapeLine(text)}\n`)
}
