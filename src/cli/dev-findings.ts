import { compareFindings, type Finding } from '../base/finding.ts'
import type { CommandIo } from './io.ts'
import { escapeLine } from './report/escape.ts'
import { formatPlace } from './table.ts'

/**
 * Prints findings of each version that is served on standard error: warnings and errors in full when they are new, the
 * ones that are gone as a count.
 */
export function createFindingsPrinter(io: CommandIo): (findings: readonly Finding[]) => void {
  let known = new Set<string>()
  return (findings) => {
    const lines = [...findings]
      .sort(compareFindings)
      .filter((finding) => finding.severity !== 'info')
      .map(formatLine)
    const current = new Set(lines)
    const fresh = [...current].filter((line) => !known.has(line))
    const goneCount = [...known].filter((line) => !current.has(line)).length
    if (goneCount > 0) io.stderr.write(`${goneCount} ${goneCount === 1 ? 'finding is' : 'findings are'} gone\n`)
    for (const line of fresh) io.stderr.write(`${line}\n`)
    known = current
  }
}

function formatLine({ severity, code, message, origin }: Finding): string {
  const place = formatPlace(origin)
  const where = origin.path === '' ? origin.object : `${origin.object} ${origin.path}`
  return escapeLine(`${place === '' ? '' : `${place}: `}${severity} ${code}: ${message} (${where})`)
}
